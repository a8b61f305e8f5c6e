package app

import (
	"charm.land/bubbles/v2/key"

	"keyrite/trustdata"
	"keyrite/ui"
)

// Tab is one of the screens that the digits lead to.
type Tab struct {
	// Digit keeps its meaning in every version: 1 Overview, 2 Keys, 3 Repositories,
	// 4 Backups, 5 Activity.
	Digit string
	Name  string
	// Screen is nil where this version has none; Missing then says so.
	Screen  ui.Screen
	Missing string
}

// Command is a screen of the palette. Name and About are its words there.
type Command struct {
	Name, About string
	Open        func() ui.Screen
}

// Act is what only the palette does, as Options.AtStart has it. It has no key and asks
// nothing, so it never changes what is the user's.
type Act struct {
	Name, About string
	Do          func() (notice string, changed bool)
}

// Options are what cmd decides.
type Options struct {
	Styles *ui.Styles
	Clock  ui.Clock
	// Profile is the word and name of the profile ("PROD acme"), or "".
	Profile string
	// Server is the trust server's name for screens that have none of their own.
	Server string
	// Badge is RW, RO or DEMO.
	Badge string
	Tabs  []Tab
	// Start is the digit of the first screen; "" is the first tab that has one.
	Start string
	// First lies on top of the first screen at the start; nil for none.
	First ui.Screen
	// News lies above even that: what an earlier run has left unfinished. It is left as any
	// screen is; nil for none.
	News ui.Screen
	// Open makes the screen of a repository's tags.
	Open func(trustdata.GUN) ui.Screen
	// ParseName turns what was typed into a repository's name.
	ParseName func(string) (trustdata.GUN, error)
	// Commands are screens that only the palette leads to.
	Commands []Command
	// Acts are what only the palette does.
	Acts []Act
	// Help makes the help about a screen.
	Help func(about ui.Screen, everywhere []key.Binding) ui.Screen
	// Copy hands text to a program that keeps a clipboard, and says which; it says "" where
	// there is none. It takes a bounded time, and may be nil.
	Copy func(text string) (by string)
	// AtStart runs once beside the first load. It may ask servers; what it says stands in
	// the status line, and changed makes every screen load again. It may be nil.
	AtStart func() (notice string, changed bool)
	// Orders are the orders of lists that an earlier run has kept, by the kind of the list, and
	// KeepOrders keeps them for the next one. It may be nil.
	Orders     map[string]string
	KeepOrders func(map[string]string) error
	// Lines has everything told in lines of text, by RunLines.
	Lines bool
}
