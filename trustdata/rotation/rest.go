package rotation

import (
	"fmt"
	"strings"
)

// Rest says how to ask once more for what an edit of several repositories has ended without,
// or is "" where there is nothing of that. Such an edit is planned from what the repositories
// are, and one that has landed leaves nothing to do there: the journal need not keep the rest
// open, as it does for a rotation, whose new key the others list.
func (o *Operation) Rest() string {
	if !o.edits() || len(o.Units) < 2 {
		return ""
	}
	var left []string
	for _, u := range o.Units {
		if u.State.Ended() && !u.landed() {
			left = append(left, " --gun "+string(u.GUN))
		}
	}
	switch {
	case len(left) == 0:
		return ""
	case o.Again == "":
		return fmt.Sprintf("%d of %d repositories are not done: asking for it once more does what is left", len(left), len(o.Units))
	}
	return fmt.Sprintf("%d of %d repositories are not done, and this does what is left: %s%s", len(left), len(o.Units), o.Again, strings.Join(left, ""))
}

// landed reports whether the server has what the unit is to bring.
func (u *Unit) landed() bool { return u.State == StateDone || u.State == StateUnverified }

// ended says how an operation on several repositories has ended: how many of each end.
func (o *Operation) ended() string {
	n := map[State]int{}
	for _, u := range o.Units {
		n[u.State]++
	}
	var parts []string
	for _, end := range []struct {
		state State
		word  string
	}{{StateDone, "done"}, {StateUnverified, "on the server, but not verified"}, {StateConflict, "where somebody else published first"},
		{StateRefused, "not taken by the server"}, {StateAbandoned, "not begun, or given up"}} {
		if n[end.state] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[end.state], end.word))
		}
	}
	return strings.Join(parts, ", ")
}
