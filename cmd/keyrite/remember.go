package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/spf13/cobra"

	"keyrite/keyring"
	"keyrite/keyring/keychain"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/state"
	"keyrite/ui"
	"keyrite/ui/keys"
)

func (c *cli) rememberCommand() *cobra.Command {
	root := false
	cmd := &cobra.Command{
		Use: "remember ID", Short: "Give a key's passphrase to the operating system's keychain",
		Long: "Give a key's passphrase to the operating system's keychain, after it has opened the key. From then on the\n" +
			"keychain is asked for it after files and variables and before you are. The key itself stays where it is.",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return c.keysRemember(cmd.Context(), args[0], root) },
	}
	cmd.Flags().BoolVar(&root, "root", false, "even for a root key: whoever is logged in as you can then sign with it")
	return cmd
}

func (c *cli) forgetCommand() *cobra.Command {
	return &cobra.Command{
		Use: "forget ID", Short: "Remove a key's passphrase from the keychain",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return c.keysForget(cmd.Context(), args[0]) },
	}
}

// remembering is a store that gives away the passphrase of a key as soon as it has opened
// the key, so that a wrong one is never given away.
type remembering struct {
	keyring.Store
	give func(context.Context, trustdata.KeyID, keyring.Passphrase) error
}

// Open implements keyring.Store.
func (r remembering) Open(ctx context.Context, id trustdata.KeyID, p keyring.Passphrase) (*keyring.PrivateKey, error) {
	key, err := r.Store.Open(ctx, id, p)
	if err != nil {
		return nil, err
	}
	if err := r.give(ctx, id, p); err != nil {
		key.Wipe()
		return nil, err
	}
	return key, nil
}

func (c *cli) keysRemember(ctx context.Context, typed string, root bool) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	listing, err := c.changeKeychain()
	if err != nil {
		return err
	}
	defer listing.Close()
	s, err := c.openKeys()
	if err != nil {
		return err
	}
	info, err := s.memorable(ctx, typed, root)
	if err != nil {
		return err
	}
	if c.flags.dryRun {
		need := rotation.Need{KeyID: info.KeyID, Role: trustdata.Role(info.Role), GUN: info.GUN, Why: "only a passphrase that opens the key is remembered"}
		return c.emitKeychainPlan("remember", info.KeyID, []rotation.Need{need},
			"open the key with its passphrase", "store the passphrase in the keychain", "read it back and compare it")
	}
	// A keychain that does not answer is found out before a passphrase is asked for.
	if _, err := c.keychain().Has(ctx, info.KeyID); err != nil {
		return err
	}
	store := remembering{s.keys, func(ctx context.Context, id trustdata.KeyID, p keyring.Passphrase) error {
		return c.give(ctx, listing, id, p)
	}}
	key, err := c.openKey(ctx, store, info.KeyID, info.Role, "to have its passphrase remembered")
	if err != nil {
		return err
	}
	key.Wipe()
	return c.emitKeychain(s, info.KeyID, true)
}

// give stores a passphrase in the keychain and notes that it is there. What cannot be noted
// is taken out again: on no list, it would never be asked for, nor found.
func (c *cli) give(ctx context.Context, listing *keychain.Listing, id trustdata.KeyID, p keyring.Passphrase) error {
	if err := c.keychain().Remember(ctx, id, p); err != nil {
		return err
	}
	noting := listing.Note(id, true)
	if noting == nil {
		return nil
	}
	if err := c.keychain().Forget(context.WithoutCancel(ctx), id); err != nil {
		return fmt.Errorf("the passphrase is in the keychain, and that cannot be noted: %w; nor does it come out again: %w", noting, err)
	}
	return fmt.Errorf("the passphrase is not remembered, since that cannot be noted: %w", noting)
}

// changeKeychain is the listing, where the keychain may be changed.
func (c *cli) changeKeychain() (*keychain.Listing, error) {
	if off := c.keychainOff(); off != "" {
		return nil, usagef("%s forbids the keychain that this verb is about", off)
	}
	if c.flags.readOnly {
		return nil, errors.New("this changes the keychain, and this run is read-only")
	}
	return c.listing()
}

