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
	"keyrite/ui"
	"keyrite/ui/change"
)

// chosen are the flags that name several repositories in the place of GUN.
type chosen struct {
	guns    []string
	rootKey string
}

func (f chosen) several() bool { return len(f.guns) > 0 || f.rootKey != "" }

func (f *chosen) on(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.guns, "gun", nil, "in the place of GUN: the repository `GUN` (repeatable), or every known one that a pattern with * names")
	cmd.Flags().StringVar(&f.rootKey, "root-key", "", "in the place of GUN: every known repository whose root.json, fetched now, lists the root key `ID`")
}

// editMany plans an edit of several repositories and carries it out as one operation, which
// the command again asks for. The repositories where nothing is to do are said, and are no
// failure.
func (c *cli) editMany(ctx context.Context, f chosen, again string, plan func(*rotation.Rotator) func(context.Context, trustdata.GUN) (*rotation.Edit, error)) error {
	if c.flags.offline {
		return usagef("changing several repositories is not possible with --offline")
	}
	if len(f.guns) > 0 && f.rootKey != "" {
		return usagef("--gun and --root-key exclude each other")
	}
	s, r, release, err := c.settled(ctx, rotatingMany(keyring.DefaultIterations))
	if err != nil {
		return err
	}
	defer release()
	guns, _, err := s.named(ctx, rotateFlags{guns: f.guns, rootKey: f.rootKey})
	if err != nil {
		return err
	}
	all, err := r.PlanEdits(ctx, guns, s.atOnce(false), plan(r))
	if err != nil {
		return err
	}
	all.Again = again
	if len(all.Edits) == 0 {
		return c.nothingOfMany(ctx, s, all)
	}
	return c.applyEdits(ctx, s, r, all)
}

// nothingOfMany ends where no repository has anything to do, or none can be done.
func (c *cli) nothingOfMany(ctx context.Context, s *session, all *rotation.Edits) error {
	var failed []error
	for _, l := range all.Left {
		c.say("%s: %s", trustdata.Visible(string(l.GUN)), trustdata.VisibleError(l.Why))
		c.sayDue(l)
		if !errors.Is(l.Why, rotation.ErrNothing) {
			failed = append(failed, c.unverified(l.GUN, s.explain(ctx, l.Why)))
		}
	}
	if len(failed) > 0 {
		return errors.Join(failed...)
	}
	return c.emit([]outcomeJSON{}, ui.Page{Title: "Nothing is to do", Notes: []string{"Nothing is to do in any of these repositories."}})
}

func (c *cli) sayDue(l rotation.LeftOut) {
	for _, due := range l.Due() {
		c.say("%s: %s", trustdata.Visible(string(l.GUN)), trustdata.Visible(due))
	}
}

func (c *cli) applyEdits(ctx context.Context, s *session, r *rotation.Rotator, all *rotation.Edits) error {
	for _, l := range all.Left {
		c.say("%s is left out: %s", trustdata.Visible(string(l.GUN)), trustdata.VisibleError(l.Why))
		c.sayDue(l)
	}
	if c.flags.dryRun {
		return c.editsPlan(all)
	}
	if err := c.confirm(ctx, slices.Concat(all.Changes(), all.WillNotFollow()), fmt.Sprintf("%d repositories", len(all.Edits)), all.Kind); err != nil {
		return err
	}
	open, err := c.satisfy(ctx, s, all.Needs())
	if err != nil {
		return err
	}
	defer open.wipe()
	outcomes, err := r.ApplyEdits(ctx, all, open.signing(), s.atOnce(false), c.batchStep)
	if err != nil {
		return err
	}
	op, err := r.Journal.Reload(all.ID)
	if err != nil {
		return err
	}
	rows := make([]rotation.Outcome, len(outcomes))
	for i, o := range outcomes {
		rows[i] = o.Outcome()
	}
	return c.emitOperation(ctx, op, rows)
}

// editsPlan prints what would change in which repository, and which are left out.
func (c *cli) editsPlan(all *rotation.Edits) error {
	steps := all.Edits[0].Steps
	page := change.Plan{Kind: all.Kind, GUN: trustdata.GUN(fmt.Sprintf("%d repositories", len(all.Edits))), Changes: all.Changes(), WillNotFollow: all.WillNotFollow(), Steps: steps, Needs: all.Needs()}
	return c.emitPlan(struct {
		planJSON
		LeftOut []leftOutJSON `json:"left_out"`
	}{planJSON{ID: all.ID, Kind: all.Kind, Steps: steps, Needs: all.Needs(), Changes: all.Changes(), WillNotFollow: list(all.WillNotFollow())}, leftOutOf(all.Left)}, change.PlanPage(page))
}
