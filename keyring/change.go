package keyring

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"keyrite/trustdata"
)

// Promote implements Store.
func (v vault) Promote(ctx context.Context, op string, id trustdata.KeyID) error {
	from, err := pendingName(op, id)
	if err != nil {
		return err
	}
	return v.locked(ctx, func() error {
		staged, err := v.disk.read(from)
		if errors.Is(err, fs.ErrNotExist) {
			return v.promoted(id)
		}
		if err != nil {
			return v.wrap(from, err)
		}
		if _, err := parseFile(staged); err != nil {
			return v.wrap(from, err)
		}
		err = v.disk.move(from, keyName(id))
		switch {
		case errors.Is(err, fs.ErrNotExist): // somebody else of this process was faster
			return v.promoted(id)
		case errors.Is(err, fs.ErrExist):
			return v.leftBehind(from, id, staged)
		case err == nil:
			v.tidyPending(op)
		}
		return err
	})
}

// promoted confirms that a key which is not staged any more is in its place, durably: a
// crash may have come between the rename and the sync.
func (v vault) promoted(id trustdata.KeyID) error {
	data, err := v.disk.read(keyName(id))
	if err == nil {
		_, err = parseFile(data)
	}
	if err != nil {
		return v.wrap(keyName(id), err)
	}
	return v.disk.settle(private)
}

// leftBehind decides on a staged key whose place is taken. If the same bytes are there, an
// earlier promotion was cut short on a file system that cannot rename without replacing,
// and the second name is one too many; the staged file stays where it is until it is
// discarded. Otherwise nothing may be replaced.
func (v vault) leftBehind(from string, id trustdata.KeyID, staged []byte) error {
	there, err := v.disk.read(keyName(id))
	if err != nil {
		return v.wrap(keyName(id), err)
	}
	if !bytes.Equal(there, staged) {
		return v.wrap(keyName(id), fs.ErrExist)
	}
	return errors.Join(v.disk.settle(private), v.disk.settle(path.Dir(from)))
}

// Discard implements Store.
func (v vault) Discard(ctx context.Context, op string, id trustdata.KeyID, now time.Time) (string, error) {
	from, err := pendingName(op, id)
	if err != nil {
		return "", err
	}
	to := ""
	err = v.locked(ctx, func() error {
		if to, err = v.toTrash(ctx, from, id, now); err == nil {
			v.tidyPending(op)
		}
		return err
	})
	return to, err
}

// Trash implements Store. A key in a legacy folder stays there.
func (v vault) Trash(ctx context.Context, id trustdata.KeyID, now time.Time) (string, error) {
	if _, err := trustdata.ParseKeyID(string(id)); err != nil {
		return "", err
	}
	return v.toTrash(ctx, keyName(id), id, now)
}

// Trashed implements Store.
func (v vault) Trashed(ctx context.Context) ([]Info, error) {
	rows, err := v.listFolder(ctx, trash)
	if err != nil {
		return nil, err
	}
	sortInfos(rows)
	return rows, nil
}

// maxSameDay bounds how often one key can go to the trash in a day.
const maxSameDay = 1000

func (v vault) toTrash(ctx context.Context, from string, id trustdata.KeyID, now time.Time) (to string, err error) {
	err = v.locked(ctx, func() error {
		to, err = inTrash(id, now, func(to string) error { return v.disk.move(from, to) })
		return err
	})
	if err != nil {
		return "", v.wrap(from, err)
	}
	return v.disk.full(to), nil
}

// inTrash calls place with the names that the trash has for a key on that day, until one
// is not taken.
func inTrash(id trustdata.KeyID, now time.Time, place func(name string) error) (name string, err error) {
	base := path.Join(trash, now.UTC().Format(time.DateOnly), string(id)+suffix)
	name, err = base, place(base)
	for n := 2; errors.Is(err, fs.ErrExist) && n <= maxSameDay; n++ {
		name = fmt.Sprintf("%s.%d", base, n)
		err = place(name)
	}
	return name, err
}

// Put implements Store. The name must be one under which a key is looked for, and the
// bytes must be a key file, though perhaps one of an encryption that is not read here; a
// key that is not encrypted must be the one of that ID.
func (v vault) Put(ctx context.Context, name string, pem []byte) error {
	file := path.Join(private, name+suffix)
	if !validPut(name) {
		return fmt.Errorf("%q is no name for a key file", name)
	}
	if err := v.mayPut(file, pem); err != nil {
		return err
	}
	return v.locked(ctx, func() error {
		if err := v.disk.create(file, pem); err != nil {
			return v.wrap(file, err)
		}
		return v.readBack(file, pem)
	})
}

// MayPut says whether Put would store the key file of that name which Inspect found nothing
// wrong with, before it is known whether the name is free. It is for writing many at once.
func (d *Dir) MayPut(name string) error {
	if !validPut(name) {
		return fmt.Errorf("%q is no name for a key file", name)
	}
	_, err := d.placed(path.Join(private, name+suffix))
	return err
}

// placed is what the name of a key file says of the key, where clients look for one.
func (v vault) placed(file string) (row Info, err error) {
	if problem := row.place(file); problem != "" {
		err = v.wrap(file, damage("%s", problem))
	}
	return row, err
}

func (v vault) mayPut(file string, pem []byte) error {
	f, err := parseFile(pem)
	if errors.Is(err, ErrDamaged) {
		return v.wrap(file, err)
	}
	row, misplaced := v.placed(file)
	if misplaced != nil {
		return misplaced
	}
	if err != nil || f.encrypted() {
		return nil
	}
	k, err := f.open(Passphrase{})
	if err != nil {
		return nil // it is of a kind that is not read here
	}
	defer k.Wipe()
	if k.KeyID() != row.KeyID {
		return v.wrap(file, ErrMismatch)
	}
	return nil
}

func validPut(name string) bool {
	if _, err := trustdata.ParseKeyID(name); err == nil {
		return true
	}
	folder, below, _ := strings.Cut(name, "/")
	if !slices.Contains(legacyFolders, folder) {
		return false
	}
	if gun := path.Dir(below); gun != "." {
		_, err := trustdata.ParseGUN(gun)
		return err == nil && path.Join(gun, path.Base(below)) == below
	}
	return below != ""
}

func (v vault) readBack(name string, want []byte) error {
	got, err := v.disk.read(name)
	if err == nil && !bytes.Equal(got, want) {
		err = damage("what was written does not read back")
	}
	if err != nil {
		return v.wrap(name, err)
	}
	return nil
}

func (v vault) locked(ctx context.Context, do func() error) error {
	release, err := v.disk.acquire(ctx)
	if err != nil {
		return err
	}
	return errors.Join(do(), release())
}
