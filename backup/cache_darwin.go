package backup

import (
	"os"

	"golang.org/x/sys/unix"
)

// dropCache makes the reads of f bypass the cache.
func dropCache(f *os.File) { _, _ = unix.FcntlInt(f.Fd(), unix.F_NOCACHE, 1) }
