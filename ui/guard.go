package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// A key that was on its way before a dialog opened must not answer it, and a key that is
// held down says nothing that it has not said once.
const (
	deafFor   = 700 * time.Millisecond // after a dialog opened
	quietFor  = 250 * time.Millisecond // and until nothing came for this long
	repeatGap = time.Second            // one Enter after another within this is the same Enter
)

// guard decides which keys a danger dialog hears.
type guard struct {
	clock  Clock
	deafTo time.Time
	last   time.Time
	key    string
}

func newGuard(c Clock) guard { return guard{clock: c, deafTo: c.Now().Add(deafFor)} }

// hears takes note of a key and reports whether it counts. A held key is known by its
// flag where the terminal tells, and else by Enter following on Enter.
func (g *guard) hears(k tea.KeyPressMsg) bool {
	now, same := g.clock.Now(), k.String() == g.key
	since := now.Sub(g.last)
	g.last, g.key = now, k.String()
	if now.Before(g.deafTo) {
		if quiet := now.Add(quietFor); quiet.After(g.deafTo) {
			g.deafTo = quiet
		}
		return false
	}
	held := k.IsRepeat || same && k.Code == tea.KeyEnter && since < repeatGap
	return !held
}
