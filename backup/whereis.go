package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"keyrite/backup/media"
)

// ErrElsewhere is returned for a copy whose medium is not in this machine.
var ErrElsewhere = errors.New("its medium is not in this machine")

// On are those of known that were written to the drive, as far as it is recognised.
func On(drive media.Drive, known []Copy) (on []Copy) {
	for _, c := range known {
		if _, ok := c.likeness(drive); ok {
			on = append(on, c)
		}
	}
	return on
}

// likeness reports whether the drive is the copy's medium.
func (c Copy) likeness(drive media.Drive) (media.Likeness, bool) {
	if c.Medium == nil || !c.Medium.Recognised {
		return media.Other, false
	}
	like, _ := media.Same(c.Medium.identity(), drive.Identity())
	return like, like == media.Stayed || like == media.Back || like == media.Alike
}

// Find is where a copy is now: on whatever drive its medium is put into, or in its folder. It
// is ErrElsewhere if the medium is not there.
func (d Drives) Find(ctx context.Context, c Copy) (string, error) {
	if c.Medium == nil || !c.Medium.Recognised {
		return c.File, nil
	}
	all, err := media.Scan(ctx, d.Options)
	if err != nil {
		return "", err
	}
	for _, drive := range all {
		if _, ok := c.likeness(drive); !ok {
			continue
		}
		if slices.Contains(unread, drive.Refused) {
			return "", fmt.Errorf("%s: %s", drive.Title(), drive.Refused)
		}
		return d.below(ctx, drive, c.File)
	}
	return "", fmt.Errorf("the copy %q on %q: %w; put it in", filepath.Base(c.File), c.Medium.Name(), ErrElsewhere)
}

// unread are the refusals of a drive that cannot be read either.
var unread = []media.Refusal{media.NoMedium, media.Locked, media.NotMounted, media.Covered, media.Silent, media.Denied}

// at is the removable drive that a folder is on, to read from it; nil if it is on none.
func (d Drives) at(ctx context.Context, dir string) (*media.Drive, error) {
	drive, err := media.At(ctx, d.Options, dir)
	switch {
	case err != nil: // it is not there, which whoever reads it says better
		return nil, nil
	case slices.Contains(byHand, drive.Refused):
		return nil, nil
	case slices.Contains(unread, drive.Refused):
		return nil, fmt.Errorf("%s at %q: %s", drive.Title(), drive.Mount, drive.Refused)
	}
	return &drive, nil
}

// below looks for a file that was at path while the drive was mounted somewhere else: what
// is below the mount stayed the same.
func (d Drives) below(ctx context.Context, drive media.Drive, path string) (string, error) {
	open, err := d.opener(ctx, drive)
	if err != nil {
		return "", err
	}
	parts := strings.Split(filepath.ToSlash(path), "/")
	for i := range parts {
		file := filepath.Join(drive.Mount, filepath.Join(parts[i:]...))
		folder, err := open(filepath.Dir(file), false)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		_, err = folder.Lstat(filepath.Base(file))
		if err = errors.Join(err, folder.Close()); err == nil {
			return file, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return "", fmt.Errorf("%s has no %q: %w", drive.Title(), filepath.Base(path), fs.ErrNotExist)
}

// Verify is the package's Verify of a file that may be on a removable drive: that is then
// named in the result, and if a copy of known was written to it and it was put in anew since,
// the copy counts as replugged.
func (d Drives) Verify(ctx context.Context, file string, known []Copy, ids []Identity, opt VerifyOptions) (*VerifyResult, error) {
	drive, err := d.at(ctx, filepath.Dir(file))
	if err != nil {
		return nil, err
	}
	if drive == nil {
		return Verify(ctx, file, ids, opt)
	}
	if opt.Open, err = d.opener(ctx, *drive); err != nil {
		return nil, err
	}
	opt.Medium = mediumOf(*drive)
	for _, c := range On(*drive, known) {
		like, _ := c.likeness(*drive)
		if filepath.Base(c.File) == filepath.Base(file) && like == media.Back {
			opt.Replugged = true
		}
	}
	return Verify(ctx, file, ids, opt)
}
