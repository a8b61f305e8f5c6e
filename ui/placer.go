package ui

import (
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// NamedPlace is something that a screen knows by its name and can open.
type NamedPlace struct {
	// Name and About have passed trustdata.Visible.
	Name, About string
	Open        func() tea.Cmd
}

// Placer knows places by name. It lists what it has in memory, and asks no disk.
type Placer interface{ Places() []NamedPlace }

// Looker is a screen with a capital that only looks.
type Looker interface{ OnlyLooks(key.Binding) bool }

// IsMove reports whether a key only goes from row to row in a list.
func IsMove(b key.Binding) bool {
	return slices.ContainsFunc(newListKeys().moves(), func(m key.Binding) bool { return m.Help() == b.Help() })
}
