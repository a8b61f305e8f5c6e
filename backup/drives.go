package backup

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"keyrite/backup/media"
)

// ErrSecondCopy is returned for a copy on a medium that has one of the set already.
var ErrSecondCopy = errors.New("it carries a copy of this set already; take another medium")

// Drives is how copies get onto removable drives and are proven there.
type Drives struct {
	Options media.Options
	Helper  media.Helper
	Ejector media.Ejector
}

// spare is what lies beside a backup, and what a file system needs for names.
const spare = 256 << 10

// byHand are the refusals of a folder that a person may choose all the same; it counts as
// one of this machine's.
var byHand = []media.Refusal{media.NotRemovable, media.HoldsKeys, media.HoldsSystem}

// DriveOf is the removable drive that a folder is on, nil if it is on none that is known.
func (d Drives) DriveOf(ctx context.Context, dir string) (*media.Drive, error) {
	drive, err := media.At(ctx, d.Options, dir)
	switch {
	case errors.Is(err, media.ErrHung), errors.Is(err, context.DeadlineExceeded), ctx.Err() != nil: // this process must not wait for it either
		return nil, err
	case err != nil: // it is not there yet, or the system's drives cannot be seen
		return nil, nil
	case slices.Contains(byHand, drive.Refused):
		return nil, nil
	case drive.Refused != "":
		return nil, fmt.Errorf("%s at %q: %s", drive.Title(), drive.Mount, drive.Refused)
	}
	return &drive, nil
}

// Plan is PlanCreate that looks whether the folder is on a removable drive: then it goes
// there through a process of its own. known are the copies that are remembered.
func (d Drives) Plan(ctx context.Context, src Source, opt CreateOptions, known []Copy) (*CreatePlan, error) {
	drive, err := d.DriveOf(ctx, opt.Dir)
	if err != nil {
		return nil, err
	}
	if drive == nil {
		opt.Medium = &Medium{}
		return PlanCreate(ctx, src, opt)
	}
	opt.Medium = mediumOf(*drive)
	if err := alreadyOn(*drive, opt.Operation, known); err != nil {
		return nil, err
	}
	if opt.Open, err = d.opener(ctx, *drive); err != nil {
		return nil, err
	}
	p, err := PlanCreate(ctx, src, opt)
	if err != nil {
		return nil, err
	}
	if need := p.Bytes + p.Bytes/8 + spare; drive.Free >= 0 && need > drive.Free {
		return nil, fmt.Errorf("%s has %d bytes free, and the backup needs about %d: take another one", drive.Title(), drive.Free, need)
	}
	p.Drive = drive
	return p, nil
}

// opener opens folders on the drive in a process of their own, and fails as soon as the
// drive is not where it was.
func (d Drives) opener(ctx context.Context, drive media.Drive) (media.Opener, error) {
	guard, err := media.NewGuard(d.Options.Roots, drive)
	if err != nil {
		return nil, err
	}
	return d.Helper.Opener(ctx, guard), nil
}

// alreadyOn refuses a drive that has a copy of the operation, or is a clone of one that has.
func alreadyOn(drive media.Drive, operation string, known []Copy) error {
	for _, c := range known {
		if operation == "" || c.Operation != operation || c.Medium == nil {
			continue
		}
		if like, why := media.Same(c.Medium.identity(), drive.Identity()); like != media.Other {
			return fmt.Errorf("%s: %w (%s)", drive.Title(), ErrSecondCopy, why)
		}
	}
	return nil
}

// Write carries out a plan of Plan, in ctx, which may be another than the plan's. A medium
// without a token gets one first, to be known by when it comes back.
func (d Drives) Write(ctx context.Context, p *CreatePlan, progress Progress) (*CreateResult, error) {
	if p.Drive == nil {
		return p.Apply(ctx, progress)
	}
	drive := *p.Drive
	var err error
	if p.opt.Open, err = d.opener(ctx, drive); err != nil {
		return nil, err
	}
	if drive.Token == "" && drive.Problem == "" {
		if drive.Token, err = p.mark(drive); err != nil {
			return nil, fmt.Errorf("%s could not be marked: %w", drive.Title(), err)
		}
		p.opt.Medium.Token = string(drive.Token)
	}
	res, err := p.Apply(ctx, progress)
	if err != nil {
		return nil, err
	}
	res.Drive = &drive
	return res, nil
}

func (p *CreatePlan) mark(drive media.Drive) (media.Token, error) {
	top, err := p.opt.Open(drive.Mount, false)
	if err != nil {
		return "", err
	}
	token, err := media.MakeToken(top)
	return token, media.Also(err, top.Close())
}

// Prove reads a copy again from the drive that it was written to, as that is now. Only one
// that is Back proves it from a medium that was out of the machine. Another hash than that of
// the writing is damage, however sound the file is.
func (d Drives) Prove(ctx context.Context, made *CreateResult, now media.Drive, ids []Identity, opt VerifyOptions) (*VerifyResult, error) {
	like, why := media.Same(made.Drive.Identity(), now.Identity())
	if like != media.Back && like != media.Stayed {
		return nil, fmt.Errorf("%s is not the medium that was written to: %s", now.Title(), why)
	}
	at, err := filepath.Rel(made.Drive.Mount, made.File)
	if err != nil {
		return nil, err
	}
	if opt.Open, err = d.opener(ctx, now); err != nil {
		return nil, err
	}
	opt.Medium, opt.Replugged, opt.SHA256 = mediumOf(now), like == media.Back, made.SHA256
	return Verify(ctx, filepath.Join(now.Mount, at), ids, opt)
}

// AsCopy is the copy that the plan will make, for what is planned after it.
func (p *CreatePlan) AsCopy() Copy {
	return Copy{Operation: p.opt.Operation, Number: p.opt.Copy, Of: p.opt.Copies, File: p.File, Medium: p.opt.Medium}
}

func mediumOf(d media.Drive) *Medium {
	return &Medium{Vendor: d.Vendor, Model: d.Model, Serial: d.Serial, UUID: d.UUID, Label: d.Label, FileSystem: d.FileSystem,
		Token: string(d.Token), Size: d.Size, Recognised: true, DiskSeq: d.DiskSeq, Boot: d.Boot}
}

func (m *Medium) identity() media.Identity {
	return media.Identity{Token: media.Token(m.Token), UUID: m.UUID, Serial: m.Serial, DiskSeq: m.DiskSeq, Boot: m.Boot}
}
