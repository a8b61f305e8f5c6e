//go:build linux || darwin

package state

import "golang.org/x/sys/unix"

// Room is how many bytes the file system at path has free for us.
func Room(path string) (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return 0, err
	}
	return s.Bavail * uint64(s.Bsize), nil
}
