package media

import (
	"bytes"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// manyFiles reads small files of a folder in few system calls, and has the medium at work on
// many of them at a time. It takes the kernel's word for none: what the cache still has
// after it was told to forget a file is read past it, as Open does.
type manyFiles struct {
	dir  *os.File
	fd   int
	open [manyAtOnce]requested
	buf  []byte
}

// requested is an open file that is on its way; fd is -1 for one that is read by itself.
type requested struct {
	fd   int
	size int
}

// smallFile is how long a file may be to be read so, in bytes.
const smallFile = 16 << 10

func openMany(root *os.Root) (*manyFiles, error) {
	dir, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	return &manyFiles{dir: dir, fd: int(dir.Fd()), buf: make([]byte, smallFile)}, nil
}

func (f *manyFiles) close() { f.dir.Close() }

func (f *manyFiles) read(m *many, from, to int) error {
	if err := m.ctx.Err(); err != nil {
		return err
	}
	for i := from; i < to; i++ {
		f.open[i-from] = f.request(m.names[i])
	}
	var failed error
	for i := from; i < to; i++ {
		r := f.open[i-from]
		if r.fd >= 0 {
			if failed == nil {
				failed = f.arrived(m, i, r)
			}
			unix.Close(r.fd)
		} else if failed == nil {
			failed = m.one(i)
		}
	}
	return failed
}

// request has the kernel forget a file and begin to read it from the medium. That a read
// which may not wait gets nothing proves that it was forgotten.
func (f *manyFiles) request(name string) requested {
	none := requested{fd: -1}
	if single(name) != nil {
		return none
	}
	fd, err := unix.Openat(f.fd, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return none
	}
	var s unix.Stat_t
	if err := unix.Fstat(fd, &s); err == nil && s.Mode&unix.S_IFMT == unix.S_IFREG && s.Size > 0 && s.Size <= smallFile {
		_ = unix.Fadvise(fd, 0, 0, unix.FADV_DONTNEED)
		if _, err := unix.Preadv2(fd, [][]byte{f.buf}, 0, unix.RWF_NOWAIT); err == unix.EAGAIN {
			return requested{fd, int(s.Size)}
		}
	}
	unix.Close(fd)
	return none
}

// arrived hands on a file that was requested.
func (f *manyFiles) arrived(m *many, i int, r requested) error {
	for have := 0; have < r.size; {
		n, err := unix.Pread(r.fd, f.buf[have:r.size], int64(have))
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return &fs.PathError{Op: "read", Path: m.names[i], Err: err}
		}
		if n == 0 {
			return m.one(i) // it has been cut off meanwhile
		}
		have += n
	}
	return m.take(i, bytes.NewReader(f.buf[:r.size]))
}
