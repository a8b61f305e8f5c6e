package tufrepo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/state"
)

// The folders in which the files of a rotation wait, inside the repository so that each is
// put in place by one rename. A rotation is decided once ready has its name: from then on
// it is finished and never undone.
const (
	filling = ".keyrite-rotation.new"
	ready   = ".keyrite-rotation"
)

// ErrUnfinished is what Write returns where an earlier rotation waits for Finish.
var ErrUnfinished = errors.New("an earlier rotation of this repository is not finished")

// ErrDecided is what Write returns once a change is decided: what is not in its place yet is
// put there by Finish, and never undone.
var ErrDecided = errors.New("the rotation is decided")

// Write puts a change into the repository's folder and reads it back with the root that
// the trust started from. It refuses, with ErrMoved, a folder that is not as the plan saw
// it. Every file is durable before the first is put in place, each by a rename, in an
// order in which clients find something that verifies at every moment; what a crash leaves
// is for Finish.
func (c *Change) Write(ctx context.Context, now time.Time) (*Result, error) {
	dir, err := os.OpenRoot(c.plan.Base)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	if _, err := dir.Lstat(ready); err == nil {
		return nil, fmt.Errorf("%q: %w", c.plan.Base, ErrUnfinished)
	}
	if err := c.unmoved(ctx, now); err != nil {
		return nil, err
	}
	if err := stage(dir, c.files); err != nil {
		return nil, fmt.Errorf("nothing was changed: %w", err)
	}
	if err := place(dir); err != nil {
		return nil, fmt.Errorf("%w, and not every file is in its place: %w", ErrDecided, err)
	}
	res, err := Open(ctx, Options{Base: c.plan.Base, Root: c.plan.root, Now: func() time.Time { return now }})
	if err != nil {
		return nil, fmt.Errorf("%w, and what was written does not verify: %w", ErrDecided, err)
	}
	if err := c.holds(res); err != nil {
		return nil, fmt.Errorf("%w, and not as it was signed: %w", ErrDecided, err)
	}
	return res, nil
}

// unmoved checks that the repository still is what the plan was made from.
func (c *Change) unmoved(ctx context.Context, now time.Time) error {
	res, err := Open(ctx, Options{Base: c.plan.Base, Root: c.plan.root, Now: func() time.Time { return now }})
	if err != nil {
		return err
	}
	for _, role := range trustdata.BaseRoles {
		if !bytes.Equal(res.Files[role], c.plan.res.Files[role]) {
			return fmt.Errorf("%q: %w: %s", c.plan.Base, ErrMoved, role)
		}
	}
	return nil
}

// stage writes the files where no client looks, and decides the rotation by one rename.
// What a staging that never came so far left behind is no part of anything.
func stage(dir *os.Root, files []file) error {
	mode := fs.FileMode(0o644)
	if info, err := dir.Stat("timestamp.json"); err == nil {
		mode = info.Mode().Perm()
	}
	if err := dir.RemoveAll(filling); err != nil {
		return err
	}
	if err := dir.Mkdir(filling, 0o700); err != nil {
		return err
	}
	for i, f := range files {
		name := path.Join(filling, fmt.Sprintf("%05d-%s", i, f.name))
		if err := state.CreateFile(dir, name, f.raw); err != nil {
			return err
		}
		if err := dir.Chmod(name, mode); err != nil {
			return err
		}
	}
	if err := state.SyncDir(dir, filling); err != nil {
		return err
	}
	return state.Rename(dir, filling, ready)
}

// place moves the files that wait into the repository, in their order.
func place(dir *os.Root) error {
	entries, err := fs.ReadDir(dir.FS(), ready)
	if err != nil {
		return err
	}
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	slices.Sort(names)
	for _, name := range names {
		_, to, ok := strings.Cut(name, "-")
		if !ok || to == "" || strings.HasPrefix(to, ".") {
			return fmt.Errorf("%q in %q is no file of a rotation", name, ready)
		}
		if err := state.Replace(dir, path.Join(ready, name), to); err != nil {
			return err
		}
	}
	if err := dir.Remove(ready); err != nil {
		return err
	}
	return state.SyncDir(dir, ".")
}

// Unfinished reports whether a folder has a rotation that is decided and not put in place.
func Unfinished(base string) bool {
	if IsURL(base) {
		return false
	}
	_, err := os.Lstat(filepath.Join(base, ready))
	return err == nil
}

// Finish completes what was decided and not put in place whole. It reports whether there
// was anything; in a folder that is absent there is not.
func Finish(base string) (bool, error) {
	dir, err := os.OpenRoot(base)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	defer dir.Close()
	if _, err := dir.Lstat(ready); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	return true, place(dir)
}
