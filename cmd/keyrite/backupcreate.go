package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"keyrite/backup"
	backupui "keyrite/ui/backup"
)

// backupCreate writes the copies of a set one after another, each with its own proof. What
// was written before one fails stays, and counts for what it is.
func (c *cli) backupCreate(ctx context.Context, f backupFlags) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	s, plans, err := c.planSet(ctx, f)
	if err != nil {
		return err
	}
	if c.flags.dryRun {
		return c.emitPlan(createPlanJSON(plans...), backupui.CreatePlanPage(plans...))
	}
	var done []*backup.CreateResult
	for _, plan := range plans {
		res, err := plan.Apply(ctx, nil)
		if err != nil {
			return joinedWith(done, err)
		}
		c.remember(s, "back up", res.Record())
		done = append(done, res)
	}
	if len(done) == 1 {
		return c.emit(done[0], backupui.CreatedPage(done[0]))
	}
	return c.emit(done, backupui.SetPage(done))
}

// joinedWith says which copies are there when a later one could not be made.
func joinedWith(done []*backup.CreateResult, err error) error {
	var files []string
	for _, r := range done {
		files = append(files, fmt.Sprintf("%q", r.File))
	}
	if len(files) == 0 {
		return err
	}
	return fmt.Errorf("%w; written before and sound: %s (add the copy that is missing with --operation %s)", err, strings.Join(files, ", "), done[0].Operation)
}

// planSet plans every copy before the first is written.
func (c *cli) planSet(ctx context.Context, f backupFlags) (*session, []*backup.CreatePlan, error) {
	if len(f.to) == 0 {
		return nil, nil, usagef("say where the backup goes: --to DIR")
	}
	recipients, err := c.recipientsOf(f)
	if err != nil {
		return nil, nil, err
	}
	var ids []backup.Identity
	if len(f.identities) > 0 {
		if ids, err = c.identities(backupFlags{identities: f.identities}); err != nil {
			return nil, nil, err
		}
	}
	s, err := c.openKeys()
	if err != nil {
		return nil, nil, err
	}
	set, err := s.set(f)
	if err != nil {
		return nil, nil, err
	}
	src, err := s.backupSource(ctx)
	if err != nil {
		return nil, nil, err
	}
	var plans []*backup.CreatePlan
	for i, dir := range f.to {
		opt := backup.CreateOptions{Dir: absolute(dir), Recipients: recipients, Identities: ids, Passphrases: c.keyPassphrases}
		set.number(&opt, i)
		plan, err := backup.PlanCreate(ctx, src, opt)
		if err != nil {
			return nil, nil, err
		}
		plans = append(plans, plan)
	}
	if err := set.fits(plans); err != nil {
		return nil, nil, err
	}
	return s, plans, c.waive(plans)
}

// waive stops where --require-backup forbids what the plans would do without.
func (c *cli) waive(plans []*backup.CreatePlan) error {
	if !c.flags.requireBackup {
		return nil
	}
	switch waives := plans[0].Waives(); {
	case slices.Contains(waives, backup.WaiverProof):
		return fmt.Errorf("a backup that nobody has decrypted: %w: give an identity with -i", errRequired)
	case slices.Contains(waives, backup.WaiverCopies):
		return fmt.Errorf("a set of fewer copies than it is to have: %w: give --to for each, or --copies", errRequired)
	}
	return nil
}
