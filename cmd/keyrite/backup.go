package main

import (
	"context"

	"github.com/spf13/cobra"

	"keyrite/backup"
	"keyrite/trustdata"
	backupui "keyrite/ui/backup"
)

// backupFlags are those of keyrite backup.
type backupFlags struct {
	to                     []string
	into                   string // the trust directory of a restore
	passphraseFile         string
	operation              string
	copies                 int
	replug, virtual        bool
	recipients, identities []string
	recipientFiles         []string
	replace, salvage       bool
	from                   string // what a backup is made of, "" for the trust directories
	evidence               bool
}

func (c *cli) backupCommand() *cobra.Command {
	parent := &cobra.Command{Use: "backup", Short: "Write, list, verify and restore encrypted backups", Args: usageArgs(cobra.NoArgs), RunE: needVerb}
	var f backupFlags
	create := &cobra.Command{
		Use: "create --to DIR", Short: "Write an age-encrypted backup of every key and of the signed metadata, and read it back",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return c.backupCreate(cmd.Context(), c.backupDefaults(f)) },
	}
	create.Flags().StringArrayVar(&f.to, "to", nil, "the folder that the backup goes to: `DIR` (repeatable: a copy in each)")
	create.Flags().IntVar(&f.copies, "copies", backup.DefaultCopies, "how many copies the set is to have")
	create.Flags().BoolVar(&f.replug, "replug", false, "wait until each drive was taken out and put back, and prove the copy from it then")
	create.Flags().BoolVar(&f.virtual, "allow-virtual", false, "let mounted disk images pass for drives")
	create.Flags().StringVar(&f.operation, "operation", "", "add a copy to the set with this `ID`, for its readers unless others are given")
	create.Flags().StringArrayVarP(&f.recipients, "recipient", "r", nil, "age `RECIPIENT` that can open it (repeatable)")
	create.Flags().StringArrayVarP(&f.recipientFiles, "recipients-file", "R", nil, "`FILE` with one recipient on each line (repeatable)")
	create.Flags().StringVar(&f.from, "from", "", "back up the key files in `PATH` instead: a tar or tar.gz of a private folder, an exported bundle, or a folder")
	create.Flags().BoolVar(&f.evidence, "evidence", false, "ask the servers for every root version, and put them in")
	list := &cobra.Command{
		Use: "list [DIR]", Short: "List the copies that are remembered, or the backups in a folder, and when each was last proven",
		Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return c.backupCopies()
			}
			return c.backupList(cmd.Context(), args[0])
		},
	}
	verify := &cobra.Command{
		Use: "verify FILE", Short: "Decrypt a backup to its end and compare every file with its manifest; nothing is written",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.backupVerify(cmd.Context(), args[0], f, "verify backup", c.keyPassphrases)
		},
	}
	drill := &cobra.Command{
		Use: "drill FILE", Short: "Prove a backup again: decrypt it, open its keys with their passphrases in memory and have them sign; nothing is restored",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.backupVerify(cmd.Context(), args[0], f, "drill", c.askKeyPassphrases(cmd.Context()))
		},
	}
	restoring := &cobra.Command{
		Use: "restore FILE... --to DIR", Short: "Put a backup's keys into a trust directory, replacing nothing",
		Long: "Put a backup's keys into a trust directory, replacing nothing. Several FILEs are copies of one set: the soundest is taken.",
		Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return c.backupRestore(cmd.Context(), args, f) },
	}
	restoring.Flags().StringVar(&f.into, "to", "", "the trust directory: `DIR` (made if it is not there)")
	restoring.Flags().BoolVar(&f.replace, "replace", false, "replace keys that differ; the old file is kept in the trash")
	restoring.Flags().BoolVar(&f.salvage, "salvage", false, "restore from a damaged backup what is whole, and name what is lost (exit code 3)")
	for _, cmd := range []*cobra.Command{verify, drill} {
		cmd.Flags().BoolVar(&f.virtual, "allow-virtual", false, "let mounted disk images pass for drives")
	}
	for _, cmd := range []*cobra.Command{create, verify, drill, restoring} {
		cmd.Flags().StringArrayVarP(&f.identities, "identity", "i", nil, "age identity `FILE` that opens the backup (repeatable)")
		cmd.Flags().StringVar(&f.passphraseFile, "backup-passphrase-file", "", "`FILE` with the backup's own passphrase, instead of recipients")
	}
	parent.AddCommand(create, list, verify, drill, restoring, c.backupSheetCommand())
	parent.AddCommand(c.backupMediaCommands()...)
	return parent
}

// backupCopies lists every copy that is remembered; none of them is looked at.
func (c *cli) backupCopies() error {
	s, err := c.open()
	if err != nil {
		return err
	}
	records, err := s.backupRecords()
	if err != nil {
		return err
	}
	defer records.Close()
	copies := records.Copies(c.now(), backup.DefaultIntervals)
	return c.emit(list(copies), backupui.CopiesPage(copies, c.now()))
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
	left, err := backup.Leftovers(ctx, absolute(dir), c.reading(ctx))
	if err != nil {
		return err
	}
	if left != "" {
		c.say("%s", trustdata.Visible(left))
	}
	found, err := backup.List(ctx, absolute(dir), records.Copies(c.now(), backup.DefaultIntervals), c.reading(ctx))
	if err != nil {
		return err
	}
	return c.emit(list(found), backupui.ListPage(found, c.now()))
}

// backupVerify reads a backup to its end. What is found is remembered, be it damage.
func (c *cli) backupVerify(ctx context.Context, file string, f backupFlags, what string, passphrases backup.Passphrases) error {
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
	drives, err := s.drives(f.virtual)
	if err != nil {
		return err
	}
	known, _ := s.copies() // a backup is sound or not whatever is remembered
	res, err := drives.Verify(ctx, absolute(file), known, ids, backup.VerifyOptions{Passphrases: passphrases, Open: c.reading(ctx)})
	if res == nil {
		return err
	}
	c.remember(s, what, res.Record())
	if err != nil {
		return c.damagedFound(res, err, known)
	}
	return c.emit(res, backupui.VerifiedPage(res))
}
