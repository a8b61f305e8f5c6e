package media

import (
	"crypto/rand"
	"fmt"
	"regexp"
	"sync"
)

// PartName is the name of a file that comes to be name once it is whole. Nothing is taken for
// a backup under it.
func PartName(name string) string { return "." + name + "." + rand.Text()[:10] + ".part" }

// IsPart reports whether a name is one of PartName, for a file that lies on a medium.
func IsPart(name string) bool { return partPattern().MatchString(name) }

var partPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\.[^/]+\.(age|sha256|txt)\.[A-Z2-7]{10}\.part$`)
})

// Parts are the files of a folder that were not written to their end, or are being written
// now.
func Parts(f Folder) ([]string, error) {
	names, err := f.Names()
	if err != nil {
		return nil, err
	}
	var parts []string
	for _, name := range names {
		if !IsPart(name) {
			continue
		}
		if info, err := f.Lstat(name); err == nil && info.Mode().IsRegular() {
			parts = append(parts, name)
		}
	}
	return parts, nil
}

// Claim says that this folder is written to until it is closed. If nobody else writes to it,
// the files are removed before that which a killed process left there under a temporary
// name; their names are given. Where a file system knows no locks nobody is known to be
// alone, and nothing is removed.
func (l local) Claim() (cleared []string, err error) {
	if !l.claim.alone(l.root) {
		l.claim.share(l.root)
		return nil, nil
	}
	defer l.claim.share(l.root)
	parts, err := Parts(l)
	for _, name := range parts {
		if err := l.root.Remove(name); err != nil {
			return cleared, fmt.Errorf("clearing what a backup that was broken off has left: %w", err)
		}
		cleared = append(cleared, name)
	}
	return cleared, err
}
