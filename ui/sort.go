package ui

import (
	"cmp"
	"slices"
	"strings"
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
		return Natural(l.Rows[a].cell(by), l.Rows[b].cell(by))
	})
}

// sortName is the word for an order in the status line.
func (l *Listing) sortName(by int) string {
	switch {
	case by < 0 && l.Order != "":
		return l.Order
	case by < 0:
		return "worst first"
	}
	return "by " + l.Columns[by].Field()
}
