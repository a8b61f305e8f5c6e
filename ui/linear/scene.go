// Package linear shows the console as text that only ever grows, line by line: for screen
// readers, terminals without a cursor, and logs. It runs the same model as the frame does,
// tells in the words of the frame what that shows, and takes its answers as lines.
//
// The model's commands are run here and not by tea.Program. Without a renderer that still
// gives a screen the size of a terminal that is not looked at, and writes to it whatever is
// no drawing: the clipboard and what it asks a terminal.
package linear

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/ui"
)

// Console is the one model, as far as its text needs it.
type Console interface {
	Init() tea.Cmd
	Update(tea.Msg) (tea.Model, tea.Cmd)
	// Scene is what there is to tell now.
	Scene() Scene
	// Reply gives the open dialog a line, and returns what it says of it.
	Reply(line []byte) (said string, cmd tea.Cmd)
	// Dismiss takes the trouble away once it was told.
	Dismiss()
	// Leave is the end of the input: it leaves the innermost thing, and at the top the
	// program. Held says why it does not, "" where it does.
	Leave() (cmd tea.Cmd, held string)
	// End gives up what is under way.
	End()
}

// Scene is what the console shows at a moment.
type Scene struct {
	// Path are the titles of the screens from the bottom to the one on top.
	Path   []string
	Screen ui.Screen
	// Dialog is nil where nothing is asked.
	Dialog ui.Dialog
	// Trouble is nil where nothing went wrong.
	Trouble *ui.Trouble
	// Status is what was said last.
	Status string
	// Profile, Server and Badge are those of the header.
	Profile, Server, Badge string
	Places                 []Place
	// Everywhere are the keys that mean the same on every screen.
	Everywhere []key.Binding
	// Helping is true for the help about the keys.
	Helping bool
}

// Place is a screen that a key leads to from everywhere.
type Place struct{ Key, Name string }

// The optional powers of a screen that only this package asks for.
type (
	// filtered shows some of its rows, in an order that was chosen.
	filtered interface{ Shown() ui.Page }
	// selecting has a row that keys act on.
	selecting interface {
		ID() string
		Row() (ui.Row, bool)
		Select(id string) bool
	}
	// digitTaker has numbered choices: a number takes one.
	digitTaker interface{ TakesDigits() bool }
	filterer   interface {
		CanFilter() bool
		Filter(text string)
	}
	// stepped is a wizard: Enter goes on, and acts on no row.
	stepped interface {
		StepOf() (n, of int, name string)
	}
	sender   interface{ Sending() bool }
	occupied interface{ Occupied() string }
)

// page is what the screen states, as far as a filter lets it.
func (s Scene) page() ui.Page {
	if f, ok := s.Screen.(filtered); ok {
		return f.Shown()
	}
	return s.Screen.Page()
}

// selected is the row that keys act on.
func (s Scene) selected() ui.Row {
	l, ok := s.Screen.(selecting)
	if !ok {
		return ui.Row{}
	}
	row, _ := l.Row()
	return row
}

// Details are what the number of the selected row has read out.
func (s Scene) Details() []string {
	if d, ok := s.Screen.(digitTaker); ok && d.TakesDigits() {
		return nil
	}
	var t text
	for _, d := range s.selected().Detail {
		t.add(ui.Sentence(d))
	}
	return t.plain()
}

func (s Scene) wizard() bool { _, ok := s.Screen.(stepped); return ok }

// working reports whether something runs. A wizard that only holds opened keys is busy for
// the app, since Esc forgets them first, but nothing runs.
func (s Scene) working() bool {
	if w, ok := s.Screen.(sender); ok && w.Sending() {
		return true
	}
	if h, ok := s.Screen.(ui.Holder); ok && h.Hold() != "" {
		return true
	}
	if o, ok := s.Screen.(occupied); ok {
		return o.Occupied() != ""
	}
	w, ok := s.Screen.(ui.Worker)
	return ok && w.Busy()
}

// enter is the binding of the Enter key, if the screen has one.
func (s Scene) enter() (key.Binding, bool) {
	for _, group := range append([][]key.Binding{s.Screen.ShortHelp()}, s.Screen.FullHelp()...) {
		for _, b := range group {
			if b.Enabled() && key.Matches(named["enter"], b) {
				return b, true
			}
		}
	}
	return key.Binding{}, false
}
