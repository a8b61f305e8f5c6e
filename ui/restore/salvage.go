package restore

import (
	"cmp"
	"path/filepath"
	"slices"

	tea "charm.land/bubbletea/v2"

	"keyrite/backup"
	"keyrite/trustdata"
	"keyrite/ui"
)

// givenNotes say which copy is taken, and what is wrong with the others.
func givenNotes(p *backup.RestorePlan) []string {
	var notes []string
	for _, g := range p.Given {
		switch file := trustdata.Visible(g.File); {
		case g.Problem != "":
			notes = append(notes, "DAMAGED: "+file+": "+trustdata.Visible(g.Problem)+".")
		case len(p.Given) > 1 && g.File == p.File:
			notes = append(notes, "All comes from "+file+", which is whole.")
		}
	}
	return notes
}

// inOrder are the plan's rows: what is lost, then all else as in the backup.
func inOrder(p *backup.RestorePlan) []backup.RestoreRow {
	rows := slices.Clone(p.Rows)
	slices.SortStableFunc(rows, func(a, b backup.RestoreRow) int {
		return cmp.Compare(lostFirst[a.Action], lostFirst[b.Action])
	})
	return rows
}

var lostFirst = map[backup.Action]int{backup.ActionLost: -1}

// offer asks what is to be done about a damaged copy that has something whole: to look for
// the other copy, unless somebody chooses otherwise.
func (m *Model) offer() tea.Cmd {
	left := m.torn.Salvage
	other := "look for the other copy"
	if len(m.others) > 0 {
		other += ": " + m.others[0].Value
	}
	return ui.Send(ui.AskMsg{Dialog: ui.NewChoice(m.opt.Styles, "THIS COPY IS DAMAGED: "+left.Counted(), []string{other, "see what is whole, key by key"}),
		Answer: func(r any) tea.Cmd {
			switch r {
			case 0:
				m.file = ""
				return m.Go(0)
			case 1:
				m.plan, m.decided = m.torn, map[string]bool{}
				return m.Go(2)
			}
			return nil
		}})
}

// nothingWhole says why there is nothing to offer.
func (m *Model) nothingWhole() string {
	if m.torn == nil {
		return "No damaged copy is open that has something whole."
	}
	return m.busy()
}

// damageFacts say what is wrong with the copy that is open, and what can be done.
func (m *Model) damageFacts() []ui.Fact {
	if m.torn == nil {
		return []ui.Fact{{Value: "THIS COPY IS DAMAGED. Nothing was taken from it.", Mark: ui.MarkNow},
			{Value: ui.Explain(m.damaged).What, Mark: ui.MarkNone}, {Value: "None of it can be relied on, since what was changed is not known. f takes another copy.", Mark: ui.MarkNone}}
	}
	problem := upper(trustdata.Visible(m.torn.Given[0].Problem)) + "."
	return []ui.Fact{{Value: "THIS COPY IS DAMAGED: " + m.torn.Salvage.Counted() + ". Nothing was taken from it.", Mark: ui.MarkNow},
		{Value: problem, Mark: ui.MarkNone}, {Value: "Look for the other copy first: f takes one. w shows what is whole here.", Mark: ui.MarkNone}}
}

// salvageFacts are what the question says of a damaged copy.
func (m *Model) salvageFacts() []ui.Fact {
	left := m.plan.Salvage
	if left == nil {
		return nil
	}
	return []ui.Fact{{Label: "Damaged", Value: trustdata.Visible(filepath.Base(m.plan.File)) + ": " + left.Counted(), Mark: ui.MarkNow},
		{Label: "Lost", Value: trustdata.Plural(m.lost(), "key", "keys") + ": the set is not restored by this", Mark: ui.MarkNow}}
}

// lost is how many keys are lost, and not here already.
func (m *Model) lost() (n int) {
	for _, row := range m.plan.Rows {
		if isKey(row) && row.Action == backup.ActionLost {
			n++
		}
	}
	return n
}
