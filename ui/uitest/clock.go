package uitest

import (
	"slices"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"keyrite/ui"
)

// Start is the moment at which a test begins whose world has dates of its own.
var Start = time.Date(2026, 11, 22, 9, 41, 0, 0, time.UTC)

// Clock is a clock that only tests move.
type Clock struct {
	now time.Time

	mu      sync.Mutex // a running program sets alarms side by side
	pending []alarm
}

type alarm struct {
	at time.Time
	fn func(time.Time) tea.Msg
}

// NewClock stands at Start.
func NewClock() *Clock { return ClockAt(Start) }

// ClockAt stands at now, which is for a world whose dates are counted from the real one.
func ClockAt(now time.Time) *Clock { return &Clock{now: now} }

// UI is the clock as the console takes it. A tick's command returns at once; its message
// comes when the clock has been moved far enough.
func (c *Clock) UI() ui.Clock {
	return ui.Clock{Now: func() time.Time { return c.now },
		Tick: func(d time.Duration, fn func(time.Time) tea.Msg) tea.Cmd {
			at := c.now.Add(d)
			return func() tea.Msg {
				c.mu.Lock()
				defer c.mu.Unlock()
				c.pending = append(c.pending, alarm{at, fn})
				return nil
			}
		}}
}

// due takes out the first alarm up to t.
func (c *Clock) due(t time.Time) (alarm, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	slices.SortStableFunc(c.pending, func(a, b alarm) int { return a.at.Compare(b.at) })
	if len(c.pending) == 0 || c.pending[0].at.After(t) {
		return alarm{}, false
	}
	first := c.pending[0]
	c.pending = c.pending[1:]
	return first, true
}

// advance moves the clock. What is due on the way is sent in its order, each at its time.
func (c *Clock) advance(by time.Duration, send func(tea.Msg)) {
	until := c.now.Add(by)
	for {
		a, ok := c.due(until)
		if !ok {
			break
		}
		c.now = a.at
		send(a.fn(a.at))
	}
	c.now = until
}
