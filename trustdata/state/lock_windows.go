package state

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows"
)

// lockDir takes a named mutex, since a directory cannot be locked on Windows: the name
// exists as long as some process has it open. The name is the hash of the real path.
func lockDir(path string) (*os.File, error) {
	real, err := filepath.EvalSymlinks(path)
	if err == nil {
		real, err = filepath.Abs(real)
	}
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(strings.ToLower(real)))
	name, err := windows.UTF16PtrFromString(fmt.Sprintf(`Local\keyrite-%x`, sum))
	if err != nil {
		return nil, err
	}
	h, err := windows.CreateMutex(nil, false, name)
	if errors.Is(err, windows.ERROR_ALREADY_EXISTS) {
		return nil, errors.Join(ErrLocked, windows.CloseHandle(h))
	}
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(h), real), nil
}

// unlockDir does nothing: closing the mutex ends the lock.
func unlockDir(*os.File) error { return nil }

// lockFile waits for the exclusive lock.
func lockFile(f *os.File) error {
	return windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &windows.Overlapped{OffsetHigh: 1 << 30})
}

func unlockFile(f *os.File) error {
	return windows.UnlockFileEx(windows.Handle(f.Fd()), 0, 1, 0, &windows.Overlapped{OffsetHigh: 1 << 30})
}

// syncFolder does nothing: Windows flushes a folder's entries with the file's own.
func syncFolder(*os.File) error { return nil }
