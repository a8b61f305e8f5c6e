package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

func rows(n int) Page {
	p := Page{Columns: []Column{{Title: "NAME", Priority: 1, Min: 4}, {Title: "STATE", Priority: 2}}, Order: "as made"}
	for i := range n {
		p.Rows = append(p.Rows, Row{ID: fmt.Sprint(i), Mark: MarkOK, Cells: []string{fmt.Sprintf("tag-1.%d", i), "signed"}, Detail: []string{"x"}})
	}
	return p
}

func press(l *List, keys ...string) {
	for _, k := range keys {
		msg := tea.KeyPressMsg{Text: k, Code: []rune(k)[0]}
		if len(k) > 1 {
			msg = map[string]tea.KeyPressMsg{"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "pgdown": {Code: tea.KeyPgDown},
				"ctrl+d": {Code: 'd', Mod: tea.ModCtrl}, "backspace": {Code: tea.KeyBackspace}}[k]
		}
		l.Update(msg)
		l.View(80, 18)
	}
}

// TestFrameCost counts the rows that a frame makes: that must not depend on how many
// there are.
func TestFrameCost(t *testing.T) {
	for _, n := range []int{100, 10_000, 100_000} {
		l := NewList(NewStyles(Look{}), "tag", "tags")
		l.Set(NewListing(rows(n)))
		for _, keys := range [][]string{nil, {"j"}, {"pgdown"}, {"G"}, {"ctrl+d", "g"}} {
			press(l, keys...)
			l.View(100, 24)
			if l.drawn < 5 || l.drawn > 24 {
				t.Errorf("%d rows, after %q: the frame made %d rows", n, keys, l.drawn)
			}
		}
	}
}

func TestMoving(t *testing.T) {
	l := NewList(NewStyles(Look{}), "tag", "tags")
	l.Set(NewListing(rows(100)))
	l.View(80, 18)
	for _, c := range []struct{ key, want string }{
		{"j", "1"}, {"j", "2"}, {"k", "1"}, {"G", "99"}, {"j", "99"}, {"g", "0"}, {"k", "0"}, {"pgdown", "11"}, {"ctrl+d", "16"},
	} {
		press(l, c.key)
		if l.ID() != c.want {
			t.Errorf("after %s the cursor is on %q, want %q", c.key, l.ID(), c.want)
		}
		if !strings.Contains(ansi.Strip(l.View(80, 18)), ">ok tag-1."+c.want+" ") {
			t.Errorf("after %s the cursor row is not in the frame:\n%s", c.key, l.View(80, 18))
		}
	}
}

func TestFilter(t *testing.T) {
	p := Page{Columns: []Column{{Title: "KEY"}, {Title: "ROLE"}}, Order: "as made"}
	for _, r := range [][]string{{"7f3a", "root"}, {"c41d", "Root CA"}, {"91d2", "repository"}, {"rooty", "signer"}} {
		p.Rows = append(p.Rows, Row{ID: r[0], Mark: MarkOK, Cells: r})
	}
	l := NewList(NewStyles(Look{}), "key", "keys")
	l.Set(NewListing(p))
	for _, c := range []struct{ query, want string }{
		{"root", "7f3a c41d rooty"}, {"Root", "c41d"}, {"root !ca", "7f3a rooty"}, {"role:root", "7f3a c41d"},
		{"!role:root", "91d2 rooty"}, {"root 7", "7f3a"}, {"zz", ""}, {"", "7f3a c41d 91d2 rooty"}, {"!", ""}, {":x", ""},
	} {
		l.Filter(c.query)
		var got []string
		for _, i := range l.shown {
			got = append(got, p.Rows[i].ID)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("filter %q shows %q, want %q", c.query, s, c.want)
		}
	}
	l.Filter("")
	press(l, "/", "z", "z")
	if got := l.View(80, 18); !strings.Contains(got, `No key matches "zz" (4 hidden). Esc shows all.`) {
		t.Errorf("a filter that hides all says\n%s", got)
	}
	if !l.CapturesInput() {
		t.Error("letters go elsewhere while the filter is typed")
	}
	press(l, "backspace", "backspace", "9", "enter")
	if l.CapturesInput() || l.ID() != "91d2" {
		t.Errorf("after Enter: typing %v, on %q", l.CapturesInput(), l.ID())
	}
	if !l.Escape() || len(l.shown) != 4 || l.ID() != "91d2" {
		t.Error("Esc does not show all with the cursor where it was")
	}
	if l.Escape() {
		t.Error("Esc with nothing to clear claims to have done something")
	}
}

// TestCursorFollows: another listing moves rows, and the cursor stays on its thing.
func TestCursorFollows(t *testing.T) {
	l := NewList(NewStyles(Look{}), "tag", "tags")
	l.Set(NewListing(rows(10)))
	l.View(80, 18)
	press(l, "j", "j", "j")
	p := rows(10)
	slices.Reverse(p.Rows)
	l.Set(NewListing(p))
	if l.ID() != "3" {
		t.Errorf("the cursor is on %q, want 3", l.ID())
	}
	p.Rows = p.Rows[:4]
	l.Set(NewListing(p))
	if _, ok := l.Row(); !ok {
		t.Error("no row is selected after the cursor's row went away")
	}
}

