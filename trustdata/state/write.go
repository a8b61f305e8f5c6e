package state

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
)

// WriteFile puts data at name below dir and replaces what is there. After an error
// before the rename the old file is as it was; an error of the folder's sync after it
// means that the new file is in place but may not survive a power cut.
func WriteFile(dir *os.Root, name string, data []byte) error {
	return disk{(*os.File).Sync, SyncDir}.write(dir, name, data, dir.Rename)
}

// WriteLoose is WriteFile for what may be lost: other programs see the old file or the new
// one, whole, but a power cut may leave either, or damage.
func WriteLoose(dir *os.Root, name string, data []byte) error {
	unsynced := disk{func(*os.File) error { return nil }, func(*os.Root, string) error { return nil }}
	return unsynced.write(dir, name, data, dir.Rename)
}

// CreateFile is WriteFile for a name that must be free: it fails with fs.ErrExist, and
// touches nothing, where name is there.
func CreateFile(dir *os.Root, name string, data []byte) error {
	if _, err := dir.Lstat(name); err == nil {
		return &fs.PathError{Op: "create", Path: name, Err: fs.ErrExist}
	}
	return disk{(*os.File).Sync, SyncDir}.write(dir, name, data, func(from, to string) error {
		return renameNoReplace(dir, from, to)
	})
}

// Rename moves oldName to newName below dir without replacing anything: it fails with
// fs.ErrExist where newName is there. Both folders are synced.
func Rename(dir *os.Root, oldName, newName string) error {
	return moved(dir, oldName, newName, renameNoReplace(dir, oldName, newName))
}

// Replace is Rename that replaces what is at newName: at every moment either the old file
// or the new one is there, whole.
func Replace(dir *os.Root, oldName, newName string) error {
	return moved(dir, oldName, newName, dir.Rename(oldName, newName))
}

// moved makes a rename that ended with err durable.
func moved(dir *os.Root, oldName, newName string, err error) error {
	if err != nil {
		return err
	}
	if err := SyncDir(dir, parentOf(newName)); err != nil {
		return err
	}
	return SyncDir(dir, parentOf(oldName))
}

const tempSuffix = ".tmp"

// IsTemp reports whether a file name is one under which WriteFile and CreateFile write
// before the file is whole. Such a file is left where the process was killed.
func IsTemp(name string) bool {
	return strings.HasPrefix(name, ".") && strings.HasSuffix(name, tempSuffix)
}

// disk is how files and folders are made durable; tests put failing ones in its place.
type disk struct {
	syncFile func(*os.File) error
	syncDir  func(*os.Root, string) error
}

func (d disk) write(dir *os.Root, name string, data []byte, place func(from, to string) error) error {
	temp := path.Join(parentOf(name), "."+path.Base(name)+"."+rand.Text()[:10]+tempSuffix)
	err := d.fill(dir, temp, data)
	if err == nil {
		err = place(temp, name)
	}
	if err != nil {
		return errors.Join(err, removeTemp(dir, temp))
	}
	return d.syncDir(dir, parentOf(name))
}

// fill writes a new file and syncs it.
func (d disk) fill(dir *os.Root, name string, data []byte) error {
	f, err := dir.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err = f.Write(data); err == nil {
		err = d.syncFile(f)
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

func removeTemp(dir *os.Root, temp string) error {
	if err := dir.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// renamePortably is for file systems and systems that know no rename without replacing.
// A hard link refuses a taken name, and a crash leaves the file under both names, never
// under none. Where there are no links either, the name is looked at first.
func renamePortably(dir *os.Root, oldName, newName string) error {
	err := dir.Link(oldName, newName)
	switch {
	case err == nil:
		return dir.Remove(oldName)
	case errors.Is(err, fs.ErrExist), errors.Is(err, fs.ErrNotExist):
		return err
	}
	if _, err := dir.Lstat(newName); err == nil {
		return &fs.PathError{Op: "rename", Path: newName, Err: fs.ErrExist}
	}
	return dir.Rename(oldName, newName)
}

func parentOf(name string) string { return path.Dir(name) }
