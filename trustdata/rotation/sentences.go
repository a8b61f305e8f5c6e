package rotation

import (
	"fmt"
	"strings"
)

// FolderOp ends the ID of a rotation in a local repository of TUF 1.0. Its journal is in the
// folder itself, and what is here of it is the new key, until that comes into private/: the
// folder is written after that.
const FolderOp = "-tuf"

// Sentences say for people what became of an unfinished operation, and what can be done
// next.
func (rec Recovered) Sentences() []string {
	if rec.AfterAll != nil {
		return []string{rec.AfterAll.Sentence()}
	}
	if rec.Op == nil && strings.HasSuffix(rec.Stray.Op, FolderOp) {
		return []string{fmt.Sprintf("key %s waits in pending/ for the rotation of a TUF 1.0 folder that was cut short before the folder was touched, so that nothing lists it: keyrite rotate --abandon %s moves it to the trash, and the rotation can be begun again",
			rec.Stray.KeyID.Short(), rec.Stray.Op)}
	}
	if rec.Op == nil {
		return []string{fmt.Sprintf("key %s stays in pending/: no operation that is known on this machine has made it", rec.Stray.KeyID.Short())}
	}
	out := []string{rec.Op.Title() + " " + rec.Op.outcome()}
	for _, id := range rec.Promoted {
		out = append(out, fmt.Sprintf("the server lists key %s; it was moved from pending/ into private/", id.Short()))
	}
	if !rec.Op.Ended() {
		out = append(out, rec.Op.whys()...)
	}
	if rest := rec.Op.Rest(); rest != "" {
		out = append(out, rest)
	}
	return append(out, rec.Notes...)
}

// Summary says what an operation is and how it stands.
func (o *Operation) Summary() string {
	if !o.Ended() {
		return o.Title() + " " + o.counts()
	}
	return o.Title() + " " + string(o.State())
}

// Title names an operation: what, on what, and since when.
func (o *Operation) Title() string {
	on := fmt.Sprintf("%d repositories", len(o.Units))
	if len(o.Units) == 1 {
		on = fmt.Sprintf("%q", o.Units[0].GUN)
	}
	return fmt.Sprintf("%s on %s, begun %s,", o.Kind, on, o.Started.UTC().Format("2006-01-02 15:04 UTC"))
}

// outcome says how an operation stands that an earlier run did not finish.
func (o *Operation) outcome() string {
	if o.Ceremony != "" && !o.Ended() {
		return o.ceremonyOutcome()
	}
	if !o.Ended() {
		return fmt.Sprintf("is unfinished: %s. keyrite rotate --resume %s goes on, --abandon %s gives it up", o.counts(), o.ID, o.ID)
	}
	state := o.State()
	if len(o.Units) > 1 && state != StateDone {
		return "was unfinished, and has ended: " + o.ended()
	}
	switch state {
	case StateDone:
		return "was unfinished; the server has it, and it is finished now"
	case StateConflict:
		return "was unfinished; somebody else published first, and nothing of it has landed"
	case StateUnverified:
		return "was unfinished; the server has it, but it could not be verified"
	case StateAbandoned:
		return "was stopped before anything was sent; nothing has changed"
	}
	return "was unfinished; the server did not take it, and nothing has changed"
}

func (o *Operation) counts() string {
	done, unknown, waiting, planned := 0, 0, 0, 0
	for _, u := range o.Units {
		switch {
		case u.State.Ended():
			done++
		case u.State.Sent():
			unknown++
		case u.State == StateWaiting:
			waiting++
		default:
			planned++
		}
	}
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{done, "done"}, {unknown, "unknown"}, {waiting, "waiting for the ceremony"}, {planned, "to do"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	return strings.Join(parts, ", ")
}

// whys give the reason of each unit that has one and has not ended.
func (o *Operation) whys() (out []string) {
	for _, u := range o.Units {
		if u.Why != "" && !u.State.Ended() {
			out = append(out, fmt.Sprintf("%s: %s", u.GUN, u.Why))
		}
	}
	return out
}
