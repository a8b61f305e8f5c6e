package media

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// blockSize is how much is read at once past the cache, and blockUnit a multiple of every
// device's block.
const (
	blockSize = 1 << 20
	blockUnit = 16 << 10
)

// openCold reads f, which is name in root, from its medium: past the page cache where the
// file system has O_DIRECT, and else after asking the kernel to forget what it has. On
// a file system that lives in memory nothing helps.
func openCold(root *os.Root, name string, f *os.File, info fs.FileInfo) Reader {
	_ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
	plain := reader{f, info.Size(), Cold}
	if inMemory(f) {
		plain.how = Warm
		return plain
	}
	d, err := root.OpenFile(name, os.O_RDONLY|unix.O_DIRECT, 0)
	if err != nil {
		return plain
	}
	block, err := unix.Mmap(-1, 0, blockFor(info.Size()), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if now, same := d.Stat(); err != nil || same != nil || !os.SameFile(info, now) {
		_ = d.Close()
		return plain
	}
	return &direct{reader: plain, past: d, block: block}
}

// blockFor is how much to read at once of a file: little memory for a small one, which the
// kernel would clear all of.
func blockFor(size int64) int {
	return int(min(blockSize, (size/blockUnit+1)*blockUnit))
}

// direct reads whole blocks past the cache. Where that fails at the first block the file
// system only seemed to have it, and the plain file is read.
type direct struct {
	reader
	past  *os.File
	block []byte
	ready []byte
	total int64
}

func (d *direct) Read(p []byte) (int, error) {
	if d.past == nil {
		return d.reader.Read(p)
	}
	if len(d.ready) == 0 {
		if d.total >= d.size { // a read that begins behind the last, short block is refused by some
			return 0, io.EOF
		}
		n, err := d.past.Read(d.block)
		if errors.Is(err, unix.EINVAL) && d.total == 0 {
			return d.fallBack(p)
		}
		if err != nil {
			return 0, err
		}
		d.total, d.ready = d.total+int64(n), d.block[:n]
	}
	n := copy(p, d.ready)
	d.ready = d.ready[n:]
	return n, nil
}

func (d *direct) fallBack(p []byte) (int, error) {
	_ = d.past.Close()
	d.past = nil
	return d.reader.Read(p)
}

func (d *direct) Close() error {
	var past error
	if d.past != nil {
		past = d.past.Close()
	}
	return errors.Join(past, unix.Munmap(d.block), d.File.Close())
}

func inMemory(f *os.File) bool {
	var s unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &s); err != nil {
		return false
	}
	return s.Type == unix.TMPFS_MAGIC || s.Type == unix.RAMFS_MAGIC
}

// syncFileSystem is for what no sync of a single file or folder covers.
func syncFileSystem(dir *os.File) error { return unix.Syncfs(int(dir.Fd())) }
