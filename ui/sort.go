package ui

import (
	"cmp"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// Natural compares texts as people count: 1.9 before 1.10.
func Natural(a, b string) int {
	for a != "" && b != "" {
		da, db := digits(a), digits(b)
		if da > 0 && db > 0 {
			na, nb := strings.TrimLeft(a[:da], "0"), strings.TrimLeft(b[:db], "0")
			if c := cmp.Or(cmp.Compare(len(na), len(nb)), cmp.Compare(na, nb)); c != 0 {
				return c
			}
			a, b = a[da:], b[db:]
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// order sorts row numbers. by -1 is the page's own order, or worst first; otherwise it is
// a column. Both are stable.
func (l *Listing) order(rows []int, by int) {
	if by < 0 && l.Order != "" {
		return
	}
	slices.SortStableFunc(rows, func(a, b int) int {
		if by < 0 {
			return l.Rows[a].Mark.Rank() - l.Rows[b].Mark.Rank()
		}
		return l.Rows[a].compare(l.Rows[b], by)
	})
}

// compare orders two rows by a column: by the moments that their cells stand for, soonest
// first and those without one last, and else by what the cells say.
func (r Row) compare(other Row, by int) int {
	left, timed := r.Left[by]
	otherLeft, otherTimed := other.Left[by]
	switch {
	case timed && otherTimed:
		return cmp.Compare(left, otherLeft)
	case timed:
		return -1
	case otherTimed:
		return 1
	}
	return Natural(r.cell(by), other.cell(by))
}

// column is the number of the column with this field, -1 for none.
func (l *Listing) column(field string) int {
	return slices.IndexFunc(l.Columns, func(c Column) bool { return c.Field() == field && field != "" })
}

// sortName is the word for an order in the status line.
func (l *Listing) sortName(by int) string {
	if by < 0 {
		return l.ownOrder()
	}
	return "by " + l.Columns[by].Field()
}

// ownOrder is the word for the order that the page has by itself.
func (l *Listing) ownOrder() string {
	if l.Order != "" {
		return l.Order
	}
	return "worst first"
}

// OrderedMsg says that another order was chosen on the screen on top: the field of a
// column, or "" for the page's own. Said is shown of it.
type OrderedMsg struct{ By, Said string }

// chooseOrder asks by which column the rows are ordered.
func (l *List) chooseOrder() tea.Cmd {
	if len(l.data.Rows) < 2 || len(l.data.Columns) == 0 {
		return Say("There is nothing to sort.")
	}
	fields, names := []string{""}, []string{l.data.ownOrder()}
	for _, c := range l.data.Columns {
		if f := c.Field(); f != "" {
			fields, names = append(fields, f), append(names, "by "+f)
		}
	}
	d := newChoice(l.st, "SORT "+strings.ToUpper(l.many), names)
	d.cursor = max(0, slices.Index(fields, l.by))
	return Send(AskMsg{Dialog: d, Answer: func(r any) tea.Cmd {
		i, ok := r.(int)
		if !ok {
			return nil
		}
		l.note()
		l.OrderBy(fields[i])
		return Send(OrderedMsg{fields[i], "Sorted " + names[i] + "."})
	}})
}

// OrderBy orders the rows by the column with this field. Where the page has no such column
// they keep their own order.
func (l *List) OrderBy(field string) {
	l.by = field
	l.arrange(l.held())
}

// Kind is what a row is ("key").
func (l *List) Kind() string { return l.one }
