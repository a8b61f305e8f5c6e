package main

import (
	"context"
	"errors"
	"fmt"

	"keyrite/backup"
	"keyrite/backup/media"
	"keyrite/trustdata"
	backupui "keyrite/ui/backup"
)

// drives is how this session reaches removable drives.
func (s *session) drives(virtual bool) (backup.Drives, error) {
	opt, err := s.mediaOptions(virtual)
	if err != nil {
		return backup.Drives{}, err
	}
	helper, err := mediumHelper()
	return backup.Drives{Options: opt, Helper: helper, Ejector: media.Ejector{Bus: s.cli.systemBus(), Roots: opt.Roots}}, err
}

// errReplug is what --replug is refused with where no copy goes to a drive.
var errReplug = errors.New("--replug is for removable drives, and none of the folders is on one")

// writeCopy carries out the plan of one copy. With replug the copy on a drive is proven from
// the drive after it was out of the machine.
func (c *cli) writeCopy(ctx context.Context, d backup.Drives, p *backup.CreatePlan, replug bool, ids []backup.Identity) (*backup.CreateResult, error) {
	if p.Drive != nil {
		c.say("DO NOT REMOVE %s", p.Drive.Title())
	}
	res, err := d.Write(ctx, p, nil)
	if err != nil || res.Drive == nil || !replug {
		return res, err
	}
	v, err := d.Replug(ctx, res, ids, backup.VerifyOptions{Passphrases: c.keyPassphrases}, func(m backup.Moment, note string) {
		if note != "" {
			c.say("%s", trustdata.Visible(note))
		}
		if said := momentSentence(m, res.Drive.Title()); said != "" {
			c.say("%s", said)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%q is written and read back; the proof after taking it out failed: %w", res.File, err)
	}
	res.Take(v)
	return res, nil
}

// momentSentence is the one sentence that says whether the drive may be pulled, "" where the
// last one still holds.
func momentSentence(m backup.Moment, drive string) string {
	if m == backup.MomentUnmount || m == backup.MomentSettle {
		return ""
	}
	return backupui.MomentSentence(m, drive)
}
