package repos

import (
	tea "charm.land/bubbletea/v2"

	"keyrite/ui"
)

// Places are the repositories that are known.
func (m *Model) Places() []ui.NamedPlace {
	out := make([]ui.NamedPlace, len(m.repos))
	for i, r := range m.repos {
		out[i] = ui.NamedPlace{Name: ui.Name(string(r.GUN), ""), About: "tags",
			Open: func() tea.Cmd { return ui.Send(ui.PushMsg{Screen: m.opt.Open(r.GUN)}) }}
	}
	return out
}

var _ ui.Placer = (*Model)(nil)
