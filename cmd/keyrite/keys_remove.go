package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui/keys"
)

func (c *cli) keysRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove ID", Short: "Move a key to the trash, after saying what it signs for",
		Long: "Move a key's file to the trash folder of its trust directory, where docker and notary do not look, and\n" +
			"which keyrite never empties. What is known here of its uses is shown first, and the beginning of its ID\n" +
			"must be typed; --yes answers that. The key can be brought back by moving its file into private/ again.\n\n" +
			"JSON: a list of one key as in keys list, with \"state\":\"removed\", \"trashed\" and \"listed_by\".",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return c.remove(cmd.Context(), args[0]) },
	}
}

func (c *cli) remove(ctx context.Context, typed string) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	s, err := c.changeKeys(false)
	if err != nil {
		return err
	}
	info, files, err := s.pickKey(ctx, typed)
	if err != nil {
		return err
	}
	for _, f := range files {
		if f.Legacy {
			return errLegacy(f, "removed")
		}
	}
	guns, lost, err := s.losses(ctx, info)
	if err != nil {
		return err
	}
	if c.flags.dryRun {
		p := keyPlan("keys remove", string(info.KeyID), "move the file to the trash by one rename")
		p.WillNotFollow = lost
		for _, f := range files {
			p.Changes = append(p.Changes, f.Path+": moved to the trash")
		}
		return c.emitKeyPlan("Remove key "+info.KeyID.Short(), p)
	}
	about := fmt.Sprintf("key %s for %s goes to the trash", info.KeyID, shownFor(keyring.Header{Role: info.Role, GUN: info.GUN}))
	if err := c.confirm(ctx, append([]string{about}, lost...), info.KeyID.Short(), "removing a key"); err != nil {
		return err
	}
	var trashed []string
	err = c.underLock(ctx, s, func() error {
		for _, dir := range s.dirs {
			if !slices.ContainsFunc(files, func(f keyring.Info) bool { return under(f.Path, dir.Path()) }) {
				continue
			}
			path, err := dir.Trash(ctx, info.KeyID, c.now())
			if err != nil {
				return err
			}
			trashed = append(trashed, path)
			s.act("remove key", string(info.KeyID), path)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if slices.Contains(c.remembered(), info.KeyID) {
		c.say("the keychain remembers its passphrase: keyrite keys forget %s removes it there", info.KeyID.Short())
	}
	page := keys.ChangedPage("Removed key", "Key "+info.KeyID.Short()+" is in the trash, where no client finds it.",
		[]keys.Changed{{Info: info, State: "removed", File: trashed[0]}},
		append(lost, "Moving its file back into private/, as ID.key, undoes this. Copies in backups are as they were."), c.now())
	return c.emit([]changedKey{{keyRow: newKeyRow(info), State: "removed", Trashed: trashed, ListedBy: guns}}, page)
}

// losses says what can no longer be done without a key, as far as the metadata on this
// machine tells.
func (s *session) losses(ctx context.Context, info keyring.Info) (guns []trustdata.GUN, lost []string, err error) {
	uses, err := s.uses(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, use := range uses[info.KeyID] {
		guns = append(guns, use.GUN)
		lost = append(lost, fmt.Sprintf("%s lists it for %s: %s", use.GUN, use.Role, loss(use.Role)))
	}
	named, err := s.stillListed(ctx, info.KeyID, "")
	if err != nil {
		return nil, nil, err
	}
	for _, gun := range named {
		if !slices.Contains(guns, gun) {
			guns = append(guns, gun)
			lost = append(lost, fmt.Sprintf("%s names it in metadata that was cached here", gun))
		}
	}
	if len(lost) == 0 {
		lost = []string{"no repository known here lists it; one that was never read here may"}
	}
	slices.Sort(guns)
	return slices.Compact(guns), lost, nil
}

func loss(role trustdata.Role) string {
	switch role {
	case trustdata.RoleRoot:
		return "without it, or another root key, no key of the repository can be replaced and its root cannot be renewed"
	case trustdata.RoleTargets:
		return "without it no tag can be signed by the repository's own role and no signer added; the root key can replace it"
	case trustdata.RoleSnapshot:
		return "without it nothing can be published from here; the root key can replace it"
	}
	return "its holder can sign no tag any more; the repository key can replace it"
}

// under reports whether a key file lies in a trust directory.
func under(path, dir string) bool {
	return len(path) > len(dir) && path[:len(dir)] == dir && (path[len(dir)] == '/' || path[len(dir)] == '\\')
}
