package ui

import (
	"strings"
	"testing"
	"time"
)

// ending are rows with a moment in one column and a number in another.
func ending(days map[string]int) Page {
	now := time.Date(2026, 11, 22, 9, 41, 0, 0, time.UTC)
	p := Page{Columns: []Column{{Title: "KEY"}, {Title: "REPOS"}, {Title: "ENDS"}, {Title: "SIGNED"}}, Order: "as made"}
	for _, name := range []string{"past", "soon", "later", "never"} {
		r := Row{ID: name, Mark: MarkOK, Cells: []string{name, map[string]string{"past": "2", "soon": "10", "later": "3"}[name], "--", "yes"}}
		if left, ok := days[name]; ok {
			t := now.AddDate(0, 0, left)
			r.Cells[2] = "cert " + t.Format(time.DateOnly)
			r.Until(2, t, now)
		}
		p.Rows = append(p.Rows, r)
	}
	return p
}

func shownIDs(l *List) string {
	var ids []string
	for _, i := range l.shown {
		ids = append(ids, l.data.Rows[i].ID)
	}
	return strings.Join(ids, " ")
}

// TestCompare: a column with moments is compared by the time that is left, one of numbers by
// the number, and what has neither is never less nor more.
func TestCompare(t *testing.T) {
	l := NewList(NewStyles(Look{}), "key", "keys")
	l.Set(NewListing(ending(map[string]int{"past": -3, "soon": 60, "later": 400})))
	for _, c := range []struct{ query, want string }{
		{"ends:<90d", "past soon"}, {"ends:<90", "past soon"}, {"ends:<0d", "past"}, {"ends:>90d", "later"}, {"ends:>1y", "later"}, {"ends:<1w", "past"},
		{"!ends:<90d", "later never"}, {"ends:<90d !past", "soon"}, {"en:<90D", "past soon"},
		{"ends:<", "past soon later never"}, {"ends:<9x", "past soon later never"},
		{"repos:>2", "soon later"}, {"repos:<3", "past"}, {"repos:>2 ends:<90d", "soon"}, {"signed:>0", ""},
		{"key:SOON", ""}, {"key:soon", "soon"},
	} {
		l.Filter(c.query)
		if got := shownIDs(l); got != c.want {
			t.Errorf("%q shows %q, want %q", c.query, got, c.want)
		}
	}
}

// TestSortByMoment: soonest first, and last what has none, whatever words stand before.
func TestSortByMoment(t *testing.T) {
	l := NewList(NewStyles(Look{}), "key", "keys")
	l.Set(NewListing(ending(map[string]int{"past": 900, "soon": -1, "later": 30})))
	if l.OrderBy("ends"); shownIDs(l) != "soon later past never" {
		t.Errorf("by ends: %s", shownIDs(l))
	}
	if l.OrderBy("repos"); shownIDs(l) != "never past later soon" {
		t.Errorf("by repos: %s", shownIDs(l))
	}
	l.OrderBy("no such column")
	if shownIDs(l) != "past soon later never" || !strings.HasPrefix(l.Status(), "sorted as made") {
		t.Errorf("by a column that is not there: %s, %q", shownIDs(l), l.Status())
	}
}

// TestNextMatch: n goes on from match to match when the filter was cleared.
func TestNextMatch(t *testing.T) {
	l := NewList(NewStyles(Look{}), "tag", "tags")
	l.Set(NewListing(rows(30)))
	press(l, "n")
	if l.ID() != "0" {
		t.Fatalf("n without a search went to %q", l.ID())
	}
	press(l, "/", "1", ".", "2", "enter", "n")
	if l.ID() != "20" {
		t.Errorf("in the filter n went to %q, want 20", l.ID())
	}
	press(l, "esc")
	l.Escape()
	for _, want := range []string{"21", "22", "23"} {
		if press(l, "n"); l.ID() != want {
			t.Errorf("n went to %q, want %q", l.ID(), want)
		}
	}
	for _, want := range []string{"22", "21", "20", "2", "29"} {
		if press(l, "N"); l.ID() != want {
			t.Errorf("N went to %q, want %q", l.ID(), want)
		}
	}
	if press(l, "n"); l.ID() != "2" {
		t.Errorf("after the last match comes %q, want the first", l.ID())
	}
}

// TestFactsAreFiltered only where a page is there to be read: on the page of a deed no fact is
// hidden by what was typed.
func TestFactsAreFiltered(t *testing.T) {
	p := Page{Sections: []Section{{Title: "KEYS", Facts: []Fact{{Label: "j", Value: "move down"}, {Label: "k", Value: "move up"}}}, {Title: "MARKS", Facts: []Fact{{Label: "!!", Value: "act now"}}}}}
	l := NewList(NewStyles(Look{}), "line", "lines")
	l.Set(NewListing(p))
	if l.CanFilter() {
		t.Error("facts are filtered on every page")
	}
	l.Filter("down")
	if got := len(l.sections()); got != 2 {
		t.Errorf("%d groups are shown, want both", got)
	}
	l.Searchable()
	for _, c := range []struct {
		query string
		shown int
	}{{"down", 1}, {"move", 2}, {"move !up", 1}, {"keys", 2}, {"Move", 0}, {"", 3}, {"zzz", 0}} {
		l.Filter(c.query)
		if shown, all := l.counts(); shown != c.shown || all != 3 || !l.CanFilter() {
			t.Errorf("%q shows %d of %d, want %d of 3", c.query, shown, all, c.shown)
		}
	}
	if got := l.View(80, 18); !strings.Contains(got, `No line matches "zzz" (3 hidden).`) {
		t.Errorf("a search that finds nothing says\n%s", got)
	}
}
