package tags

import (
	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/ui"
)

type exportedMsg struct {
	model *Model
	dir   string
	err   error
}

// export writes both copies of the conflict that the last load ended in.
func (m *Model) export() tea.Cmd {
	write, conflict := m.opt.Export, m.conflict
	return func() tea.Msg {
		dir, err := write(conflict)
		return exportedMsg{m, dir, err}
	}
}

func (m *Model) exported(msg exportedMsg) tea.Cmd {
	switch {
	case msg.model != m:
		return nil
	case msg.err != nil:
		return ui.Send(ui.ErrorMsg{Err: msg.err})
	}
	return ui.Say("Both copies are in " + trustdata.Visible(msg.dir) + ".")
}
