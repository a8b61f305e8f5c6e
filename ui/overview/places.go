package overview

import (
	tea "charm.land/bubbletea/v2"

	"keyrite/ui"
)

// Places are the repositories that are known, whether they were read yet or not.
func (m *Model) Places() []ui.NamedPlace {
	out := make([]ui.NamedPlace, len(m.news.Known))
	for i, gun := range m.news.Known {
		out[i] = ui.NamedPlace{Name: ui.Name(string(gun), ""), About: "tags",
			Open: func() tea.Cmd { return ui.Send(ui.PushMsg{Screen: m.opt.OpenRepository(gun)}) }}
	}
	return out
}

var _ ui.Placer = (*Model)(nil)
