package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/state"
	backupui "keyrite/ui/backup"
	"keyrite/ui/restore"
)

// backupFlags are those of keyrite backup.
type backupFlags struct {
	to, passphraseFile     string
	recipients, identities []string
	replace                bool
}

func (c *cli) backupCommand() *cobra.Command {
	parent := &cobra.Command{Use: "backup", Short: "Write, list, verify and restore encrypted backups", Args: usageArgs(cobra.NoArgs), RunE: needVerb}
	var f backupFlags
	create := &cobra.Command{
		Use: "create --to DIR", Short: "Write an age-encrypted backup of every key and of the signed metadata, and read it back",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return c.backupCreate(cmd.Context(), f) },
	}
	create.Flags().StringVar(&f.to, "to", "", "the folder that the backup goes to: `DIR`")
	create.Flags().StringArrayVarP(&f.recipients, "recipient", "r", nil, "age `RECIPIENT` that can open it (repeatable)")
	list := &cobra.Command{
		Use: "list DIR", Short: "List the backups in a folder",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return c.backupList(cmd.Context(), args[0]) },
	}
	verify := &cobra.Command{
		Use: "verify FILE", Short: "Decrypt a backup to its end and compare every file with its manifest; nothing is written",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return c.backupVerify(cmd.Context(), args[0], f) },
	}
	restoring := &cobra.Command{
		Use: "restore FILE --to DIR", Short: "Put a backup's keys into a trust directory, replacing nothing",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return c.backupRestore(cmd.Context(), args[0], f) },
	}
	restoring.Flags().StringVar(&f.to, "to", "", "the trust directory: `DIR` (made if it is not there)")
	restoring.Flags().BoolVar(&f.replace, "replace", false, "replace keys that differ; the old file is kept in the trash")
	for _, cmd := range []*cobra.Command{create, verify, restoring} {
		cmd.Flags().StringArrayVarP(&f.identities, "identity", "i", nil, "age identity `FILE` that opens the backup (repeatable)")
		cmd.Flags().StringVar(&f.passphraseFile, "backup-passphrase-file", "", "`FILE` with the backup's own passphrase, instead of recipients")
	}
	parent.AddCommand(create, list, verify, restoring)
	return parent
}

// maxIdentityFile bounds what is read of an identity file.
const maxIdentityFile = 1 << 20

