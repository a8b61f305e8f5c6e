package rotate

import (
	"cmp"
	"context"
	"slices"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// Operation is what the wizard of several repositories needs of the layers below: one value
// is one operation, from its plan to its end.
type Operation interface {
	ui.KeyOpener
	// Plan plans it or, once it has begun, what is still to do of it.
	Plan(context.Context) (*rotation.Batch, error)
	// Prepare begins it and makes its new keys. One that has begun takes those from keys.
	Prepare(context.Context, *rotation.Batch, rotation.Keys, keyring.Passphrase) (*rotation.Prepared, error)
	// BackUp writes all keys, the new ones too, into a folder, and reads that back. prep is
	// nil where an earlier run has made them.
	BackUp(ctx context.Context, prep *rotation.Prepared, folder string, recipients []string) (*backup.CreateResult, error)
	// Record notes the backup that was made, or why there is none.
	Record(ctx context.Context, prep *rotation.Prepared, made *backup.CreateResult, waived string) error
	// Again sends what was sent and is not settled once more.
	Again(ctx context.Context, told func(trustdata.GUN, string)) error
	// Publish carries it out. After ctx has ended it finishes what is under way and begins
	// nothing more.
	Publish(ctx context.Context, prep *rotation.Prepared, keys rotation.Keys, told func(trustdata.GUN, string)) ([]rotation.Outcome, error)
	// Abandon undoes what was prepared; one that had begun before waits again. It is called
	// while the console waits, and must be quick.
	Abandon(context.Context, *rotation.Prepared) error
	// Standing is the operation as its journal has it now, nil before it has begun, with the
	// SHA-256 that vouches for the record of it.
	Standing(context.Context) (op *rotation.Operation, sum string, err error)
}

// SeveralOptions are what the wizard of several repositories is given.
type SeveralOptions struct {
	Context context.Context
	Styles  *ui.Styles
	Clock   ui.Clock
	Role    trustdata.Role
	// SameKey renews the certificates of the root key.
	SameKey bool
	// GUNs are the repositories as far as they are known before the plan.
	GUNs []trustdata.GUN
	// Begun is the operation that it goes on with, nil for a new one.
	Begun     *rotation.Operation
	Operation Operation
	// Profile is the profile's word and name, for the danger dialog.
	Profile string
	// Elsewhere is as in Options.
	Elsewhere func() (ui.Screen, string)
	// Readers reads the recipients of a backup; nil knows no names.
	Readers ui.Readers
}

// Several is the wizard that rotates a role of several repositories in one operation, and
// the one that goes on with an operation.
type Several struct {
	*ui.Work
	*ui.Gate
	*ui.Sweep
	opt SeveralOptions

	batch  *rotation.Batch
	checks []rotation.Check
	// detailed shows the checks that are fine too.
	detailed bool
	said     string
	// out are the repositories that were taken out by hand, before the start or after a
	// failure.
	out map[trustdata.GUN]bool

	parts          []part
	op             *rotation.Operation
	sum            string // of its record
	failed         error
	started, ended time.Time
}

// NewOperation makes the screen.
func NewOperation(opt SeveralOptions) *Several {
	m, o := &Several{opt: opt, op: opt.Begun, out: map[trustdata.GUN]bool{}}, opt.Operation
	m.Work = ui.NewWork(ui.CustodyOptions{Context: opt.Context, Styles: opt.Styles, Clock: opt.Clock, Keys: o, Needs: m.needs, Which: m.which, Deed: deed, Done: func() tea.Cmd { return m.Opened() }}, m.handle)
	m.Sweep = ui.NewSweep(m.Work, stepPublish, m.publish)
	m.Gate = ui.NewGate(m.Work, ui.GateOptions{Readers: opt.Readers, Deed: "sent", Whole: "operation", Prepare: m.preparing, BackUp: o.BackUp, Abandon: o.Abandon, Reopen: o.Open})
	if op := opt.Begun; op != nil {
		m.Begun, m.started = true, op.Started
		if len(op.Keys) > 0 && m.newRoot() {
			m.NewID = op.Keys[0].KeyID
		}
	}
	m.Lead("rotate "+opt.Role.Title(), m.steps()...)
	return m
}

func (m *Several) steps() []ui.Step {
	steps := []ui.Step{
		{Name: stepCheck, Page: m.checkPage, Leaving: m.Leaving, Start: m.makePlan, Next: "next: passphrases", Blocked: m.noPlan,
			Acts: []ui.Act{{Key: ui.Bind("r", "check", "r"), Do: m.makePlan}, {Key: ui.Bind("x", "in or out", "x"), Do: m.choose, Blocked: m.noPlan}, {Key: ui.Bind("d", "details", "d"), Do: m.detail, Blocked: m.noPlan}}},
		m.Held.Step(m.Leaving),
	}
	if m.newRoot() {
		root := m.Gate.Steps()
		if m.secured() {
			root = root[:1]
			root[0].Next = "next: review"
		}
		if m.Begun {
			root[0].Acts = nil
		}
		steps = append(steps, root...)
	}
	return append(steps,
		ui.Step{Name: stepReview, Page: m.reviewPage, Leaving: m.Leaving, Next: "confirm", Do: m.confirm, Blocked: m.Occupied},
		ui.Step{Name: stepPublish, Page: m.publishPage, Leaving: m.LeavingRun, Start: m.publish, Held: m.MustFinish, Next: "choose", Do: m.hint,
			Acts: []ui.Act{{Key: ui.Bind("T", "try again", "T"), Do: m.tryAgain, Blocked: m.NotStopped},
				{Key: ui.Bind("K", "go on without it", "K"), Do: m.skip, Blocked: m.NotStopped}, {Key: ui.Bind("P", "pause", "P"), Do: m.Pause, Blocked: m.NotStopped}}},
		ui.Step{Name: stepClose, Page: m.closePage, Leaving: m.leavingClose, Next: "finish"})
}

// newRoot reports whether the operation makes a root key.
func (m *Several) newRoot() bool { return m.opt.Role == trustdata.RoleRoot && !m.opt.SameKey }

// secured reports whether an operation that has begun was backed up, or is done without.
func (m *Several) secured() bool {
	op := m.opt.Begun
	return op != nil && (len(op.Backups) > 0 || slices.ContainsFunc(op.Waived, isBackupWaiver))
}

// Busy reports whether something can be stopped or given up by Esc.
func (m *Several) Busy() bool {
	return !m.Sending() && !m.Current() && (m.Occupied() != "" || !m.IsEmpty())
}

// Cancel gives up what was made, and forgets what is open. What is being sent is finished,
// and nothing more is begun.
func (m *Several) Cancel() {
	if m.Release() {
		return
	}
	m.Stop()
	if m.IsEmpty() && m.At() == 0 {
		return
	}
	m.said = m.GiveUp(m.opt.Context)
	m.Return(0)
}

// Finished reports whether nothing of the operation is left to do.
func (m *Several) Finished() bool { return m.op != nil && m.op.Closed }

// View draws the step. What must be seen whole waits for the room.
func (m *Several) View(width, height int) string {
	return cmp.Or(m.Room(width, height), m.Wizard.View(width, height))
}

func (m *Several) handle(e any) tea.Cmd {
	switch e := e.(type) {
	case batchMade:
		m.batch, m.checks = e.batch, e.checks
		m.Planned()
		if m.Current() {
			return m.GoOn()
		}
	case partStep:
		m.step(e)
	case runEnded:
		return m.end(e)
	default:
		return m.Keep(e)
	}
	return nil
}

// ShortHelp are the keys of the footer: none that could not act.
func (m *Several) ShortHelp() []key.Binding {
	keys := m.Wizard.ShortHelp()
	leave := len(keys) - 1
	switch {
	case m.Sending():
		return []key.Binding{ui.Bind("Esc", "stop after the ones under way", "esc")}
	case m.Current():
		return keys[1:]
	case m.Begun && !m.IsEmpty():
		keys[leave] = ui.Bind("Esc", "forget the keys", "esc")
	case !m.IsEmpty():
		keys[leave] = ui.Bind("Esc", "give up", "esc")
	}
	return keys
}

var (
	_ ui.Screen  = (*Several)(nil)
	_ ui.Worker  = (*Several)(nil)
	_ ui.Holder  = (*Several)(nil)
	_ ui.Sourced = (*Several)(nil)
)
