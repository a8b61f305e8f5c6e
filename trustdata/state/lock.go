package state

import (
	"errors"
	"fmt"
	"os"
)

// DirLock is an exclusive lock on a directory. It ends with Unlock or with the process.
type DirLock struct{ held *os.File }

// Lock takes the lock on the directory at path itself, so that nothing is written into
// it, and does not wait: while another holder has it the error is ErrLocked. Two locks
// in one process exclude each other too.
func Lock(path string) (*DirLock, error) {
	f, err := lockDir(path)
	if err != nil {
		return nil, fmt.Errorf("lock %q: %w", path, err)
	}
	return &DirLock{f}, nil
}

// Unlock gives the lock back.
func (l *DirLock) Unlock() error { return errors.Join(unlockDir(l.held), l.held.Close()) }
