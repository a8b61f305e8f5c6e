package ui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

func markable(n int) *List {
	l := NewList(NewStyles(Look{}), "tag", "tags")
	l.AllowMarks()
	l.Set(NewListing(rows(n)))
	l.View(80, 18)
	return l
}

func markedIDs(l *List) string {
	marked, _ := l.Marked()
	return strings.Join(marked, " ")
}

// said runs a command that says something.
func said(t *testing.T, l *List) string {
	t.Helper()
	cmd := l.Undo()
	if cmd == nil {
		t.Fatal("undo says nothing")
	}
	return cmd().(StatusMsg).Text
}

// TestRange marks from where v was pressed to where it is pressed again, in both directions.
func TestRange(t *testing.T) {
	l := markable(10)
	press(l, "j", "j", "v", "j", "j")
	if got := ansi.Strip(l.View(80, 18)); strings.Count(got, "\n+") != 3 || !strings.Contains(got, "+>ok tag-1.4") {
		t.Errorf("the range is not to be seen:\n%s", got)
	}
	if want := "range of 3 tags: v or Space marks them, Esc does not"; l.Status() != want {
		t.Errorf("the status is %q, want %q", l.Status(), want)
	}
	press(l, "v")
	if got := markedIDs(l); got != "2 3 4" {
		t.Errorf("marked %q", got)
	}
	press(l, "G", "v", "k")
	if !l.Escape() || l.Ranging() || markedIDs(l) != "2 3 4" {
		t.Errorf("Esc in a range: ranging %v, marked %q", l.Ranging(), markedIDs(l))
	}
	press(l, "G", "v", "k", " ")
	if got := markedIDs(l); got != "2 3 4 8 9" {
		t.Errorf("upwards: marked %q", got)
	}
}

// TestUndo takes back marks, filters and orders one by one, and nothing else.
func TestUndo(t *testing.T) {
	l := markable(10)
	press(l, "v", "j", "j", "v", "/", "1", ".", "9", "enter", "*")
	if got := markedIDs(l); got != "0 1 2 9" {
		t.Fatalf("marked %q", got)
	}
	for _, want := range []string{"The mark of 1 tag is as before.", "The filter is off again.", "The mark of 3 tags is as before.", NothingToUndo, NothingToUndo} {
		if got := said(t, l); got != want {
			t.Errorf("undo says %q, want %q", got, want)
		}
	}
	if markedIDs(l) != "" || len(l.shown) != 10 || l.CapturesInput() {
		t.Errorf("marked %q, %d shown", markedIDs(l), len(l.shown))
	}
	// A filter that was cleared comes back.
	press(l, "/", "4", "enter")
	l.Escape()
	if got := said(t, l); got != "The filter is on again." || shownIDs(l) != "4" {
		t.Errorf("%q, shown %q", got, shownIDs(l))
	}
}

// TestUndoForgetsWhatIsGone: no mark comes back to a row that is not there any more.
func TestUndoForgetsWhatIsGone(t *testing.T) {
	l := markable(10)
	press(l, "*", "*")
	l.Set(NewListing(rows(3)))
	said(t, l)
	if got := l.MarkedSentence(); got != "3 marked" {
		t.Errorf("marks: %q", got)
	}
}

func TestUndoIsBounded(t *testing.T) {
	l := markable(3)
	for range 500 {
		press(l, "*")
	}
	if len(l.past) != maxUndo {
		t.Errorf("%d steps are kept", len(l.past))
	}
}
