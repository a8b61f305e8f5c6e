package state

import (
	"errors"
	"io/fs"
	"os"
	"path"

	"golang.org/x/sys/unix"
)

// mover moves entries of one folder into another one, without replacing any. Both folders
// are opened through the root once, so that neither can lie outside it.
type mover struct {
	dir      *os.Root
	from, to *os.File
	old, new string
}

func openMover(dir *os.Root, from, to string) (*mover, error) {
	f, err := dir.Open(from)
	if err != nil {
		return nil, err
	}
	t, err := dir.Open(to)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &mover{dir, f, t, from, to}, nil
}

func (m *mover) close() {
	m.from.Close()
	m.to.Close()
}

// move moves an entry that keeps its name.
func (m *mover) move(name string) error { return m.rename(name, name) }

// rename is one system call on the two folders.
func (m *mover) rename(from, to string) error {
	err := unix.Renameat2(int(m.from.Fd()), from, int(m.to.Fd()), to, unix.RENAME_NOREPLACE)
	oldName, newName := path.Join(m.old, from), path.Join(m.new, to)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EOPNOTSUPP):
		return renamePortably(m.dir, oldName, newName)
	case errors.Is(err, fs.ErrExist):
		return &fs.PathError{Op: "rename", Path: newName, Err: err}
	}
	return &fs.PathError{Op: "rename", Path: oldName, Err: err}
}

func renameNoReplace(dir *os.Root, oldName, newName string) error {
	m, err := openMover(dir, parentOf(oldName), parentOf(newName))
	if err != nil {
		return err
	}
	defer m.close()
	return m.rename(path.Base(oldName), path.Base(newName))
}
