package app

import (
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"keyrite/trustdata"
	"keyrite/ui"
)

const (
	// answering is how long after a question its answer is still to be expected.
	answering = 2 * time.Second
	// moment is how long the end waits for such an answer.
	moment = 250 * time.Millisecond
)

// answers holds the program's end back, while the terminal still owes it an answer, until that
// has come or a moment is over: what comes after the end is text in the shell. It works in
// the event loop alone.
type answers struct {
	send  func(tea.Msg)
	end   func() // ends the program as a signal does
	clock ui.Clock

	owed  map[any]bool
	asked time.Time
	held  tea.Msg // what waits, nil for nothing
}

// signalled is the end that a signal wants, and waited that a moment is over.
type (
	signalled struct{}
	waited    struct{}
)

// The answers that have no mode's number.
const (
	ofKeyboard   = "keyboard"
	ofBackground = "background"
)

// ask notes what the library asks when it takes the terminal.
func (a *answers) ask() {
	a.asked = a.clock.Now()
	a.owed = map[any]bool{ansi.ModeSynchronizedOutput: true, ansi.ModeUnicodeCore: true, ofKeyboard: true}
}

// filter sees each message before the model does.
func (a *answers) filter(_ tea.Model, msg tea.Msg) tea.Msg {
	switch m := msg.(type) {
	case tea.QuitMsg, tea.SuspendMsg, signalled:
		return a.hold(m)
	case tea.ResumeMsg:
		a.ask()
		return m
	case tea.ModeReportMsg:
		delete(a.owed, m.Mode)
	case tea.KeyboardEnhancementsMsg:
		delete(a.owed, ofKeyboard)
	case tea.BackgroundColorMsg:
		delete(a.owed, ofBackground)
	case tea.CursorPositionMsg, waited: // the last question's answer: no other is to come
		clear(a.owed)
		msg = nil
	default:
		if a.held != nil {
			return nil // it has ended for whoever types
		}
		return m
	}
	if a.held != nil && len(a.owed) == 0 {
		a.later(a.held)
		a.held = nil
	}
	return msg
}

// hold lets an end pass where nothing is owed. Else it asks where the cursor is, which every
// terminal tells, and after everything that it was asked before.
func (a *answers) hold(end tea.Msg) tea.Msg {
	if len(a.owed) == 0 || a.clock.Now().Sub(a.asked) > answering {
		if end == (signalled{}) {
			a.end()
			return nil
		}
		return end
	}
	if a.held == nil {
		a.later(tea.RequestCursorPosition())
		time.AfterFunc(moment, trustdata.Guarded(func() { a.send(waited{}) }))
	}
	a.held = end
	return nil
}

// later sends a message from outside the event loop, which is where it is received.
func (a *answers) later(msg tea.Msg) { go trustdata.Guarded(func() { a.send(msg) })() }
