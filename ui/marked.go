package ui

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
)

// marking is the part of a list by which rows are picked for an act. A mark belongs to
// the row's identity: it stays through sorting and filtering, and goes when the row does.
type marking struct {
	on     bool
	rows   map[string]bool
	hidden int    // how many of them the filter does not show
	from   string // where the range begins that is being marked, "" for none
	first  int    // the range in the last frame, among the shown rows
	last   int

	mark, span, all key.Binding
}

// AllowMarks lets rows be marked.
func (l *List) AllowMarks() {
	l.marks = marking{on: true, rows: map[string]bool{},
		mark: Bind("Space", "mark", "space"), span: Bind("v", "mark a range", "v"), all: Bind("*", "mark all shown", "*")}
}

// MarkKeys are the keys that mark, for the help.
func (l *List) MarkKeys() []key.Binding {
	return []key.Binding{l.marks.mark, l.marks.span, l.marks.all}
}

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
	case key.Matches(k, l.marks.mark, l.marks.span) && l.ID() == "":
		return Say("There is nothing to mark."), true
	case key.Matches(k, l.marks.mark, l.marks.span) && l.marks.from != "":
		return l.markRange(), true
	case key.Matches(k, l.marks.span):
		l.marks.from = l.ID()
		return nil, true
	case key.Matches(k, l.marks.mark):
		l.note(l.ID())
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
	l.markAll(l.shown, unmarked)
	if !unmarked {
		return Say("Nothing that is shown is marked any more. u undoes it.")
	}
	return Say(trustdata.Plural(len(l.shown), l.one, l.many) + " marked. * again takes the marks away.")
}

// markAll marks rows, or takes their marks away, in one step.
func (l *List) markAll(rows []int, on bool) {
	var flipped []string
	for _, i := range rows {
		if id := l.data.Rows[i].ID; l.marks.rows[id] != on {
			flipped = append(flipped, id)
		}
	}
	l.note(flipped...)
	for _, id := range flipped {
		l.setMark(id, on)
	}
	l.countMarks()
}

// span are the first and the last shown row of the range that is being marked. A beginning
// that the filter has hidden is as good as the cursor.
func (l *List) span() (first, last int) {
	if l.marks.from == "" {
		return l.cursor, l.cursor
	}
	for at, i := range l.shown {
		if l.data.Rows[i].ID == l.marks.from {
			return min(at, l.cursor), max(at, l.cursor)
		}
	}
	return l.cursor, l.cursor
}

// inRange reports whether a shown row belongs to the range that is being marked.
func (l *List) inRange(at int) bool {
	return l.marks.from != "" && at >= l.marks.first && at <= l.marks.last
}

// Ranging reports whether a range is being marked.
func (l *List) Ranging() bool { return l.marks.from != "" }

// markRange marks the rows from where the range began to the cursor.
func (l *List) markRange() tea.Cmd {
	first, last := l.span()
	l.marks.from = ""
	l.markAll(l.shown[first:last+1], true)
	return Say(trustdata.Plural(last-first+1, l.one, l.many) + " marked. u undoes it.")
}

func (l *List) rangeSentence() string {
	first, last := l.span()
	return "range of " + trustdata.Plural(last-first+1, l.one, l.many) + ": v or Space marks them, Esc does not"
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

// MarkedRows does something to the marked rows, or to the one under the cursor where none is
// marked. Marked rows that the filter does not show are listed first, and it is asked
// whether they are meant.
func (l *List) MarkedRows(do func(ids []string) tea.Cmd) tea.Cmd {
	marked, hidden := l.Marked()
	switch {
	case len(marked) == 0:
		return do([]string{l.ID()})
	case len(hidden) == 0:
		return do(marked)
	}
	rest := slices.DeleteFunc(slices.Clone(marked), func(id string) bool { return slices.Contains(hidden, id) })
	options := []string{"all " + trustdata.Plural(len(marked), l.one, l.many) + " that are marked"}
	if len(rest) > 0 {
		options = append(options, "only the "+trustdata.Plural(len(rest), l.one, l.many)+" that the filter shows")
	}
	d := newChoice(l.st, "MARKED, BUT NOT SHOWN", options)
	d.about = l.names(hidden)
	return Send(AskMsg{Dialog: d, Answer: func(r any) tea.Cmd {
		switch r {
		case 0:
			return do(marked)
		case 1:
			return do(rest)
		}
		return nil
	}})
}

// maxNames is how many rows are named in a question.
const maxNames = 40

// names are the first cells of rows, in one sentence.
func (l *List) names(ids []string) string {
	wanted := map[string]bool{}
	for _, id := range ids {
		wanted[id] = true
	}
	var out []string
	for _, r := range l.data.Rows {
		if wanted[r.ID] && len(out) < maxNames {
			out = append(out, r.cell(0))
		}
	}
	s := strings.Join(out, ", ")
	if more := len(ids) - len(out); more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
}
