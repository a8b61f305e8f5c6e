package backup

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// reservedNames cannot be files on Windows, whatever stands behind a dot.
var reservedNames = []string{"con", "prn", "aux", "nul",
	"com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9",
	"lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9"}

// maxSegment is what file systems take as one name.
const maxSegment = 255

// portablePath writes the segments of a path so that every file system takes them, FAT
// too, and that no two of them differ in case alone: other bytes than a-z, 0-9, "-", "_"
// and "." are "%" and two hex digits, as is the first letter of a name that Windows
// reserves and a dot at the end. "%" is no character of a GUN or of a role, so nothing is
// ever ambiguous. A segment that would grow too long stays as it is.
func portablePath(name string) string {
	segments := strings.Split(name, "/")
	for i, s := range segments {
		if safe := portableSegment(s); len(safe) <= maxSegment {
			segments[i] = safe
		}
	}
	return strings.Join(segments, "/")
}

func portableSegment(s string) string {
	stem, _, _ := strings.Cut(s, ".")
	reserved := slices.Contains(reservedNames, stem)
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		plain := 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.'
		if !plain || i == 0 && reserved || i == len(s)-1 && c == '.' {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// plainPath is what portablePath made its result of. Of the forms that mean the same it
// takes that one alone, and names without any "%".
func plainPath(name string) (string, error) {
	segments := strings.Split(name, "/")
	for i, s := range segments {
		plain, err := plainSegment(s)
		if err != nil {
			return "", err
		}
		segments[i] = plain
	}
	return strings.Join(segments, "/"), nil
}

func plainSegment(s string) (string, error) {
	if !strings.Contains(s, "%") {
		return s, nil
	}
	var b []byte
	for rest := s; rest != ""; {
		before, after, found := strings.Cut(rest, "%")
		b = append(b, before...)
		if !found {
			break
		}
		if len(after) < 2 {
			return "", fmt.Errorf("%q is cut short", s)
		}
		c, err := strconv.ParseUint(after[:2], 16, 8)
		if err != nil {
			return "", fmt.Errorf("%q is written wrongly", s)
		}
		b, rest = append(b, byte(c)), after[2:]
	}
	if plain := string(b); portableSegment(plain) == s && !strings.Contains(plain, "/") {
		return plain, nil
	}
	return "", fmt.Errorf("%q is not how a backup writes a name", s)
}
