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
	say := func(parts ...string) {
		parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
		if len(parts) > 0 {
			fmt.Fprintln(b, Scrub(strings.Join(parts, " ")))
		}
	}
	say(sentence(p.Title), p.Freshness.sentence())
	say(sentence(p.Summary))
	for _, s := range p.Sections {
		say(sentence(s.Title))
		for _, f := range s.Facts {
			say(sentence(f.Mark.Word()), sentence(labelled(f.Label, f.Value)))
		}
	}
	say(sentence(p.TableTitle))
	if len(p.Rows) == 0 {
		say(sentence(p.Empty))
	}
	for i, r := range p.Rows {
		parts := []string{fmt.Sprintf("%d of %d.", i+1, len(p.Rows)), sentence(r.Mark.Word())}
		for c, col := range p.Columns {
			parts = append(parts, sentence(labelled(col.Label(), r.cell(c))))
		}
		for _, d := range r.Detail {
			parts = append(parts, sentence(d))
		}
		say(parts...)
	}
	for _, n := range p.Notes {
		say(sentence(n))
	}
	return b.Flush()
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

// sentence ends s with a stop, unless it is empty or ends with one already.
func sentence(s string) string {
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
