package backup

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"keyrite/trustdata"
)

// OtherCopies are those of known that belong to the same set as a file and are not it; the
// ones that were sound when they were last looked at come first. operation is the set that
// the file itself names; without it the record of the file says which one it is.
func OtherCopies(known []Copy, operation, file string) []Copy {
	same := 0 // copies on several media may have had one path
	for _, c := range known {
		if operation == "" && c.File == file {
			operation = c.Operation
		}
	}
	for _, c := range known {
		if operation == "" && filepath.Base(c.File) == filepath.Base(file) {
			operation = c.Operation
		}
		if c.File == file {
			same++
		}
	}
	if operation == "" {
		return nil
	}
	var others []Copy
	for _, c := range known {
		if c.Operation == operation && (c.File != file || same > 1) {
			others = append(others, c)
		}
	}
	slices.SortStableFunc(others, func(a, b Copy) int { return cmp.Compare(len(a.Problem), len(b.Problem)) })
	return others
}

// Where says which copy of its set this is, and where it was when it was last looked at. It
// can be shown as it is.
func (c Copy) Where() string {
	number, place, state := "a copy", "in a folder", ""
	if c.Number > 0 {
		number = fmt.Sprintf("copy %d of %d", c.Number, c.Of)
	}
	if name := c.Medium.Name(); name != "" {
		place = "on " + quoted(name) + c.Medium.marks(name)
	}
	if c.Problem != "" {
		state = ", damaged too"
	}
	return fmt.Sprintf("%s %s, last seen %s as %s%s", number, place, c.LookedAt.UTC().Format("2006-01-02"), quoted(c.File), state)
}

func quoted(text string) string { return `"` + trustdata.Visible(text) + `"` }

// marks are what a medium that is called name can be told from others by.
func (m *Medium) marks(name string) string {
	var marks []string
	if kind := strings.TrimSpace(m.Vendor + " " + m.Model); kind != "" && kind != name {
		marks = append(marks, quoted(shorten(kind)))
	}
	if m.Serial != "" && m.Serial != name {
		marks = append(marks, "serial "+quoted(shorten(m.Serial)))
	}
	if len(marks) == 0 {
		return ""
	}
	return " (" + strings.Join(marks, ", ") + ")"
}
