package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"keyrite/trustdata/state/statetest"
)

// TestFaultScripts runs testdata/faults, whose scripts mount small file systems: in a mount
// namespace of their own, where root too is refused a write. They have
//
//	disk DIR               moves what is in DIR to a file system of its own, of 4 MiB
//	readonly DIR           makes that read-only, and proves it
//	writable DIR           and writable again
//	fill DIR, drain DIR    takes all its space, and proves it, or gives it back
func TestFaultScripts(t *testing.T) {
	if !statetest.Namespace(t) {
		return
	}
	runScripts(t, filepath.Join("testdata", "faults"), nil, map[string]func(string) error{
		"disk":     ownDisk,
		"readonly": func(dir string) error { return remount(dir, unix.MS_RDONLY) },
		"writable": func(dir string) error { return remount(dir, 0) },
		"fill":     fill,
		"drain":    func(dir string) error { return os.Remove(filepath.Join(dir, ballast)) },
	})
}

const diskSize = 4 << 20

// ownDisk mounts a small file system over dir, with dir's content. The namespace ends with
// the test, and every mount in it.
func ownDisk(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	aside, err := os.MkdirTemp(filepath.Dir(filepath.Dir(dir)), ".tmp-aside")
	if err != nil {
		return err
	}
	if err := os.CopyFS(filepath.Join(aside, "all"), os.DirFS(dir)); err != nil {
		return err
	}
	if err := unix.Mount("none", dir, "tmpfs", 0, fmt.Sprintf("size=%d,mode=0700", diskSize)); err != nil {
		return fmt.Errorf("mount: %w", err)
	}
	return errors.Join(os.CopyFS(dir, os.DirFS(filepath.Join(aside, "all"))), os.RemoveAll(aside))
}

func remount(dir string, flags uintptr) error {
	if err := unix.Mount("none", dir, "tmpfs", unix.MS_REMOUNT|flags, ""); err != nil {
		return fmt.Errorf("remount: %w", err)
	}
	bite := filepath.Join(dir, "bite")
	err := os.WriteFile(bite, nil, 0o600)
	if (err == nil) != (flags == 0) {
		return fmt.Errorf("the fault does not bite: %v", err)
	}
	if err == nil {
		return os.Remove(bite)
	}
	return nil
}

// ballast is the file that takes the space. The guard against changes passes it over.
const ballast = ".tmp"

func fill(dir string) error {
	f, err := os.Create(filepath.Join(dir, ballast))
	if err != nil {
		return err
	}
	for size := 1 << 16; size > 0 && err == nil; {
		if _, err = f.Write(make([]byte, size)); errors.Is(err, unix.ENOSPC) {
			size, err = size/2, nil
		}
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	bite := filepath.Join(dir, "bite")
	if err := os.WriteFile(bite, []byte("x"), 0o600); err == nil {
		return errors.New("the full file system takes more")
	}
	return os.Remove(bite)
}
