package backup

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

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

// Plan is PlanCreate for a copy in the top folder of a drive, or in the folder opt.Dir on
// it. known are the copies that are remembered.
func (d Drives) Plan(ctx context.Context, src Source, drive media.Drive, opt CreateOptions, known []Copy) (*CreatePlan, error) {
	if drive.Refused != "" {
		return nil, fmt.Errorf("%s: %s", drive.Title(), drive.Refused)
	}
	opt.Medium = mediumOf(drive)
	if err := alreadyOn(drive, opt.Operation, known); err != nil {
		return nil, err
	}
	if opt.Dir == "" {
		opt.Dir = drive.Mount
	}
	var err error
	if opt.Open, err = d.opener(ctx, drive); err != nil {
		return nil, err
	}
	p, err := PlanCreate(ctx, src, opt)
	if err != nil {
		return nil, err
	}
	if need := p.Bytes + p.Bytes/8 + spare; drive.Free >= 0 && need > drive.Free {
		return nil, fmt.Errorf("%s has %d bytes free, and the backup needs about %d: take another one", drive.Title(), drive.Free, need)
	}
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

// Write carries out a plan of Plan. A medium without a token gets one first, to be known by
// when it comes back; the drive is returned as it is then.
func (d Drives) Write(ctx context.Context, drive media.Drive, p *CreatePlan, progress Progress) (*CreateResult, media.Drive, error) {
	if drive.Token == "" && drive.Problem == "" {
		top, err := p.opt.Open(drive.Mount, false)
		if err != nil {
			return nil, drive, err
		}
		token, err := media.MakeToken(top)
		if err := errors.Join(err, top.Close()); err != nil {
			return nil, drive, fmt.Errorf("%s could not be marked: %w", drive.Title(), err)
		}
		drive.Token = token
		p.opt.Medium.Token = string(token)
	}
	res, err := p.Apply(ctx, progress)
	return res, drive, err
}

// Prove reads a copy again from the drive that was written to, as it is now. like is what
// media.Same says of the two; only media.Back makes it a proof from a medium that was out of
// the machine. Another hash than that of the writing is damage, however sound the file is.
func (d Drives) Prove(ctx context.Context, made *CreateResult, was, now media.Drive, like media.Likeness, ids []Identity, opt VerifyOptions) (*VerifyResult, error) {
	if like != media.Back && like != media.Stayed {
		return nil, fmt.Errorf("%s is not the medium that was written to", now.Title())
	}
	at, err := filepath.Rel(was.Mount, made.File)
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
