//go:build unix

package state

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

func lockDir(path string) (*os.File, error) {
	d, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	err = flock(d, unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		return d, nil
	}
	defer d.Close()
	if !errors.Is(err, unix.EWOULDBLOCK) {
		return nil, err
	}
	if who := holder(d); who != "" {
		return nil, fmt.Errorf("%w: %s", ErrLocked, who)
	}
	return nil, ErrLocked
}

// unlockDir ends the lock itself. To close d is not enough: a child process that another
// goroutine is just starting has its copy of d until it runs its program.
func unlockDir(d *os.File) error { return flock(d, unix.LOCK_UN) }

// lockFile waits for the exclusive lock on f; closing f gives it back.
func lockFile(f *os.File) error { return flock(f, unix.LOCK_EX) }

func unlockFile(f *os.File) error { return flock(f, unix.LOCK_UN) }

func flock(f *os.File, how int) error {
	for {
		err := unix.Flock(int(f.Fd()), how)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// syncFolder makes a folder's entries durable. EINVAL and EOPNOTSUPP are the answers of
// file systems that have no such thing.
func syncFolder(d *os.File) error {
	err := d.Sync()
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.EOPNOTSUPP) {
		return nil
	}
	return err
}
