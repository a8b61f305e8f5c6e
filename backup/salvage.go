package backup

import (
	"errors"
	"fmt"
	"io"

	"keyrite/trustdata"
)

// Salvage is what a damaged backup still gives. age authenticates each 64 KiB of it by
// itself, so all that comes before the first damaged piece is as it was written. A file is
// whole if all of it lies there and has the hash of the manifest, which stands before all
// others. What comes behind the damage is not looked at, whatever it is.
//
// There is a Salvage only where nothing but the encryption is damaged: of a backup whose
// content contradicts itself, whoever made it, nothing is taken.
type Salvage struct {
	// Operation is the set that it is a copy of, "" for a backup that stands alone.
	Operation string `json:"operation,omitempty"`
	// Keys is how many key files the manifest lists: Whole and Lost together.
	Keys  int    `json:"keys"`
	Whole []Key  `json:"whole"`
	Lost  []Lost `json:"lost"`
	// LostMetadata are the repositories whose metadata is not all whole.
	LostMetadata []trustdata.GUN `json:"lost_metadata"`

	manifest *Manifest
	whole    map[string]bool        // by the path
	torn     map[trustdata.GUN]bool // whose tuf/ is not all whole
}

// Lost is a key file that is not whole. What it is, the manifest says.
type Lost struct {
	KeyID trustdata.KeyID `json:"key_id"`
	Role  string          `json:"role"`
	GUN   trustdata.GUN   `json:"gun"`
	Path  string          `json:"path"`
	// Reason is a clause.
	Reason string `json:"reason"`
}

const (
	behindDamage = "the backup is damaged in it or before it"
	nothingWhole = "nothing of it is whole"
)

// SalvageOf is what is whole of the backup that err says is damaged or cannot be read to
// its end; nil for nothing.
func SalvageOf(err error) *Salvage {
	if broken := new(brokenError); errors.As(err, &broken) {
		return broken.left
	}
	return nil
}

// Set is the operation, "" where nothing is known.
func (s *Salvage) Set() string {
	if s == nil {
		return ""
	}
	return s.Operation
}

// Counted says how many keys are whole: "37 of its 38 keys are whole".
func (s *Salvage) Counted() string {
	return fmt.Sprintf("%d of its %d keys are whole", len(s.Whole), s.Keys)
}

// brokenError is the error of a backup that is damaged behind its manifest.
type brokenError struct {
	err  error
	left *Salvage
}

func (e *brokenError) Error() string { return e.err.Error() + "; " + e.left.Counted() }
func (e *brokenError) Unwrap() error { return e.err }

// authentic passes on what age has authenticated, and keeps the error that this ended with.
// Behind an error age gives nothing more.
type authentic struct {
	r   io.Reader
	err error
}

func (a *authentic) Read(p []byte) (int, error) {
	if a.err != nil {
		return 0, a.err
	}
	n, err := a.r.Read(p)
	if err != nil && err != io.EOF {
		a.err = err
	}
	return n, err
}

// broken is err with what is whole, if the reading of a backup ended because there is no
// more that is authentic.
func (r *reader) broken(m *Manifest, plain *authentic, err error) error {
	switch {
	case err == nil, plain.err == nil, r.judges != nil && r.judges.failed != nil:
		return err
	case m == nil:
		return emptyHanded(err)
	}
	return &brokenError{err, newSalvage(m, r.roll.read())}
}

// emptyHanded is err, which is damage before the first file, with what that means.
func emptyHanded(err error) error {
	if !errors.Is(err, ErrDamaged) {
		return err
	}
	return fmt.Errorf("%w; %s", err, nothingWhole)
}

func newSalvage(m *Manifest, whole map[string]bool) *Salvage {
	s := &Salvage{Operation: m.Operation, Whole: []Key{}, Lost: []Lost{}, manifest: m, whole: whole, torn: map[trustdata.GUN]bool{}}
	gone := &Manifest{}
	for _, f := range m.Files {
		switch {
		case !f.isKey():
			if !whole[f.Path] {
				gone.Files = append(gone.Files, f)
				s.torn[f.GUN] = s.torn[f.GUN] || f.Kind == KindMetadata
			}
			continue
		case whole[f.Path]:
			k := f.key()
			k.SignsFor = nil // the metadata that would confirm it may be lost
			s.Whole = append(s.Whole, k)
		default:
			s.Lost = append(s.Lost, f.lost(behindDamage))
		}
		s.Keys++
	}
	s.LostMetadata = gone.guns()
	return s
}

func (f File) lost(reason string) Lost {
	return Lost{KeyID: f.KeyID, Role: f.Role, GUN: f.GUN, Path: f.Path, Reason: reason}
}
