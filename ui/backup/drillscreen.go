package backup

import (
	"cmp"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/ui"
)

// drilling is a drill of a backup that was read to its end: what that found, and the keys,
// whose passphrases it asks for.
type drilling struct {
	*report
	trial *trial
	ask   key.Binding
}

func (m *Model) newDrill(e verified) *drilling {
	d := &drilling{report: newReport(m.opt.Styles, "drill", ui.Page{}, m.opt.Clock), ask: ui.Bind("p", "next passphrase", "p")}
	d.trial = newTrial(trialOptions{context: m.opt.Context, styles: m.opt.Styles, clock: m.opt.Clock, recorder: m.opt.Reader, what: "drill",
		changed: func() {
			p := m.verdict(e)
			stillLocked(p.Rows, e.result.Locked())
			d.Set(ui.NewListing(p))
		}}, e.result)
	d.trial.changed()
	return d
}

// Init asks for the first passphrase.
func (d *drilling) Init() tea.Cmd { return d.trial.ask() }

// Busy reports whether a key is being opened.
func (d *drilling) Busy() bool { return d.trial.busy() != "" }

// Cancel stops the opening, and forgets what was typed.
func (d *drilling) Cancel() { d.trial.stop() }

// Status says what is being waited for, or how far the drill is.
func (d *drilling) Status() string {
	if d.CapturesInput() {
		return d.List.Status()
	}
	return cmp.Or(d.trial.waiting(), d.leaving())
}

func (d *drilling) leaving() string {
	if n := d.trial.locked(); n > 0 {
		return count(d.trial.result) + " so far. Leaving now leaves " + trustdata.Plural(n, "key", "keys") + " proven, not drilled."
	}
	return count(d.trial.result) + ". Leaving changes nothing."
}

// Update takes keys and what the trial sends.
func (d *drilling) Update(msg tea.Msg) tea.Cmd {
	if cmd, mine := d.trial.update(msg); mine {
		return cmd
	}
	if k, ok := msg.(tea.KeyPressMsg); ok && !d.CapturesInput() && key.Matches(k, d.ask) {
		return d.next()
	}
	return d.report.Update(msg)
}

func (d *drilling) next() tea.Cmd {
	switch {
	case d.Busy():
		return ui.Say(d.trial.busy())
	case d.trial.locked() == 0:
		return ui.Say("There is no key left to open: " + count(d.trial.result) + ".")
	}
	return d.trial.again()
}

// ShortHelp are the keys of the footer.
func (d *drilling) ShortHelp() []key.Binding {
	return append([]key.Binding{d.ask}, d.report.ShortHelp()...)
}

// FullHelp are all keys of this screen.
func (d *drilling) FullHelp() [][]key.Binding { return [][]key.Binding{{d.ask}, d.Moves()} }

var (
	_ ui.Screen = (*drilling)(nil)
	_ ui.Worker = (*drilling)(nil)
)
