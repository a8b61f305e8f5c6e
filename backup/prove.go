package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"keyrite/backup/media"
	"slices"
)

// prove reads the temporary file back from the medium and raises the state as far as it
// gets: to read_back by the hash, to proven by decrypting all of it, to drilled if every
// key opens.
func (w *writer) prove(ctx context.Context, result *CreateResult) error {
	f, err := w.dir.Open(w.temp)
	if err != nil {
		return fmt.Errorf("reading back what was written: %w", err)
	}
	defer f.Close()
	result.Reading = f.Reading()
	ids := w.plan.identities()
	if len(ids) == 0 {
		if !slices.Contains(result.Waived, WaiverProof) {
			result.Waived = append(result.Waived, WaiverProof)
		}
		if err := w.sameHash(ctx, f); err != nil {
			return err
		}
		result.Keys, result.State = w.plan.Keys(), StateReadBack
		return nil
	}
	drill := drill{ask: w.plan.opt.Passphrases}
	t := drill.take()
	t.known = w.plan.Manifest
	t.read = func(n int64) { w.progress.step(PhaseProve, n, w.plan.Bytes) }
	hash, m, err := readWhole(ctx, f, ids, t)
	switch {
	case hash == "":
		return fmt.Errorf("reading back what was written: %w", err)
	case hash != w.hash:
		return w.differs(hash)
	case errors.Is(err, ErrIdentity):
		return fmt.Errorf("the identity given does not open what was just written for the recipients: %w", err)
	case err != nil:
		return fmt.Errorf("decrypting what was just written: %w", err)
	}
	result.Keys, result.Drilled = drill.keys(m)
	result.State, result.SignedBy = drill.state(m), m.signedBy
	return nil
}

func (w *writer) sameHash(ctx context.Context, f media.Reader) error {
	got, err := coldHash(ctx, f, func(n int64) { w.progress.step(PhaseRead, n, f.Size()) })
	if err != nil {
		return fmt.Errorf("reading back what was written: %w", err)
	}
	if got != w.hash {
		return w.differs(got)
	}
	return nil
}

func (w *writer) differs(got string) error {
	return fmt.Errorf("what was read back is not what was written (SHA-256 %s and not %s): the medium does not keep data", got, w.hash)
}

// badSuffix ends the name of a backup that failed its last check.
const badSuffix = ".bad"

// place gives the backup its name, never another file's, and looks once more under it. A
// file that fails there is renamed away, so that no unproven file looks like a backup.
func (w *writer) place(ctx context.Context) error {
	err := w.dir.Place(w.temp, w.name)
	if err != nil {
		_, gone := w.dir.Lstat(w.temp)
		if gone == nil {
			return err // it did not come to the renaming
		}
		if !errors.Is(gone, fs.ErrNotExist) {
			return fmt.Errorf("%w; if %q is there all the same, do not use it", media.Also(err, gone), w.name)
		}
	} else if err = media.Also(w.dir.Settle(), w.recheck(ctx)); err == nil {
		return nil
	}
	// What is under the final name is not surely ours any more: it is moved, not removed.
	bad := w.name + badSuffix
	if moveErr := w.dir.Place(w.name, bad); moveErr != nil {
		return fmt.Errorf("%w; and %q could not be renamed away: do not use it (%w)", err, w.name, moveErr)
	}
	return fmt.Errorf("%w; it is now called %q and is not to be used", err, bad)
}

func (w *writer) recheck(ctx context.Context) error {
	f, err := w.dir.Open(w.name)
	if err != nil {
		return fmt.Errorf("reading back under its name: %w", err)
	}
	defer f.Close()
	return w.sameHash(ctx, f)
}
