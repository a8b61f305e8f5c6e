package app

import (
	"context"
	"errors"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"

	"keyrite/trustdata"
	"keyrite/ui"
)

// Terminal is what the console is shown on, as cmd has found it.
type Terminal struct {
	In  io.Reader
	Out io.Writer
	// Env is all that the library may know of the environment.
	Env []string
	// Profile is decided by cmd: the library honours NO_COLOR only with some values.
	Profile colorprofile.Profile
}

// Look is found as this terminal can show it.
func (t Terminal) Look(found ui.Look) ui.Look {
	found.Complete = lipgloss.Complete(t.Profile)
	return found
}

// Clock is the console's clock on a real terminal.
func Clock(now func() time.Time) ui.Clock { return ui.Clock{Now: now, Tick: tea.Tick} }

// Run shows the console until it is left. Cancelling ctx, as a signal does, takes it down
// and gives the terminal back; that is no error here, for the caller knows why.
func Run(ctx context.Context, opt Options, t Terminal) error {
	within, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	m, a := guarded{Model: New(opt)}, &answers{clock: opt.Clock, end: end}
	a.ask()
	if look := opt.Styles.Look; !look.Fixed && !look.Mono && t.Profile > colorprofile.ASCII {
		m.first = tea.RequestBackgroundColor
		a.owed[ofBackground] = true
	}
	p := tea.NewProgram(m, tea.WithContext(within), tea.WithInput(t.In), tea.WithOutput(t.Out),
		tea.WithEnvironment(t.Env), tea.WithColorProfile(t.Profile), tea.WithoutSignalHandler(), tea.WithFilter(a.filter))
	a.send = p.Send
	stop := context.AfterFunc(ctx, trustdata.Guarded(func() {
		time.AfterFunc(2*moment, end) // whatever the event loop is doing
		p.Send(signalled{})
	}))
	defer stop()
	_, err := p.Run()
	if !errors.Is(err, tea.ErrProgramPanic) { // after one nothing is known of the screens
		m.end()
	}
	if ctx.Err() != nil && errors.Is(err, tea.ErrProgramKilled) {
		return ctx.Err()
	}
	return err
}

// end gives up what screens have under way, because the program is over without their
// having been left: a signal ended it, or a key that leaves them all. What was opened or half
// typed is wiped.
func (m *Model) end() {
	if m.ask != nil {
		if w, ok := m.ask.Dialog.(ui.Wiper); ok {
			w.Wipe()
		}
	}
	for _, s := range m.stack {
		if w, ok := s.(ui.Worker); ok && m.started[s] {
			w.Cancel()
		}
		if f, ok := s.(ui.Forgetter); ok {
			f.ForgetKeys()
		}
	}
}
