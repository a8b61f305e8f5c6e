package ui

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
)

// WriteTable writes a page as aligned text for a terminal or a pipe: sections, then every
// column of every row, nothing cut.
func WriteTable(w io.Writer, p Page) error { return WriteRows(w, p, tableRows(p.Rows)) }

// TableRows are a table's rows without what a screen keeps of each. There may be a hundred
// thousand of them.
type TableRows struct {
	Count int
	// Row gives row n: its mark, and its cells behind those of to. It is asked for each row
	// twice, since the columns' widths must be known before the first is written.
	Row func(n int, to []string) (Mark, []string)
}

func tableRows(rows []Row) TableRows {
	return TableRows{len(rows), func(n int, to []string) (Mark, []string) { return rows[n].Mark, append(to, rows[n].Cells...) }}
}

// tableBuffer is how many bytes of a table go out at once.
const tableBuffer = 64 << 10

// WriteRows is WriteTable with rows in the place of the page's rows.
func WriteRows(w io.Writer, p Page, rows TableRows) error {
	b := bufio.NewWriterSize(w, tableBuffer)
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
		writeRows(b, p, rows)
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

func writeRows(w *bufio.Writer, p Page, rows TableRows) {
	if rows.Count == 0 {
		fmt.Fprintln(w, Scrub(p.Empty))
		return
	}
	titles := make([]string, len(p.Columns))
	for c, col := range p.Columns {
		titles[c] = col.Title
	}
	t := tableWriter{w: w, widths: make([]int, len(titles)), last: make([]cell, len(titles))}
	t.measure(titles)
	cells := make([]string, 0, len(titles))
	for n := range rows.Count {
		_, cells = rows.Row(n, cells[:0])
		t.measure(cells)
	}
	t.write("", titles)
	for n := range rows.Count {
		var mark Mark
		mark, cells = rows.Row(n, cells[:0])
		t.write(mark, cells)
	}
}

// tableWriter writes lines in columns. The buffer keeps its first error.
type tableWriter struct {
	w      *bufio.Writer
	widths []int
	// last is the cell of each column in the line before, which is often the same.
	last []cell
	line []byte
}

// cell is a cell as it came, what Scrub makes of it, and the width of that.
type cell struct {
	raw, text string
	width     int
}

func (t *tableWriter) cell(c int, raw string) *cell {
	last := &t.last[c]
	if last.raw == raw {
		return last
	}
	if printable(raw) {
		*last = cell{raw, raw, len(raw)}
	} else {
		text := Scrub(raw)
		*last = cell{raw, text, Width(text)}
	}
	return last
}

func (t *tableWriter) measure(cells []string) {
	for c, raw := range cells[:min(len(cells), len(t.widths))] {
		t.widths[c] = max(t.widths[c], t.cell(c, raw).width)
	}
}

func (t *tableWriter) write(mark Mark, cells []string) {
	t.line = pad(append(t.line[:0], mark...), 2-Width(string(mark)))
	for c, raw := range cells[:min(len(cells), len(t.widths))] {
		cell := t.cell(c, raw)
		t.line = append(append(t.line, "  "...), cell.text...)
		t.line = pad(t.line, t.widths[c]-cell.width)
	}
	t.w.Write(append(bytes.TrimRight(t.line, " "), '\n'))
}

// pad adds n spaces, none for a negative n.
func pad(line []byte, n int) []byte {
	for range n {
		line = append(line, ' ')
	}
	return line
}
