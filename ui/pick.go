package ui

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

// Shown is the page as somebody hears it line by line: the rows that pass the filter, in the
// order that was chosen, and which of them are marked. Their details are left to whoever
// selects one.
func (l *List) Shown() Page {
	p := l.data.Page
	p.Sections = l.sections()
	if shown, all := l.counts(); shown == 0 && all > 0 {
		p.Empty = l.why()
	}
	p.Rows = make([]Row, len(l.shown))
	for at, i := range l.shown {
		p.Rows[at] = l.data.Rows[i]
		p.Rows[at].Detail = nil
		if l.marks.rows[p.Rows[at].ID] {
			p.Rows[at].Detail = []string{"Marked"}
		}
	}
	return p
}
