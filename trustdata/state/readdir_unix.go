//go:build unix

package state

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// ReadDir lists a folder below dir, sorted. It asks nothing about the entries but what the
// folder itself says of them: it is for those who look again when they open one.
func ReadDir(dir *os.Root, name string) ([]fs.DirEntry, error) {
	in, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	fd, err := again(func() (int, error) { return unix.FcntlInt(in.Fd(), unix.F_DUPFD_CLOEXEC, 0) })
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	plain := os.NewFile(uintptr(fd), filepath.Join(dir.Name(), filepath.FromSlash(name)))
	defer plain.Close()
	entries, err := plain.ReadDir(-1)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}
