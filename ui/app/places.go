package app

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"keyrite/ui"
)

// maxPlaces is how far back the places go. Each holds its screens with what they have read.
const maxPlaces = 12

// place is a stack of screens that somebody was at.
type place struct {
	tab   int
	stack []ui.Screen
}

// places are the places that were looked at, oldest first, and which of them is the
// present one. Going to another one forgets those that lie ahead.
type places struct {
	list []place
	at   int
}

// visit takes note of where the console is now. A wizard, a question and the help are no
// places: nothing is to be gone back to in them.
func (m *Model) visit() {
	if m.seen.isAt(m.tab, m.stack) || !m.isPlace() {
		return
	}
	v := &m.seen
	if len(v.list) > 0 {
		v.list = v.list[:v.at+1]
	}
	v.list = append(v.list, place{m.tab, slices.Clone(m.stack)})
	if over := len(v.list) - maxPlaces; over > 0 {
		v.list = slices.Delete(v.list, 0, over)
	}
	v.at = len(v.list) - 1
}

func (v *places) isAt(tab int, stack []ui.Screen) bool {
	return len(v.list) > 0 && v.list[v.at].tab == tab && slices.Equal(v.list[v.at].stack, stack)
}

// isPlace reports whether every screen of the stack is one to come back to.
func (m *Model) isPlace() bool {
	return !slices.ContainsFunc(m.stack, func(s ui.Screen) bool {
		_, holds := s.(ui.Holder)
		_, passes := s.(ui.Passer)
		return holds || passes || s == m.help
	})
}

// goBack shows the place before this one, with its filter and its cursor. Out of a screen
// that is no place it leads to the last one that was.
func (m *Model) goBack() tea.Cmd {
	to := m.seen.at - 1
	if !m.seen.isAt(m.tab, m.stack) {
		to = m.seen.at
	}
	if to < 0 || len(m.seen.list) == 0 {
		return ui.Say("There is no place further back.")
	}
	return m.goTo(to)
}

// goForward undoes goBack.
func (m *Model) goForward() tea.Cmd {
	if m.seen.at+1 >= len(m.seen.list) {
		return ui.Say("There is no place further on.")
	}
	return m.goTo(m.seen.at + 1)
}

func (m *Model) goTo(nth int) tea.Cmd {
	if cmd, held := m.held(); held {
		return cmd
	}
	to := m.seen.list[nth]
	for len(m.stack) > 1 && !slices.Contains(to.stack, m.top()) {
		m.drop()
	}
	m.seen.at = nth
	m.tab, m.stack = to.tab, slices.Clone(to.stack)
	return m.start(m.top())
}
