//go:build unix

package media

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// claim is a lock on a folder: a shared one of each process that writes there, or for a
// moment an exclusive one of the process that is alone.
type claim struct{ dir *os.File }

// alone takes the exclusive lock, if it can be had at once.
func (c *claim) alone(root *os.Root) bool { return c.lock(root, unix.LOCK_EX) }

// share takes the shared lock. Where that fails, another process may clear what this one is
// writing, which then finds it gone.
func (c *claim) share(root *os.Root) { c.lock(root, unix.LOCK_SH) }

func (c *claim) lock(root *os.Root, how int) bool {
	if c.dir == nil {
		dir, err := root.Open(".")
		if err != nil {
			return false
		}
		c.dir = dir
	}
	for {
		err := unix.Flock(int(c.dir.Fd()), how|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) {
			return err == nil
		}
	}
}

// release ends the lock itself: a child that is just being started may still have the file.
func (c *claim) release() error {
	if c == nil || c.dir == nil {
		return nil
	}
	_ = unix.Flock(int(c.dir.Fd()), unix.LOCK_UN) // it ends with the file, too
	return c.dir.Close()
}
