//go:build unix

package keyring

import (
	"io/fs"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// open reads a file of the folder in four system calls. It follows no link, waits for no
// other end of a pipe, and reads nothing but regular files. What is told of the file is what the
// open file says, so nothing can be exchanged in between.
func (s *rootShelf) open(name string) ([]byte, fs.FileInfo, error) {
	fd, err := again(func() (int, error) {
		return unix.Openat(int(s.dir.Fd()), name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return nil, nil, &fs.PathError{Op: "open", Path: filepath.Join(s.root.Name(), name), Err: err}
	}
	defer unix.Close(fd)
	info := &openInfo{name: name}
	if _, err := again(func() (int, error) { return 0, unix.Fstat(fd, &info.stat) }); err != nil {
		return nil, nil, &fs.PathError{Op: "stat", Path: name, Err: err}
	}
	if err := regular(info); err != nil {
		return nil, info, err
	}
	data, err := readAll(fd, min(info.Size(), maxFile))
	return data, info, err
}

// readAll reads a file of which size bytes are expected, to its end or to maxFile+1 bytes.
func readAll(fd int, size int64) ([]byte, error) {
	data, have := make([]byte, size+1), 0
	for {
		n, err := again(func() (int, error) { return unix.Read(fd, data[have:]) })
		if err != nil {
			return nil, &fs.PathError{Op: "read", Err: err}
		}
		have += n
		switch {
		case n == 0, int64(have) == size, have > maxFile:
			return data[:have], nil
		case have == len(data):
			data = append(data, make([]byte, min(len(data), maxFile+1-len(data)))...)
		}
	}
}

// again repeats a system call that a signal has interrupted.
func again(call func() (int, error)) (int, error) {
	for {
		if n, err := call(); err != unix.EINTR {
			return n, err
		}
	}
}

// StateOf is the state of a file that Folder.Read gave.
func StateOf(info fs.FileInfo) State {
	open, ok := info.(*openInfo)
	if !ok {
		return State{}
	}
	return stateOf(&open.stat)
}

func stateOf(s *unix.Stat_t) State {
	return State{uint64(s.Dev), s.Ino, s.Size, s.Mtim.Nano(), s.Ctim.Nano()}
}

func (s *rootShelf) state(name string) State {
	var now unix.Stat_t
	_, err := again(func() (int, error) { return 0, unix.Fstatat(int(s.dir.Fd()), name, &now, unix.AT_SYMLINK_NOFOLLOW) })
	if err != nil || filepath.Base(name) != name {
		return State{}
	}
	return stateOf(&now)
}

// openInfo is the state of an open file.
type openInfo struct {
	name string
	stat unix.Stat_t
}

func (i *openInfo) Name() string       { return i.name }
func (i *openInfo) Size() int64        { return i.stat.Size }
func (i *openInfo) ModTime() time.Time { return time.Unix(i.stat.Mtim.Unix()) }
func (i *openInfo) IsDir() bool        { return i.Mode().IsDir() }
func (i *openInfo) Sys() any           { return &i.stat }

// Mode has all that a regular file's mode can have; other kinds are only told apart from it.
func (i *openInfo) Mode() fs.FileMode {
	bits := uint32(i.stat.Mode)
	mode := fs.FileMode(bits & 0o777)
	if bits&syscall.S_ISUID != 0 {
		mode |= fs.ModeSetuid
	}
	if bits&syscall.S_ISGID != 0 {
		mode |= fs.ModeSetgid
	}
	if bits&syscall.S_ISVTX != 0 {
		mode |= fs.ModeSticky
	}
	switch bits & syscall.S_IFMT {
	case syscall.S_IFREG:
	case syscall.S_IFDIR:
		mode |= fs.ModeDir
	default:
		mode |= fs.ModeIrregular
	}
	return mode
}
