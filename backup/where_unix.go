//go:build unix

package backup

import (
	"io/fs"
	"os"
	"syscall"
)

// sameDisk reports whether two folders lie on one file system.
func sameDisk(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	if errX != nil || errY != nil {
		return false
	}
	sx, okX := x.Sys().(*syscall.Stat_t)
	sy, okY := y.Sys().(*syscall.Stat_t)
	return okX && okY && sx.Dev == sy.Dev
}

func othersRead(info fs.FileInfo) bool { return info.Mode()&0o044 != 0 }
