//go:build unix

package state

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// batchFolder is an open folder that files are written into, each in three system calls.
type batchFolder struct {
	dir *os.File
	fd  int
}

func openBatchFolder(root *os.Root, name string) (*batchFolder, error) {
	dir, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	return &batchFolder{dir, int(dir.Fd())}, nil
}

func (f *batchFolder) close() { f.dir.Close() }

// create writes a new file, durably unless that is done for all of them together. Several
// goroutines may do so side by side.
func (f *batchFolder) create(name string, data []byte, together bool) error {
	fd, err := again(func() (int, error) {
		return unix.Openat(f.fd, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	})
	for err == nil && len(data) > 0 {
		var n int
		n, err = again(func() (int, error) { return unix.Write(fd, data) })
		data = data[max(n, 0):]
	}
	if err == nil && !together {
		_, err = again(func() (int, error) { return 0, unix.Fsync(fd) })
	}
	if fd >= 0 {
		if closing := unix.Close(fd); err == nil && !errors.Is(closing, unix.EINTR) {
			err = closing
		}
	}
	if err != nil {
		return &fs.PathError{Op: "create", Path: name, Err: err}
	}
	return nil
}

// again repeats a system call that a signal has interrupted.
func again(call func() (int, error)) (int, error) {
	for {
		if n, err := call(); err != unix.EINTR {
			return n, err
		}
	}
}
