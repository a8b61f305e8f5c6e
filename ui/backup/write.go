package backup

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/backup"
	"keyrite/backup/media"
	"keyrite/trustdata"
	"keyrite/ui"
)

// phases are the rows of the progress, in their order.
var phases = []struct {
	phase backup.Phase
	name  string
}{
	{backup.PhaseWrite, "write and sync"},
	{backup.PhaseRead, "read back, past the page cache"},
	{backup.PhaseProve, "decrypt to the end and compare every file"},
}

// write carries the plan out. Leaving stops it, and takes away what it wrote.
func (m *Create) write() tea.Cmd {
	m.tasks, m.failed, m.said = nil, nil, ""
	for _, p := range phases {
		m.tasks = append(m.tasks, ui.Task{Name: p.name})
	}
	if len(m.plan.Waives()) > 0 {
		m.tasks[len(phases)-1] = ui.Task{Name: phases[len(phases)-1].name, State: ui.TaskSkipped, Note: "nobody at hand can open it"}
	}
	writer, plan := m.opt.Writer, m.plan
	m.loader.Doing("writing " + trustdata.Visible(plan.File))
	defer m.Refresh()
	return m.loader.Start(func(ctx context.Context, emit func(event)) error {
		r, err := writer.Write(ctx, plan, func(s backup.Step) { emit(s) })
		emit(written{r, err})
		return nil
	})
}

// progress takes note of how far it is. A phase that begins ends the one before.
func (m *Create) progress(s backup.Step) {
	for i, p := range phases {
		if p.phase != s.Phase {
			continue
		}
		for j := range i {
			m.tasks[j].State = ui.TaskDone
		}
		m.tasks[i].State, m.tasks[i].Note = ui.TaskRunning, bytesOf(s)
	}
}

// bytesOf is progress in bytes, without a share of what is not known.
func bytesOf(s backup.Step) string {
	if s.Total <= 0 || s.Done > s.Total {
		return ui.Size(s.Done)
	}
	return fmt.Sprintf("%s of %s", ui.Size(s.Done), ui.Size(s.Total))
}

// settle ends the running task.
func (m *Create) settle(state ui.TaskState) {
	for i := range m.tasks {
		if m.tasks[i].State == ui.TaskRunning || state == ui.TaskDone && m.tasks[i].State == ui.TaskWaiting {
			m.tasks[i].State = state
		}
	}
}

func (m *Create) end(e written) tea.Cmd {
	m.failed = e.err
	if e.err != nil {
		m.settle(ui.TaskFailed)
		return nil
	}
	m.settle(ui.TaskDone)
	m.result, m.made = e.result, append(m.made, e.result)
	return tea.Batch(m.Advance(), ui.Send(ui.DoneMsg{Action: "backed up"}))
}

func (m *Create) leavingWrite() string {
	switch {
	case m.busy() != "":
		return "Leaving now stops it and takes away what was written."
	case m.failed != nil:
		return "It was not written. Your keys are untouched."
	}
	return "It was stopped. Your keys are untouched."
}

// writing is why the wizard stays while it writes: only Esc stops that.
func (m *Create) writing() string {
	if m.busy() == "" {
		return ""
	}
	return "The copy is being written. Esc stops it, and takes away what was written."
}

func (m *Create) writePage() ui.Page {
	p := ui.Page{Title: "Write"}
	if m.plan == nil {
		return p
	}
	facts := []ui.Fact{{Label: "File", Value: trustdata.Visible(m.plan.File)}, {Label: "Size", Value: "about " + ui.Size(m.plan.Bytes)}}
	if m.failed != nil {
		p.Sections = append(p.Sections, ui.Section{Facts: m.failure()})
		p.Copy = []ui.Copyable{{What: "the error", Text: ui.Explain(m.failed).Text()}}
	} else if d := m.plan.Drive; d != nil && m.busy() != "" {
		p.Sections = append(p.Sections, ui.Section{Facts: []ui.Fact{{Value: MomentSentence(backup.MomentProve, d.Title()), Mark: ui.MarkRunning}}})
	}
	p.Sections = append(p.Sections, ui.Section{Facts: facts})
	return p.Progress(slices.Clone(m.tasks))
}

// failure says what became of the writing, the medium and the keys.
func (m *Create) failure() []ui.Fact {
	t := ui.Explain(m.failed)
	headline, what := "THE BACKUP WAS NOT WRITTEN. YOUR KEYS ARE UNTOUCHED.", t.What
	if d := m.plan.Drive; d != nil {
		var lost *media.LostError
		const unusable = "Treat what is on it as unusable. Your keys are untouched. "
		switch {
		case errors.As(m.failed, &lost) && lost.Why == media.TakenOut:
			headline = d.Title() + " IS GONE. IT WAS REMOVED WHILE BEING WRITTEN."
			what = unusable + "Put it back to start it again, or take another one: Enter leads to the choice."
		case lost != nil:
			headline = d.Title() + " WAS LOST WHILE BEING WRITTEN."
			what = unusable + t.What
		case errors.Is(m.failed, media.ErrHung):
			headline = d.Title() + " DOES NOT ANSWER."
			what = unusable + "Take it out, and put it in again or take another one: Enter leads to the choice."
		}
	}
	facts := []ui.Fact{{Value: headline, Mark: ui.MarkNow}, {Value: what, Mark: ui.MarkNone}}
	if t.Do != "" {
		facts = append(facts, ui.Fact{Value: t.Do, Mark: ui.MarkNone})
	}
	return facts
}

// again goes back to the choice.
func (m *Create) again() tea.Cmd {
	m.said = "The last attempt was not finished."
	m.Return(0)
	return m.begin()
}

// ShortHelp are the keys of the footer: none while it writes but the way out.
func (m *Create) ShortHelp() []key.Binding {
	switch {
	case m.At() == stepWrite && m.busy() != "":
		return []key.Binding{ui.Bind("Esc", "stop", "esc")}
	case m.At() == stepProve && m.busy() != "":
		return []key.Binding{ui.Bind("S", "skip the proof", "S"), ui.Bind("Esc", "stop waiting", "esc")}
	}
	return m.Wizard.ShortHelp()
}
