package ui

import (
	"strings"
	"time"
)

// Page is everything that a screen states, as a value: facts, a table, notes. All text
// in it that came from outside has passed trustdata.Visible.
type Page struct {
	Title string
	// Summary is one sentence with the counts.
	Summary string
	// Place is the end of Summary that is a path, or "". A frame that is too narrow cuts
	// its left, and leaves the counts whole.
	Place    string
	Sections []Section
	// TableTitle stands above a table that follows sections.
	TableTitle string
	Columns    []Column
	Rows       []Row
	// Order names the order that the rows come in ("latest first"). Where it is "", the
	// frame shows the worst first.
	Order string
	// Empty is the sentence that stands where there are no rows. A page without a table
	// leaves it and Columns empty.
	Empty string
	// EmptyKey is what the frame adds to it: the key that helps. Lines have no keys.
	EmptyKey string
	// Notes are sentences after everything else.
	Notes []string
	// Copy is what can be copied from the page as a whole.
	Copy []Copyable
	// Freshness says where the facts come from.
	Freshness Freshness
}

// Section is a group of facts under a title, which may be "".
type Section struct {
	Title string
	Facts []Fact
}

// Fact is one statement. Mark may be "".
type Fact struct {
	Label, Value string
	Mark         Mark
}

// Cut is where a cell that is too wide loses its text.
type Cut int

// The cuts. IDs and digests lose their middle, repository names their left.
const (
	CutEnd Cut = iota
	CutMiddle
	CutLeft
)

// Column is one column of a table.
type Column struct {
	Title string
	// Priority 1 is the last to go when the screen is narrow. The mark is always first.
	Priority int
	// Min is the least width that still says something; below it the column goes. 0 asks
	// for the whole width.
	Min int
	Cut Cut
	// Host marks repository names, whose common host is left out where room is short.
	Host bool
}

// Row is one line of a table.
type Row struct {
	// ID is the row's identity across loads. It is never shown.
	ID    string
	Mark  Mark
	Cells []string
	// Cuts are the cuts of single cells, by their number, in place of their columns': a
	// sentence among names loses its end.
	Cuts map[int]Cut
	// Left is how long it was to the moments that cells stand for, by their number, when the
	// page was made; below 0 they are past. Cells are ordered and compared by it.
	Left map[int]time.Duration
	// Alarm draws the whole row as what may be an attack.
	Alarm bool
	// Detail are the lines that explain the row when it is selected.
	Detail []string
	// Copy is what can be copied from the row.
	Copy []Copyable
}

// Until says that a cell stands for the moment t. One that is not known is left out.
func (r *Row) Until(column int, t, now time.Time) {
	if t.IsZero() {
		return
	}
	if r.Left == nil {
		r.Left = map[int]time.Duration{}
	}
	r.Left[column] = t.Sub(now)
}

// Copyable is public text for the clipboard: key IDs, digests, names. Never a secret.
type Copyable struct{ What, Text string }

// Field is a column's name in filters and in plain mode: its title, in small letters.
func (c Column) Field() string { return strings.ToLower(c.Title) }

// Label is a column's name in a sentence: "Signs for".
func (c Column) Label() string {
	f := c.Field()
	if f == "" {
		return ""
	}
	return strings.ToUpper(f[:1]) + f[1:]
}

// Fours writes an ID in groups of four digits, for comparing by eye and reading aloud.
func Fours(id string) string { return groups(id, 4, 4) }

// Eights writes a digest in groups of eight digits.
func Eights(digest string) string { return groups(digest, 8, 0) }

// groups puts a space after every n bytes, and a wider one after every few groups.
func groups(s string, n, wide int) string {
	var b strings.Builder
	for i := 0; i < len(s); i += n {
		if i > 0 {
			b.WriteByte(' ')
		}
		if i > 0 && wide > 0 && i%(n*wide) == 0 {
			b.WriteString("  ")
		}
		b.WriteString(s[i:min(i+n, len(s))])
	}
	return b.String()
}