// identities reads what can open a backup: identity files and the backup's passphrase.
func (c *cli) identities(f backupFlags) ([]backup.Identity, error) {
	var ids []backup.Identity
	for _, path := range f.identities {
		data, err := readBounded(path, maxIdentityFile)
		if err != nil {
			return nil, fmt.Errorf("identity file %q: %w", path, err)
		}
		more, err := backup.ParseIdentities(data)
		clear(data)
		if err != nil {
			return nil, fmt.Errorf("identity file %q: %w", path, err)
		}
		ids = append(ids, more...)
	}
	if f.passphraseFile != "" {
		pass, err := readPassphraseFile(f.passphraseFile)
		if err != nil {
			return nil, err
		}
		id, err := backup.PassphraseIdentity(pass)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func readBounded(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("it is larger than %d bytes", limit)
	}
	return data, err
}

// needIdentities is identities, where a backup cannot be read without one.
func (c *cli) needIdentities(ctx context.Context, f backupFlags) ([]backup.Identity, error) {
	ids, err := c.identities(f)
	if err != nil || len(ids) > 0 {
		return ids, err
	}
	if !c.canPrompt() {
		return nil, fmt.Errorf("opening a backup needs -i IDENTITY or --backup-passphrase-file FILE: %w", errUnanswered)
	}
	pass, err := c.prompt(ctx, "Passphrase of the backup itself. Not shown while you type: ")
	if err != nil {
		return nil, err
	}
	id, err := backup.PassphraseIdentity(pass)
	if err != nil {
		return nil, err
	}
	return []backup.Identity{id}, nil
}

// recipientsOf settles for whom a backup is locked: recipients, or a passphrase.
func (c *cli) recipientsOf(f backupFlags) ([]backup.Recipient, error) {
	switch {
	case len(f.recipients) > 0 && f.passphraseFile != "":
		return nil, usagef("a backup is locked either for recipients or with a passphrase, not both")
	case len(f.recipients) > 0:
		r, err := backup.ParseRecipients(f.recipients)
		if err != nil {
			return nil, usage(err)
		}
		return r, nil
	case f.passphraseFile == "":
		return nil, usagef("say who can open the backup: -r RECIPIENT, or --backup-passphrase-file FILE")
	}
	pass, err := readPassphraseFile(f.passphraseFile)
	if err != nil {
		return nil, err
	}
	if err := longEnough(pass, "--backup-passphrase-file"); err != nil {
		return nil, err
	}
	r, err := backup.PassphraseRecipient(pass, 0)
	if err != nil {
		return nil, err
	}
	return []backup.Recipient{r}, nil
}

// keyPassphrases gives what is set for each key, for a drill; nobody is asked.
func (c *cli) keyPassphrases(k backup.Key) (keyring.Passphrase, bool) {
	sources, err := c.sources(k.KeyID, k.Role, false)
	if err != nil || len(sources) == 0 {
		return keyring.Passphrase{}, false
	}
	pass, err := sources[0].read()
	return pass, err == nil
}

// backupSource is everything that goes into a backup.
func (s *session) backupSource(ctx context.Context) (backup.Source, error) {
	src := backup.Source{Dirs: s.dirs, Tool: "keyrite " + version()}
	guns, err := s.known(ctx)
	if err != nil {
		return src, err
	}
	for _, gun := range guns {
		files, err := s.cache.Files(gun)
		if err != nil {
			return src, err
		}
		for role := range files {
			src.Metadata = append(src.Metadata, backup.MetadataFile{GUN: gun, Name: string(role) + ".json",
				Read: func() ([]byte, error) {
					raw, _, err := s.cache.Read(gun, role)
					return raw, err
				}})
		}
	}
	return src, nil
}

func (c *cli) backupCreate(ctx context.Context, f backupFlags) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	if f.to == "" {
		return usagef("say where the backup goes: --to DIR")
	}
	recipients, err := c.recipientsOf(f)
	if err != nil {
		return err
	}
	var ids []backup.Identity
	if len(f.identities) > 0 {
		if ids, err = c.identities(backupFlags{identities: f.identities}); err != nil {
			return err
		}
	}
	s, err := c.openKeys()
	if err != nil {
		return err
	}
	src, err := s.backupSource(ctx)
	if err != nil {
		return err
	}
	plan, err := backup.PlanCreate(ctx, src, backup.CreateOptions{Dir: absolute(f.to), Recipients: recipients, Identities: ids,
		Passphrases: c.keyPassphrases, Now: c.now()})
	if err != nil {
		return err
	}
	if c.flags.dryRun {
		return c.emitPlan(createPlanJSON(plan), backupui.CreatePlanPage(plan))
	}
	if err := c.waiveProof(ctx, plan); err != nil {
		return err
	}
	res, err := plan.Apply(ctx, nil)
	if err != nil {
		return err
	}
	c.remember(s, "back up", backup.Record{File: res.File, SHA256: res.SHA256, State: res.State, Waived: res.Waived})
	return c.emit(res, backupui.CreatedPage(res))
}

// waiveProof stops where --require-backup forbids what the plan would do without.
func (c *cli) waiveProof(_ context.Context, plan *backup.CreatePlan) error {
	if waives := plan.Waives(); c.flags.requireBackup && len(waives) > 0 {
		return fmt.Errorf("a backup that nobody has decrypted: %w: give an identity with -i", errRequired)
	}
	return nil
}

// backupRecords remember the backups that were written or verified from here.
func (s *session) backupRecords() (*backup.Records, error) {
	return backup.OpenRecords(filepath.Join(s.paths.state, "backups.jsonl"), s.cli.now)
}

