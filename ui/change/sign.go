package change

import (
	"context"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// Service is what the screen needs of the layers below.
type Service interface {
	// Plan makes the plan for tags. For signing it asks the registry what each of them is.
	Plan(ctx context.Context, gun trustdata.GUN, tags []string) (*rotation.Edit, error)
	ui.KeyOpener
	// Apply always runs to its end: nothing that the person at the keyboard does cancels
	// its context.
	Apply(context.Context, *rotation.Edit, rotation.Keys, rotation.Progress) (*rotation.EditResult, error)
}

// Options are what the screen is given.
type Options struct {
	Context context.Context
	Styles  *ui.Styles
	Clock   ui.Clock
	GUN     trustdata.GUN
	Tags    []string
	// Hidden are those of Tags that a filter kept out of sight when they were chosen.
	Hidden []string
	// Unsign takes signatures away.
	Unsign bool
	// Profile is the profile's word and name, for the dialog.
	Profile string
	Service Service
}

// Model is the screen.
type Model struct {
	*ui.Work
	opt Options

	plan   *rotation.Edit
	said   string // what became of an earlier attempt
	tasks  *ui.Tasks
	result *rotation.EditResult
	failed error
}

// What the work sends.
type (
	planMade  struct{ plan *rotation.Edit }
	stepBegan struct{ step string }
	ended     struct {
		result *rotation.EditResult
		err    error
	}
)

// New makes the screen that signs tags of one repository, or takes their signatures away:
// what will be signed is asked from the registry and shown whole, every key is opened, and
// only then it is asked whether to send. Several tags are one upload.
func New(opt Options) *Model {
	m := &Model{opt: opt}
	m.Work = ui.NewWork(ui.CustodyOptions{Context: opt.Context, Styles: opt.Styles, Clock: opt.Clock, Keys: opt.Service, Needs: m.needs, Deed: "this"}, m.handle)
	title := "sign"
	if opt.Unsign {
		title = "unsign"
	}
	m.Lead(title, m.steps()...)
	return m
}

// stepPublish is the step at which it is carried out, and may have to be planned anew.
const stepPublish = "Publish"

func (m *Model) steps() []ui.Step {
	return []ui.Step{
		{Name: "Check", Page: m.checkPage, Leaving: harmless, Start: m.makePlan, Next: "next: passphrases", Blocked: m.noPlan,
			Acts: []ui.Act{{Key: ui.Bind("r", "check again", "r"), Do: m.makePlan}}},
		m.Held.Step(m.leaving),
		{Name: "Review", Page: m.reviewPage, Leaving: m.leaving, Next: "confirm", Do: m.confirm, Blocked: m.Occupied},
		{Name: stepPublish, Page: m.publishPage, Leaving: m.leavingPublish, Start: m.publish, Held: m.mustFinish, Next: "plan anew", Do: m.again, Blocked: m.cannotRepeat},
		{Name: "Close", Page: m.closePage, Leaving: func() string { return "It is done and was read back. Leaving changes nothing." }, Next: "finish"},
	}
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
	return m.plan.Need
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
	m.tasks, m.result, m.failed = nil, nil, nil
	m.Return(0)
}

func (m *Model) handle(e any) tea.Cmd {
	switch e := e.(type) {
	case planMade:
		m.plan = e.plan
		m.Planned()
	case stepBegan:
		m.tasks.Begin(e.step, StepSentence(e.step))
	case ended:
		return m.end(e)
	}
	return nil
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
