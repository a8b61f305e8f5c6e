package ui

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"keyrite/trustdata"
)

// WritePlain writes a page for a screen reader, a dumb terminal or a log: one statement
// per line, no layout, the same words as the frame.
func WritePlain(w io.Writer, p Page) error {
	b := bufio.NewWriter(w)
	write := func(lines []string) {
		for _, l := range lines {
			fmt.Fprintln(b, l)
		}
	}
	around := p.Plain(0)
	write(around.Head)
	for i := range p.Rows { // one at a time: there may be very many
		var row []string
		say(&row, p.plainRow(i)...)
		write(row)
	}
	write(around.Foot)
	return b.Flush()
}

// Plain is a page as lines of text, whose bytes a terminal only shows. Rows has one for
// each of the page's that are written out. Under has, for each line of Head, the title of
// its section.
type Plain struct{ Head, Under, Rows, Foot []string }

// Plain writes the page out in lines, with at most so many of its rows.
func (p Page) Plain(rows int) Plain {
	var out Plain
	say(&out.Head, Sentence(p.Title), p.Freshness.sentence())
	say(&out.Head, Sentence(p.Summary))
	out.under("")
	for _, s := range p.Sections {
		say(&out.Head, Sentence(s.Title))
		out.under("")
		for _, f := range s.Facts {
			say(&out.Head, f.plain()...)
		}
		out.under(s.Title)
	}
	say(&out.Head, Sentence(p.TableTitle))
	if p.single() {
		say(&out.Head, Sentence(p.Columns[0].Title))
	}
	if len(p.Rows) == 0 {
		say(&out.Head, Sentence(p.Empty))
	}
	out.under("")
	for i := range min(rows, len(p.Rows)) {
		say(&out.Rows, p.plainRow(i)...)
	}
	for _, n := range p.Notes {
		say(&out.Foot, Sentence(n))
	}
	return out
}

// under notes the title of the lines of Head that were added last.
func (p *Plain) under(title string) {
	for len(p.Under) < len(p.Head) {
		p.Under = append(p.Under, Scrub(Sentence(title)))
	}
}

// say adds the line that parts make, unless all are empty.
func say(lines *[]string, parts ...string) {
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	if len(parts) > 0 {
		*lines = append(*lines, Scrub(strings.Join(parts, " ")))
	}
}

func (f Fact) plain() []string {
	return []string{Sentence(f.Mark.Word()), Sentence(labelled(f.Label, f.Value))}
}

// single reports whether a table has only one column: its title is said once, above it.
func (p Page) single() bool { return len(p.Columns) == 1 && len(p.Rows) > 0 }

// plainRow says which row it is of how many, and all that it has.
func (p Page) plainRow(i int) []string {
	r := p.Rows[i]
	parts := []string{fmt.Sprintf("%d of %d.", i+1, len(p.Rows)), Sentence(r.Mark.Word())}
	for c, col := range p.Columns {
		label := col.Label()
		if p.single() {
			label = ""
		}
		parts = append(parts, Sentence(labelled(label, r.cell(c))))
	}
	for _, d := range r.Detail {
		parts = append(parts, Sentence(d))
	}
	return parts
}

func labelled(label, value string) string {
	switch {
	case value == "" || value == string(MarkNone):
		return ""
	case label == "":
		return value
	}
	return label + " " + value
}

// Sentence ends s with a stop, unless it is empty or ends with one already.
func Sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" || strings.HasSuffix(s, ".") || strings.HasSuffix(s, ":") {
		return s
	}
	return s + "."
}

func (f Freshness) sentence() string {
	if f.At.IsZero() {
		return ""
	}
	at := f.At.UTC().Format("2006-01-02 15:04 UTC")
	switch {
	case f.Disk:
		return "Read from disk at " + at + "."
	case f.Source == trustdata.SourceArchive:
		return "From an archive, read at " + at + "."
	case f.Source == trustdata.SourceCache:
		return "Offline, read at " + at + "."
	case f.Server == "":
		return "Live at " + at + "."
	}
	return "Trust server " + f.Server + ", live at " + at + "."
}

// Moment is a time as plain text and tables write it.
func Moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
