package media

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"keyrite/trustdata/state"
)

// OpenFolder opens a folder in this process. It is an Opener.
func OpenFolder(path string, make bool) (Folder, error) {
	if !make {
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return nil, fmt.Errorf("%q is not a folder", path)
		}
		root, err := os.OpenRoot(path)
		if err != nil {
			return nil, err
		}
		return local{root, new(claim)}, nil
	}
	parent, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer parent.Close()
	if err := state.MakeDir(parent, filepath.Base(path)); err != nil {
		return nil, err
	}
	root, err := parent.OpenRoot(filepath.Base(path))
	if err != nil {
		return nil, err
	}
	return local{root, new(claim)}, nil
}

// local is a Folder of this process.
type local struct {
	root  *os.Root
	claim *claim // nil where nothing is written
}

func (l local) Path() string { return l.root.Name() }

func (l local) Close() error { return errors.Join(l.claim.release(), l.root.Close()) }

func (l local) Create(name string) (Writer, error) {
	if err := single(name); err != nil {
		return nil, err
	}
	return l.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

func (l local) Lstat(name string) (fs.FileInfo, error) {
	if err := single(name); err != nil {
		return nil, err
	}
	return l.root.Lstat(name)
}

func (l local) Self() (fs.FileInfo, error) { return l.root.Stat(".") }

func (l local) Names() ([]string, error) {
	entries, err := fs.ReadDir(l.root.FS(), ".")
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	slices.Sort(names)
	return names, err
}

func (l local) Place(from, to string) error {
	if err := errors.Join(single(from), single(to)); err != nil {
		return err
	}
	return state.Rename(l.root, from, to)
}

func (l local) Remove(name string) error {
	if err := single(name); err != nil {
		return err
	}
	return l.root.Remove(name)
}

func (l local) Settle() error {
	dir, err := l.root.Open(".")
	if err != nil {
		return err
	}
	defer dir.Close()
	return syncFileSystem(dir)
}

// single refuses a name that is not one element of a path. Names of dots alone are none on
// FAT, which drops dots at the end.
func single(name string) error {
	if strings.Trim(name, ".") == "" || filepath.Base(name) != name || !filepath.IsLocal(name) {
		return &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	return nil
}

func (l local) Open(name string) (Reader, error) {
	if err := single(name); err != nil {
		return nil, err
	}
	f, err := state.OpenRegular(l.root, name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return openCold(l.root, name, f, info), nil
}

// reader is a file that is read in order, once.
type reader struct {
	*os.File
	size int64
	how  Reading
}

func (r reader) Size() int64      { return r.size }
func (r reader) Reading() Reading { return r.how }
