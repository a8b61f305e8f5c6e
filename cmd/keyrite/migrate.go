package main

import (
	"bufio"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"keyrite/trustdata"
	"keyrite/trustdata/migration"
	"keyrite/trustdata/registry"
	shown "keyrite/ui/migrate"
)

func (c *cli) migrateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "migrate", Short: "Leave Docker Content Trust: what to sign anew elsewhere, and whether it was",
		Long: "Leave Docker Content Trust without losing what it says. plan lists by digest what notation or cosign is to sign,\n" +
			"with the command for each; check looks whether all of it was signed and archived. Neither signs, disables or\n" +
			"deletes anything. keyrite help leaving has the order of the steps.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return usagef("say what: migrate plan or migrate check") },
	}
	cmd.AddCommand(c.migratePlanCommand(), c.migrateCheckCommand())
	return cmd
}

// migrating is what migrate's verbs are told.
type migrating struct {
	signer         migration.Signer
	include, leave []string
	fromArchive    string
	out, store     string
	identities     []string
	plan, archive  string
	// verify counts only signatures that verify by policy.
	verify bool
	policy notationFlags
}

// about adds the flags that both verbs have.
func (m *migrating) about(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&m.signer.For, "for", registry.Notation, "the `SYSTEM` that signs anew: notation or cosign")
	f.StringVar(&m.signer.Key, "key", "", "put --key `REF` into each line")
	f.StringVar(&m.signer.KeyID, "key-id", "", "put --id `ID` into each line (notation, with --plugin)")
	f.StringVar(&m.signer.Plugin, "plugin", "", "put --plugin `NAME` into each line (notation)")
	f.StringArrayVar(&m.include, "include", nil, "`GUN:TAG`: plan what this tag was signed for, although it serves something else (repeatable)")
	f.StringArrayVar(&m.leave, "leave", nil, "`GUN:TAG`: decide against signing this tag anew (repeatable)")
	f.StringVar(&m.fromArchive, "from-archive", "", "read what is signed from the archive in `DIR`, where the trust server is gone")
}

func (c *cli) migratePlanCommand() *cobra.Command {
	var m migrating
	cmd := &cobra.Command{
		Use: "plan GUN...", Short: "List what to sign anew with notation or cosign, by digest, with the command for each",
		Long: "List what to sign anew, by digest: what tags are signed for and serve. Of a tag that serves something else a\n" +
			"terminal is asked; without one it is listed under \"asked\" and taken only with --include. What nobody signed is\n" +
			"never planned, and what carries a signature already is listed as done.",
		Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return c.migratePlan(cmd.Context(), args, &m) },
	}
	m.about(cmd)
	cmd.Flags().StringVar(&m.out, "out", "", "write plan.json, sign.sh and for notation trustpolicy.oci.json into `DIR`")
	cmd.Flags().StringVar(&m.store, "trust-store", "your-store", "`NAME` of the trust store in trustpolicy.oci.json")
	cmd.Flags().StringArrayVar(&m.identities, "identity", nil, "`SUBJECT` that trustpolicy.oci.json trusts, such as \"x509.subject: C=US, ST=WA, O=acme\" (repeatable; default all that the store vouches for)")
	return cmd
}

// planJSONOf is a plan with the files that hold it.
type planJSONOf struct {
	*migration.Plan
	Files []string `json:"files"`
}

func (c *cli) migratePlan(ctx context.Context, typed []string, m *migrating) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	if err := migration.CheckStore(m.store); err != nil {
		return usage(err)
	}
	s, guns, err := c.openMigration(ctx, typed, m)
	if err != nil {
		return err
	}
	all, err := c.lookAll(ctx, s, guns, m, nil)
	if err != nil {
		return err
	}
	plan, err := s.planOf(all, m)
	if err != nil {
		return err
	}
	if plan, err = s.decide(ctx, plan, all, m); err != nil {
		return err
	}
	files := []string{}
	switch {
	case m.out != "" && c.flags.dryRun:
		c.say("a dry run: nothing was written to %q", trustdata.Visible(m.out))
	case m.out != "":
		if files, err = plan.Write(absolute(m.out), m.store, m.identities); err != nil {
			return err
		}
	}
	if err := c.emit(planJSONOf{plan, files}, shown.PlanPage(plan, files)); err != nil {
		return err
	}
	return c.verdicts(all)
}

