package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"keyrite/backup"
	"keyrite/backup/media"
	"keyrite/trustdata"
)

// plannedCopy is one copy of a set before it is written, and the drive that it goes to, nil
// for a folder that is on none.
type plannedCopy struct {
	plan  *backup.CreatePlan
	drive *media.Drive
}

// drives is how this session reaches removable drives.
func (s *session) drives(virtual bool) (backup.Drives, error) {
	opt, err := s.mediaOptions(virtual)
	if err != nil {
		return backup.Drives{}, err
	}
	helper, err := mediumHelper()
	return backup.Drives{Options: opt, Helper: helper, Ejector: media.Ejector{Bus: s.cli.systemBus(), Roots: opt.Roots}}, err
}

// byHand are the refusals of a folder that a person may choose all the same; it counts as
// one of this machine's.
var byHand = []media.Refusal{media.NotRemovable, media.HoldsKeys, media.HoldsSystem}

// driveOf is the removable drive that a folder is on, nil if it is on none.
func driveOf(ctx context.Context, d backup.Drives, dir string) (*media.Drive, error) {
	drive, err := media.At(ctx, d.Options, dir)
	switch {
	case err != nil: // it is not there yet, or the system's drives cannot be seen
		return nil, nil
	case slices.Contains(byHand, drive.Refused):
		return nil, nil
	case drive.Refused != "":
		return nil, fmt.Errorf("%s at %q: %s", drive.Title(), trustdata.Visible(drive.Mount), drive.Refused)
	}
	return &drive, nil
}

// planCopy plans one copy, through a process of its own where it goes to a drive.
func planCopy(ctx context.Context, d backup.Drives, src backup.Source, opt backup.CreateOptions, known []backup.Copy) (plannedCopy, error) {
	drive, err := driveOf(ctx, d, opt.Dir)
	if err != nil {
		return plannedCopy{}, err
	}
	if drive == nil {
		opt.Medium = &backup.Medium{}
		plan, err := backup.PlanCreate(ctx, src, opt)
		return plannedCopy{plan, nil}, err
	}
	plan, err := d.Plan(ctx, src, *drive, opt, known)
	return plannedCopy{plan, drive}, err
}

// writeCopy carries out the plan of one copy. With replug the copy on a drive is proven from
// the drive after it was out of the machine.
func (c *cli) writeCopy(ctx context.Context, d backup.Drives, p plannedCopy, replug bool, ids []backup.Identity) (*backup.CreateResult, error) {
	if p.drive == nil {
		return p.plan.Apply(ctx, nil)
	}
	c.say("DO NOT REMOVE %s", p.drive.Title())
	res, drive, err := d.Write(ctx, *p.drive, p.plan, nil)
	if err != nil {
		return nil, err
	}
	if !replug {
		return res, nil
	}
	if err := c.proveReplugged(ctx, d, drive, res, ids); err != nil {
		return nil, fmt.Errorf("%q is written and read back; the proof after taking it out failed: %w", res.File, err)
	}
	return res, nil
}

// proveReplugged has a person take the drive out and put it back, and raises res to what is
// proven then.
func (c *cli) proveReplugged(ctx context.Context, d backup.Drives, drive media.Drive, res *backup.CreateResult, ids []backup.Identity) error {
	if _, err := d.Ejector.Eject(ctx, drive); err != nil {
		c.say("%s", trustdata.VisibleError(err))
	}
	c.say("TAKE %s OUT, THEN PUT IT BACK IN", drive.Title())
	if err := media.WaitOut(ctx, d.Options.Roots, drive.Identity()); err != nil {
		return err
	}
	back, err := media.WaitBack(ctx, d.Options, drive.Identity(), func(other media.Drive, _ media.Likeness, why string) {
		c.say("%s: %s", other.Title(), why)
	})
	if err != nil {
		return err
	}
	c.say("DO NOT REMOVE %s", back.Title())
	v, err := d.Prove(ctx, res, drive, back, media.Back, ids, backup.VerifyOptions{Passphrases: c.keyPassphrases})
	if err != nil {
		return err
	}
	res.State, res.Reading, res.Keys, res.Drilled, res.Medium = v.State, v.Reading, v.Keys, v.Drilled, v.Medium
	if _, err := d.Ejector.Eject(ctx, back); err != nil {
		c.say("%s", trustdata.VisibleError(err))
		return nil
	}
	c.say("%s may be taken out", back.Title())
	return nil
}

// errReplug is what --replug is refused with where no copy goes to a drive.
var errReplug = errors.New("--replug is for removable drives, and none of the folders is on one")
