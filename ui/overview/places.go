package overview

import "keyrite/ui"

// Places are the repositories that are known, whether they were read yet or not.
func (m *Model) Places() []ui.NamedPlace {
	out := make([]ui.NamedPlace, len(m.news.Known))
	for i, gun := range m.news.Known {
		out[i] = ui.TagsOf(gun, m.opt.OpenRepository)
	}
	return out
}

var _ ui.Placer = (*Model)(nil)
