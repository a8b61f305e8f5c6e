package keyring

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sync"

	"keyrite/trustdata/state"
)

// DirOptions says what may be done with a trust directory.
type DirOptions struct {
	// ReadOnly refuses every change with ErrReadOnly.
	ReadOnly bool
	// Create makes an absent directory at the first change; else that fails.
	Create bool
}

// Dir is a trust directory. It is looked at anew by each call, so keys that docker or
// notary make meanwhile are seen.
type Dir struct {
	path string
	vault
}

var _ Store = (*Dir)(nil)

// OpenDir is the trust directory at path. One that does not exist is empty.
func OpenDir(path string, opt DirOptions) (*Dir, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(abs); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("trust directory %q is not a folder", abs)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("trust directory: %w", err)
	}
	return &Dir{abs, vault{disk: &folder{path: abs, opt: opt}}}, nil
}

// Path is the directory's absolute path.
func (d *Dir) Path() string { return d.path }

// Empty reports whether List finds nothing. It opens no file.
func (d *Dir) Empty() bool { return d.vault.noneIn(private) }

// folder is a disk below a real directory. Everything goes through os.Root, which refuses
// a name that leads out of it, by ".." or by a symbolic link.
type folder struct {
	path string
	opt  DirOptions

	mu    sync.Mutex
	lock  *state.DirLock
	depth int // of nested locks
}

func (f *folder) full(name string) string { return filepath.Join(f.path, filepath.FromSlash(name)) }

func (f *folder) root() (*os.Root, error) { return os.OpenRoot(f.path) }

func (f *folder) entries(name string) ([]fs.FileInfo, error) {
	root, err := f.root()
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if info, err := root.Lstat(name); err != nil {
		return nil, err
	} else if info.Mode()&fs.ModeSymlink != 0 {
		return nil, damage("%q is a symbolic link, which is not followed", f.full(name))
	}
	list, err := fs.ReadDir(root.FS(), name)
	if err != nil {
		return nil, err
	}
	var infos []fs.FileInfo
	for _, entry := range list {
		if info, err := root.Lstat(path.Join(name, entry.Name())); err == nil {
			infos = append(infos, info)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return infos, nil
}

// read reads a regular file that is no symbolic link, and at most maxFile+1 bytes of it.
func (f *folder) read(name string) ([]byte, error) {
	root, err := f.root()
	if err != nil {
		return nil, err
	}
	defer root.Close()
	before, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if err := regular(before); err != nil {
		return nil, err
	}
	h, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer h.Close()
	if now, err := h.Stat(); err != nil || !os.SameFile(before, now) {
		return nil, damage("the file was exchanged while it was read")
	}
	return io.ReadAll(io.LimitReader(h, maxFile+1))
}

func regular(info fs.FileInfo) error {
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return damage("the file is a symbolic link, which is not followed")
	case !info.Mode().IsRegular():
		return damage("it is not a regular file")
	}
	return nil
}

func (f *folder) create(name string, data []byte) error {
	return f.change(func(root *os.Root) error {
		if err := state.MakeDir(root, path.Dir(name)); err != nil {
			return err
		}
		return state.CreateFile(root, name, data)
	})
}

func (f *folder) move(from, to string) error {
	return f.change(func(root *os.Root) error {
		if err := state.MakeDir(root, path.Dir(to)); err != nil {
			return err
		}
		return state.Rename(root, from, to)
	})
}

func (f *folder) replace(from, to string) error {
	return f.change(func(root *os.Root) error { return state.Replace(root, from, to) })
}

func (f *folder) settle(name string) error {
	return f.change(func(root *os.Root) error { return state.SyncDir(root, name) })
}

// tidy removes a folder if nothing is in it but what writes that were cut short have left; a
// folder that has more stays, which is no error. The lock is held: nobody is writing.
func (f *folder) tidy(name string) {
	_ = f.change(func(root *os.Root) error {
		if info, err := root.Lstat(name); err != nil || !info.IsDir() {
			return err
		}
		entries, err := fs.ReadDir(root.FS(), name)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if !state.IsTemp(e.Name()) {
				continue
			}
			if err := root.Remove(path.Join(name, e.Name())); err != nil {
				return err
			}
		}
		return root.Remove(name)
	})
}

func (f *folder) change(do func(*os.Root) error) error {
	root, err := f.root()
	if err != nil {
		return err
	}
	defer root.Close()
	return do(root)
}

func (f *folder) acquire(ctx context.Context) (func() error, error) {
	if f.opt.ReadOnly {
		return nil, fmt.Errorf("%q: %w", f.path, ErrReadOnly)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.depth == 0 {
		if f.opt.Create {
			root, err := state.OpenDir(f.path)
			if err != nil {
				return nil, err
			}
			root.Close()
		}
		lock, err := state.Lock(f.path)
		if err != nil {
			return nil, err
		}
		f.lock = lock
	}
	f.depth++
	return sync.OnceValue(f.release), nil
}

func (f *folder) release() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.depth--; f.depth > 0 {
		return nil
	}
	return f.lock.Unlock()
}
