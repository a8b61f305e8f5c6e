package repos

import "keyrite/ui"

// Places are the repositories that are known.
func (m *Model) Places() []ui.NamedPlace {
	out := make([]ui.NamedPlace, len(m.repos))
	for i, r := range m.repos {
		out[i] = ui.TagsOf(r.GUN, m.opt.Open)
	}
	return out
}

var _ ui.Placer = (*Model)(nil)
