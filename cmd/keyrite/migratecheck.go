package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"keyrite/trustdata/archive"
	"keyrite/trustdata/migration"
	"keyrite/trustdata/notation"
	"keyrite/trustdata/registry"
	shown "keyrite/ui/migrate"
)

func (c *cli) migrateCheckCommand() *cobra.Command {
	var m migrating
	cmd := &cobra.Command{
		Use: "check [GUN...] --archive DIR", Short: "Look whether everything planned was signed anew and archived (exit code 3 if not)",
		Long: "Look again at trust server and registry. It is complete when every planned digest carries a signature of the\n" +
			"system, no signed tag is unplanned, and the archive in DIR verifies and is as new as what the server has.\n" +
			"What is present counts; with --verify only what verifies by the trust policy of notation, as in notation verify.",
		Args: usageArgs(cobra.ArbitraryArgs),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.migrateCheck(cmd.Context(), args, &m, cmd.Flags().Changed("for"))
		},
	}
	m.about(cmd)
	cmd.Flags().BoolVar(&m.verify, "verify", false, "count only signatures that verify by notation's trust policy")
	m.policy.add(cmd)
	cmd.Flags().StringVar(&m.plan, "plan", "", "check against the plan in `FILE` (default: one that is made now)")
	cmd.Flags().StringVar(&m.archive, "archive", "", "the folder of archives that keyrite archive wrote: `DIR`")
	return cmd
}

func (c *cli) migrateCheck(ctx context.Context, typed []string, m *migrating, forGiven bool) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	var plan *migration.Plan
	if m.plan != "" {
		var err error
		if plan, err = migration.Read(absolute(m.plan)); err != nil {
			return err
		}
		if forGiven && m.signer.For != plan.For {
			return usagef("the plan is for %s, and --for says %s", plan.For, m.signer.For)
		}
		m.signer.For = plan.For
	}
	if plan == nil && len(typed) == 0 {
		return usagef("say which repositories, or --plan FILE")
	}
	s, guns, err := c.openMigration(ctx, typed, m)
	if err != nil {
		return err
	}
	if len(guns) == 0 {
		guns = plan.GUNs()
	}
	if m.archive == "" {
		m.archive = m.fromArchive
	}
	policy, err := c.judging(m)
	if err != nil {
		return err
	}
	all, err := c.lookAll(ctx, s, guns, m, plan)
	if err != nil {
		return err
	}
	if policy != nil {
		if err := s.judgeAll(ctx, policy, all); err != nil {
			return err
		}
	}
	now, err := s.planOf(all, m)
	if err != nil {
		return err
	}
	checked := migration.Check(plan, now, all, s.kept(ctx, all, m.archive))
	if policy != nil {
		checked.JudgedBy = policy.Origin
	}
	if err := c.emit(checked, shown.CheckPage(checked)); err != nil {
		return err
	}
	if !checked.Complete {
		return fmt.Errorf("%s: %w", unfinishedOnes(checked), errIncomplete)
	}
	return nil
}

// errIncomplete is what a migration Is of which something is missing.
var errIncomplete = errors.New("the migration is not complete")

// unfinishedOnes names the repositories of which something is missing, a few of them.
func unfinishedOnes(checked *migration.Checked) string {
	const few = 3
	var names []string
	for _, r := range checked.Repositories {
		if !r.Complete {
			names = append(names, fmt.Sprintf("%q", r.GUN))
		}
	}
	if more := len(names) - few; more > 0 {
		names = append(names[:few], fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

// judging is the trust policy that signatures must verify by, nil if those that are present
// count.
func (c *cli) judging(m *migrating) (*notation.Policy, error) {
	switch {
	case !m.verify && m.policy == (notationFlags{}):
		return nil, nil
	case !m.verify:
		return nil, usagef("a trust policy counts with --verify")
	case m.signer.For != registry.Notation:
		return nil, usagef("--verify is for notation: %s verifies its own signatures", m.signer.For)
	}
	return c.notationPolicy(m.policy)
}

// judgeAll has the policy judge the signatures of every digest that carries one.
func (s *session) judgeAll(ctx context.Context, policy *notation.Policy, all []*migration.Live) error {
	for _, l := range all {
		gun := l.Collection.GUN
		err := l.Judge(ctx, registry.Notation, func(ctx context.Context, digest string) (string, error) {
			r, err := s.judge(ctx, policy, gun, "", digest, false)
			switch {
			case err != nil || r.Verified:
				return "", err
			case r.Why != "":
				return r.Why, nil
			}
			return "the policy lets it through, and no signature verifies", nil
		})
		if err != nil {
			return fmt.Errorf("%q: %w", gun, err)
		}
	}
	return nil
}

// kept judges the archives below dir.
func (s *session) kept(ctx context.Context, all []*migration.Live, dir string) []migration.Evidence {
	var kept []migration.Evidence
	for _, l := range all {
		if dir == "" {
			kept = append(kept, migration.Kept("", nil, nil, l.Collection))
			continue
		}
		a, err := archive.Read(ctx, absolute(dir), l.Collection.GUN)
		kept = append(kept, migration.Kept(absolute(dir), a, err, l.Collection))
	}
	return kept
}
