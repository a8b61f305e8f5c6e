package rotate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"keyrite/backup"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// runEnded is what came of a run, with the operation as the journal has it then.
type runEnded struct {
	out []rotation.Outcome
	op  *rotation.Operation
	sum string
	err error
}

// work is what a run is given.
type work struct {
	operation Operation
	batch     *rotation.Batch
	role      trustdata.Role
	again     bool // what was sent and is not settled is sent once more, first
	proof     *backup.CreateResult
	waived    string
}

// publish carries the operation out, or what is left of it.
func (m *Several) publish() tea.Cmd {
	m.arm()
	m.Begins()
	m.failed, m.ended = nil, m.opt.Clock.Now()
	if m.started.IsZero() {
		m.started = m.opt.Clock.Now()
	}
	keys, prep, give := m.Held.Take(), m.Pending.Take(), m.Held.Giving()
	w := work{operation: m.opt.Operation, batch: m.chosen(), role: m.opt.Role, again: m.Begun, proof: m.Saved.Proof, waived: m.Saved.Waived}
	return m.CarryOut(func(ctx context.Context, emit func(any)) any {
		out, err := w.do(ctx, prep, keys, func(gun trustdata.GUN, step string) { emit(partStep{gun, step}) })
		give(keys)
		op, sum, reading := w.operation.Standing(context.WithoutCancel(ctx))
		return runEnded{out, op, sum, errors.Join(err, reading)}
	})
}

func (w work) do(ctx context.Context, prep *rotation.Prepared, keys ui.Opened, told func(trustdata.GUN, string)) ([]rotation.Outcome, error) {
	if w.again {
		if err := w.operation.Again(ctx, told); err != nil {
			return nil, err
		}
	}
	if len(w.batch.Plans) == 0 {
		return nil, nil
	}
	var err error
	if prep == nil {
		if prep, err = w.operation.Prepare(ctx, w.batch, keys.Signing(), keys.Chosen(w.role)); err != nil {
			return nil, err
		}
	}
	if err := w.operation.Record(ctx, prep, w.proof, w.waived); err != nil {
		return nil, errors.Join(err, w.operation.Abandon(context.WithoutCancel(ctx), prep))
	}
	out, err := w.operation.Publish(ctx, prep, keys.Signing(), told)
	for _, staged := range prep.Staged {
		// Failing costs a question at the second try, no more.
		if k, opening := w.operation.Open(context.WithoutCancel(ctx), staged.KeyID, keys.Chosen(w.role)); opening == nil && !keys.Add(staged.KeyID, k) {
			k.Wipe()
		}
	}
	return out, err
}

// end takes what came of a run.
func (m *Several) end(e runEnded) tea.Cmd {
	m.ended, m.failed = m.opt.Clock.Now(), e.err
	if e.op != nil {
		m.op, m.sum, m.Begun = e.op, e.sum, true
	}
	m.judge(e.out)
	m.Saved.Proof, m.Saved.Waived = m.settledBackup()
	done := ui.Send(ui.DoneMsg{Action: "rotated the " + m.opt.Role.Title() + " key of several repositories"})
	if _, waiting, troubled := m.tally(); waiting+troubled == 0 && m.failed == nil {
		m.Held.Forget()
		return tea.Batch(m.Advance(), done)
	}
	return tea.Batch(m.Held.Keep(), done)
}

// settledBackup is what is still to be recorded of the backup: nothing once the journal
// has it.
func (m *Several) settledBackup() (*backup.CreateResult, string) {
	if m.op != nil && (len(m.op.Backups) > 0 || len(m.op.Waived) > 0) {
		return nil, ""
	}
	return m.Saved.Proof, m.Saved.Waived
}

// tryAgain plans what is left, asks for what it takes, and goes on.
func (m *Several) tryAgain() tea.Cmd {
	o := m.opt.Operation
	return m.Run("asking the servers what is left to do", func(ctx context.Context) (any, error) {
		b, err := o.Plan(ctx)
		return batchMade{batch: b}, err
	})
}

// skip takes what is in trouble out of the operation, and goes on with the rest.
func (m *Several) skip() tea.Cmd {
	_, waiting, _ := m.tally()
	for i := range m.parts {
		if p := &m.parts[i]; !p.done && p.back != waits {
			p.skipped, m.out[p.gun] = true, true
		}
	}
	if waiting == 0 {
		m.Held.Forget()
		return m.Advance()
	}
	return m.tryAgain()
}

// hint names the keys where Enter must not choose.
func (m *Several) hint() tea.Cmd {
	if m.Sending() {
		return ui.Say(m.NotStopped())
	}
	return ui.Say("T tries again, K goes on without what failed, P pauses.")
}

func (m *Several) publishPage() ui.Page {
	done, _, _ := m.tally()
	if m.Sending() {
		return m.progress(ui.Page{Title: "Publish", Sections: []ui.Section{{Facts: []ui.Fact{
			{Value: fmt.Sprintf("PUBLISHING TO %d REPOSITORIES: %d DONE", len(m.parts), done), Mark: ui.MarkRunning}}}}})
	}
	p := m.progress(ui.Page{Title: "Not finished"})
	_, waiting, troubled := m.tally()
	p.Sections = []ui.Section{{Facts: []ui.Fact{{Value: fmt.Sprintf("STOPPED AFTER %d OF %d. %d waiting, %d in trouble.%s", done, len(m.parts), waiting, troubled, m.sound()), Mark: ui.MarkNow}}}}
	if t := m.trouble(); t.What != "" {
		p.Sections = append(p.Sections, ui.Section{Facts: []ui.Fact{{Label: "What happened", Value: t.What}}})
		p.Copy = []ui.Copyable{{What: "the error", Text: t.Text()}}
	}
	if m.op != nil {
		p.Notes = []string{"The same from a script: keyrite rotate --resume " + m.op.ID}
	}
	return p
}

// sound says that no repository is worse off than before. One that has landed and does not
// verify may be.
func (m *Several) sound() string {
	if slices.ContainsFunc(m.parts, func(p part) bool { return p.settled && !p.done }) {
		return ""
	}
	return " Both states are sound."
}

// trouble is the first thing that went wrong.
func (m *Several) trouble() ui.Trouble {
	if m.failed != nil {
		return ui.Explain(m.failed)
	}
	for _, p := range m.parts {
		if p.err != nil && !p.done {
			return ui.Explain(p.err)
		}
	}
	return ui.Trouble{}
}
