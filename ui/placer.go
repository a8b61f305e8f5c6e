package ui

import (
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
)

// NamedPlace is something that a screen knows by its name and can open.
type NamedPlace struct {
	// Name and About have passed trustdata.Visible.
	Name, About string
	Open        func() tea.Cmd
}

// TagsOf is a repository as a place: open makes the screen of its tags.
func TagsOf(gun trustdata.GUN, open func(trustdata.GUN) Screen) NamedPlace {
	return NamedPlace{Name: Name(string(gun), ""), About: "tags", Open: func() tea.Cmd { return Send(PushMsg{Screen: open(gun)}) }}
}

// Placer knows places by name. It lists what it has in memory, and asks no disk.
type Placer interface{ Places() []NamedPlace }

// Looker is a screen with a capital that only looks.
type Looker interface{ OnlyLooks(key.Binding) bool }

// IsMove reports whether a key only goes from row to row in a list.
func IsMove(b key.Binding) bool {
	return slices.ContainsFunc(newListKeys().moves(), func(m key.Binding) bool { return m.Help() == b.Help() })
}
