package ui

import (
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"
)

// markRoom is the space before a row's first cell: cursor, mark, and blanks around them.
const markRoom = 5

// View draws the list into exactly the space given, or less.
func (l *List) View(width, height int) string {
	l.drawn = 0
	if width <= 0 || height <= 0 {
		return ""
	}
	if len(l.data.Sections) > 0 || len(l.data.Columns) == 0 {
		return strings.Join(l.body(l.lines(width), width, height, nil), "\n")
	}
	if l.data.details && width >= 140 && height >= 34 {
		return l.sideBySide(width, height)
	}
	detail := l.detail(width, height)
	return strings.Join(append(l.table(width, height-len(detail)), detail...), "\n")
}

// roomy tells apart screens that have rules and blank lines from those that cannot.
func roomy(width, height int) bool { return width >= 80 && height >= 16 }

// table draws a list's summary, its column titles, and as many rows as fit.
func (l *List) table(width, height int) []string {
	var out []string
	if width >= 80 && height >= 14 && l.data.Summary != "" && !l.brief {
		out = append(out, " "+l.data.summary(width-1))
	}
	if len(out) > 0 && height >= 18 {
		out = append(out, "")
	}
	if len(l.shown) == 0 {
		return fill(append(out, l.nothing(width)...), height)
	}
	slots := l.data.layout(width - markRoom)
	if height-len(out) > 2 && width >= 60 {
		out = append(out, l.titles(slots))
	}
	return append(out, l.body(nil, width, height-len(out), slots)...)
}

func (l *List) titles(slots []slot) string {
	head := l.data.cells(func(c int) string { return l.data.Columns[c].Title }, nil, slots)
	return strings.Repeat(" ", markRoom) + l.st.Head.Render(strings.TrimRight(head, " "))
}

// why says why nothing is shown.
func (l *List) why() string {
	if _, n := l.counts(); n > 0 {
		return fmt.Sprintf("No %s matches %q (%d hidden). Esc shows all.", l.one, l.query.text, n)
	}
	return strings.TrimSpace(l.data.Empty + " " + l.data.EmptyKey)
}

// nothing says why there is no row.
func (l *List) nothing(width int) []string {
	var out []string
	for _, line := range Wrap(Scrub(l.why()), width-2) {
		out = append(out, " "+line)
	}
	return out
}

// body draws a window over the lines before the rows, the rows, and the notes after
// them. Only what is inside the window is made.
func (l *List) body(lead []string, width, height int, slots []slot) []string {
	if slots == nil {
		slots = l.data.layout(width - markRoom)
	}
	notes := l.notes(width)
	total := len(lead) + len(l.shown) + len(notes)
	more := total > height && height > 3
	if more {
		height--
	}
	l.height, l.lead = max(1, height), len(lead)
	l.scroll(total)
	l.marks.first, l.marks.last = l.span()
	out := make([]string, 0, height+1)
	for at := l.top; at < min(total, l.top+height); at++ {
		switch row := at - len(lead); {
		case at < len(lead):
			out = append(out, lead[at])
		case row < len(l.shown):
			out = append(out, l.row(row, width, slots))
		default:
			out = append(out, notes[row-len(l.shown)])
		}
	}
	out = fill(out, height)
	if below := total - l.top - height; more && below > 0 {
		out = append(out, fmt.Sprintf("  -- ... %d more", below))
	} else if more {
		out = append(out, "")
	}
	return out
}

// scroll brings the cursor into the window and the window onto the lines.
func (l *List) scroll(total int) {
	if at := l.lead + l.cursor; l.follow && len(l.shown) > 0 {
		if l.cursor == 0 && at < l.height {
			at = 0
		}
		l.top = max(min(l.top, at), l.lead+l.cursor-l.height+1)
	}
	if at := l.lead + l.cursor; l.asks && !l.moved && at >= l.top+l.height {
		l.top = max(l.lead-tableHead, at-l.height+1)
	}
	l.follow = false
	l.top = max(0, min(l.top, total-l.height))
}

// tableHead is how many lines stand right above the rows: the table's title and its columns'.
const tableHead = 2

// row draws one row; the selected one has a sign as well as reverse video.
func (l *List) row(at, width int, slots []slot) string {
	l.drawn++
	r := l.data.Rows[l.shown[at]]
	cells := l.data.cells(r.cell, r.Cuts, slots)
	picked := " "
	switch {
	case l.marks.rows[r.ID]:
		picked = "*"
	case l.inRange(at):
		picked = "+"
	}
	if at == l.cursor || r.Alarm {
		return l.rowStyle(r, at == l.cursor).Render(Fit(picked+cursorSign(at == l.cursor)+Fit(string(r.Mark), 2, CutEnd)+" "+cells, width, CutEnd))
	}
	return picked + " " + l.st.Mark(r.Mark) + " " + strings.TrimRight(cells, " ")
}

