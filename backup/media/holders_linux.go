package media

import (
	"os"
	"path/filepath"
	"strconv"
)

// maxHolders is how many names a sentence takes.
const maxHolders = 5

// holders are the processes that have something below a mount point open, or run from it,
// as far as this user may see.
func (r Roots) holders(point string) []Holder {
	entries, err := os.ReadDir(r.Proc)
	if err != nil {
		return nil
	}
	var all []Holder
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err == nil && len(all) < maxHolders && r.holds(pid, point) {
			all = append(all, Holder{pid, read(r.Proc, e.Name(), "comm")})
		}
	}
	return all
}

func (r Roots) holds(pid int, point string) bool {
	dir := filepath.Join(r.Proc, strconv.Itoa(pid))
	links := []string{filepath.Join(dir, "cwd"), filepath.Join(dir, "root"), filepath.Join(dir, "exe")}
	if open, err := os.ReadDir(filepath.Join(dir, "fd")); err == nil {
		for _, fd := range open {
			links = append(links, filepath.Join(dir, "fd", fd.Name()))
		}
	}
	for _, link := range links {
		if to, err := os.Readlink(link); err == nil && filepath.IsAbs(to) && below(to, point) {
			return true
		}
	}
	return false
}
