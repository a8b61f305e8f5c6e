// Package state keeps what must not be forgotten: files that are either written whole
// and durably or not at all, logs whose lines are chained, the lock on a trust
// directory, and the roots and versions that were seen of each repository.
//
// A durable write goes to a temporary name in the same folder, is synced and closed,
// renamed, and the folder is synced. A failed sync is final: a second one may report
// success although the data is lost, so none is tried.
package state

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ErrLocked is what Lock returns while another process holds the directory.
var ErrLocked = errors.New("the directory is in use by another program")

// OpenDir makes the folder at path, with its parents, for its owner alone (0700), and
// opens it. What is there already keeps its mode.
func OpenDir(path string) (*os.Root, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	return os.OpenRoot(path)
}

// MakeDir makes the folder name below dir, with its parents (0700), and syncs the
// folders that hold the new entries.
func MakeDir(dir *os.Root, name string) error {
	info, err := dir.Lstat(name)
	switch {
	case err == nil && !info.IsDir():
		return fmt.Errorf("%q is not a folder", name)
	case err == nil:
		return nil
	}
	if parent := parentOf(name); parent != "." {
		if err := MakeDir(dir, parent); err != nil {
			return err
		}
	}
	if err := dir.Mkdir(name, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return SyncDir(dir, parentOf(name))
}

// SyncDir makes the entries of the folder name below dir durable; "." is dir itself.
// File systems that cannot sync a folder say so, and are taken at their word.
func SyncDir(dir *os.Root, name string) error {
	d, err := dir.Open(name)
	if err != nil {
		return err
	}
	defer d.Close()
	return syncFolder(d)
}

// OpenRegular opens a regular file below dir, and neither a link, a pipe nor a device.
func OpenRegular(dir *os.Root, name string) (*os.File, error) {
	before, err := dir.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, fmt.Errorf("%q is not a regular file", filepath.Join(dir.Name(), name))
	}
	f, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	if now, err := f.Stat(); err != nil || !os.SameFile(before, now) {
		return nil, errors.Join(fmt.Errorf("%q was exchanged while it was opened", filepath.Join(dir.Name(), name)), f.Close())
	}
	return f, nil
}
