package state

import (
	"errors"
	"io/fs"
	"os"
	"path"

	"golang.org/x/sys/unix"
)

// renameNoReplace is one system call on the two folders, which are opened through dir
// so that neither can lie outside it.
func renameNoReplace(dir *os.Root, oldName, newName string) error {
	from, err := dir.Open(parentOf(oldName))
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := dir.Open(parentOf(newName))
	if err != nil {
		return err
	}
	defer to.Close()
	err = unix.Renameat2(int(from.Fd()), path.Base(oldName), int(to.Fd()), path.Base(newName), unix.RENAME_NOREPLACE)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EOPNOTSUPP):
		return renamePortably(dir, oldName, newName)
	case errors.Is(err, fs.ErrExist):
		return &fs.PathError{Op: "rename", Path: newName, Err: err}
	}
	return &fs.PathError{Op: "rename", Path: oldName, Err: err}
}
