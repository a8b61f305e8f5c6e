package ui_test

import (
	"context"
	"testing"
	"time"

	"keyrite/ui"
	"keyrite/ui/uitest"
)

// TestLoaderSaysWhatItDoes: at once to a key that cannot act, in the status line only when
// it takes its time, and never once it has ended.
func TestLoaderSaysWhatItDoes(t *testing.T) {
	clock := uitest.NewClock().UI()
	now := clock.Now()
	clock.Now = func() time.Time { return now }
	l := ui.NewLoader[int](t.Context(), clock)
	says := func(when, busy, waiting string) {
		t.Helper()
		if l.Busy() != busy || l.Waiting() != waiting {
			t.Errorf("%s: busy %q, waiting %q", when, l.Busy(), l.Waiting())
		}
	}
	l.Doing("counting")
	says("before", "", "")
	cmd := l.Get(func(context.Context) (int, error) { return 1, nil })
	says("at first", "Something runs: counting. Esc stops it.", "")
	now = now.Add(ui.Patience)
	l.Doing("counting, 7 so far")
	says("later", "Something runs: counting, 7 so far. Esc stops it.", "counting, 7 so far ... 0.3 s   Esc stop")
	l.Take(both(t, cmd))
	says("after", "", "")
	l.Get(func(context.Context) (int, error) { return 1, nil })
	l.Cancel()
	says("stopped", "", "")
}