// memorable finds a key whose passphrase can be remembered. That of a root key is only
// where root says so, and what is not known to be another counts as one.
func (s *session) memorable(ctx context.Context, typed string, root bool) (keyring.Info, error) {
	infos, uses, err := s.withUses(ctx)
	if err != nil {
		return keyring.Info{}, err
	}
	info, err := pick(infos, typed)
	switch {
	case err != nil:
		return info, err
	case info.Problem != "":
		return info, fmt.Errorf("key %q: %s", info.KeyID.Short(), info.Problem)
	case !info.Encrypted:
		return info, fmt.Errorf("key %q has no passphrase: whoever reads its file has the key", info.KeyID.Short())
	case root:
		return info, nil
	case info.Role == string(trustdata.RoleRoot) || slices.ContainsFunc(uses[info.KeyID], func(u keys.Use) bool { return u.Role == trustdata.RoleRoot }):
		return info, usagef("key %q is a root key, which is safest where no program can open it; with --root its passphrase is remembered all the same", info.KeyID.Short())
	case info.Role == "" && len(uses[info.KeyID]) == 0:
		return info, usagef("nothing says what key %q is for, so it may be a root key; with --root its passphrase is remembered all the same", info.KeyID.Short())
	}
	return info, nil
}

func (c *cli) keysForget(ctx context.Context, typed string) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	listing, err := c.changeKeychain()
	if err != nil {
		return err
	}
	defer listing.Close()
	s, err := c.openKeys()
	if err != nil {
		return err
	}
	id, err := s.forgettable(ctx, listing, typed)
	if err != nil {
		return err
	}
	if c.flags.dryRun {
		return c.emitKeychainPlan("forget", id, []rotation.Need{}, "remove the passphrase from the keychain", "see that it is gone")
	}
	err = c.keychain().Forget(ctx, id)
	if errors.Is(err, fs.ErrNotExist) {
		c.say("the keychain had no passphrase of key %s", id.Short())
		err = nil
	}
	if err != nil {
		return err
	}
	if err := listing.Note(id, false); err != nil {
		return fmt.Errorf("the passphrase is gone from the keychain, which goes on being asked for it, since that cannot be noted: %w", err)
	}
	return c.emitKeychain(s, id, false)
}

// forgettable finds the ID of a key that is on this machine or was remembered. One typed
// in full need be neither: its entry may be left from before.
func (s *session) forgettable(ctx context.Context, listing *keychain.Listing, typed string) (trustdata.KeyID, error) {
	if id, err := trustdata.ParseKeyID(typed); err == nil {
		return id, nil
	}
	infos, err := s.keys.List(ctx)
	if err != nil {
		return "", err
	}
	listed, err := listing.Keys()
	if err != nil {
		return "", err
	}
	for _, id := range listed {
		if !slices.ContainsFunc(infos, func(i keyring.Info) bool { return i.KeyID == id }) {
			infos = append(infos, keyring.Info{KeyID: id})
		}
	}
	info, err := pick(infos, typed)
	return info.KeyID, err
}

func (c *cli) emitKeychain(s *session, id trustdata.KeyID, remembered bool) error {
	what, sentence := "remember passphrase", "The keychain remembers its passphrase: stored, and read back."
	if !remembered {
		what, sentence = "forget passphrase", "The keychain does not have its passphrase."
	}
	if err := s.state.Activity().Append(state.Act{What: what, On: string(id), Result: "done", Detail: "in the operating system's keychain"}); err != nil {
		c.say("this could not be recorded: %s", trustdata.VisibleError(err))
	}
	return c.emit(struct {
		KeyID      trustdata.KeyID `json:"key_id"`
		Remembered bool            `json:"remembered"`
	}{id, remembered}, ui.Page{Title: "Key " + id.Short(), Sections: []ui.Section{{Facts: []ui.Fact{
		{Label: "key", Value: string(id)}, {Label: "keychain", Value: sentence, Mark: ui.MarkOK}}}}})
}

func (c *cli) emitKeychainPlan(verb string, id trustdata.KeyID, needs []rotation.Need, steps ...string) error {
	change := "the keychain's entry \"keyrite\", " + string(id)
	page := ui.Page{Title: "Plan: " + verb + " the passphrase of key " + id.Short(), Sections: []ui.Section{
		{Title: "WHAT CHANGES", Facts: []ui.Fact{{Value: change}}}, {Title: "STEPS"}}}
	for _, step := range steps {
		page.Sections[1].Facts = append(page.Sections[1].Facts, ui.Fact{Value: step})
	}
	return c.emitPlan(planJSON{ID: string(id), Kind: "keys " + verb, Steps: steps, Needs: needs, Changes: []string{change}, WillNotFollow: []string{}}, page)
}
