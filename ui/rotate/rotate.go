package rotate

import (
	"cmp"
	"context"
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// Service is what the wizard needs of the layers below.
type Service interface {
	Plan(context.Context, rotation.Request) (*rotation.Plan, error)
	ui.KeyOpener
	Prepare(context.Context, *rotation.Plan, keyring.Passphrase) (*rotation.Prepared, error)
	// BackUp writes all keys, the prepared one too, into a folder, and reads that back.
	BackUp(ctx context.Context, prep *rotation.Prepared, folder string, recipients []string) (*backup.CreateResult, error)
	// Waive records that somebody did without that backup, and why.
	Waive(ctx context.Context, p *rotation.Plan, reason string) error
	// Publish always runs to its end: nothing that the person at the keyboard does
	// cancels its context.
	Publish(context.Context, *rotation.Prepared, rotation.Keys, rotation.Progress) (*rotation.Result, error)
	// Abandon is called while the console waits. It must be quick.
	Abandon(context.Context, *rotation.Prepared) error
}

// Options are what the screen is given.
type Options struct {
	Context context.Context
	Styles  *ui.Styles
	Clock   ui.Clock
	GUN     trustdata.GUN
	Dialect trustdata.Dialect
	// Role is the role to rotate; with "" the screen asks first.
	Role trustdata.Role
	To   rotation.Manager
	// SameKey renews the certificate of the root key.
	SameKey bool
	// Part, Threshold and Key are as a rotation.Request has them; Key may be the beginning of
	// the ID of a key on this machine.
	Part      rotation.Part
	Threshold int
	Key       trustdata.KeyID
	// Delegations are those of the repository, as far as they are known: their keys are
	// offered too.
	Delegations []trustdata.Role
	// Profile is the profile's word and name, for the danger dialog.
	Profile string
	Service Service
	// Elsewhere opens what there is for a root key on another machine, or says why there is
	// none. It may be nil.
	Elsewhere func() (ui.Screen, string)
	// Readers reads the recipients of a backup; nil knows no names.
	Readers ui.Readers
}

// asked is who tells what there is now.
func (o Options) asked() string {
	if o.Dialect == trustdata.DialectTUF {
		return "the folder"
	}
	return "the trust server"
}

// New makes the screen.
func New(opt Options) ui.Screen {
	if opt.Role == "" {
		return newKinds(opt.Styles, opt.Clock, ui.Name(string(opt.GUN), ""), kindsOf(opt), func(k kind) wizard {
			chosen := opt
			chosen.Role, chosen.To, chosen.SameKey = k.role, k.to, k.sameKey
			chosen.Part, chosen.Threshold, chosen.Key = k.part, k.threshold, trustdata.KeyID(k.key)
			return newModel(chosen)
		}, opt.Elsewhere)
	}
	return newModel(opt)
}

// Model is the wizard.
type Model struct {
	*ui.Work
	*ui.Gate
	opt Options

	plan   *rotation.Plan
	checks []rotation.Check
	said   string // what became of an earlier attempt
	tasks  *ui.Tasks
	result *rotation.Result
	failed error
	landed bool // the server has the change, whatever became of what follows
}

// What the work sends.
type (
	planMade struct {
		plan   *rotation.Plan
		checks []rotation.Check
	}
	stepBegan struct{ step string }
	ended     struct {
		result *rotation.Result
		err    error
	}
)

func newModel(opt Options) *Model {
	m := &Model{opt: opt}
	m.Work = ui.NewWork(ui.CustodyOptions{Context: opt.Context, Styles: opt.Styles, Clock: opt.Clock, Keys: opt.Service, Needs: m.needs, Which: m.which, Deed: deed}, m.handle)
	gate := ui.GateOptions{Readers: opt.Readers, Deed: "sent", Whole: "operation", Prepare: m.preparing}
	if opt.Service != nil {
		gate.BackUp, gate.Abandon = opt.Service.BackUp, opt.Service.Abandon
	}
	m.Gate = ui.NewGate(m.Work, gate)
	m.Lead("rotate "+opt.Role.Title(), m.steps()...)
	return m
}

// deed is what the passphrases are for.
const deed = "the rotation"

// The steps by their names. A root key has those of a ui.Gate too.
const (
	stepCheck   = "Check"
	stepReview  = "Review"
	stepPublish = "Publish"
	stepClose   = "Close"
)

func (m *Model) steps() []ui.Step {
	harmless := func() string { return "Leaving now changes nothing." }
	steps := []ui.Step{
		{Name: stepCheck, Page: m.checkPage, Leaving: harmless, Start: m.makePlan, Next: "next: passphrases", Blocked: m.noPlan,
			Acts: []ui.Act{{Key: ui.Bind("r", "check again", "r"), Do: m.makePlan}}},
		m.Held.Step(m.Leaving),
	}
	if m.opt.Role == trustdata.RoleRoot && !m.opt.SameKey {
		steps = append(steps, m.Gate.Steps()...)
	}
	return append(steps,
		ui.Step{Name: stepReview, Page: m.reviewPage, Leaving: m.Leaving, Next: "confirm", Do: m.confirm, Blocked: m.Occupied},
		ui.Step{Name: stepPublish, Page: m.publishPage, Leaving: m.leavingPublish, Start: m.publish, Held: m.mustFinish, Next: "plan anew", Do: m.again, Blocked: m.cannotRepeat},
		ui.Step{Name: stepClose, Page: m.closePage, Leaving: func() string { return "It is done and was read back. Leaving changes nothing." }, Next: "finish"})
}

// preparing is what makes the new key of the plan.
func (m *Model) preparing() func(context.Context, keyring.Passphrase) (*rotation.Prepared, error) {
	service, plan := m.opt.Service, m.plan
	return func(ctx context.Context, pass keyring.Passphrase) (*rotation.Prepared, error) {
		return service.Prepare(ctx, plan, pass)
	}
}

// Busy reports whether something runs that can be stopped, or something is held that
// leaving must undo: then the first Esc or Ctrl-c undoes, and only the next one leaves.
func (m *Model) Busy() bool {
	return !m.Sending() && (m.Occupied() != "" || !m.IsEmpty())
}

// Cancel stops what runs, wipes what was opened and gives up the new key. It does so
// before it returns, since the program may end right after it. A change that is being
// published is past that: it is not stopped.
func (m *Model) Cancel() {
	if m.Sending() {
		return
	}
	m.Stop()
	if m.IsEmpty() && m.At() == 0 {
		return
	}
	m.said = m.GiveUp(m.opt.Context)
	m.startOver()
}

// startOver goes back to the plan, as if nothing had been asked yet.
func (m *Model) startOver() {
	m.Reset()
	m.tasks, m.result, m.failed = nil, nil, nil
	m.Return(0)
}

// Finished reports whether the server has the change.
func (m *Model) Finished() bool { return m.landed }

// View draws the step. What must be seen whole waits for the room.
func (m *Model) View(width, height int) string {
	return cmp.Or(m.Room(width, height), m.Wizard.View(width, height))
}

func (m *Model) handle(e any) tea.Cmd {
	switch e := e.(type) {
	case planMade:
		m.plan, m.checks = e.plan, e.checks
		m.Planned()
	case stepBegan:
		m.tasks.Begin(e.step, m.sentence(e.step))
	case ended:
		return m.end(e)
	default:
		return m.Keep(e)
	}
	return nil
}

// needs are the keys that the plan takes; a new one is needed until it is made.
func (m *Model) needs() []rotation.Need {
	if m.plan == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(m.plan.Needs()), func(n rotation.Need) bool { return n.New && m.NewID != "" })
}

