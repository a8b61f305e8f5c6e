package keyring

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"
	"time"

	"keyrite/trustdata"
)

// Set is several stores searched in order; new keys go to the first.
type Set []Store

var _ Store = Set(nil)

// errNoStore is what a change to a set of none fails with.
var errNoStore = errors.New("there is no trust directory")

// List implements Store: a key that lies in two stores is two rows.
func (s Set) List(ctx context.Context) ([]Info, error) {
	each, err := s.ListEach(ctx)
	return Together(each), err
}

// ListEach is List of each store by itself.
func (s Set) ListEach(ctx context.Context) ([][]Info, error) {
	each := make([][]Info, len(s))
	for i, store := range s {
		rows, err := store.List(ctx)
		if err != nil {
			return nil, err
		}
		each[i] = rows
	}
	return each, nil
}

// Together are the rows of several stores in the order of List.
func Together(each [][]Info) []Info {
	all := slices.Concat(each...)
	sortInfos(all)
	return all
}

// Open implements Store: the first store that has the key and opens it. Copies of one key
// may have different passphrases, so all are tried before the first one's error counts.
func (s Set) Open(ctx context.Context, id trustdata.KeyID, p Passphrase) (*PrivateKey, error) {
	return first(s, func(store Store) (*PrivateKey, error) { return store.Open(ctx, id, p) })
}

// Raw implements Store.
func (s Set) Raw(ctx context.Context, id trustdata.KeyID) ([]byte, error) {
	return first(s, func(store Store) ([]byte, error) { return store.Raw(ctx, id) })
}

// Stage implements Store, in the first store.
func (s Set) Stage(ctx context.Context, op string, k *PrivateKey, p Passphrase, h Header, f Format) (Staged, error) {
	if len(s) == 0 {
		return Staged{}, errNoStore
	}
	return s[0].Stage(ctx, op, k, p, h, f)
}

// OpenStaged implements Store.
func (s Set) OpenStaged(ctx context.Context, op string, id trustdata.KeyID, p Passphrase) (*PrivateKey, error) {
	return first(s, func(store Store) (*PrivateKey, error) { return store.OpenStaged(ctx, op, id, p) })
}

// Pending implements Store.
func (s Set) Pending(ctx context.Context) ([]Staged, error) {
	var all []Staged
	for _, store := range s {
		staged, err := store.Pending(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, staged...)
	}
	return all, nil
}

// Promote implements Store, where the key is staged. A key that is staged nowhere must
// have been promoted in one of the stores.
func (s Set) Promote(ctx context.Context, op string, id trustdata.KeyID) error {
	for _, store := range s {
		staged, err := store.Pending(ctx)
		if err != nil {
			return err
		}
		for _, one := range staged {
			if one.Op == op && one.KeyID == id {
				return store.Promote(ctx, op, id)
			}
		}
	}
	_, err := first(s, func(store Store) (struct{}, error) { return struct{}{}, store.Promote(ctx, op, id) })
	return err
}

// Discard implements Store.
func (s Set) Discard(ctx context.Context, op string, id trustdata.KeyID, now time.Time) (string, error) {
	return first(s, func(store Store) (string, error) { return store.Discard(ctx, op, id, now) })
}

// Trash implements Store: the key leaves every store that has it, each for its own trash,
// and the first path is returned.
func (s Set) Trash(ctx context.Context, id trustdata.KeyID, now time.Time) (string, error) {
	path := ""
	var absent error = errNoStore
	for _, store := range s {
		to, err := store.Trash(ctx, id, now)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			absent = err
		case err != nil:
			return path, err
		case path == "":
			path = to
		}
	}
	if path == "" {
		return "", absent
	}
	return path, nil
}

// Retire implements Store: the key leaves every store that has it in use, and the first
// path is returned. Where none has, it must be retired in one of them.
func (s Set) Retire(ctx context.Context, id trustdata.KeyID) (string, error) {
	path := ""
	for _, store := range s {
		rows, err := store.List(ctx)
		if err != nil {
			return path, err
		}
		if !slices.ContainsFunc(rows, func(i Info) bool { return i.KeyID == id && !i.Legacy }) {
			continue
		}
		to, err := store.Retire(ctx, id)
		if err != nil {
			return path, err
		}
		path = cmp.Or(path, to)
	}
	if path != "" {
		return path, nil
	}
	return first(s, func(store Store) (string, error) { return store.Retire(ctx, id) })
}

// Retired implements Store.
func (s Set) Retired(ctx context.Context) ([]Info, error) {
	return s.rows(func(store Store) ([]Info, error) { return store.Retired(ctx) })
}

// Trashed implements Store.
func (s Set) Trashed(ctx context.Context) ([]Info, error) {
	return s.rows(func(store Store) ([]Info, error) { return store.Trashed(ctx) })
}

// rows are those of every store in one order.
func (s Set) rows(of func(Store) ([]Info, error)) ([]Info, error) {
	var all []Info
	for _, store := range s {
		rows, err := of(store)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	sortInfos(all)
	return all, nil
}

// Put implements Store, in the first store.
func (s Set) Put(ctx context.Context, name string, pem []byte) error {
	if len(s) == 0 {
		return errNoStore
	}
	return s[0].Put(ctx, name, pem)
}

// Import implements Store, in the first store.
func (s Set) Import(ctx context.Context, pem []byte, p Passphrase) (trustdata.KeyID, bool, error) {
	if len(s) == 0 {
		return "", false, errNoStore
	}
	return s[0].Import(ctx, pem, p)
}

// Passwd implements Store: in every store that has the key, whatever passphrase its copy
// had there.
func (s Set) Passwd(ctx context.Context, k *PrivateKey, p Passphrase, f Format, now time.Time) ([]string, error) {
	var trashed []string
	var absent error = errNoStore
	for _, store := range s {
		paths, err := store.Passwd(ctx, k, p, f, now)
		if errors.Is(err, fs.ErrNotExist) {
			absent = err
			continue
		}
		trashed = append(trashed, paths...)
		if err != nil {
			return trashed, err
		}
	}
	if len(trashed) == 0 {
		return nil, absent
	}
	return trashed, nil
}

// Lock implements Store: all stores, or none.
func (s Set) Lock(ctx context.Context) (func() error, error) {
	var held []func() error
	release := func() error {
		var errs []error
		for _, unlock := range held {
			errs = append(errs, unlock())
		}
		return errors.Join(errs...)
	}
	for _, store := range s {
		unlock, err := store.Lock(ctx)
		if err != nil {
			return nil, errors.Join(err, release())
		}
		held = append(held, unlock)
	}
	return release, nil
}

// first is the first success; else the first error that is not fs.ErrNotExist, if any.
func first[T any](s Set, try func(Store) (T, error)) (T, error) {
	var none T
	var failed error = errNoStore
	for i, store := range s {
		got, err := try(store)
		if err == nil {
			return got, nil
		}
		if i == 0 || errors.Is(failed, fs.ErrNotExist) && !errors.Is(err, fs.ErrNotExist) {
			failed = err
		}
	}
	return none, failed
}
