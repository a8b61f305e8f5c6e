package change

import (
	"cmp"
	"context"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// Setting is what every wizard of this package is given.
type Setting struct {
	Context context.Context
	Styles  *ui.Styles
	Clock   ui.Clock
	// Profile is the profile's word and name, for the dialog.
	Profile string
}

// Model is the wizard of a change: what it will do is found out and shown whole, every key is
// opened, and only then it is asked whether to send.
type Model struct {
	*ui.Work
	set  Setting
	deed deed

	plan   plan
	onward bool   // the plan that is being made is the one to go on with
	said   string // what became of an earlier attempt
	tasks  *ui.Tasks
	done   *done
	failed error
}

// What the work sends.
type (
	planMade  struct{ plan plan }
	stepBegan struct{ at, step string }
	ended     struct {
		done done
		err  error
	}
)

func newModel(set Setting, keys ui.KeyOpener, d deed) *Model {
	m := &Model{set: set, deed: d}
	m.Work = ui.NewWork(ui.CustodyOptions{Context: set.Context, Styles: set.Styles, Clock: set.Clock, Keys: keys, Needs: m.needs, Deed: "this"}, m.handle)
	m.Lead(d.words().title, m.steps()...)
	return m
}

// stepPublish is the step at which it is carried out, and may have to be planned anew.
const stepPublish = "Publish"

func (m *Model) steps() []ui.Step {
	check := ui.Step{Name: "Check", Page: m.checkPage, Leaving: harmless, Start: m.makePlan, Next: "next: passphrases", Blocked: m.noPlan,
		Acts: []ui.Act{{Key: ui.Bind("r", "check again", "r"), Do: m.makePlan}}}
	if c, ok := m.deed.(choosing); ok {
		check.Acts, check.Do = append(check.Acts, c.acts(m)...), func() tea.Cmd { return c.next(m) }
	}
	steps := []ui.Step{check}
	if m.deed.words().keyless {
		steps[0].Next = "next"
	} else {
		steps = append(steps, m.Held.Step(m.leaving))
	}
	if s, ok := m.deed.(stepping); ok {
		steps = append(steps, s.between(m)...)
	}
	return append(steps,
		ui.Step{Name: "Review", Page: m.reviewPage, Leaving: m.leaving, Next: "confirm", Do: m.confirm, Blocked: m.Occupied},
		ui.Step{Name: stepPublish, Page: m.publishPage, Leaving: m.leavingPublish, Start: m.publish, Held: m.mustFinish, Next: "plan anew", Do: m.again, Blocked: m.cannotRepeat},
		ui.Step{Name: "Close", Page: m.closePage, Leaving: func() string { return "It is done and was read back. Leaving changes nothing." }, Next: "finish"})
}

func harmless() string { return "Leaving now changes nothing." }

func (m *Model) leaving() string {
	if m.Held.IsEmpty() {
		return harmless()
	}
	return "Leaving now forgets the opened keys and changes nothing."
}

// needs are the keys that the plan takes.
func (m *Model) needs() []rotation.Need {
	if m.plan == nil {
		return nil
	}
	return m.plan.needs()
}

// Busy reports whether something runs that can be stopped, or a key is open: then the
// first Esc or Ctrl-c forgets it, and only the next one leaves.
func (m *Model) Busy() bool { return !m.Sending() && (m.Occupied() != "" || !m.Held.IsEmpty()) }

// Cancel stops what runs and wipes what was opened. A change that is being sent is past
// that.
func (m *Model) Cancel() {
	if m.Sending() {
		return
	}
	m.Stop()
	if m.Held.IsEmpty() && m.At() == 0 {
		return
	}
	m.said = "Given up before anything was sent."
	m.startOver()
}

// startOver goes back to the plan, as if nothing had been asked yet.
func (m *Model) startOver() {
	m.Held.GiveUp()
	m.tasks, m.done, m.failed = nil, nil, nil
	m.Return(0)
}

func (m *Model) makePlan() tea.Cmd {
	m.plan, m.onward = nil, false
	work := m.deed.planning()
	return m.Plan(m.deed.words().asks, func(ctx context.Context) (any, error) {
		p, err := work(ctx)
		return planMade{p}, err
	})
}

func (m *Model) handle(e any) tea.Cmd {
	switch e := e.(type) {
	case planMade:
		m.plan = e.plan
		m.Planned()
		if m.onward {
			return m.Advance()
		}
	case stepBegan:
		m.begin(e)
	case ended:
		return m.end(e)
	default:
		if s, ok := m.deed.(stepping); ok {
			s.taken(e)
		}
	}
	return nil
}

func (m *Model) noPlan() string {
	return cmp.Or(m.missing(), m.Occupied())
}

func (m *Model) missing() string {
	if m.plan == nil {
		return "There is no plan to go on with. r reads again."
	}
	return ""
}

// confirm asks whether to send.
func (m *Model) confirm() tea.Cmd {
	return m.Held.Confirm(func() ui.Question {
		q := m.plan.question()
		q.Profile = m.set.Profile
		return q
	}, m.Advance)
}

// ShortHelp are the keys of the footer: none that could not act.
func (m *Model) ShortHelp() []key.Binding {
	keys := m.Wizard.ShortHelp()
	switch {
	case m.Sending():
		return nil
	case m.StepName() == stepPublish && m.cannotRepeat() != "":
		return keys[1:]
	case !m.Held.IsEmpty():
		keys[len(keys)-1] = ui.Bind("Esc", "give up", "esc")
	}
	return keys
}

var (
	_ ui.Screen  = (*Model)(nil)
	_ ui.Worker  = (*Model)(nil)
	_ ui.Holder  = (*Model)(nil)
	_ ui.Sourced = (*Model)(nil)
)
