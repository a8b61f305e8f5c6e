package app_test

import (
	"strings"
	"testing"

	"keyrite/ui/app"
)

func TestAtStart(t *testing.T) {
	const notice = "An unfinished rotation was finished."
	d := newWorld().consoleWith(t, 80, 24, func(opt *app.Options) {
		opt.AtStart = func() (string, bool) { return notice, true }
	})
	if got := d.Text(); !strings.Contains(got, notice) {
		t.Errorf("the notice is not on the screen:\n%s", got)
	}
}
