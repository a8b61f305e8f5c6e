package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui"
	"keyrite/ui/keys"
)

// keyRow is a key in JSON.
type keyRow struct {
	KeyID         trustdata.KeyID `json:"key_id"`
	Role          string          `json:"role"`
	GUN           trustdata.GUN   `json:"gun"`
	Algorithm     string          `json:"algorithm"`
	Encrypted     bool            `json:"encrypted"`
	KDFIterations int             `json:"kdf_iterations"`
	Path          string          `json:"path"`
	Problem       string          `json:"problem"`
	// Remembered says that the keychain was given the passphrase; keys list and show have it.
	Remembered bool `json:"remembered,omitempty"`
}

func newKeyRow(i keyring.Info) keyRow {
	return keyRow{KeyID: i.KeyID, Role: i.Role, GUN: i.GUN, Algorithm: i.Algorithm, Encrypted: i.Encrypted,
		KDFIterations: i.KDFIterations, Path: i.Path, Problem: i.Problem}
}

func (c *cli) keysCommand() *cobra.Command {
	parent := &cobra.Command{Use: "keys", Short: "The private keys on this machine", Args: usageArgs(cobra.NoArgs), RunE: needVerb}
	parent.AddCommand(
		&cobra.Command{
			Use: "list", Short: "List every private key, what it is for, and what is wrong with it",
			Args: usageArgs(cobra.NoArgs),
			RunE: func(cmd *cobra.Command, _ []string) error { return c.keysList(cmd.Context()) },
		},
		&cobra.Command{
			Use: "show ID", Short: "Show one key and the repositories that list it",
			Args: usageArgs(cobra.ExactArgs(1)),
			RunE: func(cmd *cobra.Command, args []string) error { return c.keysShow(cmd.Context(), args[0]) },
		})
	parent.AddCommand(c.keysGenerate(), c.keysImport(), c.keysExport(), c.keysPasswd(), c.keysRemove(), c.rememberCommand(), c.forgetCommand())
	return parent
}

// needVerb is what a verb that only groups others answers.
func needVerb(cmd *cobra.Command, _ []string) error {
	var names []string
	for _, sub := range cmd.Commands() {
		names = append(names, sub.Name())
	}
	return usagef("%s needs one of: %s", cmd.CommandPath(), strings.Join(names, ", "))
}

func (c *cli) keysList(ctx context.Context) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	s, err := c.openKeys()
	if err != nil {
		return err
	}
	infos, uses, err := s.withUses(ctx)
	if err != nil {
		return err
	}
	for _, info := range infos {
		if info.Problem != "" {
			c.say("%s: %s", trustdata.Visible(info.Path), info.Problem)
		} else if odd := mislabelled(info, uses[info.KeyID]); odd != "" {
			c.say("%s: %s", trustdata.Visible(info.Path), trustdata.Visible(odd))
		}
	}
	waiting, err := s.keys.Pending(ctx)
	if err != nil {
		c.say("what waits in pending/ cannot be read: %s", trustdata.VisibleError(err))
	}
	for _, w := range waiting {
		c.say("%s: waits in pending/ for the end of an operation; the next change here finishes it or says why not", trustdata.Visible(w.Path))
	}
	notes, err := s.retiredNote(ctx)
	if err != nil {
		return err
	}
	return c.emitKeys(keys.List{Keys: infos, Dirs: s.paths.trust, Uses: uses}, notes...)
}

// emitKeys makes only the form that is asked for: there may be very many rows.
func (c *cli) emitKeys(l keys.List, notes ...string) error {
	remembered := c.remembered()
	if c.flags.json {
		rows := make([]keyRow, len(l.Keys))
		for i, info := range l.Keys {
			rows[i] = newKeyRow(info)
			rows[i].Remembered = slices.Contains(remembered, info.KeyID)
		}
		return c.emitJSON(rows)
	}
	if len(remembered) > 0 {
		notes = append(notes, "The keychain remembers the passphrase of "+shortIDs(remembered)+".")
	}
	if c.flags.plain {
		page := keys.Page(l, c.now())
		page.Notes = append(page.Notes, notes...)
		return ui.WritePlain(c.out, page)
	}
	page, rows := keys.Table(l, c.now())
	page.Notes = append(page.Notes, notes...)
	return ui.WriteRows(c.out, page, rows)
}

// withUses lists the keys and what cached metadata says they sign for. It also knows the
// algorithm of an encrypted key that is listed somewhere.
func (s *session) withUses(ctx context.Context) ([]keyring.Info, keys.Uses, error) {
	infos, err := s.keys.List(ctx)
	if err != nil {
		return nil, nil, err
	}
	guns, err := s.knownWith(ctx, infos)
	if err != nil {
		return nil, nil, err
	}
	uses, err := s.usesIn(ctx, guns)
	if err != nil {
		return nil, nil, err
	}
	for i := range infos {
		if use := uses[infos[i].KeyID]; infos[i].Algorithm == "" && len(use) > 0 {
			infos[i].Algorithm = use[0].Algorithm
		}
	}
	return infos, uses, nil
}

func (c *cli) keysShow(ctx context.Context, typed string) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	s, err := c.openKeys()
	if err != nil {
		return err
	}
	infos, uses, err := s.withUses(ctx)
	if err != nil {
		return err
	}
	info, err := pick(infos, typed)
	if err != nil {
		return err
	}
	listed := uses[info.KeyID]
	type use struct {
		GUN           trustdata.GUN           `json:"gun"`
		Role          trustdata.Role          `json:"role"`
		CertificateID trustdata.CertificateID `json:"certificate_id"`
	}
	out := struct {
		keyRow
		ListedBy []use `json:"listed_by"`
	}{newKeyRow(info), []use{}}
	for _, u := range listed {
		out.ListedBy = append(out.ListedBy, use{u.GUN, u.Role, u.CertificateID})
	}
	page := keys.DetailPage(info, listed, c.now())
	if out.Remembered = slices.Contains(c.remembered(), info.KeyID); out.Remembered {
		page.Notes = append(page.Notes, "The keychain remembers its passphrase.")
	}
	return c.emit(out, page)
}

// pick finds the key whose ID is, or uniquely begins with, what was typed.
func pick(infos []keyring.Info, typed string) (keyring.Info, error) {
	if len(typed) < 4 || strings.Trim(typed, "0123456789abcdef") != "" {
		return keyring.Info{}, usagef("key ID %q is not at least four hex digits", typed)
	}
	var found []keyring.Info
	for _, info := range infos {
		copied := func(f keyring.Info) bool { return f.KeyID == info.KeyID } // in another trust directory
		if strings.HasPrefix(string(info.KeyID), typed) && !slices.ContainsFunc(found, copied) {
			found = append(found, info)
		}
	}
	switch len(found) {
	case 0:
		return keyring.Info{}, fmt.Errorf("no key %q on this machine", typed)
	case 1:
		return found[0], nil
	}
	return keyring.Info{}, fmt.Errorf("%d keys begin with %q: type more of the ID", len(found), typed)
}
