package uitest

import (
	"strings"

	tea "charm.land/bubbletea/v2"
)

// maxWaiting is how many messages of commands wait to be taken. A test that leaves more would
// hold its commands up.
const maxWaiting = 1024

// Background has commands run beside the test from now on, each by itself as in the program.
// Their messages wait until Await takes them, and keys go in meanwhile.
func (d *Driver) Background() *Driver {
	d.inbox = make(chan tea.Msg, maxWaiting)
	return d
}

// Await takes what commands send until every text stands in the frame. One that never comes
// ends with the test's own time.
func (d *Driver) Await(texts ...string) *Driver {
	d.tb.Helper()
	for {
		frame, all := d.Text(), true
		for _, t := range texts {
			all = all && strings.Contains(frame, t)
		}
		if all {
			return d
		}
		d.deliver(<-d.inbox)
	}
}

// beside runs a command in the background.
func (d *Driver) beside(cmd tea.Cmd) {
	inbox := d.inbox
	go func() {
		if msg := cmd(); msg != nil {
			inbox <- msg
		}
	}()
}
