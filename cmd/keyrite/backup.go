package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"keyrite/backup"
	backupui "keyrite/ui/backup"
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
		RunE: func(cmd *cobra.Command, _ []string) error { return c.backupCreate(cmd.Context(), c.backupDefaults(f)) },
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
	c.remember(s, "back up", res.Record())
	return c.emit(res, backupui.CreatedPage(res))
}

// waiveProof stops where --require-backup forbids what the plan would do without.
func (c *cli) waiveProof(_ context.Context, plan *backup.CreatePlan) error {
	if waives := plan.Waives(); c.flags.requireBackup && len(waives) > 0 {
		return fmt.Errorf("a backup that nobody has decrypted: %w: give an identity with -i", errRequired)
	}
	return nil
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
	found, err := backup.List(ctx, absolute(dir), records, nil)
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
		c.remember(s, "verify backup", res.Record())
	}
	if printing := c.emit(res, backupui.VerifiedPage(res)); printing != nil {
		return printing
	}
	return err
}
