package keys

import (
	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/ui"
)

// Places are the keys that were read, and the repositories that they sign for.
func (m *Model) Places() []ui.NamedPlace {
	var out []ui.NamedPlace
	named := map[trustdata.GUN]bool{}
	for _, k := range m.infos {
		if k.KeyID != "" {
			out = append(out, ui.NamedPlace{Name: "key " + string(k.KeyID), About: kind(k) + ", " + signsFor(k, m.uses),
				Open: func() tea.Cmd { return ui.Send(ui.PushMsg{Screen: newDetail(m.opt, k, m.uses)}) }})
		}
		for _, gun := range m.uses.repositories(k.KeyID) {
			if !named[gun] && m.opt.OpenRepository != nil {
				named[gun] = true
				out = append(out, ui.TagsOf(gun, m.opt.OpenRepository))
			}
		}
	}
	return out
}

var _ ui.Placer = (*Model)(nil)
