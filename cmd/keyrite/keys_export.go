package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui/keys"
)

func (c *cli) keysExport() *cobra.Command {
	to := ""
	cmd := &cobra.Command{
		Use: "export ID... --to FILE", Short: "Write keys, locked as they are, into a bundle that keyrite and notary import",
		Long: "Write keys into one file that keys import and notary key import read. Each key stays locked with the\n" +
			"passphrase that it has; none is asked for. The file has mode 0600, replaces nothing, and is read back.\n" +
			"A backup (keyrite backup create) is the better way to keep keys: a bundle shows what its keys are for.\n\n" +
			"JSON: a list of keys as in keys list, each with \"to\" and \"state\":\"exported\".",
		Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return c.exportKeys(cmd.Context(), args, to) },
	}
	cmd.Flags().StringVar(&to, "to", "", "the `FILE` to write; it must not be there")
	return cmd
}

func (c *cli) exportKeys(ctx context.Context, typed []string, to string) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	if to == "" {
		return usagef("say where the keys go: --to FILE")
	}
	to = absolute(to)
	s, err := c.changeKeys(false)
	if err != nil {
		return err
	}
	infos, ids, err := s.toExport(ctx, typed)
	if err != nil {
		return err
	}
	if err := free(to); err != nil {
		return fmt.Errorf("%q: %w", to, err)
	}
	bundle, err := keyring.Export(ctx, s.keys, ids...)
	if err != nil {
		return err
	}
	if c.flags.dryRun {
		p := keyPlan("keys export", to, "write the file, with mode 0600", "read it back and compare it")
		for _, info := range infos {
			p.Changes = append(p.Changes, fmt.Sprintf("%s: key %s for %s", to, info.KeyID, shownFor(keyring.Header{Role: info.Role, GUN: info.GUN})))
		}
		return c.emitKeyPlan("Export "+trustdata.Plural(len(ids), "key", "keys"), p)
	}
	if err := writeBundle(to, bundle, ids); err != nil {
		return fmt.Errorf("%q: %w", to, err)
	}
	rows := make([]changedKey, len(infos))
	page := make([]keys.Changed, len(infos))
	for i, info := range infos {
		s.act("export key", string(info.KeyID), to)
		rows[i] = changedKey{keyRow: newKeyRow(info), State: "exported", To: to}
		page[i] = keys.Changed{Info: info, State: "exported", File: to}
	}
	return c.emit(rows, keys.ChangedPage("Exported keys", trustdata.Plural(len(ids), "key is", "keys are")+" in the file, which was read back.",
		page, []string{"Who has the file and a passphrase has the key."}, c.now()))
}

func (s *session) toExport(ctx context.Context, typed []string) (infos []keyring.Info, ids []trustdata.KeyID, err error) {
	for _, t := range typed {
		info, _, err := s.pickKey(ctx, t)
		if err != nil {
			return nil, nil, err
		}
		if slices.Contains(ids, info.KeyID) {
			continue
		}
		if !info.Encrypted && info.Problem == "" {
			s.note(fmt.Sprintf("key %s is not locked, and is not locked in the bundle either", info.KeyID.Short()))
		}
		infos, ids = append(infos, info), append(ids, info.KeyID)
	}
	return infos, ids, nil
}

// writeBundle writes a bundle and reads it back as an import will.
func writeBundle(path string, bundle []byte, ids []trustdata.KeyID) error {
	if err := createBeside(path, bundle); err != nil {
		return err
	}
	again, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	blocks, _, err := keyring.ParseBundle(again)
	if err != nil {
		return err
	}
	same := bytes.Equal(again, bundle) && slices.EqualFunc(blocks, ids, func(b keyring.Block, id trustdata.KeyID) bool { return b.KeyID == id })
	if !same {
		return errors.New("what was written does not read back")
	}
	return nil
}
