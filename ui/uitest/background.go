package uitest

import (
	"strings"
	"time"

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

// patience is how long Await waits for a text: machines that are busy are slow, and a test
// that waits for ever would keep all others from being reported.
const patience = 2 * time.Minute

// Await takes what commands send until every text stands in the frame, and fails with the
// frame if one does not come in time.
func (d *Driver) Await(texts ...string) *Driver {
	d.tb.Helper()
	late := time.After(patience)
	for {
		frame, all := d.Text(), true
		for _, t := range texts {
			all = all && strings.Contains(frame, t)
		}
		if all {
			Watch(d.tb, d.m)
			return d
		}
		select {
		case msg := <-d.inbox:
			d.deliver(msg)
		case <-late:
			d.tb.Fatalf("%q did not come in %s; there is\n%s", texts, patience, frame)
		}
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
