package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"keyrite/keyring"
	"keyrite/trustdata/state"
)

// found is a file of a trust directory that belongs into a backup.
type found struct {
	name string // slash-separated, below the directory
	kind Kind
}

// place is a folder of a trust directory.
type place struct {
	dir  *keyring.Dir
	name string
}

// addDir takes what belongs into a backup from one trust directory; one that is not there
// is empty.
func (c *collection) addDir(ctx context.Context, dir *keyring.Dir) error {
	root, err := os.OpenRoot(dir.Path())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer root.Close()
	var all []found
	for _, top := range []string{privateDir, retiredDir, tufDir} {
		err := fs.WalkDir(root.FS(), top, func(name string, item fs.DirEntry, err error) error {
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case name == top && errors.Is(err, fs.ErrNotExist):
				return nil
			case err != nil:
				return fmt.Errorf("trust directory %q: %w", dir.Path(), err)
			case item.IsDir() && top == tufDir && item.Name() == "changelist" && !strings.Contains(name, "/metadata/"):
				return fs.SkipDir // staged changes are work, not evidence
			case item.IsDir():
				return nil
			}
			all = c.find(all, dir, name, item)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return c.addFound(ctx, dir, root, all)
}

// find notes a file, or why it stays out.
func (c *collection) find(all []found, dir *keyring.Dir, name string, item fs.DirEntry) []found {
	kind, err := kindOf(name)
	switch {
	case err != nil:
		c.leave(fullName(dir, name), "its name is not one that a backup holds")
	case !item.Type().IsRegular():
		c.leave(fullName(dir, name), "it is not a regular file")
	default:
		return append(all, found{name, kind})
	}
	return all
}

func fullName(dir *keyring.Dir, name string) string {
	return filepath.Join(dir.Path(), filepath.FromSlash(name))
}

// addFound reads what was found, as many files at once as there are processors, and takes
// them in their order.
func (c *collection) addFound(ctx context.Context, dir *keyring.Dir, root *os.Root, all []found) error {
	s := scanner{dir: dir, root: root, open: folders{}, keep: maxKept - c.held}
	defer s.open.close()
	for _, f := range all {
		s.open.add(place{dir, path.Dir(f.name)})
	}
	entries, failed := make([]entry, len(all)), make([]error, len(all))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(all) && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				entries[i], failed[i] = s.scan(all[i])
			}
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	c.held += s.held.Load()
	for i, e := range entries {
		if errors.Is(failed[i], errTooLarge) {
			c.leave(e.from, failed[i].Error())
			continue
		}
		if failed[i] != nil {
			return fmt.Errorf("file %q: %w", e.from, failed[i])
		}
		if err := c.add(e); err != nil {
			return err
		}
	}
	return nil
}

// maxKept is how many bytes of key files are held between the plan and the writing; the
// others are read again.
const maxKept = 8 << 20

// scanner reads the files of a trust directory for a plan.
type scanner struct {
	dir  *keyring.Dir
	root *os.Root
	open folders
	keep int64
	held atomic.Int64
}

func (s *scanner) scan(f found) (e entry, err error) {
	e = entry{from: fullName(s.dir, f.name), open: func() (io.ReadCloser, error) { return reopen(s.dir.Path(), f.name) }}
	if f.kind == KindKey || f.kind == KindRetired {
		e.in = place{s.dir, path.Dir(f.name)}
		if data, info := s.open.read(e.in, path.Base(f.name)); info != nil {
			e.mod, e.state = info.ModTime(), keyring.StateOf(info)
			e.lookInto(f.name, f.kind, data)
			if s.held.Add(e.Size) <= s.keep {
				e.data = data
			} else {
				s.held.Add(-e.Size)
			}
			return e, nil
		}
	}
	h, err := state.OpenRegular(s.root, f.name)
	if err != nil {
		return e, err
	}
	defer h.Close()
	info, err := h.Stat()
	if err != nil {
		return e, err
	}
	e.mod = info.ModTime()
	return e, e.measure(f.name, f.kind, h)
}

// folders are folders of trust directories that are open for reading.
type folders map[place]*keyring.Folder

// add opens a folder if it can be.
func (f folders) add(at place) {
	if _, known := f[at]; !known && at.dir != nil {
		f[at], _ = at.dir.OpenFolder(at.name) // what is wrong with it is said of its files
	}
}

// read reads a small file, and gives nothing of one that it cannot.
func (f folders) read(at place, name string) ([]byte, fs.FileInfo) {
	if f[at] == nil {
		return nil, nil
	}
	data, info, err := f[at].Read(name)
	if err != nil || len(data) >= keyring.MaxRead {
		return nil, nil
	}
	return data, info
}

func (f folders) close() {
	for _, open := range f {
		if open != nil {
			open.Close()
		}
	}
}
