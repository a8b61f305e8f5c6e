package uitest

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"keyrite/ui"
)

// Asked is a dialog by itself, for the tests of dialogs.
type Asked struct {
	tb    testing.TB
	d     ui.Dialog
	clock *Clock
	// Result is what the dialog ended with, nil while it is open.
	Result any
}

// Ask opens a dialog.
func Ask(tb testing.TB, make func(ui.Clock, *ui.Styles) ui.Dialog) *Asked {
	c := NewClock()
	return &Asked{tb: tb, d: make(c.UI(), Styles()), clock: c}
}

// Wait moves the clock; what is due reaches the dialog.
func (a *Asked) Wait(d time.Duration) *Asked {
	a.clock.advance(d, func(msg tea.Msg) { a.Send(msg) })
	return a
}

// Press sends keys, one every 100 ms, until the dialog has ended.
func (a *Asked) Press(keys ...string) *Asked {
	for _, k := range keys {
		a.Wait(100 * time.Millisecond)
		a.Send(Key(k))
	}
	return a
}

// Type sends every letter of a text.
func (a *Asked) Type(text string) *Asked {
	for _, r := range text {
		if r == ' ' {
			a.Press("space")
			continue
		}
		a.Press(string(r))
	}
	return a
}

// Send gives the dialog a message.
func (a *Asked) Send(msg tea.Msg) *Asked {
	if a.Result != nil {
		return a
	}
	result, cmd := a.d.Update(msg)
	a.Result = result
	if cmd != nil {
		cmd() // dialogs' commands only set alarms
	}
	return a
}

// Paste sends a bracketed paste.
func (a *Asked) Paste(s string) *Asked { return a.Send(tea.PasteMsg{Content: s}) }

// Text is the dialog as a person reads it, with its sentence for the status line.
func (a *Asked) Text(w, h int) string {
	text := a.d.View(w, h)
	if s, ok := a.d.(ui.Statuser); ok {
		text += "\n\n" + s.Status()
	}
	lines := strings.Split(ansi.Strip(text), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n") + "\n"
}
