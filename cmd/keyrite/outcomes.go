package main

import (
	"context"
	"errors"
	"fmt"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// outcomeJSON is one repository of an operation over several.
type outcomeJSON struct {
	GUN         trustdata.GUN     `json:"gun"`
	Role        trustdata.Role    `json:"role"`
	State       string            `json:"state"`
	Error       string            `json:"error"`
	OldKeys     []trustdata.KeyID `json:"old_keys"`
	NewKeys     []trustdata.KeyID `json:"new_keys"`
	Published   *bool             `json:"published"`
	RootVersion int64             `json:"root_version"`
	Verified    bool              `json:"verified"`
	Waived      []string          `json:"waived"`
	// Changed and Versions are those of roles that were signed again.
	Changed  []trustdata.Role         `json:"changed,omitempty"`
	Versions map[trustdata.Role]int64 `json:"versions,omitempty"`
}

// errPartly is what an operation over several repositories ends with where not all of them
// are done.
var errPartly = errors.New("not every repository is done")

// emitOperation prints how an operation stands, a row for each repository. outcomes are
// those of this run, which say more than the journal. Where somebody has stopped it before
// its end, that is why it is not done.
func (c *cli) emitOperation(ctx context.Context, op *rotation.Operation, outcomes []rotation.Outcome) error {
	return c.emitEnded(ctx, op, outcomes, rotation.StateDone)
}

// emitEnded is emitOperation where it is as well that a repository has come to that end.
func (c *cli) emitEnded(ctx context.Context, op *rotation.Operation, outcomes []rotation.Outcome, well rotation.State) error {
	rows := make([]outcomeJSON, len(op.Units))
	done := true
	for i, u := range op.Units {
		rows[i] = newOutcomeJSON(u, op.Waived)
		for _, o := range outcomes {
			if o.GUN == u.GUN {
				rows[i].take(o)
				rows[i].Changed, rows[i].Versions = o.Changed()
			}
		}
		done = done && rows[i].Error == "" && (rows[i].State == "done" || rows[i].State == string(well))
	}
	if done || c.flags.json {
		if err := c.emit(rows, outcomesPage(op, rows)); err != nil {
			return err
		}
	}
	if done {
		return nil
	}
	for _, o := range outcomes {
		if o.Err != nil {
			c.say("%s: %s", trustdata.Visible(string(o.GUN)), trustdata.VisibleError(o.Err))
		}
	}
	if rest := op.Rest(); rest != "" {
		c.say("%s", trustdata.Visible(rest))
	}
	err := fmt.Errorf("%s: %w (operation %s)", op.Kind, errPartly, op.ID)
	if stopped := ctx.Err(); stopped != nil {
		err = fmt.Errorf("%w: %w", err, stopped)
	}
	return err
}

func newOutcomeJSON(u *rotation.Unit, waived []string) outcomeJSON {
	out := outcomeJSON{GUN: u.GUN, Role: u.Role, State: stateWord(u.State), OldKeys: list(u.OldKeys), NewKeys: list(u.NewKeys), RootVersion: u.Version,
		Verified: u.State == rotation.StateDone, Waived: list(waived)}
	if u.Anchor != trustdata.RoleRoot {
		out.RootVersion = 0
	}
	yes, no := true, false
	switch {
	case u.State == rotation.StateDone || u.State == rotation.StateUnverified:
		out.Published = &yes
	case !u.State.Sent():
		out.Published = &no
	}
	if u.State != rotation.StateDone && u.State != rotation.StateAbandoned {
		out.Error = u.Why
	}
	return out
}

// stateWord is a unit's state in the contract's words.
func stateWord(s rotation.State) string {
	switch {
	case s.Sent():
		return string(rotation.StateUnknown)
	case !s.Ended():
		return string(rotation.StatePlanned)
	}
	return string(s)
}

// take overlays what this run has seen.
func (o *outcomeJSON) take(now rotation.Outcome) {
	if now.Err == nil {
		return
	}
	o.Error = now.Err.Error()
	for _, is := range []struct {
		err   error
		state rotation.State
	}{{rotation.ErrRefused, rotation.StateRefused}, {rotation.ErrUnsent, rotation.StateRefused}, {rotation.ErrConflict, rotation.StateConflict}, {rotation.ErrMoved, rotation.StateConflict}} {
		if errors.Is(now.Err, is.err) && !o.Verified {
			o.State = string(is.state)
		}
	}
}

// outcomesPage is an operation as people read it: a row for each repository.
func outcomesPage(op *rotation.Operation, rows []outcomeJSON) ui.Page {
	page := ui.Page{Title: "Operation " + op.ID, Notes: []string{trustdata.Visible(op.Summary())}}
	s := ui.Section{Title: "REPOSITORIES"}
	for _, r := range rows {
		mark, text := ui.MarkOK, r.State
		if r.State == "done" && r.RootVersion > 0 {
			text = fmt.Sprintf("done: root.json version %d, read back and verified", r.RootVersion)
		}
		if r.Error != "" {
			mark, text = ui.MarkNow, r.State+": "+trustdata.Visible(r.Error)
		}
		s.Facts = append(s.Facts, ui.Fact{Label: ui.Name(string(r.GUN), ""), Value: text, Mark: mark})
	}
	page.Sections = append(page.Sections, s)
	return page
}
