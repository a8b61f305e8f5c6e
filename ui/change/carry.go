package change

import (
	"context"
	"errors"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// publish carries the plan out. Its context is the program's: nothing that is pressed
// stops it between two steps.
func (m *Model) publish() tea.Cmd {
	steps, names := m.plan.steps()
	m.tasks, m.done, m.failed = ui.NewTasks(m.set.Clock, steps, names), nil, nil
	keys, work := m.Held.Take(), m.plan.carrying()
	return m.CarryOut(func(ctx context.Context, emit func(any)) any {
		defer keys.Wipe()
		d, err := work(ctx, keys.Signing(), func(at trustdata.GUN, step string) { emit(stepBegan{string(at), step}) })
		return ended{d, err}
	})
}

// begin shows a step of one repository, or in which step one of several is.
func (m *Model) begin(e stepBegan) {
	if e.at == "" {
		m.tasks.Begin(e.step, StepSentence(e.step))
		return
	}
	m.tasks.Beside(e.at, StepSentence(e.step))
}

// end takes what came of it.
func (m *Model) end(e ended) tea.Cmd {
	m.done, m.failed = &e.done, e.err
	state := ui.TaskFailed
	switch {
	case e.err == nil:
		state = ui.TaskDone
	case errors.Is(e.err, rotation.ErrUnknown):
		state = ui.TaskUnknown
	}
	m.tasks.End(state)
	for _, r := range e.done.rows {
		m.tasks.Settle(r.step, r.state, r.note)
	}
	var cmds []tea.Cmd
	if e.err == nil {
		cmds = append(cmds, m.Advance())
	}
	if e.done.action != "" {
		cmds = append(cmds, ui.Send(ui.DoneMsg{Action: e.done.action}))
	}
	return tea.Batch(cmds...)
}

func (m *Model) mustFinish() string {
	if !m.Sending() {
		return ""
	}
	return "It is being carried out and cannot be left half way."
}

func (m *Model) leavingPublish() string {
	if m.Sending() {
		return "It is being carried out. Nothing is left half way: wait for the end."
	}
	return outcomeOf(m.failed).leaving
}

func (m *Model) publishPage() ui.Page {
	w := m.deed.words()
	p := ui.Page{Title: stepPublish}.Progress(m.tasks.Rows())
	if w.rows != "" {
		p.Columns[0].Title, p.Columns[0].Cut, p.Columns[0].Host = w.rows, ui.CutLeft, true
	}
	if m.failed == nil {
		p.Sections = []ui.Section{w.publishing}
		return p
	}
	o, t := outcomeOf(m.failed), ui.Explain(m.failed)
	p.Sections = []ui.Section{{Facts: []ui.Fact{{Value: o.headline, Mark: o.mark}}},
		{Facts: []ui.Fact{{Label: "What happened", Value: t.What}, {Label: "What you can do", Value: o.do}}}}
	p.Copy = []ui.Copyable{{What: "the error", Text: o.headline + "\n" + t.Text()}}
	if some := new(partly); errors.As(m.failed, &some) && some.rest != "" {
		p.Notes = append(p.Notes, "What is left, at any later time: "+trustdata.Visible(some.rest))
		p.Copy = append(p.Copy, ui.Copyable{What: "the command for what is left", Text: trustdata.Visible(some.rest)})
	}
	return p
}

// checkPage is the plan, or why there is none.
func (m *Model) checkPage() ui.Page {
	if m.plan != nil {
		p := m.plan.page()
		if m.said != "" {
			p.Sections = append([]ui.Section{{Facts: []ui.Fact{{Value: m.said, Mark: ui.MarkNote}}}}, p.Sections...)
		}
		return p
	}
	w := m.deed.words()
	facts := w.about
	if err := m.PlanErr(); errors.Is(err, rotation.ErrNothing) {
		facts = append(facts, ui.Fact{Label: "Nothing to do", Value: m.deed.nothing(err), Mark: ui.MarkOK})
	} else {
		facts = append(facts, m.NoPlan(w.from, tryAgain)...)
	}
	return ui.Page{Title: "Check", Sections: []ui.Section{{Title: "NOTHING IS CHANGED IN THIS STEP", Facts: facts}}}
}

// reviewPage is the last page before anything is sent.
func (m *Model) reviewPage() ui.Page {
	if m.plan == nil {
		return ui.Page{Title: "Review"}
	}
	p := m.plan.page()
	p.Title = "Review"
	p.Notes = append(p.Notes, "Nothing has been sent. Way back: "+m.plan.wayBack())
	return p
}

func (m *Model) closePage() ui.Page {
	if m.done == nil {
		return ui.Page{Title: "Close"}
	}
	return m.done.page
}

// cannotRepeat says why no new plan can be made at the end of this one.
func (m *Model) cannotRepeat() string {
	switch {
	case m.Sending() || m.failed == nil:
		return "It is being carried out."
	case errors.Is(m.failed, rotation.ErrLanded):
		return "It has landed, so there is nothing to plan anew. Leave, and look at the tags."
	}
	return ""
}

// again makes a new plan after a failure.
func (m *Model) again() tea.Cmd {
	m.said = ""
	if l, ok := m.deed.(lessening); ok {
		l.less(*m.done)
	}
	m.startOver()
	return m.Go(0)
}