func TestNatural(t *testing.T) {
	want := []string{"", "1.9", "1.10", "1.010x", "2026.9.4", "2026.10.1", "a", "a1", "a02", "a10", "b"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, Natural)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSort(t *testing.T) {
	p := rows(3)
	p.Order = ""
	p.Rows[1].Mark, p.Rows[2].Mark = MarkNow, MarkSoon
	l := NewList(NewStyles(Look{}), "tag", "tags")
	l.Set(NewListing(p))
	if l.ID() != "1" {
		t.Errorf("worst first begins with %q", l.ID())
	}
	cmd, _ := l.Update(tea.KeyPressMsg{Text: "s", Code: 's'})
	ask := cmd().(AskMsg)
	if view := ansi.Strip(ask.Dialog.View(80, 20)); !strings.Contains(view, "> 1  worst first") || !strings.Contains(view, "2  by name") {
		t.Errorf("s offers\n%s", view)
	}
	ask.Answer(Cancelled{})
	if l.ID() != "1" {
		t.Error("leaving the question has sorted")
	}
	ask.Answer(1)
	press(l, "g")
	if l.ID() != "0" || l.Status() != "sorted by name" {
		t.Errorf("after s the first is %q, and it says %q", l.ID(), l.Status())
	}
	// The next time it stands on the order that there is.
	cmd, _ = l.Update(tea.KeyPressMsg{Text: "s", Code: 's'})
	if view := ansi.Strip(cmd().(AskMsg).Dialog.View(80, 20)); !strings.Contains(view, "> 2  by name") {
		t.Errorf("s offers\n%s", view)
	}
}

// TestSortStaysWithItsColumn: when the page gets a column more, the order is by the same one.
func TestSortStaysWithItsColumn(t *testing.T) {
	l := NewList(NewStyles(Look{}), "tag", "tags")
	l.OrderBy("state") // before anything was read
	p := Page{Columns: []Column{{Title: "TAG"}, {Title: "STATE"}}, Rows: []Row{{ID: "1", Cells: []string{"a", "z"}}, {ID: "2", Cells: []string{"b", "y"}}}}
	l.Set(NewListing(p))
	if got := shownIDs(l); got != "2 1" {
		t.Errorf("the rows are %q", got)
	}
	p.Columns = []Column{{Title: "TAG"}, {Title: "SERVED"}, {Title: "STATE"}}
	p.Rows = []Row{{ID: "1", Cells: []string{"a", "y", "x"}}, {ID: "2", Cells: []string{"b", "x", "y"}}}
	l.Set(NewListing(p))
	if got := shownIDs(l); got != "1 2" || l.Status() != "sorted by state" {
		t.Errorf("with a column more the rows are %q, %q", got, l.Status())
	}
}

func TestLayout(t *testing.T) {
	p := Page{Columns: []Column{{Title: "REPOSITORY", Priority: 1, Min: 12, Cut: CutLeft, Host: true}, {Title: "TAGS", Priority: 3}, {Title: "ENDS", Priority: 2}},
		Rows: []Row{{Cells: []string{"registry.acme.io/infra/base", "14", "2026-11-19"}}, {Cells: []string{"registry.acme.io/日本/倉庫", "3", "2028-02-11"}}}}
	l := NewListing(p)
	for width, want := range map[int]string{
		45: "registry.acme.io/infra/base  14    2026-11-19", 40: "infra/base  14    2026-11-19", 22: "infra/base  2026-11-19", 12: "infra/base", 8: "...ase",
	} {
		got := strings.TrimRight(l.cells(p.Rows[0].cell, nil, l.layout(width)), " ")
		if Width(got) > width {
			t.Errorf("at %d the row is %d wide: %q", width, Width(got), got)
		}
		if width > 10 && got != want {
			t.Errorf("at %d the row is %q, want %q", width, got, want)
		}
	}
}

func TestClip(t *testing.T) {
	for _, c := range []struct {
		s     string
		width int
		cut   Cut
		want  string
	}{
		{"9d41c0f2b7aa", 12, CutEnd, "9d41c0f2b7aa"}, {"9d41c0f2b7aa", 9, CutMiddle, "9d4...7aa"}, {"9d41c0f2b7aa", 9, CutEnd, "9d41c0..."},
		{"registry.acme.io/pay/web", 10, CutLeft, "...pay/web"}, {"日本/倉庫", 8, CutEnd, "日本/..."}, {"日本/倉庫", 8, CutLeft, ".../倉庫"},
		{"abc", 2, CutEnd, "ab"}, {"abc", 0, CutEnd, ""}, {"日本", 3, CutMiddle, "日"},
	} {
		if got := Clip(c.s, c.width, c.cut); got != c.want || Width(got) > c.width {
			t.Errorf("Clip(%q, %d, %d) = %q, want %q", c.s, c.width, c.cut, got, c.want)
		}
		if got := Fit(c.s, c.width, c.cut); Width(got) != c.width {
			t.Errorf("Fit(%q, %d) is %d wide", c.s, c.width, Width(got))
		}
	}
}

func BenchmarkFrame(b *testing.B) {
	for _, n := range []int{100, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			l := NewList(NewStyles(Look{}), "tag", "tags")
			l.Set(NewListing(rows(n)))
			for b.Loop() {
				l.move(1)
				l.View(100, 24)
			}
		})
	}
}

func BenchmarkFilter(b *testing.B) {
	l := NewList(NewStyles(Look{}), "tag", "tags")
	l.Set(NewListing(rows(50_000)))
	for b.Loop() {
		l.Filter("tag-1.4")
		l.Filter("tag-1.49")
	}
}
