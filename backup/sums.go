package backup

import (
	"encoding/hex"
	"fmt"
	"keyrite/backup/media"
	"strings"
)

const (
	ageSuffix  = ".age"
	sumsSuffix = ".sha256"
	// maxSums bounds a sums file, which is one line.
	maxSums = 4 << 10
)

// sumsLine is the content of a sums file, as sha256sum --check reads it.
func sumsLine(hash, name string) []byte { return fmt.Appendf(nil, "%s  %s\n", hash, name) }

// Sums is what the sums file beside a backup says of it.
type Sums string

// The outcomes of comparing a backup with its sums file.
const (
	SumsOK      Sums = "ok"
	SumsDiffer  Sums = "differs"
	SumsNone    Sums = "none"    // there is none
	SumsInvalid Sums = "invalid" // it is not readable as one
)

// compareSums compares the hash of the backup name in dir with its sums file.
func compareSums(dir media.Folder, name, hash string) Sums {
	if _, err := dir.Lstat(name + sumsSuffix); err != nil {
		return SumsNone
	}
	data, err := media.ReadFile(dir, name+sumsSuffix, maxSums)
	if err != nil {
		return SumsInvalid
	}
	for line := range strings.Lines(string(data)) {
		sum, of, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "  ")
		raw, err := hex.DecodeString(strings.TrimSpace(sum))
		if !ok || of != name || err != nil || len(raw) != 32 {
			continue
		}
		if hex.EncodeToString(raw) == hash {
			return SumsOK
		}
		return SumsDiffer
	}
	return SumsInvalid
}
