//go:build unix

package state

import (
	"testing"

	"golang.org/x/sys/unix"
)

// A child process has copies of all open files between its fork and its exec.
func TestUnlockWhileAChildStarts(t *testing.T) {
	dir := t.TempDir()
	lock, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	childs, err := unix.Dup(int(lock.held.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(childs)
	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	again, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Unlock(); err != nil {
		t.Error(err)
	}
}
