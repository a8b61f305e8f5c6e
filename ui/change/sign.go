package change

import (
	"cmp"
	"context"
	"time"

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
	*ui.Wizard
	opt Options
	// loader does what can be stopped, sender what cannot.
	loader, sender *ui.Loader[event]
	held           *ui.Custody

	plan    *rotation.Edit
	planned time.Time
	planErr error
	said    string // what became of an earlier attempt
	tasks   []ui.Task
	began   time.Time // of the running task
	sending bool
	result  *rotation.EditResult
	failed  error
}

// event is what the loaders send.
type event any

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
	m := &Model{opt: opt, loader: ui.NewLoader[event](opt.Context, opt.Clock), sender: ui.NewLoader[event](opt.Context, opt.Clock)}
	m.held = ui.NewCustody(ui.CustodyOptions{Context: opt.Context, Styles: opt.Styles, Clock: opt.Clock, Keys: opt.Service, Needs: m.needs, Deed: "this"})
	title := "sign"
	if opt.Unsign {
		title = "unsign"
	}
	m.Wizard = ui.NewWizard(opt.Styles, title, m.steps()...)
	m.held.Serve(m.Wizard)
	return m
}

// stepPublish is the step at which it is carried out, and may have to be planned anew.
const stepPublish = "Publish"

func (m *Model) steps() []ui.Step {
	return []ui.Step{
		{Name: "Check", Page: m.checkPage, Leaving: harmless, Start: m.makePlan, Next: "next: passphrases", Blocked: m.noPlan,
			Acts: []ui.Act{{Key: ui.Bind("r", "check again", "r"), Do: m.makePlan}}},
		m.held.Step(m.leaving),
		{Name: "Review", Page: m.reviewPage, Leaving: m.leaving, Next: "confirm", Do: m.confirm, Blocked: m.busy},
		{Name: stepPublish, Page: m.publishPage, Leaving: m.leavingPublish, Start: m.publish, Held: m.mustFinish, Next: "plan anew", Do: m.again, Blocked: m.cannotRepeat},
		{Name: "Close", Page: m.closePage, Leaving: func() string { return "It is done and was read back. Leaving changes nothing." }, Next: "finish"},
	}
}

func harmless() string { return "Leaving now changes nothing." }

func (m *Model) leaving() string {
	if m.held.IsEmpty() {
		return harmless()
	}
	return "Leaving now forgets the opened keys and changes nothing."
}

func (m *Model) busy() string { return cmp.Or(m.loader.Busy(), m.held.Busy()) }

// needs are the keys that the plan takes.
func (m *Model) needs() []rotation.Need {
	if m.plan == nil {
		return nil
	}
	return m.plan.Need
}

// Busy reports whether something runs that can be stopped, or a key is open: then the
// first Esc or Ctrl-c forgets it, and only the next one leaves.
func (m *Model) Busy() bool { return !m.sending && (m.busy() != "" || !m.held.IsEmpty()) }

// Cancel stops what runs and wipes what was opened. A change that is being sent is past
// that.
func (m *Model) Cancel() {
	if m.sending {
		return
	}
	m.loader.Cancel()
	if m.held.IsEmpty() && m.At() == 0 {
		return
	}
	m.said = "Given up before anything was sent."
	m.startOver()
}

// startOver goes back to the plan, as if nothing had been asked yet.
func (m *Model) startOver() {
	m.held.GiveUp()
	m.tasks, m.result, m.failed = nil, nil, nil
	m.Return(0)
}

// Freshness is when the plan was made.
func (m *Model) Freshness() ui.Freshness {
	if m.plan == nil {
		return ui.Freshness{}
	}
	return ui.Freshness{Source: trustdata.SourceLive, At: m.planned}
}

// Status says what runs, and else what leaving now means.
func (m *Model) Status() string {
	return cmp.Or(m.loader.Waiting(), m.held.Waiting(), m.Wizard.Status())
}

// Update takes keys and what the loaders send.
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	if got, cmd, ok := m.loader.Take(msg); ok {
		return tea.Batch(m.take(got), cmd)
	}
	if got, cmd, ok := m.sender.Take(msg); ok {
		return tea.Batch(m.take(got), cmd)
	}
	if cmd, mine := m.held.Update(msg); mine {
		return cmd
	}
	return m.Wizard.Update(msg)
}

func (m *Model) take(got ui.Loaded[event]) tea.Cmd {
	if got.Err != nil && m.plan == nil {
		m.planErr, got.Err = got.Err, nil // its page says so
	}
	cmd := got.Each(m.handle)
	m.Refresh()
	return cmd
}

func (m *Model) handle(e event) tea.Cmd {
	switch e := e.(type) {
	case planMade:
		m.plan, m.planErr, m.planned = e.plan, nil, m.opt.Clock.Now()
	case stepBegan:
		m.begin(e.step)
	case ended:
		return m.end(e)
	}
	return nil
}

// ShortHelp are the keys of the footer: none that could not act.
func (m *Model) ShortHelp() []key.Binding {
	keys := m.Wizard.ShortHelp()
	switch {
	case m.sending:
		return nil
	case m.StepName() == stepPublish && m.cannotRepeat() != "":
		return keys[1:]
	case !m.held.IsEmpty():
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
