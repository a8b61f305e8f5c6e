package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"keyrite/keyring"
	"keyrite/trustdata"
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

// Scan is what lies in trust directories and belongs into a backup, read once. Files that
// change after that are noticed when the backup is written.
type Scan struct{ dirs []scanned }

// scanned is what lies in one trust directory. Of a file that is too large there is only the
// name.
type scanned struct {
	entries  []entry
	tooLarge []bool
	leftOut  []LeftOut
}

// ScanDirs reads the files of trust directories; one that is not there is empty.
func ScanDirs(ctx context.Context, dirs []*keyring.Dir) (*Scan, error) {
	s, held := &Scan{}, &atomic.Int64{}
	for _, dir := range dirs {
		one, err := scanDir(ctx, dir, held)
		if err != nil {
			return nil, err
		}
		s.dirs = append(s.dirs, *one)
	}
	return s, nil
}

// GUNs are the repositories that the key files in use name, in no order and each once.
func (s *Scan) GUNs() []trustdata.GUN {
	all := map[trustdata.GUN]bool{}
	for _, one := range s.dirs {
		for i := range one.entries {
			if e := &one.entries[i]; e.Kind == KindKey {
				all[e.GUN] = true
			}
		}
	}
	return slices.Collect(maps.Keys(all))
}

// addScanned takes what was read.
func (c *collection) addScanned(s *Scan) error {
	for _, one := range s.dirs {
		c.leftOut = append(c.leftOut, one.leftOut...)
		c.entries = slices.Grow(c.entries, len(one.entries))
		for i := range one.entries {
			if e := &one.entries[i]; one.tooLarge[i] {
				c.leave(e.from(), errTooLarge.Error())
			} else if err := c.add(e); err != nil {
				return err
			}
		}
	}
	return nil
}

func scanDir(ctx context.Context, dir *keyring.Dir, held *atomic.Int64) (*scanned, error) {
	root, err := os.OpenRoot(dir.Path())
	if errors.Is(err, fs.ErrNotExist) {
		return &scanned{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer root.Close()
	s := scanner{dir: dir, root: root, open: folders{}, held: held}
	defer s.open.close()
	for _, top := range []string{privateDir, retiredDir, tufDir} {
		info, err := root.Stat(top)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err == nil && !info.IsDir():
			s.find(top, fs.FileInfoToDirEntry(info))
			continue
		}
		if err := s.walk(ctx, top); err != nil {
			return nil, err
		}
	}
	return s.read(ctx)
}

// walk finds what belongs into a backup in a folder and below it.
func (s *scanner) walk(ctx context.Context, folder string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	entries, err := state.ReadDir(s.root, folder)
	if err != nil {
		return fmt.Errorf("trust directory %q: %w", s.dir.Path(), err)
	}
	for _, item := range entries {
		name := folder + "/" + item.Name()
		if !item.IsDir() {
			s.find(name, item)
			continue
		}
		if strings.HasPrefix(folder, tufDir) && item.Name() == "changelist" && !strings.Contains(name, "/metadata/") {
			continue // staged changes are work, not evidence
		}
		if err := s.walk(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// find notes a file, or why it stays out.
func (s *scanner) find(name string, item fs.DirEntry) {
	kind, err := kindOf(name)
	switch {
	case err != nil:
		s.out.leftOut = append(s.out.leftOut, LeftOut{s.full(name), "its name is not one that a backup holds"})
	case !item.Type().IsRegular():
		s.out.leftOut = append(s.out.leftOut, LeftOut{s.full(name), "it is not a regular file"})
	default:
		s.found = append(s.found, found{name, kind})
	}
}

// read reads what was found, as many files at once as there are processors.
func (s *scanner) read(ctx context.Context) (*scanned, error) {
	for _, f := range s.found {
		s.open.add(place{s.dir, path.Dir(f.name)})
	}
	s.out.entries, s.out.tooLarge = make([]entry, len(s.found)), make([]bool, len(s.found))
	files := make([]File, len(s.found))
	failed := make([]error, len(s.found))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(trustdata.Guarded(func() {
			for i := int(next.Add(1)) - 1; i < len(s.found) && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				s.out.entries[i].File = &files[i]
				failed[i] = s.scan(s.found[i], &s.out.entries[i])
			}
		}))
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for i := range s.out.entries {
		if s.out.tooLarge[i] = errors.Is(failed[i], errTooLarge); failed[i] != nil && !s.out.tooLarge[i] {
			return nil, fmt.Errorf("file %q: %w", s.full(s.found[i].name), failed[i])
		}
	}
	return &s.out, nil
}

// maxKept is how many bytes of key files are held between the plan and the writing; the
// others are read again.
const maxKept = 8 << 20

// scanner reads the files of a trust directory.
type scanner struct {
	dir   *keyring.Dir
	root  *os.Root
	open  folders
	found []found
	out   scanned
	held  *atomic.Int64 // bytes of key files, in all directories
}

func (s *scanner) full(name string) string {
	return filepath.Join(s.dir.Path(), filepath.FromSlash(name))
}

func (s *scanner) scan(f found, e *entry) error {
	e.in.dir = s.dir
	if f.kind == KindKey || f.kind == KindRetired {
		e.in.name = path.Dir(f.name)
		if data, info := s.open.read(e.in, path.Base(f.name)); info != nil {
			e.mod, e.state = info.ModTime(), keyring.StateOf(info)
			e.lookInto(f.name, f.kind, data)
			if s.held.Add(e.Size) <= maxKept {
				e.data = data
			} else {
				s.held.Add(-e.Size)
			}
			return nil
		}
	}
	h, err := state.OpenRegular(s.root, f.name)
	if err != nil {
		return err
	}
	defer h.Close()
	info, err := h.Stat()
	if err != nil {
		return err
	}
	e.mod = info.ModTime()
	return e.measure(f.name, f.kind, h)
}

// folders are folders of trust directories that are open for reading.
type folders map[place]*keyring.Folder

// add opens a folder if it can be.
func (f folders) add(at place) {
	if _, known := f[at]; !known && at.name != "" {
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
