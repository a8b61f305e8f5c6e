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
	c.collectAsUsual()
	ctx, cancel := c.context(ctx)
	defer cancel()
	set, err := c.planSet(ctx, f)
	if err != nil {
		return err
	}
	if c.flags.dryRun {
		return c.emitPlan(createPlanJSON(set.planned...), backupui.CreatePlanPage(set.planned...))
	}
	var done []*backup.CreateResult
	for _, one := range set.planned {
		res, err := c.writeCopy(ctx, set.drives, one, f.replug, set.identities)
		if err != nil {
			return joinedWith(done, err)
		}
		c.remember(set.session, "back up", res.Record())
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

// plannedSet is a set before its first copy is written.
type plannedSet struct {
	session    *session
	source     backup.Source
	drives     backup.Drives
	identities []backup.Identity
	planned    []*backup.CreatePlan
}

// planSet plans every copy before the first is written.
func (c *cli) planSet(ctx context.Context, f backupFlags) (*plannedSet, error) {
	if len(f.to) == 0 {
		return nil, usagef("say where the backup goes: --to DIR")
	}
	f, err := c.readersOfSet(f)
	if err != nil {
		return nil, err
	}
	recipients, err := c.recipientsOf(ctx, f)
	if err != nil {
		return nil, err
	}
	out := &plannedSet{}
	if out.identities, err = c.identities(backupFlags{identities: f.identities}, c.plugins(ctx)); err != nil {
		return nil, err
	}
	helper, err := mediumHelper()
	if err != nil {
		return nil, err
	}
	resolve := resolver(helper.Resolve).ahead(ctx, f.to)
	if out.session, out.source, err = c.sourceOf(ctx, f); err != nil {
		return nil, err
	}
	if out.drives, err = out.session.drives(f.virtual); err != nil {
		return nil, err
	}
	out.drives.Options.Resolve = resolve
	opt := backup.CreateOptions{Recipients: recipients, Identities: out.identities, Passphrases: c.keyPassphrases, Open: c.folders}
	if err := out.plan(ctx, f, opt); err != nil {
		return nil, err
	}
	if err := c.waive(out.planned); err != nil {
		return nil, err
	}
	return out, c.compareForSet(ctx, out.planned)
}

// compareForSet has the fingerprints compared that nobody knows yet, and waives what was
// not compared.
func (c *cli) compareForSet(ctx context.Context, plans []*backup.CreatePlan) error {
	recipients := plans[0].Recipients
	if err := c.compareFingerprints(ctx, recipients); err != nil {
		return err
	}
	if open := backup.Unchecked(recipients); c.flags.requireBackup && len(open) > 0 && !c.flags.dryRun {
		return fmt.Errorf("nobody has compared the fingerprint of recipient %q: %w: give its identity with -i, or name it under [recipients] in config.toml", open[0].Name(), errRequired)
	}
	for _, p := range plans {
		p.Waive(uncompared(recipients)...)
	}
	return nil
}

func (p *plannedSet) plan(ctx context.Context, f backupFlags, opt backup.CreateOptions) error {
	set, known, err := p.session.set(f)
	if err != nil {
		return err
	}
	drives := 0
	for i, dir := range f.to {
		own := opt
		own.Dir = absolute(dir)
		set.number(&own, i)
		one, err := p.drives.Plan(ctx, p.source, own, known)
		if err != nil {
			return err
		}
		if one.Drive != nil {
			drives++
			known = append(known, one.AsCopy())
		}
		p.planned, opt.Recipients = append(p.planned, one), one.Recipients // who is proven is asked once
	}
	if f.replug && drives == 0 {
		return usage(errReplug)
	}
	return set.fits(p.planned)
}

// sourceOf settles what goes in.
func (c *cli) sourceOf(ctx context.Context, f backupFlags) (*session, backup.Source, error) {
	if f.evidence && c.flags.offline {
		return nil, backup.Source{}, usagef("--evidence asks the servers, and is not possible with --offline")
	}
	if f.from != "" {
		s, err := c.openView()
		if err != nil {
			return nil, backup.Source{}, err
		}
		src, err := s.givenSource(ctx, f.from, f.evidence)
		return s, src, err
	}
	s, err := c.openKeys()
	if err != nil {
		return nil, backup.Source{}, err
	}
	src, err := s.backupSourceFetched(ctx, f.evidence)
	return s, src, err
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
	case len(waives) > 0:
		return fmt.Errorf("a backup with recipients that nobody has decrypted for (%s): %w: give an identity of each with -i", strings.Join(waives, ", "), errRequired)
	}
	return nil
}