// which tells the old key of the role that is rotated from the new one.
func (m *Model) which(n rotation.Need) string {
	if n.Role == m.plan.Role {
		return "old"
	}
	return ""
}

func (m *Model) makePlan() tea.Cmd {
	m.plan = nil
	service, req := m.opt.Service, rotation.Request{GUN: m.opt.GUN, Role: m.opt.Role, To: m.opt.To, SameKey: m.opt.SameKey, Part: m.opt.Part, Threshold: m.opt.Threshold, Key: m.opt.Key}
	return m.Plan("asking "+m.opt.asked()+" for "+ui.Name(string(m.opt.GUN), ""), func(ctx context.Context) (any, error) {
		p, err := service.Plan(ctx, req)
		if err != nil {
			return nil, err
		}
		checks, err := lookAround(ctx, service, p)
		return planMade{p, checks}, err
	})
}

func (m *Model) noPlan() string {
	if m.plan == nil {
		return "There is no plan to go on with. r reads again."
	}
	return m.Occupied()
}

// ShortHelp are the keys of the footer: none that could not act.
func (m *Model) ShortHelp() []key.Binding {
	keys := m.Wizard.ShortHelp()
	switch {
	case m.Sending():
		return nil
	case m.StepName() == stepPublish && m.cannotRepeat() != "":
		return keys[1:]
	case !m.IsEmpty():
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
