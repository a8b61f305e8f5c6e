package help

import (
	"charm.land/bubbles/v2/key"

	"keyrite/ui"
)

// Maker is New with the styles settled, as the app asks for it.
func Maker(st *ui.Styles) func(about ui.Screen, everywhere []key.Binding) ui.Screen {
	return func(about ui.Screen, everywhere []key.Binding) ui.Screen { return New(st, about, everywhere) }
}