// recordBackup remembers how far a backup is proven.
func (s *session) recordBackup(what string, rec backup.Record) error {
	records, err := s.backupRecords()
	if err != nil {
		return err
	}
	defer records.Close()
	if err := records.Note(rec); err != nil {
		return err
	}
	return s.state.Activity().Append(state.Act{What: what, On: rec.File, Result: string(rec.State), Detail: rec.SHA256})
}

func (c *cli) backupList(ctx context.Context, dir string) error {
	s, err := c.open()
	if err != nil {
		return err
	}
	records, err := s.backupRecords()
	if err != nil {
		return err
	}
	defer records.Close()
	found, err := backup.List(ctx, absolute(dir), records)
	if err != nil {
		return err
	}
	return c.emit(list(found), backupui.ListPage(found, c.now()))
}

func (c *cli) backupVerify(ctx context.Context, file string, f backupFlags) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	s, err := c.open()
	if err != nil {
		return err
	}
	ids, err := c.needIdentities(ctx, f)
	if err != nil {
		return err
	}
	res, err := backup.Verify(ctx, absolute(file), ids, backup.VerifyOptions{Passphrases: c.keyPassphrases})
	if res == nil {
		return err
	}
	if err == nil && res.OK {
		c.remember(s, "verify backup", backup.Record{File: res.File, SHA256: res.SHA256, State: res.State})
	}
	if printing := c.emit(res, backupui.VerifiedPage(res)); printing != nil {
		return printing
	}
	return err
}

// remember records a proof; what was proven stays proven where it cannot be recorded.
func (c *cli) remember(s *session, what string, rec backup.Record) {
	if err := s.recordBackup(what, rec); err != nil {
		c.say("this could not be recorded: %s", trustdata.VisibleError(err))
	}
}

func (c *cli) backupRestore(ctx context.Context, file string, f backupFlags) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	if f.to == "" {
		return usagef("say where the keys go: --to DIR")
	}
	if c.flags.readOnly {
		return fmt.Errorf("restoring writes keys: %w", keyring.ErrReadOnly)
	}
	ids, err := c.needIdentities(ctx, f)
	if err != nil {
		return err
	}
	to, err := keyring.OpenDir(absolute(f.to), keyring.DirOptions{Create: !c.flags.dryRun})
	if err != nil {
		return err
	}
	plan, err := backup.PlanRestore(ctx, absolute(file), ids, to, backup.RestoreOptions{Replace: f.replace, Now: c.now(), Passphrases: c.keyPassphrases})
	if err != nil {
		return c.notRestored(absolute(file), to.Path(), err)
	}
	if c.flags.dryRun {
		return c.emitPlan(restorePlanJSON(plan), restore.PlanPage(plan))
	}
	res, err := plan.Apply(ctx, nil)
	if err != nil {
		return c.notRestored(plan.File, plan.To, err)
	}
	c.recordRestore(res)
	return c.emit(res, restore.RestoredPage(res))
}

// recordRestore tells the activity log. A restore is done even on a machine that has no
// place for a log.
func (c *cli) recordRestore(res *backup.RestoreResult) {
	s, err := c.open()
	if err == nil {
		err = s.state.Activity().Append(state.Act{What: "restore", On: res.To, Result: "done",
			Detail: fmt.Sprintf("%d keys restored, %d replaced, from %s", len(res.Restored), len(res.Replaced), res.File)})
	}
	if err != nil {
		c.say("this could not be recorded: %s", trustdata.VisibleError(err))
	}
}

// notRestored prints what exit code 3 promises to JSON readers, for a backup that is
// damaged; it returns err.
func (c *cli) notRestored(file, to string, err error) error {
	if !c.flags.json || !errors.Is(err, backup.ErrDamaged) {
		return err
	}
	none := []trustdata.KeyID{}
	return errors.Join(err, c.emitJSON(struct {
		backup.RestoreResult
		Problems []string `json:"problems"`
	}{backup.RestoreResult{File: file, To: to, Restored: none, Same: none, Replaced: none, Refused: []backup.Refusal{},
		Trashed: []string{}, Metadata: []trustdata.GUN{}, Kept: []trustdata.GUN{}}, []string{trustdata.VisibleError(err)}}))
}
