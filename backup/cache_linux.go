package backup

import (
	"os"

	"golang.org/x/sys/unix"
)

// dropCache asks the kernel to forget what it has of f, so that the next read comes from
// the medium. It helps only after a sync, and on file systems that live in memory never.
func dropCache(f *os.File) { _ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED) }
