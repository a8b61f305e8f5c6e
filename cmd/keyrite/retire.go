package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui/change"
)

func (c *cli) retireCommand() *cobra.Command {
	return &cobra.Command{
		Use: "retire ID", Short: "Move a root key that no repository lists any more out of private/, for ever",
		Long: "Move a root key's file to retired/, where no client looks for it: docker founds new repositories on the root\n" +
			"key of lowest ID that it finds in private/. The trust servers are asked first, for every repository known\n" +
			"here: one that lists the key in any role, or that cannot be asked, stops it, and --yes does not answer that.\n" +
			"A backup with the key must have been decrypted (keyrite backup verify); --yes waives that, which is\n" +
			"recorded. The first eight digits of the key's ID must be typed. Nothing is deleted: clients that have not\n" +
			"looked since need signatures of old root keys, and backups hold retired keys too.\n\n" +
			"JSON: {\"key_id\",\"path\",\"guns_checked\",\"waived\":[..],\"backup\":{\"file\",\"sha256\",\"state\",\"at\"}}; backup is null\n" +
			"where it was waived, or where the key was retired before.",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return c.retire(cmd.Context(), args[0]) },
	}
}

// retiredJSON is a key that has been retired.
type retiredJSON struct {
	KeyID   trustdata.KeyID `json:"key_id"`
	Path    string          `json:"path"`
	Checked int             `json:"guns_checked"`
	Waived  []string        `json:"waived"`
	Backup  *proofJSON      `json:"backup"`
}

type proofJSON struct {
	File   string       `json:"file"`
	SHA256 string       `json:"sha256"`
	State  backup.State `json:"state"`
	At     *time.Time   `json:"at"`
}

func (c *cli) retire(ctx context.Context, typed string) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	if c.flags.offline {
		return usagef("retiring a key asks the trust servers, which is not possible with --offline")
	}
	s, err := c.changeKeys(false)
	if err != nil {
		return err
	}
	info, files, err := s.pickKey(ctx, typed)
	if err != nil {
		return c.retiredBefore(ctx, s, typed, err)
	}
	if err := retirable(info, files); err != nil {
		return err
	}
	if c.flags.dryRun {
		return c.retirePlan(ctx, s, info, files)
	}
	return c.underLock(ctx, s, func() error { return c.retireNow(ctx, s, info, files) })
}

// retiredBefore is the result for a key that is retired already, or else err.
func (c *cli) retiredBefore(ctx context.Context, s *session, typed string, err error) error {
	if errors.Is(err, errUsage) {
		return err
	}
	infos, listing := s.keys.Retired(ctx)
	if listing != nil {
		return listing
	}
	info, picking := pick(infos, typed)
	if picking != nil {
		return err
	}
	return c.emitRetired(retiredJSON{KeyID: info.KeyID, Path: info.Path, Waived: []string{}}, "was retired before")
}

func retirable(info keyring.Info, files []keyring.Info) error {
	for _, f := range files {
		if f.Legacy {
			return errLegacy(f, "retired")
		}
	}
	if info.Role != string(trustdata.RoleRoot) {
		return usagef("key %q is no root key, and only those are retired: keyrite keys remove %s moves it to the trash", info.KeyID.Short(), info.KeyID.Short())
	}
	return nil
}

// retirement is what was found out before a root key is retired: nobody lists it.
type retirement struct {
	id     trustdata.KeyID
	files  []keyring.Info
	asked  listing
	proof  backup.Record
	proven bool
}

// retirement asks the servers, and fails where the key may not leave private/ yet.
func (s *session) retirement(ctx context.Context, id trustdata.KeyID, files []keyring.Info) (*retirement, error) {
	r := &retirement{id: id, files: files}
	var err error
	if r.asked, err = s.whoLists(ctx, id); err != nil {
		return nil, err
	}
	if err := errors.Join(s.unfinishedWith(id), r.asked.free(id)); err != nil {
		return nil, err
	}
	r.proof, r.proven, err = s.proofOf(id)
	return r, err
}

// retireKey records what it is done without, and moves the file.
func (s *session) retireKey(ctx context.Context, id trustdata.KeyID, waived []string) (path string, err error) {
	for _, what := range waived {
		if err := s.waive("retire key", string(id), what); err != nil {
			return "", fmt.Errorf("nothing was moved, because what was waived could not be recorded: %w", err)
		}
	}
	if path, err = s.keys.Retire(ctx, id); err == nil {
		s.act("retire key", string(id), path)
	}
	return path, err
}

