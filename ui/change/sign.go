package change

import (
	"context"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// Service is what the screen needs of the layers below.
type Service interface {
	// Plan makes the plan for tags. For signing it asks the registry what each of them is.
	Plan(ctx context.Context, gun trustdata.GUN, tags []string) (*rotation.Edit, error)
	// Unlocked opens a key for which nobody has to be asked, and gives nil for any other.
	Unlocked(context.Context, trustdata.KeyID) (*keyring.PrivateKey, error)
	Open(context.Context, trustdata.KeyID, keyring.Passphrase) (*keyring.PrivateKey, error)
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

// keptFor is how long opened keys stay in memory.
const keptFor = 5 * time.Minute

// Model is the screen.
type Model struct {
	*ui.Wizard
	opt Options
	// loader does what can be stopped, sender what cannot.
	loader, sender *ui.Loader[event]
	doing          string // what the loader does
	held           *custody
	doneFor        *custody // what held was when the loader began
	expiry         int      // counts what was opened, so that an older timer does nothing
	until          time.Time

	plan    *rotation.Edit
	planned time.Time
	planErr error
	said    string // what became of an earlier attempt
	tries   map[trustdata.KeyID]int
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
	keyOpened struct{}
	mustAsk   struct{ need rotation.Need }
	wrongPass struct{ need rotation.Need }
	stepBegan struct{ step string }
	ended     struct {
		result *rotation.EditResult
		err    error
	}

	expiredMsg struct {
		model *Model
		nth   int
	}
)

// New makes the screen that signs tags of one repository, or takes their signatures away:
// what will be signed is asked from the registry and shown whole, every key is opened, and
// only then it is asked whether to send. Several tags are one upload.
func New(opt Options) *Model {
	m := &Model{opt: opt, loader: ui.NewLoader[event](opt.Context, opt.Clock), sender: ui.NewLoader[event](opt.Context, opt.Clock),
		held: newCustody(), tries: map[trustdata.KeyID]int{}}
	title := "sign"
	if opt.Unsign {
		title = "unsign"
	}
	m.Wizard = ui.NewWizard(opt.Styles, title, m.steps()...)
	return m
}

// The steps by their numbers.
const (
	atCheck = iota
	atPassphrases
	atReview
	atPublish
)

func (m *Model) steps() []ui.Step {
	return []ui.Step{
		{Name: "Check", Page: m.checkPage, Leaving: harmless, Start: m.makePlan, Next: "next: passphrases", Blocked: m.noPlan,
			Acts: []ui.Act{{Key: ui.Bind("r", "check again", "r"), Do: m.makePlan}}},
		{Name: "Passphrases", Page: m.passphrasePage, Leaving: m.leaving, Start: m.askNext, Next: "type the next one", Do: m.askNext},
		{Name: "Review", Page: m.reviewPage, Leaving: m.leaving, Next: "confirm", Do: m.confirm, Blocked: m.busy},
		{Name: "Publish", Page: m.publishPage, Leaving: m.leavingPublish, Start: m.publish, Held: m.mustFinish, Next: "plan anew", Do: m.again, Blocked: m.cannotRepeat},
		{Name: "Close", Page: m.closePage, Leaving: func() string { return "It is done and was read back. Leaving changes nothing." }, Next: "finish"},
	}
}

func harmless() string { return "Leaving now changes nothing." }

func (m *Model) leaving() string {
	if m.held.isEmpty() {
		return harmless()
	}
	return "Leaving now forgets the opened keys and changes nothing."
}

func (m *Model) busy() string {
	if _, on := m.loader.Running(); on {
		return "Something runs: " + m.doing + ". Esc stops it."
	}
	return ""
}

// Busy reports whether something runs that can be stopped, or a key is open: then the
// first Esc or Ctrl-c forgets it, and only the next one leaves.
func (m *Model) Busy() bool { return !m.sending && (m.busy() != "" || !m.held.isEmpty()) }

// Cancel stops what runs and wipes what was opened. A change that is being sent is past
// that.
func (m *Model) Cancel() {
	if m.sending {
		return
	}
	m.loader.Cancel()
	if m.held.isEmpty() && m.At() == atCheck {
		return
	}
	m.said = "Given up before anything was sent."
	m.startOver()
}

// startOver goes back to the plan, as if nothing had been asked yet.
func (m *Model) startOver() {
	m.held.end()
	m.held, m.tries = newCustody(), map[trustdata.KeyID]int{}
	m.tasks, m.result, m.failed = nil, nil, nil
	m.Return(atCheck)
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
	if took, on := m.loader.Running(); on && took >= ui.Patience {
		return ui.Waiting(m.doing, took)
	}
	return m.Wizard.Status()
}

// Update takes keys and what the loaders send.
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	if got, cmd, ok := m.loader.Take(msg); ok {
		if m.doneFor != m.held {
			return cmd // it belongs to what was given up
		}
		return tea.Batch(m.take(got), cmd)
	}
	if got, cmd, ok := m.sender.Take(msg); ok {
		return tea.Batch(m.take(got), cmd)
	}
	if msg, ok := msg.(expiredMsg); ok {
		return m.expire(msg)
	}
	return m.Wizard.Update(msg)
}

func (m *Model) take(got ui.Loaded[event]) tea.Cmd {
	var cmds []tea.Cmd
	for _, e := range got.Values {
		cmds = append(cmds, m.handle(e))
	}
	switch {
	case got.Err != nil && m.plan == nil:
		m.planErr = got.Err // its page says so
	case got.Err != nil:
		cmds = append(cmds, ui.Send(ui.ErrorMsg{Err: got.Err}))
	}
	m.Refresh()
	return tea.Batch(cmds...)
}

func (m *Model) handle(e event) tea.Cmd {
	switch e := e.(type) {
	case planMade:
		m.plan, m.planErr, m.planned = e.plan, nil, m.opt.Clock.Now()
	case mustAsk:
		return m.askPassphrase(e.need)
	case wrongPass:
		m.tries[e.need.KeyID]++
		return m.askPassphrase(e.need)
	case keyOpened:
		return tea.Batch(m.keepFor(), m.askNext())
	case stepBegan:
		m.begin(e.step)
	case ended:
		return m.end(e)
	}
	return nil
}

// run starts work that can be stopped.
func (m *Model) run(what string, work func(ctx context.Context) (event, error)) tea.Cmd {
	m.doing, m.doneFor = what, m.held
	return m.loader.Get(work)
}

// ShortHelp are the keys of the footer: none that could not act.
func (m *Model) ShortHelp() []key.Binding {
	keys := m.Wizard.ShortHelp()
	switch {
	case m.sending:
		return nil
	case m.At() == atPublish && m.cannotRepeat() != "":
		return keys[1:]
	case !m.held.isEmpty():
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
