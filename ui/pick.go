package ui

import "slices"

// Select puts the cursor on the row with this identity, and reports whether it is shown.
func (l *List) Select(id string) bool {
	for at, i := range l.shown {
		if l.data.Rows[i].ID == id {
			l.cursor, l.follow, l.moved = at, true, true
			return true
		}
	}
	return false
}

// Shown is the page as somebody sees it who hears it line by line: the rows that pass the
// filter, in the order that was chosen, and which of them are marked.
func (l *List) Shown() Page {
	p := l.data.Page
	p.Sections = l.sections()
	if shown, all := l.counts(); shown == 0 && all > 0 {
		p.Empty = l.why()
	}
	p.Rows = make([]Row, len(l.shown))
	for at, i := range l.shown {
		r := l.data.Rows[i]
		if l.marks.rows[r.ID] {
			r.Detail = append(slices.Clone(r.Detail), "Marked")
		}
		p.Rows[at] = r
	}
	return p
}
