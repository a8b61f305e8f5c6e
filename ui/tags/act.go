package tags

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/ui"
)

// act opens the screen that does something to the marked tags, or to the one under the
// cursor where none is marked.
func (m *Model) act(open func(trustdata.GUN, []string, []string) (ui.Screen, string)) tea.Cmd {
	marked, hidden := m.Marked()
	if len(marked) == 0 && m.ID() != "" {
		marked = []string{m.ID()}
	}
	if len(marked) == 0 {
		return ui.Say("No tag is selected.")
	}
	return ui.PushOr(open(m.opt.GUN, tagsOf(marked), tagsOf(hidden)))
}

// tagsOf are the tags of rows, each once: one tag has a row for every digest.
func tagsOf(ids []string) []string {
	var tags []string
	for _, id := range ids {
		// A digest has no line end; a tag's name may have one.
		if tag := id[:strings.LastIndexByte(id, '\n')]; !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	return tags
}
