package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui/keys"
)

func (c *cli) keysPasswd() *cobra.Command {
	iterations := keyring.DefaultIterations
	cmd := &cobra.Command{
		Use: "passwd ID", Short: "Lock a key with another passphrase",
		Long: "Lock a key with another passphrase. The new file is written beside the old one, read back, opened with\n" +
			"the new passphrase and compared by its ID; then one rename puts it in the old one's place. The old file,\n" +
			"which the old passphrase still opens, is kept in the trash. A key in an old form is written as docker and\n" +
			"notary write keys today. The new passphrase is asked for, or is --passphrase-file ROLE-new=FILE or\n" +
			"ID-new=FILE; variables are for the old one.\n\n" +
			"JSON: a list of one key as in keys list, with \"state\":\"changed\" and \"trashed\", the old files.",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return c.passwd(cmd.Context(), args[0], iterations) },
	}
	cmd.Flags().IntVar(&iterations, "kdf-iterations", iterations, "PBKDF2 rounds that lock the key (at least 2048)")
	return cmd
}

func (c *cli) passwd(ctx context.Context, typed string, iterations int) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	if err := checkIterations(iterations); err != nil {
		return err
	}
	s, err := c.changeKeys(false)
	if err != nil {
		return err
	}
	info, files, err := s.pickKey(ctx, typed)
	if err != nil {
		return err
	}
	for _, f := range files {
		if f.Problem != "" {
			return fmt.Errorf("key file %q: %s", f.Path, f.Problem)
		}
		if f.Legacy {
			return errLegacy(f, "locked anew")
		}
	}
	if c.flags.dryRun {
		return c.emitKeyPlan("Lock key "+info.KeyID.Short()+" with another passphrase", passwdPlan(info, files))
	}
	key, err := c.openKey(ctx, s.keys, info.KeyID, info.Role, "to lock it with another one")
	if err != nil {
		return err
	}
	defer key.Wipe()
	pass, err := c.otherPassphrase(ctx, s, info)
	if err != nil {
		return err
	}
	defer pass.Wipe()
	var trashed []string
	err = c.underLock(ctx, s, func() error {
		trashed, err = s.keys.Passwd(ctx, key, pass, keyring.Format{Iterations: iterations}, c.now())
		return err
	})
	if err != nil {
		return err
	}
	s.act("change passphrase", string(info.KeyID), forWhom(keyring.Header{Role: info.Role, GUN: info.GUN}))
	if slices.Contains(c.remembered(), info.KeyID) {
		c.say("the keychain remembers the old passphrase: keyrite keys remember %s stores the new one", info.KeyID.Short())
	}
	if info, err = rowOf(ctx, s, info.KeyID); err != nil {
		return err
	}
	info.Algorithm = string(key.Public().Type)
	page := keys.ChangedPage("Another passphrase", "Key "+info.KeyID.Short()+" was written anew, read back and opened with its new passphrase.",
		[]keys.Changed{{Info: info, State: "changed", File: trashed[0]}},
		[]string{"The old file is in the trash, and the old passphrase still opens it, and every copy in a backup. If somebody else may know that passphrase, replace the key: keyrite rotate."}, c.now())
	return c.emit([]changedKey{{keyRow: newKeyRow(info), State: "changed", Trashed: trashed}}, page)
}

func passwdPlan(info keyring.Info, files []keyring.Info) planJSON {
	p := keyPlan("keys passwd", string(info.KeyID), "open the key with its passphrase", "write the new file beside the old one, read it back, and open it with the new passphrase",
		"copy the old file to the trash", "put the new file in its place by one rename")
	for _, f := range files {
		p.Changes = append(p.Changes, f.Path+": locked with another passphrase")
	}
	role := trustdata.Role(info.Role)
	if info.Encrypted {
		p.Needs = append(p.Needs, rotation.Need{KeyID: info.KeyID, Role: role, GUN: info.GUN, Why: "to open the key"})
	}
	p.Needs = append(p.Needs, rotation.Need{KeyID: info.KeyID, Role: role, GUN: info.GUN, Why: "to lock it from then on", New: true})
	p.WillNotFollow = append(p.WillNotFollow, "copies in backups and in the trash, which the old passphrase still opens")
	return p
}

// otherPassphrase is the one that a key is locked with from now on. The variables hold the
// passphrase that the key has, so they do not count, and neither does that passphrase.
func (c *cli) otherPassphrase(ctx context.Context, s *session, info keyring.Info) (keyring.Passphrase, error) {
	pass, err := c.askOther(ctx, info)
	if err != nil {
		return pass, err
	}
	if !info.Encrypted {
		return pass, nil
	}
	key, err := s.keys.Open(ctx, info.KeyID, pass)
	switch {
	case err == nil:
		key.Wipe()
		pass.Wipe()
		return pass, errors.New("that is the passphrase which the key has already; nothing has changed")
	case !errors.Is(err, keyring.ErrPassphrase):
		pass.Wipe()
		return pass, err
	}
	return pass, nil
}

func (c *cli) askOther(ctx context.Context, info keyring.Info) (keyring.Passphrase, error) {
	files, err := c.passphraseFiles()
	if err != nil {
		return keyring.Passphrase{}, err
	}
	for _, name := range []string{string(info.KeyID) + "-new", info.Role + "-new"} {
		if file, ok := files[name]; ok {
			pass, err := readPassphraseFile(file)
			if err != nil {
				return pass, err
			}
			return pass, longEnough(pass, "--passphrase-file "+name)
		}
	}
	if !c.canPrompt() {
		return keyring.Passphrase{}, fmt.Errorf("the new passphrase of key %q is needed (--passphrase-file %s-new=FILE): %w", info.KeyID.Short(), info.Role, errUnanswered)
	}
	return c.promptNew(ctx, info.Role)
}
