package rotation

import (
	"errors"
	"fmt"
	"strings"

	"keyrite/trustdata"
)

// Rest says how to ask once more for what an edit of several repositories has ended without,
// or is "" where there is nothing of that. Such an edit is planned from what the repositories
// are, and one that has landed leaves nothing to do there: the journal need not keep the rest
// open, as it does for a rotation, whose new key the others list.
func (o *Operation) Rest() string {
	if !o.edits() || len(o.Units) < 2 {
		return ""
	}
	var left []trustdata.GUN
	for _, u := range o.Units {
		if u.State.Ended() && !u.landed() {
			left = append(left, u.GUN)
		}
	}
	switch {
	case len(left) == 0:
		return ""
	case o.Again == "":
		return fmt.Sprintf("%d of %d repositories are not done: asking for it once more does what is left", len(left), len(o.Units))
	}
	return fmt.Sprintf("%d of %d repositories are not done, and this does what is left: %s", len(left), len(o.Units), forThese(o.Again, left))
}

// Rest is the command that does what has ended without, of what came of every edit, or "".
func (all *Edits) Rest(out []EditOutcome) string {
	var left []trustdata.GUN
	for _, o := range out {
		if o.Err != nil && !errors.Is(o.Err, ErrUnknown) && !errors.Is(o.Err, ErrLanded) {
			left = append(left, o.GUN)
		}
	}
	if all.Again == "" || len(left) == 0 {
		return ""
	}
	return forThese(all.Again, left)
}

// forThese is a command for some repositories.
func forThese(command string, guns []trustdata.GUN) string {
	for _, gun := range guns {
		command += " --gun " + string(gun)
	}
	return command
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
