package linear

import (
	"fmt"
	"time"
)

// watch starts the heartbeat with the work, and ends it.
func (l *linear) watch() {
	switch working := l.console.Scene().working(); {
	case working == l.busy:
	case working:
		l.busy, l.beats = true, 0
		l.beat.Reset(heartbeat)
	default:
		l.busy = false
		l.beat.Stop()
	}
}

// pulse says that the work goes on.
func (l *linear) pulse() {
	s := l.console.Scene()
	if l.busy = s.working(); !l.busy {
		return
	}
	l.beats++
	l.beat.Reset(heartbeat)
	if s.Dialog != nil {
		return // nothing comes between a question and its answer
	}
	l.write(fmt.Sprintf("Still working, %d s. %s", int(time.Duration(l.beats)*heartbeat/time.Second), s.leaving()))
	l.ask(s)
}
