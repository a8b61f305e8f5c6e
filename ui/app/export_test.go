package app

import "keyrite/ui/linear"

// Body is what the frame shows between header and status line.
func (m *Model) Body() string { return m.body(m.w, m.bodyHeight()) }

// Drawn reports whether there is a frame with room for what it says.
func (m *Model) Drawn() bool { return !tooSmall(m.w, m.h) && (m.ask == nil || !m.cramped()) }

var _ linear.Console = (*Model)(nil)
