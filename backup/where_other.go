//go:build !unix

package backup

import (
	"io/fs"
	"path/filepath"
	"strings"
)

// sameDisk goes by the volume's name.
func sameDisk(a, b string) bool {
	return strings.EqualFold(filepath.VolumeName(a), filepath.VolumeName(b))
}

// othersRead is not told by the mode here.
func othersRead(fs.FileInfo) bool { return false }
