package ui

import (
	"bufio"
	"bytes"
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

// WriteTable writes a page as aligned text for a terminal or a pipe: sections, then every
// column of every row, nothing cut.
func WriteTable(w io.Writer, p Page) error {
	b := bufio.NewWriter(w)
	blank := false
	part := func() {
		if blank {
			fmt.Fprintln(b)
		}
		blank = true
	}
	for _, s := range p.Sections {
		part()
		writeSection(b, s)
	}
	if len(p.Columns) > 0 {
		part()
		if p.TableTitle != "" {
			fmt.Fprintln(b, Scrub(p.TableTitle))
		}
		writeRows(b, p)
	}
	for i, n := range p.Notes {
		if i == 0 {
			part()
		}
		fmt.Fprintln(b, Scrub(n))
	}
	return b.Flush()
}

func writeSection(w io.Writer, s Section) {
	if s.Title != "" {
		fmt.Fprintln(w, Scrub(s.Title))
	}
	label, marked := 0, false
	for _, f := range s.Facts {
		label, marked = max(label, Width(f.Label)), marked || f.Mark != ""
	}
	for _, f := range s.Facts {
		line := Scrub(f.Value)
		if marked {
			line = Fit(string(f.Mark), 2, CutEnd) + " " + line
		}
		if label > 0 {
			line = Fit(Scrub(f.Label), label, CutEnd) + "  " + line
		}
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
}

func writeRows(w *bufio.Writer, p Page) {
	if len(p.Rows) == 0 {
		fmt.Fprintln(w, Scrub(p.Empty))
		return
	}
	widths := make([]int, len(p.Columns))
	for c, col := range p.Columns {
		widths[c] = Width(col.Title)
		for _, r := range p.Rows {
			widths[c] = max(widths[c], Width(Scrub(r.cell(c))))
		}
	}
	var line []byte
	write := func(mark string, cell func(int) string) {
		line = pad(append(line[:0], mark...), 2-Width(mark))
		for c := range p.Columns {
			text := Scrub(cell(c))
			line = append(append(line, "  "...), text...)
			line = pad(line, widths[c]-Width(text))
		}
		w.Write(append(bytes.TrimRight(line, " "), '\n')) // the buffer keeps its first error
	}
	write("", func(c int) string { return p.Columns[c].Title })
	for _, r := range p.Rows {
		write(string(r.Mark), r.cell)
	}
}

// pad adds n spaces, none for a negative n.
func pad(line []byte, n int) []byte {
	for range n {
		line = append(line, ' ')
	}
	return line
}

// Moment is a time as plain text and tables write it.
func Moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
