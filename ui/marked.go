package ui

import (
	"fmt"
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// marking is the part of a list by which rows are picked for an act. A mark belongs to
// the row's identity: it stays through sorting and filtering, and goes when the row does.
type marking struct {
	on        bool
	rows      map[string]bool
	hidden    int // how many of them the filter does not show
	mark, all key.Binding
}

// AllowMarks lets rows be marked.
func (l *List) AllowMarks() {
	l.marks = marking{on: true, rows: map[string]bool{},
		mark: Bind("Space", "mark", "space"), all: Bind("*", "mark all shown", "*")}
}

// MarkKeys are the keys that mark, for the help.
func (l *List) MarkKeys() []key.Binding { return []key.Binding{l.marks.mark, l.marks.all} }

// Marked are the identities of the marked rows, in the order of the page. Hidden are those
// of them that the filter does not show.
func (l *List) Marked() (marked, hidden []string) {
	shown := map[string]bool{}
	for _, i := range l.shown {
		shown[l.data.Rows[i].ID] = true
	}
	for _, r := range l.data.Rows {
		if l.marks.rows[r.ID] {
			marked = append(marked, r.ID)
			if !shown[r.ID] {
				hidden = append(hidden, r.ID)
			}
		}
	}
	return marked, hidden
}

// MarkedSentence is the count of marks, "" for none. Its cost does not depend on the
// number of rows.
func (l *List) MarkedSentence() string {
	switch n := len(l.marks.rows); {
	case n == 0:
		return ""
	case l.marks.hidden > 0:
		return fmt.Sprintf("%d marked, %d of them not shown", n, l.marks.hidden)
	default:
		return fmt.Sprintf("%d marked", n)
	}
}

// countMarks counts what the filter hides.
func (l *List) countMarks() {
	if len(l.marks.rows) == 0 {
		l.marks.hidden = 0
		return
	}
	_, hidden := l.Marked()
	l.marks.hidden = len(hidden)
}

// setMark marks a row, or takes its mark away.
func (l *List) setMark(id string, on bool) {
	if on {
		l.marks.rows[id] = true
	} else {
		delete(l.marks.rows, id)
	}
}

// markKey acts on the keys that mark.
func (l *List) markKey(k tea.KeyPressMsg) (cmd tea.Cmd, mine bool) {
	switch {
	case !l.marks.on:
		return nil, false
	case key.Matches(k, l.marks.mark):
		if l.ID() == "" {
			return Say("There is nothing to mark."), true
		}
		l.setMark(l.ID(), !l.marks.rows[l.ID()])
		l.countMarks()
		l.move(1)
		return nil, true
	case key.Matches(k, l.marks.all):
		return l.markShown(), true
	}
	return nil, false
}

// markShown marks every row that passes the filter; where all are marked, none.
func (l *List) markShown() tea.Cmd {
	unmarked := slices.ContainsFunc(l.shown, func(i int) bool { return !l.marks.rows[l.data.Rows[i].ID] })
	for _, i := range l.shown {
		l.setMark(l.data.Rows[i].ID, unmarked)
	}
	l.countMarks()
	if !unmarked {
		return Say("Nothing that is shown is marked any more.")
	}
	return Say(Plural(len(l.shown), l.one, l.many) + " marked. * again takes the marks away.")
}

// prune takes the marks of rows away that are no longer there.
func (l *List) prune() {
	if len(l.marks.rows) == 0 {
		return
	}
	kept := map[string]bool{}
	for _, r := range l.data.Rows {
		if l.marks.rows[r.ID] {
			kept[r.ID] = true
		}
	}
	l.marks.rows = kept
}