// retirePlan asks the servers as the change itself would, and says what that would find.
func (c *cli) retirePlan(ctx context.Context, s *session, info keyring.Info, files []keyring.Info) error {
	r, err := s.retirement(ctx, info.KeyID, files)
	if err != nil {
		return err
	}
	p := keyPlan("retire", string(info.KeyID), "ask the trust servers whether any repository lists the key", "move the file to retired/ by one rename", "read it back")
	for _, f := range files {
		p.Changes = append(p.Changes, f.Path+": moved to retired/, for ever")
	}
	p.Changes = append(p.Changes, r.asked.lines(info.KeyID)...)
	p.WillNotFollow = append(p.WillNotFollow, proofSentence(r.proof, r.proven))
	return c.emitKeyPlan("Retire root key "+info.KeyID.Short(), p)
}

func proofSentence(proof backup.Record, proven bool) string {
	if !proven {
		return "no record here says that a backup with this key was decrypted: keyrite backup verify FILE makes one"
	}
	return fmt.Sprintf("a backup with it was %s at %s: %s", proof.State, proof.At.UTC().Format(time.RFC3339), proof.File)
}

// retireNow retires a key under the lock.
func (c *cli) retireNow(ctx context.Context, s *session, info keyring.Info, files []keyring.Info) error {
	r, err := s.retirement(ctx, info.KeyID, files)
	if err != nil {
		return err
	}
	out := retiredJSON{KeyID: info.KeyID, Checked: r.asked.checked, Waived: []string{}}
	if r.proven {
		out.Backup = &proofJSON{r.proof.File, r.proof.SHA256, r.proof.State, stamp(r.proof.At)}
	}
	lines := append(r.asked.lines(info.KeyID), proofSentence(r.proof, r.proven))
	for _, f := range files {
		lines = append(lines, f.Path+" moves to retired/, for ever")
	}
	waived, err := c.confirmRetiring(ctx, info.KeyID, lines, r.proven)
	if err != nil {
		return err
	}
	out.Waived = append(out.Waived, waived...)
	if out.Path, err = s.retireKey(ctx, info.KeyID, waived); err != nil {
		return err
	}
	return c.emitRetired(out, "is retired")
}

// confirmRetiring asks for the beginning of the key's ID, and for a reason where no backup
// of it is proven. --yes answers both. It gives what is waived.
func (c *cli) confirmRetiring(ctx context.Context, id trustdata.KeyID, lines []string, proven bool) (waived []string, err error) {
	switch {
	case !proven && c.flags.requireBackup:
		return nil, fmt.Errorf("retiring root key %q without a proven backup of it: %w: keyrite backup verify FILE -i IDENTITY proves one", id.Short(), errRequired)
	case c.flags.yes && proven:
		return nil, nil
	case c.flags.yes:
		return []string{"backup"}, nil
	case !c.canPrompt():
		return nil, fmt.Errorf("retiring root key %q wants a confirmation; --yes answers it: %w", id.Short(), errUnanswered)
	}
	for _, line := range lines {
		fmt.Fprintf(c.err, "  %s\n", trustdata.Visible(line))
	}
	in := bufio.NewReader(c.in)
	if !proven {
		reason, err := c.ask(ctx, in, "No backup of this key is proven. Type why it is retired all the same, or nothing to stop: ")
		if err != nil || reason == "" {
			return nil, errors.Join(fmt.Errorf("stopped before anything changed: %w", errUnanswered), err)
		}
		waived = []string{"backup: " + reason}
	}
	typed, err := c.ask(ctx, in, "Type the first eight digits of the key's ID to retire it: ")
	if err != nil {
		return nil, err
	}
	if typed != string(id[:8]) {
		return nil, fmt.Errorf("that is not how key %q begins; nothing has changed: %w", id.Short(), errUnanswered)
	}
	return waived, nil
}

func (c *cli) emitRetired(r retiredJSON, how string) error {
	return c.emit(r, change.RetiredPage(r.KeyID, r.Path, r.Checked, r.Waived, how))
}
