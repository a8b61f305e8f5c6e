package ui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
)

// Undoer takes back the last local thing: marks, a filter, an order, a snooze. What was
// published is never undone so.
type Undoer interface{ Undo() tea.Cmd }

// NothingToUndo is the answer where nothing local was done.
const NothingToUndo = "There is nothing local to undo here. What was published has no undo."

// maxUndo is how many steps a list remembers.
const maxUndo = 50

// undo is what a list was before a step: its filter, its order, and the rows whose marks
// the step has flipped.
type undo struct {
	query, by string
	flipped   []string
}

// note remembers the list as it is, before a step that flips these marks.
func (l *List) note(flipped ...string) {
	if over := len(l.past) - maxUndo + 1; over > 0 {
		l.past = slices.Delete(l.past, 0, over)
	}
	l.past = append(l.past, undo{l.query.text, l.by, flipped})
}

// Steps counts what Undo can take back.
func (l *List) Steps() int { return len(l.past) }

// Undo takes the last step back that has changed something.
func (l *List) Undo() tea.Cmd {
	for len(l.past) > 0 {
		n := len(l.past) - 1
		u := l.past[n]
		l.past = l.past[:n]
		said := l.undone(u)
		if said == "" {
			continue
		}
		for _, id := range u.flipped {
			l.setMark(id, !l.marks.rows[id])
		}
		l.prune()
		before := l.by
		l.query.text, l.by = u.query, u.by
		l.arrange(l.ID())
		if l.by != before {
			return Send(OrderedMsg{l.by, said})
		}
		return Say(said)
	}
	return Say(NothingToUndo)
}

// undone says what a step back changes, "" for nothing.
func (l *List) undone(u undo) string {
	switch {
	case len(u.flipped) > 0:
		return "The mark of " + trustdata.Plural(len(u.flipped), l.one, l.many) + " is as before."
	case u.query != l.query.text && u.query == "":
		return "The filter is off again."
	case u.query != l.query.text:
		return "The filter is on again."
	case u.by != l.by:
		return "The order is as before: " + l.data.sortName(l.data.column(u.by)) + "."
	}
	return ""
}

var _ Undoer = (*List)(nil)
