package rotate

import (
	"context"
	"errors"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// stepMake is the step before those that the rotation reports by itself.
const stepMake = "make"

// taskNames are the rows of the progress, by the steps in their order.
func (m *Model) taskNames() (steps, names []string) {
	steps, names = []string{"sign", "send", "confirm"}, []string{"sign and verify as a client would", "send", "read back with an empty cache"}
	switch {
	case isFolder(m.plan):
		steps, names = folderTasks()
	case makesKey(m.plan):
		steps, names = append(steps, "promote"), append(names, "bring the new key in")
	}
	if m.NewID != "" {
		return steps, names
	}
	first := "ask the server for a key"
	if m.plan.SameKey {
		first = "write down what is to be done"
	}
	if makesKey(m.plan) {
		first = "make the new key, read it back and open it"
	}
	return append([]string{stepMake}, steps...), append([]string{first}, names...)
}

// publish carries the rotation out. Its context is the program's: once it has begun,
// nothing that is pressed stops it between two steps.
func (m *Model) publish() tea.Cmd {
	steps, names := m.taskNames()
	m.tasks, m.result, m.failed = ui.NewTasks(m.opt.Clock, steps, names), nil, nil
	keys, prep := m.Held.Take(), m.Pending.Take()
	service, plan, waived := m.opt.Service, m.plan, m.Saved.Waived
	return m.CarryOut(func(ctx context.Context, emit func(any)) any {
		defer keys.Wipe()
		progress := func(step string) { emit(stepBegan{step}) }
		if prep == nil {
			progress(stepMake)
			var err error
			if prep, err = service.Prepare(ctx, plan, keys.Chosen(plan.Role)); err != nil {
				return ended{nil, err}
			}
		}
		if waived != "" {
			if err := service.Waive(ctx, plan, waived); err != nil {
				return ended{nil, errors.Join(err, service.Abandon(context.WithoutCancel(ctx), prep))}
			}
		}
		res, err := service.Publish(ctx, prep, keys.Signing(), progress)
		return ended{res, err}
	})
}

// judge corrects the rows by what the look at the server found: only that tells whether
// what was sent has arrived.
func (m *Model) judge(err error) {
	m.tasks.PassOver()
	sent, seen := ui.TaskDone, ui.TaskFailed
	switch {
	case errors.Is(err, rotation.ErrRefused), errors.Is(err, rotation.ErrConflict):
		sent, seen = ui.TaskFailed, ui.TaskDone
	case errors.Is(err, rotation.ErrUnsent):
		sent = ui.TaskFailed
	case errors.Is(err, rotation.ErrUnknown):
		sent, seen = ui.TaskUnknown, ui.TaskUnknown
	default:
		m.tasks.End(ui.TaskFailed)
		return
	}
	m.tasks.Settle("send", sent, "")
	m.tasks.End(seen)
}

func (m *Model) sentence(step string) string {
	if step == stepMake {
		return "in pending/, where docker and notary do not look"
	}
	return StepSentence(step, m.plan)
}

// end takes what came of it.
func (m *Model) end(e ended) tea.Cmd {
	m.result, m.failed, m.landed = e.result, e.err, e.result != nil
	done := ui.Send(ui.DoneMsg{Action: "rotated the " + m.plan.Role.Title() + " key of " + ui.Name(string(m.plan.GUN), "")})
	if e.err == nil {
		m.tasks.End(ui.TaskDone)
		m.result.Waived = append(m.result.Waived, m.Saved.Waivers()...)
		return tea.Batch(m.Advance(), done)
	}
	m.judge(e.err)
	if e.result != nil || errors.Is(e.err, rotation.ErrUnknown) {
		return done
	}
	return nil
}

// mustFinish says why the wizard cannot be left while it publishes.
func (m *Model) mustFinish() string {
	if !m.Sending() {
		return ""
	}
	if name := m.tasks.Running(); name != "" {
		return "Finishing this step: " + name + ". It cannot be left half way."
	}
	return "Finishing this step. It cannot be left half way."
}

func (m *Model) leavingPublish() string {
	if m.Sending() {
		return "It is being carried out. Nothing is left half way: wait for the end."
	}
	return world(m.plan, m.failed, m.result).leaving
}

func (m *Model) publishPage() ui.Page {
	p := ui.Page{Title: "Publish"}
	if m.failed != nil {
		p = failurePage(m.plan, m.failed, m.result)
	} else {
		p.Sections = []ui.Section{{Title: "PUBLISHING TO 1 REPOSITORY", Facts: []ui.Fact{{Value: ui.Name(string(m.opt.GUN), "")}}}}
	}
	return p.Progress(m.tasks.Rows())
}

func (m *Model) closePage() ui.Page {
	if m.result == nil {
		return ui.Page{Title: "Close"}
	}
	return ResultPage(m.plan, m.result)
}

// cannotRepeat says why no new plan can be made at the end of this one.
func (m *Model) cannotRepeat() string {
	switch {
	case m.Sending() || m.failed == nil:
		return "Finishing this step."
	case m.result != nil:
		return "It has landed, so there is nothing to plan anew. Leave, and look at the repository's roles."
	case errors.Is(m.failed, rotation.ErrUnknown):
		return "First it must be known what the server has. Leave; keyrite looks again when it starts and before it rotates."
	}
	return ""
}

// again makes a new plan after a failure.
func (m *Model) again() tea.Cmd {
	m.said = ""
	m.Held.GiveUp()
	m.startOver()
	return m.Go(0)
}
