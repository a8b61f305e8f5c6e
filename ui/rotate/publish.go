package rotate

import (
	"context"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
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
	if m.newID != "" {
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
	_, names := m.taskNames()
	m.tasks = nil
	for _, n := range names {
		m.tasks = append(m.tasks, ui.Task{Name: n})
	}
	m.sending, m.result, m.failed = true, nil, nil
	keys, prep := m.held.Take(), m.pending.Take()
	service, plan, waived := m.opt.Service, m.plan, m.waived
	m.Refresh()
	send := m.sender.Start(func(ctx context.Context, emit func(event)) error {
		defer keys.Wipe()
		progress := func(step string) { emit(stepBegan{step}) }
		if prep == nil {
			progress(stepMake)
			var err error
			if prep, err = service.Prepare(ctx, plan, keys.Chosen(plan.Role)); err != nil {
				emit(ended{nil, err})
				return nil
			}
		}
		if waived != "" {
			if err := service.Waive(ctx, plan, waived); err != nil {
				emit(ended{nil, errors.Join(err, service.Abandon(context.WithoutCancel(ctx), prep))})
				return nil
			}
		}
		res, err := service.Publish(ctx, prep, keys.Signing(), progress)
		emit(ended{res, err})
		return nil
	})
	return tea.Batch(m.tick(), send)
}

// tick redraws the time that a step takes.
func (m *Model) tick() tea.Cmd {
	return m.opt.Clock.Tick(500*time.Millisecond, func(time.Time) tea.Msg { return redrawMsg{m} })
}

func (m *Model) redraw(msg redrawMsg) tea.Cmd {
	if msg.model != m || !m.sending {
		return nil
	}
	m.Refresh()
	return m.tick()
}

// running is the index of the task that is under way, -1 for none.
func (m *Model) running() int {
	for i, t := range m.tasks {
		if t.State == ui.TaskRunning {
			return i
		}
	}
	return -1
}

// settle ends the running task.
func (m *Model) settle(state ui.TaskState) {
	if i := m.running(); i >= 0 {
		m.tasks[i].State, m.tasks[i].Took, m.tasks[i].Note = state, m.opt.Clock.Now().Sub(m.began), outcomes[state]
	}
}

// outcomes are the words for what came of a task.
var outcomes = map[ui.TaskState]string{ui.TaskDone: "done", ui.TaskFailed: "failed", ui.TaskUnknown: "not known"}

// judge corrects the rows by what the look at the server found: only that tells whether
// what was sent has arrived.
func (m *Model) judge(err error) {
	for i, t := range m.tasks {
		if t.State == ui.TaskWaiting {
			m.tasks[i].State, m.tasks[i].Note = ui.TaskSkipped, "not reached"
		}
	}
	sent, seen := ui.TaskDone, ui.TaskFailed
	switch {
	case errors.Is(err, rotation.ErrRefused), errors.Is(err, rotation.ErrConflict):
		sent, seen = ui.TaskFailed, ui.TaskDone
	case errors.Is(err, rotation.ErrUnsent):
		sent = ui.TaskFailed
	case errors.Is(err, rotation.ErrUnknown):
		sent, seen = ui.TaskUnknown, ui.TaskUnknown
	default:
		m.settle(ui.TaskFailed)
		return
	}
	steps, _ := m.taskNames()
	for i, s := range steps {
		switch {
		case s == "send":
			m.tasks[i].State, m.tasks[i].Note = sent, outcomes[sent]
		case s == "confirm":
			m.settle(seen)
		}
	}
}

func (m *Model) begin(step string) {
	m.settle(ui.TaskDone)
	m.began = m.opt.Clock.Now()
	steps, _ := m.taskNames()
	for i, s := range steps {
		if s == step {
			m.tasks[i].State, m.tasks[i].Note = ui.TaskRunning, m.sentence(step)
		}
	}
}

func (m *Model) sentence(step string) string {
	if step == stepMake {
		return "in pending/, where docker and notary do not look"
	}
	return StepSentence(step, m.plan)
}

// end takes what came of it.
func (m *Model) end(e ended) tea.Cmd {
	m.sending, m.result, m.failed, m.landed = false, e.result, e.err, e.result != nil
	done := ui.Send(ui.DoneMsg{Action: "rotated the " + m.plan.Role.Title() + " key of " + trustdata.Visible(string(m.plan.GUN))})
	if e.err == nil {
		m.settle(ui.TaskDone)
		m.result.Waived = append(m.result.Waived, m.safety().Waivers()...)
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
	if !m.sending {
		return ""
	}
	if i := m.running(); i >= 0 {
		return "Finishing this step: " + m.tasks[i].Name + ". It cannot be left half way."
	}
	return "Finishing this step. It cannot be left half way."
}

func (m *Model) leavingPublish() string {
	if m.sending {
		return "It is being carried out. Nothing is left half way: wait for the end."
	}
	return world(m.plan, m.failed, m.result).leaving
}

func (m *Model) publishPage() ui.Page {
	p := ui.Page{Title: "Publish"}
	if m.failed != nil {
		p = failurePage(m.plan, m.failed, m.result)
	} else {
		p.Sections = []ui.Section{{Title: "PUBLISHING TO 1 REPOSITORY", Facts: []ui.Fact{{Value: trustdata.Visible(string(m.opt.GUN))}}}}
	}
	tasks := append([]ui.Task(nil), m.tasks...)
	if i := m.running(); i >= 0 {
		tasks[i].Took = m.opt.Clock.Now().Sub(m.began)
	}
	return p.Progress(tasks)
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
	case m.sending || m.failed == nil:
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
	m.held.GiveUp()
	m.startOver()
	return m.Go(0)
}