// openMigration checks what can be checked before any server is asked, and gives each
// repository that was typed once.
func (c *cli) openMigration(ctx context.Context, typed []string, m *migrating) (*session, []trustdata.GUN, error) {
	if err := m.signer.Check(); err != nil {
		return nil, nil, usage(err)
	}
	if c.flags.offline || c.flags.tuf != "" {
		return nil, nil, usagef("a migration compares with the registry, and is not possible with --offline or --tuf")
	}
	s, err := c.openView()
	if err != nil {
		return nil, nil, err
	}
	var guns []trustdata.GUN
	for _, name := range typed {
		gun, err := s.resolve(ctx, name)
		if err != nil {
			return nil, nil, err
		}
		guns = both(guns, []trustdata.GUN{gun})
	}
	return s, guns, nil
}

// lookAll looks at the repositories, a few at a time, and at their digests in plan. It gives
// them in their order, or why one of them could not be looked at: a plan without it would
// look whole.
func (c *cli) lookAll(ctx context.Context, s *session, guns []trustdata.GUN, m *migrating, plan *migration.Plan) ([]*migration.Live, error) {
	all, errs := make([]*migration.Live, len(guns)), make([]error, len(guns))
	slots := make(chan struct{}, comparedAtOnce)
	s.sideBySide(false, len(guns), func(i int) func() {
		slots <- struct{}{}
		live, err := s.lookAt(ctx, guns[i], m.fromArchive, plan)
		<-slots
		return func() {
			c.progress("looked at " + trustdata.Visible(string(guns[i])))
			all[i], errs[i] = live, err
		}
	})
	for i, err := range errs {
		if err != nil {
			return nil, c.unverified(guns[i], err)
		}
	}
	return all, nil
}

// lookAt looks at one repository.
func (s *session) lookAt(ctx context.Context, gun trustdata.GUN, fromArchive string, plan *migration.Plan) (*migration.Live, error) {
	col, err := s.view(ctx, gun, fromArchive)
	if err != nil {
		return nil, err
	}
	client, err := s.registryOf(gun)
	if err != nil {
		return nil, err
	}
	live, err := migration.Look(ctx, client, col, plan.Digests(gun), compareWorkers)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", gun, err)
	}
	return live, nil
}

func (s *session) planOf(all []*migration.Live, m *migrating) (*migration.Plan, error) {
	plan, err := migration.New(all, migration.Options{Tool: "keyrite " + version(), Now: s.cli.now(), Signer: m.signer, Include: m.include, Leave: m.leave})
	if err != nil {
		return nil, usage(err)
	}
	return plan, nil
}

// decide asks about moved tags where somebody is there to answer, and gives the plan with
// the answers. Nothing answers for somebody: --yes leaves them undecided.
func (s *session) decide(ctx context.Context, plan *migration.Plan, all []*migration.Live, m *migrating) (*migration.Plan, error) {
	if !s.cli.canPrompt() || s.cli.flags.yes {
		return plan, nil
	}
	in, decided := bufio.NewReader(s.cli.in), false
	for _, r := range plan.Repositories {
		for _, t := range r.Asked {
			name := string(r.GUN) + ":" + t.Tag
			answer, err := s.cli.ask(ctx, in, fmt.Sprintf("%s was signed for %s and serves %s. Sign anew what was signed? [y/n, Enter decides later] ", name, t.Signed, t.Served))
			if err != nil {
				return nil, err
			}
			switch answer {
			case "y", "yes":
				m.include, decided = append(m.include, name), true
			case "n", "no":
				m.leave, decided = append(m.leave, name), true
			}
		}
	}
	if !decided {
		return plan, nil
	}
	return s.planOf(all, m)
}

// verdicts is the error for metadata that does not verify whole.
func (c *cli) verdicts(all []*migration.Live) error {
	for _, l := range all {
		if err := c.verdict(l.Collection); err != nil {
			return err
		}
	}
	return nil
}