// rowStyle is the look of a row that has one from end to end.
func (l *List) rowStyle(r Row, selected bool) lipgloss.Style {
	if r.Alarm {
		return l.st.Error.Reverse(selected)
	}
	return l.st.Selected
}

func cursorSign(selected bool) string {
	if selected {
		return ">"
	}
	return " "
}

// lines draws a page's sections, and the title of the table after them.
func (l *List) lines(width int) []string {
	var out []string
	sections := l.sections()
	for i, s := range sections {
		if i > 0 {
			out = append(out, "")
		}
		out = append(out, l.section(s, width)...)
	}
	if len(sections) == 0 && len(l.data.Sections) > 0 {
		out = append(out, l.nothing(width)...)
	}
	if len(l.data.Columns) == 0 {
		return out
	}
	if len(out) > 0 {
		out = append(out, "")
	}
	if l.data.TableTitle != "" {
		out = append(out, " "+l.st.Title.Render(Clip(Scrub(l.data.TableTitle), width-2, CutEnd)))
	}
	if len(l.shown) == 0 {
		return append(out, l.nothing(width)...)
	}
	return append(out, l.titles(l.data.layout(width-markRoom)))
}

// section draws facts one below the other, values aligned and wrapped.
func (l *List) section(s Section, width int) []string {
	var out []string
	if s.Title != "" {
		out = append(out, " "+l.st.Title.Render(Clip(Scrub(s.Title), width-2, CutEnd)))
	}
	label, marked := 0, false
	for _, f := range s.Facts {
		label, marked = max(label, Width(f.Label)), marked || f.Mark != ""
	}
	label = min(label, width/3)
	for _, f := range s.Facts {
		head := " " + Fit(Scrub(f.Label), label, CutEnd) + "  "
		room := width - Width(head) - 1
		if label == 0 {
			head, room = " ", width-2
		}
		blank := strings.Repeat(" ", Width(head))
		if marked {
			head, blank, room = head+l.st.Mark(f.Mark)+" ", blank+"   ", room-3
		}
		for i, line := range Wrap(Scrub(f.Value), room) {
			if i > 0 {
				head = blank
			}
			out = append(out, strings.TrimRight(head+line, " "))
		}
	}
	return out
}

func (l *List) notes(width int) []string {
	var out []string
	for i, n := range l.data.Notes {
		if i == 0 {
			out = append(out, "")
		}
		for _, line := range Wrap(Scrub(n), width-2) {
			out = append(out, " "+line)
		}
	}
	return out
}

// detail draws what explains the selected row, under a rule where there is room.
func (l *List) detail(width, height int) []string {
	n := 1
	switch {
	case !l.data.details || height < 6:
		return nil
	case roomy(width, height) && height >= 24:
		n = 5
	case roomy(width, height):
		n = 3
	case height >= 11 && width >= 60:
		n = 2
	}
	if l.explain.Room != nil {
		n = l.explain.Room(width, height)
	}
	out := fill(l.about(width, n), n)
	if roomy(width, height) {
		out = append([]string{l.st.Rule(width)}, out...)
	}
	return out
}

// about wraps the selected row's detail into at most n lines.
func (l *List) about(width, n int) []string {
	var out []string
	r, _ := l.Row()
	if l.explain.Lines != nil {
		return l.explain.Lines(r, width, n)
	}
	for _, d := range r.Detail {
		for _, line := range Wrap(Scrub(d), width-2) {
			out = append(out, " "+line)
		}
	}
	return out[:min(n, len(out))]
}

// sideBySide puts the detail into the right half of a wide screen.
func (l *List) sideBySide(width, height int) string {
	half := width * 3 / 5
	left, right := l.table(half, height), l.about(width-half-2, height)
	for i := range left {
		text := ""
		if i < len(right) {
			text = right[i]
		}
		left[i] = padTo(left[i], half) + l.st.Glyph.Vertical + text
	}
	return strings.Join(left, "\n")
}

// fill makes exactly n lines.
func fill(lines []string, n int) []string {
	n = max(0, n)
	for len(lines) < n {
		lines = append(lines, "")
	}
	return lines[:n]
}
