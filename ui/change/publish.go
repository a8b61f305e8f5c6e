package change

import (
	"context"
	"errors"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

func (m *Model) makePlan() tea.Cmd {
	m.plan = nil
	service, gun, tags := m.opt.Service, m.opt.GUN, m.opt.Tags
	what := "asking the registry and the trust server for "
	if m.opt.Unsign {
		what = "asking the trust server for "
	}
	return m.Plan(what+trustdata.Visible(string(gun)), func(ctx context.Context) (any, error) {
		p, err := service.Plan(ctx, gun, tags)
		return planMade{p}, err
	})
}

func (m *Model) noPlan() string {
	if m.plan == nil {
		return "There is no plan to go on with. r reads again."
	}
	return m.Occupied()
}

// confirm asks whether to send.
func (m *Model) confirm() tea.Cmd { return m.Held.Confirm(m.question, m.Advance) }

// steps are what a change reports, and how they are named.
var steps, stepNames = []string{"sign", "send", "confirm"}, []string{"sign and verify as a client would", "send", "read back with an empty cache"}

// publish carries the plan out. Its context is the program's: nothing that is pressed
// stops it between two steps.
func (m *Model) publish() tea.Cmd {
	m.tasks, m.result, m.failed = ui.NewTasks(m.opt.Clock, steps, stepNames), nil, nil
	keys, service, plan := m.Held.Take(), m.opt.Service, m.plan
	return m.CarryOut(func(ctx context.Context, emit func(any)) any {
		defer keys.Wipe()
		res, err := service.Apply(ctx, plan, keys.Signing(), func(step string) { emit(stepBegan{step}) })
		return ended{res, err}
	})
}

// end takes what came of it.
func (m *Model) end(e ended) tea.Cmd {
	m.result, m.failed = e.result, e.err
	done := ui.Send(ui.DoneMsg{Action: trustdata.Visible(m.plan.Kind) + " in " + trustdata.Visible(string(m.opt.GUN))})
	switch {
	case e.err == nil:
		m.tasks.End(ui.TaskDone)
		return tea.Batch(m.Advance(), done)
	case errors.Is(e.err, rotation.ErrUnknown):
		m.tasks.End(ui.TaskUnknown)
		return done
	}
	m.tasks.End(ui.TaskFailed)
	if errors.Is(e.err, rotation.ErrLanded) {
		return done
	}
	return nil
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

// outcome is how keys and server stand after a change that did not go well.
type outcome struct {
	mark                  ui.Mark
	headline, do, leaving string
}

func outcomeOf(err error) outcome {
	switch {
	case errors.Is(err, rotation.ErrUnknown):
		return outcome{ui.MarkNow, "IT IS NOT KNOWN WHETHER THE CHANGE HAS LANDED. NO KEY WAS CHANGED.",
			"Look at the tags as soon as the server answers: they are signed as before, or as you meant.", "Leaving is safe."}
	case errors.Is(err, rotation.ErrConflict):
		return outcome{ui.MarkSoon, "SOMEBODY ELSE PUBLISHED FIRST. NOTHING OF THIS CHANGE HAS LANDED.", "Enter makes a new plan from what the server has now.", harmless()}
	case errors.Is(err, rotation.ErrMoved):
		return outcome{ui.MarkSoon, "THE REPOSITORY HAS CHANGED SINCE THE PLAN. NOTHING WAS SENT.", "Enter makes a new plan from what the server has now.", harmless()}
	case errors.Is(err, rotation.ErrRefused):
		return outcome{ui.MarkNow, "THE SERVER DID NOT TAKE THE CHANGE. NOTHING HAS CHANGED.", "See what the server says; often a right is missing. Enter makes a new plan.", harmless()}
	case errors.Is(err, rotation.ErrLanded):
		return outcome{ui.MarkNow, "THE CHANGE HAS LANDED, AND WHAT WAS READ BACK IS NOT AS IT SHOULD BE.", "Look at the repository's tags and roles. Sign nothing more before it is clear why.", "The change has landed. Leaving changes nothing."}
	}
	return outcome{ui.MarkNow, "NOTHING WAS SENT. NOTHING HAS CHANGED.", "See what happened. Enter makes a new plan.", harmless()}
}

func (m *Model) publishPage() ui.Page {
	p := ui.Page{Title: "Publish"}
	if m.failed == nil {
		p.Sections = []ui.Section{{Title: "PUBLISHING TO 1 REPOSITORY", Facts: []ui.Fact{{Value: trustdata.Visible(string(m.opt.GUN))}}}}
		return p.Progress(m.tasks.Rows())
	}
	o, t := outcomeOf(m.failed), ui.Explain(m.failed)
	p.Sections = []ui.Section{{Facts: []ui.Fact{{Value: o.headline, Mark: o.mark}}},
		{Facts: []ui.Fact{{Label: "What happened", Value: t.What}, {Label: "What you can do", Value: o.do}}}}
	p.Copy = []ui.Copyable{{What: "the error", Text: o.headline + "\n" + t.Text()}}
	return p.Progress(m.tasks.Rows())
}

func (m *Model) closePage() ui.Page {
	if m.result == nil {
		return ui.Page{Title: "Close"}
	}
	p := ResultPage(m.result, m.plan.Changes)
	for _, note := range m.result.Notes {
		p.Notes = append(p.Notes, trustdata.Visible(note))
	}
	return p
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
	m.startOver()
	return m.Go(0)
}
