// Package unfinished shows the changes that earlier runs have begun and not ended, and
// what each server really has. Looking settles what it can and sends nothing.
package unfinished

import (
	"fmt"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// Page lists operations, a row for each repository. looked says that the servers were
// asked; notes are what did not go as planned then.
func Page(ops []*rotation.Operation, notes []string, looked bool) ui.Page {
	p := ui.Page{Title: "Unfinished changes", Order: "in the order of the operation",
		Columns: []ui.Column{{Title: "REPOSITORY", Priority: 1, Min: 16, Cut: ui.CutLeft, Host: true}, {Title: "STATE", Priority: 2},
			{Title: "WHY", Priority: 3, Min: 20}, {Title: "FILE", Priority: 4}}}
	var open int
	for _, op := range ops {
		if !op.Closed {
			open++
		}
		p.Sections = append(p.Sections, operation(op, looked)...)
		p.Copy = append(p.Copy, ui.Copyable{What: "operation", Text: op.ID})
		for _, u := range op.Units {
			p.Rows = append(p.Rows, row(op, u))
		}
	}
	switch {
	case open == 0 && looked:
		p.Sections = append([]ui.Section{{Facts: []ui.Fact{{Value: "NOTHING IS UNFINISHED.", Mark: ui.MarkOK}}}}, p.Sections...)
	case open == 0:
		p.Sections = []ui.Section{{Facts: []ui.Fact{{Value: "It is not known yet whether anything is unfinished.", Mark: ui.MarkRunning}}}}
	}
	if len(notes) > 0 {
		p.Sections = append(p.Sections, ui.Section{Title: "NOT AS IT SHOULD BE", Facts: warnings(notes)})
	}
	return p
}

func warnings(notes []string) (facts []ui.Fact) {
	for _, n := range notes {
		facts = append(facts, ui.Fact{Value: trustdata.Visible(n), Mark: ui.MarkSoon})
	}
	return facts
}

// operation says how one stands: "A CHANGE IS UNFINISHED: 4 OF 10".
func operation(op *rotation.Operation, looked bool) []ui.Section {
	fact := ui.Fact{Value: headline(op), Mark: ui.MarkNow}
	if op.Closed {
		fact.Mark = ui.MarkOK
		if op.State() != rotation.StateDone {
			fact.Mark = ui.MarkNote
		}
	}
	facts := []ui.Fact{{Label: "Begun", Value: fmt.Sprintf("%s, %s", ui.Moment(op.Started), trustdata.Visible(op.Kind))}}
	if !op.Closed {
		facts = append(facts, ui.Fact{Label: "Now", Value: count(op).sentence()}, source(op, looked))
	}
	if next := ceremonyNext[op.Ceremony]; next != "" && !op.Closed {
		facts = append(facts, ui.Fact{Label: "Next", Value: next})
	}
	return []ui.Section{{Facts: []ui.Fact{fact}}, {Facts: facts}}
}

// ceremonyNext says how a part of a ceremony goes on.
var ceremonyNext = map[rotation.Side]string{
	rotation.OnlineSide:  "the file is signed on the machine that has the root key; Enter takes the signed one, or writes the file once more",
	rotation.OfflineSide: "Enter goes on with it, from the same file that was brought here; no network is asked",
}

// source says how that is known.
func source(op *rotation.Operation, looked bool) ui.Fact {
	switch {
	case op.Ceremony == rotation.OfflineSide:
		return ui.Fact{Label: "Known", Value: "from the journal: nothing of it was ever sent from here", Mark: ui.MarkOK}
	case looked:
		return ui.Fact{Label: "Known", Value: "from the servers, which were asked just now", Mark: ui.MarkOK}
	}
	return ui.Fact{Label: "Known", Value: "from the journal; r asks the servers", Mark: ui.MarkUnchecked}
}

func headline(op *rotation.Operation) string {
	c, what := count(op), "A CHANGE"
	switch {
	case op.Ceremony != "":
		what = "A CEREMONY"
	case strings.HasPrefix(op.Kind, "rotate"):
		what = "A ROTATION"
	}
	switch {
	case !op.Closed && op.Ceremony == rotation.OnlineSide && c.unknown == 0:
		return fmt.Sprintf("A CEREMONY WAITS FOR THE OFFLINE MACHINE: %d OF %d DONE", c.done, len(op.Units))
	case !op.Closed && op.Ceremony == rotation.OfflineSide:
		return fmt.Sprintf("A CEREMONY WAITS TO BE FINISHED HERE: %d OF %d DONE", c.done, len(op.Units))
	case !op.Closed:
		return fmt.Sprintf("%s IS UNFINISHED: %d OF %d", what, c.done, len(op.Units))
	case op.State() == rotation.StateDone:
		return fmt.Sprintf("%s WAS UNFINISHED, AND IS DONE NOW: %d OF %d", what, c.done, len(op.Units))
	}
	return fmt.Sprintf("%s HAS ENDED: %d OF %d DONE", what, c.done, len(op.Units))
}

// counts are the repositories of an operation by what is known of them.
type counts struct{ done, unknown, toDo, other int }

func count(op *rotation.Operation) (c counts) {
	for _, u := range op.Units {
		switch {
		case u.State == rotation.StateDone:
			c.done++
		case u.State.Ended():
			c.other++
		case u.State.Sent():
			c.unknown++
		default:
			c.toDo++
		}
	}
	return c
}

// sentence says how many are done, and that the rest is sound too.
func (c counts) sentence() string {
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{c.done, "done"}, {c.unknown, "not known"}, {c.toDo, "to do"}, {c.other, "ended otherwise"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	return strings.Join(parts, ", ") + "; both states are sound"
}

// id is the identity of a row, from which Find finds the operation.
func id(op *rotation.Operation, gun trustdata.GUN) string { return op.ID + "\n" + string(gun) }

func row(op *rotation.Operation, u *rotation.Unit) ui.Row {
	mark, state := standing(op, u)
	why := trustdata.Visible(strings.TrimPrefix(u.Why, fmt.Sprintf("%q: ", u.GUN)))
	file := ""
	if u.Version > 0 {
		file = fmt.Sprintf("%s.json v%d", u.Anchor, u.Version)
	}
	detail := []string{ui.Name(string(u.GUN), "") + ": " + state + "."}
	if why != "" {
		detail = append(detail, why)
	}
	if u.Tries > 1 {
		detail = append(detail, fmt.Sprintf("The same bytes were sent %d times.", u.Tries))
	}
	return ui.Row{ID: id(op, u.GUN), Mark: mark, Cells: []string{ui.Name(string(u.GUN), ""), state, why, trustdata.Visible(file)}, Detail: detail,
		Copy: []ui.Copyable{{What: "repository", Text: trustdata.Visible(string(u.GUN))}, {What: "operation", Text: op.ID}}}
}

// standing is a unit's state as a mark and a word.
func standing(op *rotation.Operation, u *rotation.Unit) (ui.Mark, string) {
	switch {
	case u.State == rotation.StateWaiting:
		return ui.MarkNone, "waits for the signed file"
	case u.State == rotation.StateSigned && op.Ceremony == rotation.OfflineSide:
		return ui.MarkSoon, "signed, and kept here"
	case u.State == rotation.StateDone:
		return ui.MarkOK, "done"
	case u.State.Sent():
		return ui.MarkUnchecked, "not known"
	case !u.State.Ended():
		return ui.MarkNone, "to do"
	case u.State == rotation.StateAbandoned:
		return ui.MarkNote, "given up"
	case u.State == rotation.StateConflict:
		return ui.MarkSoon, "somebody else published first"
	case u.State == rotation.StateUnverified:
		return ui.MarkNow, "not verified"
	}
	return ui.MarkNow, string(u.State)
}
