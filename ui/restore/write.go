package restore

import (
	"context"
	"fmt"
	"path/filepath"

	tea "charm.land/bubbletea/v2"

	"keyrite/backup"
	"keyrite/trustdata"
	"keyrite/ui"
)

// comparePage is the plan as a table, where the selected row is explained.
func (m *Model) comparePage() ui.Page {
	if m.plan == nil {
		return ui.Page{Title: "Compare"}
	}
	p := PlanPage(m.plan)
	Warn(&p, m.plan, m.old)
	p.Sections, p.Order = nil, "as in the backup"
	p.Summary = counts(m.plan) + " Into " + trustdata.Visible(m.plan.To)
	if m.plan.Salvage != nil {
		p.Order, p.Summary = "what is lost, then as in the backup", "DAMAGED COPY, only what is whole: "+p.Summary
	}
	return p
}

// decide asks what happens with the selected key, where another is in its place.
func (m *Model) decide() tea.Cmd {
	var row *backup.RestoreRow
	for i := range m.plan.Rows {
		if m.plan.Rows[i].Path == m.ID() {
			row = &m.plan.Rows[i]
		}
	}
	if row == nil || row.Action != backup.ActionAsk && !m.decided[row.Path] {
		return ui.Say("There is nothing to decide about this key: " + m.whatHappens(row) + ".")
	}
	path, title := row.Path, "A DIFFERENT FILE OF "+name(row.KeyID, row.Path)+" IS HERE"
	return ui.Send(ui.AskMsg{Dialog: ui.NewChoice(m.opt.Styles, title, []string{"leave the file here as it is", "replace it; the file here goes to the trash"}),
		Answer: func(r any) tea.Cmd {
			action, ok := map[any]backup.Action{0: backup.ActionRefuse, 1: backup.ActionReplace}[r]
			if !ok {
				return nil
			}
			if err := m.plan.Decide(path, action); err != nil {
				return ui.Send(ui.ErrorMsg{Err: err})
			}
			m.decided[path] = true
			m.Refresh()
			return nil
		}})
}

func (m *Model) whatHappens(row *backup.RestoreRow) string {
	if row == nil {
		return "none is selected"
	}
	_, what := action(*row)
	return what
}

// cannotRestore says why there is nothing to confirm.
func (m *Model) cannotRestore() string {
	p := m.plan
	switch n := p.Count(backup.ActionAsk); {
	case n > 0:
		return trustdata.Plural(n, "key is", "keys are") + " to be decided first: d on each."
	case p.Count(backup.ActionAdd)+p.Count(backup.ActionReplace) == 0:
		return "There is nothing to restore: what the backup has is here, or stays in it."
	}
	return m.busy()
}

// confirm asks the question that the danger demands.
func (m *Model) confirm() tea.Cmd {
	return ui.Send(ui.AskMsg{Dialog: ui.NewConfirm(m.opt.Styles, m.opt.Clock, m.question()), Answer: func(r any) tea.Cmd {
		if _, yes := r.(ui.Confirmed); yes {
			return m.Advance()
		}
		return nil
	}})
}

// question has level 3 where a file is replaced, and 2 where files are only added.
func (m *Model) question() ui.Question {
	p := m.plan
	to, replaced := trustdata.Visible(p.To), p.Count(backup.ActionReplace)
	q := ui.Question{Headline: "RESTORE INTO A TRUST DIRECTORY", Thing: to, Profile: m.opt.Profile, Keep: "Cancel", Act: "Restore",
		Facts: []ui.Fact{{Label: "Keys", Value: counts(p)}, {Label: "Way back", Value: "what was there is kept"}}}
	if p.Salvage != nil {
		q.Headline = "RESTORE WHAT IS WHOLE OF A DAMAGED COPY"
	}
	q.Facts = append(q.Facts, m.salvageFacts()...)
	if n := m.unlisted(); n > 0 {
		q.Facts = append(q.Facts, ui.Fact{Label: "Unlisted", Value: trustdata.Plural(n, "key signs", "keys sign") + " for nothing any more", Mark: ui.MarkNow})
	}
	if replaced > 0 {
		q.Headline = fmt.Sprintf("REPLACE %d KEY FILES", replaced)
		if replaced == 1 {
			q.Headline = "REPLACE A KEY FILE"
		}
		q.Facts[1].Value = "the replaced files are kept in the trash"
		q.Type = trustdata.Visible(filepath.Base(p.To))
	}
	return q
}

// unlisted is how many keys that would be written sign for nothing any more.
func (m *Model) unlisted() (n int) {
	for _, row := range m.plan.Rows {
		if m.old[row.KeyID] != "" && isKey(row) && (row.Action == backup.ActionAdd || row.Action == backup.ActionReplace) {
			n++
		}
	}
	return n
}

// write carries the plan out.
func (m *Model) write() tea.Cmd {
	service, plan := m.opt.Service, m.plan
	m.begun, m.result, m.failed, m.wrote = true, nil, nil, backup.Step{}
	m.loader.Doing("restoring into " + trustdata.Visible(plan.To))
	defer m.Refresh()
	return m.loader.Start(func(ctx context.Context, emit func(event)) error {
		r, err := service.Restore(ctx, plan, func(s backup.Step) { emit(s) })
		emit(restored{r, err})
		return nil
	})
}

func (m *Model) end(e restored) tea.Cmd {
	m.begun, m.result, m.failed = false, e.result, e.err
	if e.err != nil {
		return nil
	}
	return tea.Batch(m.Advance(), ui.Send(ui.DoneMsg{Action: "restored"}))
}

// restoring is why the wizard stays while it writes: only Esc stops that.
func (m *Model) restoring() string {
	if !m.Busy() {
		return ""
	}
	return "The keys are being restored. Esc stops it, and takes back what was written."
}

func (m *Model) leavingWrite() string {
	switch {
	case m.Busy():
		return "Leaving now stops it and takes back what was written."
	case m.failed != nil:
		return "What was written was taken back, or is named above. Leaving changes nothing."
	}
	return "It was stopped, and what was written is taken back."
}

func (m *Model) writePage() ui.Page {
	p := ui.Page{Title: "Write"}
	if m.plan == nil {
		return p
	}
	task := ui.Task{Name: "write, sync and read back", State: ui.TaskRunning, Note: ui.Size(m.wrote.Done)}
	if m.failed != nil {
		t := ui.Explain(m.failed)
		task.State = ui.TaskFailed
		facts := []ui.Fact{{Value: "THE RESTORE DID NOT GO THROUGH.", Mark: ui.MarkNow}, {Value: t.What, Mark: ui.MarkNone},
			{Value: "What was written was taken back, unless the line above says otherwise.", Mark: ui.MarkNone}}
		if t.Do != "" {
			facts = append(facts, ui.Fact{Value: t.Do, Mark: ui.MarkNone})
		}
		p.Sections = append(p.Sections, ui.Section{Facts: facts})
		p.Copy = []ui.Copyable{{What: "the error", Text: t.Text()}}
	}
	p.Sections = append(p.Sections, ui.Section{Facts: []ui.Fact{{Label: "From", Value: trustdata.Visible(m.plan.File)}, {Label: "Into", Value: trustdata.Visible(m.plan.To)}}})
	return p.Progress([]ui.Task{task})
}

func (m *Model) provePage() ui.Page {
	if m.result == nil {
		return ui.Page{Title: "Prove"}
	}
	return RestoredPage(m.result)
}

// again opens the backup anew, since what is here may have changed.
func (m *Model) again() tea.Cmd {
	m.plan, m.torn, m.failed = nil, nil, nil
	return m.Go(1)
}
