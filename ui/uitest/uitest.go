// Package uitest drives the console without a terminal: keys go in, commands run in
// order to their end, and the frame is read as text. Nothing sleeps.
package uitest

import (
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"keyrite/ui"
)

// Driver runs a model and every command that it returns.
type Driver struct {
	tb    testing.TB
	m     tea.Model
	clock *Clock
	// Sent are the messages that commands gave, oldest first.
	Sent []tea.Msg
	// Quit is whether the model has asked to quit.
	Quit bool
	w, h int

	paused bool
	queued []tea.Cmd
	inbox  chan tea.Msg
}

// Pause keeps commands from running, as if servers and disk took their time.
func (d *Driver) Pause() *Driver {
	d.paused = true
	return d
}

// Resume runs what was kept, oldest first.
func (d *Driver) Resume() *Driver {
	d.paused = false
	queued := d.queued
	d.queued = nil
	for _, cmd := range queued {
		d.run(cmd)
	}
	return d
}

// New starts a model in a window of this size.
func New(tb testing.TB, m tea.Model, clock *Clock, w, h int) *Driver {
	d := &Driver{tb: tb, m: m, clock: clock}
	d.Resize(w, h)
	d.run(m.Init())
	return d
}

// Resize changes the window.
func (d *Driver) Resize(w, h int) *Driver {
	d.w, d.h = w, h
	return d.Send(tea.WindowSizeMsg{Width: w, Height: h})
}

// Send gives the model a message and runs what follows.
func (d *Driver) Send(msg tea.Msg) *Driver {
	var cmd tea.Cmd
	d.m, cmd = d.m.Update(msg)
	return d.run(cmd)
}

var named = map[string]tea.KeyPressMsg{
	"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "tab": {Code: tea.KeyTab},
	"up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown}, "left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight},
	"home": {Code: tea.KeyHome}, "end": {Code: tea.KeyEnd}, "pgup": {Code: tea.KeyPgUp}, "pgdown": {Code: tea.KeyPgDown},
	"backspace": {Code: tea.KeyBackspace}, "delete": {Code: tea.KeyDelete}, "space": {Code: tea.KeySpace, Text: " "},
}

// Key is the message of a key by the name that bindings use.
func Key(name string) tea.KeyPressMsg {
	if k, ok := named[name]; ok {
		return k
	}
	if rest, ok := strings.CutPrefix(name, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: []rune(rest)[0], Mod: tea.ModCtrl}
	}
	r := []rune(name)[0]
	k := tea.KeyPressMsg{Text: name, Code: unicode.ToLower(r)}
	if unicode.IsUpper(r) {
		k.Mod, k.ShiftedCode = tea.ModShift, r
	}
	return k
}

// Press sends keys as a person does, one after the other.
func (d *Driver) Press(keys ...string) *Driver {
	d.tb.Helper()
	for _, name := range keys {
		k := Key(name)
		if k.String() != name {
			d.tb.Fatalf("uitest: key %q would arrive as %q", name, k.String())
		}
		d.Advance(100 * time.Millisecond)
		d.Send(k)
	}
	return d
}

// Type sends every letter of a text.
func (d *Driver) Type(text string) *Driver {
	for _, r := range text {
		name := string(r)
		if r == ' ' {
			name = "space"
		}
		d.Press(name)
	}
	return d
}

// Paste sends a bracketed paste.
func (d *Driver) Paste(s string) *Driver { return d.Send(tea.PasteMsg{Content: s}) }

// Advance moves the clock; what is due happens in its order.
func (d *Driver) Advance(by time.Duration) *Driver {
	d.clock.advance(by, func(msg tea.Msg) { d.Send(msg) })
	return d
}

func (d *Driver) run(cmd tea.Cmd) *Driver {
	if cmd == nil {
		return d
	}
	if d.paused {
		d.queued = append(d.queued, cmd)
		return d
	}
	if d.inbox != nil {
		d.beside(cmd)
		return d
	}
	return d.deliver(cmd())
}

// deliver gives the model what a command has sent.
func (d *Driver) deliver(msg tea.Msg) *Driver {
	v := reflect.ValueOf(msg)
	switch {
	case msg == nil:
		return d
	case v.Kind() == reflect.Slice && v.Type().Elem() == reflect.TypeFor[tea.Cmd]():
		for i := range v.Len() { // a batch, and the sequence's unexported message
			d.run(v.Index(i).Interface().(tea.Cmd))
		}
		return d
	}
	d.Sent = append(d.Sent, msg)
	if _, quit := msg.(tea.QuitMsg); quit {
		d.Quit = true
		return d
	}
	return d.Send(msg)
}

// Text is the frame as a person reads it: no styles, no blanks at the ends of lines.
func (d *Driver) Text() string {
	lines := strings.Split(ansi.Strip(d.m.View().Content), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

// Frame is the frame as it is sent.
func (d *Driver) Frame() string { return d.m.View().Content }

// Watch looks at every state of a console that a test asserts something of. It is set before
// any test runs, or not at all.
var Watch = func(testing.TB, tea.Model) {}

// Has fails unless every text stands in the frame.
func (d *Driver) Has(texts ...string) *Driver {
	d.tb.Helper()
	Watch(d.tb, d.m)
	for _, t := range texts {
		if got := d.Text(); !strings.Contains(got, t) {
			d.tb.Errorf("the frame lacks %q:\n%s", t, got)
		}
	}
	return d
}

// Lacks fails if any text stands in the frame.
func (d *Driver) Lacks(texts ...string) *Driver {
	d.tb.Helper()
	for _, t := range texts {
		if got := d.Text(); strings.Contains(got, t) {
			d.tb.Errorf("the frame has %q:\n%s", t, got)
		}
	}
	return d
}

// Fits fails unless the frame has exactly the window's lines, none wider, and no byte
// that a terminal would act on other than styles.
func (d *Driver) Fits() *Driver {
	d.tb.Helper()
	lines := strings.Split(d.Frame(), "\n")
	if len(lines) != d.h {
		d.tb.Errorf("%dx%d: the frame has %d lines:\n%s", d.w, d.h, len(lines), d.Text())
	}
	for i, l := range lines {
		if w := ansi.StringWidth(l); w > d.w {
			d.tb.Errorf("%dx%d: line %d is %d wide: %q", d.w, d.h, i+1, w, l)
		}
		for _, r := range ansi.Strip(l) {
			if r < ' ' || r >= 0x7f && r < 0xa0 || unicode.Is(unicode.Cf, r) {
				d.tb.Errorf("%dx%d: line %d holds %U: %q", d.w, d.h, i+1, r, l)
			}
		}
	}
	return d
}

// Styles are those of most tests.
func Styles() *ui.Styles { return ui.NewStyles(ui.Look{}) }

// Golden compares the frame with the file testdata/<test's name>.golden.
func (d *Driver) Golden() *Driver {
	d.tb.Helper()
	Watch(d.tb, d.m)
	golden.RequireEqual(d.tb, d.Text())
	return d
}
