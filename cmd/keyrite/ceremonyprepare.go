package main

import (
	"context"
	"fmt"
	"slices"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/rotation/ceremony"
	shown "keyrite/ui/ceremony"
)

// ceremonyGUNs are the repositories that arguments and flags name.
func (s *session) ceremonyGUNs(ctx context.Context, typed []string, f ceremonyFlags) ([]trustdata.GUN, error) {
	var guns []trustdata.GUN
	if f.several() {
		found, _, err := s.named(ctx, f.rotateFlags)
		if err != nil {
			return nil, err
		}
		guns = found
	}
	for _, name := range typed {
		gun, err := s.resolve(ctx, name)
		if err != nil {
			return nil, err
		}
		guns = append(guns, gun)
	}
	slices.Sort(guns)
	return slices.Compact(guns), nil
}

// prepared carries a plan out: new keys, the file, and its copy where the user wants it.
func (c *cli) prepared(ctx context.Context, s *session, r *rotation.Rotator, plan *rotation.CeremonyPlan, f ceremonyFlags) error {
	if len(plan.GUNs()) == 0 {
		return c.noneLeft(ctx, s, plan.Left)
	}
	c.sayLeftOut(plan.Left)
	if c.flags.dryRun {
		return c.emitPlan(ceremonyPlanJSON(plan), shown.PlanPage(plan))
	}
	open, err := c.satisfy(ctx, s, plan.Need)
	if err != nil {
		return err
	}
	defer open.wipe()
	bundle, err := r.PrepareCeremony(ctx, plan, open.newPass(), "keyrite "+version())
	if err != nil {
		return err
	}
	return c.writePrepared(bundle, plan.Left, f.dir)
}

// writePrepared writes the file where the user wants it. If that fails the ceremony waits
// all the same, and the file can be written again.
func (c *cli) writePrepared(bundle *ceremony.Bundle, left []rotation.LeftOut, dir string) error {
	file, err := ceremony.WriteFile(absolute(dir), ceremony.FileName(ceremony.StagePrepared, bundle.ID), bundle.Raw)
	if err != nil {
		return fmt.Errorf("%w; the ceremony waits all the same: keyrite ceremony prepare --again %s --to DIR writes its file", err, bundle.ID)
	}
	return c.emit(preparedJSON{File: file, SHA256: digest(bundle.SHA256), Ceremony: bundle.ID, Kind: bundle.Kind, GUNs: bundle.GUNs(), LeftOut: leftOutOf(left)},
		shown.PreparedPage(file, bundle))
}

// prepareAgain writes the file of a ceremony that waits already.
func (c *cli) prepareAgain(f ceremonyFlags) error {
	s, err := c.openKeys()
	if err != nil {
		return err
	}
	r, err := s.rotator(f.iterations)
	if err != nil {
		return err
	}
	op, err := r.Journal.Find(f.again)
	if err != nil {
		return err
	}
	bundle, err := r.AgainCeremony(op)
	if err != nil {
		return err
	}
	return c.writePrepared(bundle, nil, f.dir)
}

func ceremonyPlanJSON(p *rotation.CeremonyPlan) any {
	return struct {
		planJSON
		GUNs    []trustdata.GUN `json:"guns"`
		LeftOut []leftOutJSON   `json:"left_out"`
	}{planJSON{ID: p.ID, Kind: p.Kind, Steps: p.Steps, Needs: p.Need, Changes: p.Changes, WillNotFollow: p.WillNotFollow}, p.GUNs(), leftOutOf(p.Left)}
}
