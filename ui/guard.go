package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// A key that was on its way before a dialog opened must not answer it. One that is held
// down goes on coming, so the dialog waits for a silence too.
const (
	deafFor  = 700 * time.Millisecond // after a dialog opened
	quietFor = 250 * time.Millisecond // and until nothing came for this long
)

// guard decides which keys a danger dialog hears.
type guard struct {
	clock  Clock
	deafTo time.Time
}

func newGuard(c Clock) guard { return guard{clock: c, deafTo: c.Now().Add(deafFor)} }

// hears reports whether a key counts: not one that came too early, and not one that the
// terminal says is held down.
func (g *guard) hears(k tea.KeyPressMsg) bool {
	if now := g.clock.Now(); now.Before(g.deafTo) {
		if quiet := now.Add(quietFor); quiet.After(g.deafTo) {
			g.deafTo = quiet
		}
		return false
	}
	return !k.IsRepeat
}
