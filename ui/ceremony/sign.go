package ceremony

import (
	"cmp"
	"context"
	"path/filepath"
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/rotation/ceremony"
	"keyrite/ui"
)

// Sign is the wizard of the second part of a ceremony, on the machine that has the root key.
type Sign struct {
	*flow
	*ui.Gate
	service Signing
	bundle  *ceremony.Bundle
	makes   bool // a root key

	plan   *rotation.SigningPlan
	given  map[trustdata.GUN]string // the roots that somebody has named
	right  bool                     // the digits of the file were typed
	folder string
	out    Written
}

type (
	signingPlanned struct{ plan *rotation.SigningPlan }
	signedMsg      struct {
		out Written
		err error
	}
)

// The steps by their names.
const (
	stepReview = "Review"
	stepSign   = "Sign"
)

func newSign(opt Options, b *Brought) *Sign {
	first := b.Bundle.Repositories[0]
	m := &Sign{service: opt.Service.Signing(b.Bundle), bundle: b.Bundle, given: map[trustdata.GUN]string{},
		makes: first.Change == ceremony.NewKey && first.Role == trustdata.RoleRoot, folder: filepath.Dir(b.File)}
	m.flow = newFlow(opt, ui.CustodyOptions{Keys: m.service, Needs: m.needs, Which: m.which, Deed: "the signing"}, m.handle)
	m.Gate = ui.NewGate(m.Work, ui.GateOptions{Readers: opt.Readers, Deed: "signed", Whole: "ceremony", Prepare: m.preparing, BackUp: m.service.BackUp, Abandon: m.service.Abandon})
	m.Lead("sign at ceremony", m.stages()...)
	return m
}

func (m *Sign) stages() []ui.Step {
	steps := []ui.Step{
		{Name: stepCheck, Page: m.checkPage, Leaving: m.leaving, Start: m.makePlan, Next: "next", Do: m.confirmFile, Blocked: m.noPlan,
			Acts: []ui.Act{{Key: ui.Bind("d", "name a root", "d"), Do: m.askRoot, Blocked: m.allKnown}, {Key: ui.Bind("r", "check again", "r"), Do: m.makePlan}}},
		m.Held.Step(m.leaving)}
	if m.makes {
		steps = append(steps, m.Gate.Steps()...)
	}
	return append(steps,
		ui.Step{Name: stepReview, Page: m.reviewPage, Leaving: m.leaving, Next: "confirm", Do: m.confirm, Blocked: m.Occupied,
			Acts: []ui.Act{{Key: ui.Bind("f", "another folder", "f"), Do: m.ask, Blocked: m.Occupied}}},
		ui.Step{Name: stepSign, Page: m.signPage, Leaving: m.leavingSign, Start: m.sign, Held: m.mustFinish, Next: "go on", Do: m.again, Blocked: m.notStopped,
			Acts: []ui.Act{{Key: ui.Bind("f", "another folder", "f"), Do: m.ask, Blocked: m.notStopped}}},
		ui.Step{Name: stepClose, Page: m.closePage, Leaving: func() string {
			return "Unmount the stick, take it out. Leaving changes nothing."
		}, Next: "finish"})
}

// needs are the keys that the plan takes; a new one is needed until it is made.
func (m *Sign) needs() (out []rotation.Need) {
	if m.plan == nil || m.plan.Signed != nil {
		return nil
	}
	for _, n := range m.plan.Need {
		if !n.New || m.NewID == "" {
			out = append(out, n)
		}
	}
	return out
}

// which tells the root keys apart in the dialogs.
func (m *Sign) which(n rotation.Need) string {
	switch {
	case !m.makes:
		return ""
	case n.Staged != "":
		return "new"
	}
	return "old"
}

func (m *Sign) makePlan() tea.Cmd {
	m.plan = nil
	s, given := m.service, make(map[trustdata.GUN]string, len(m.given))
	for gun, sum := range m.given {
		given[gun] = sum
	}
	return m.Plan("verifying the file from what this machine knows", func(ctx context.Context) (any, error) {
		p, err := s.Plan(ctx, given)
		return signingPlanned{p}, err
	})
}

// planMade takes a plan, and what an earlier run has made of it.
func (m *Sign) planMade(p *rotation.SigningPlan) {
	m.plan = p
	m.Planned()
	if m.Begun = p.Begun(); !m.Begun {
		return
	}
	for _, n := range p.Need {
		if n.Staged != "" {
			m.NewID = n.KeyID
		}
	}
}

func (m *Sign) allKnown() string {
	switch {
	case m.plan == nil:
		return "There is no plan yet."
	case len(m.plan.Unknown) == 0:
		return "Every root in the file follows from one that is known here: none has to be named."
	}
	return m.Occupied()
}

func (m *Sign) noPlan() string {
	switch {
	case m.plan == nil:
		return "There is no plan to go on with. r checks again."
	case len(m.plan.Unknown) > 0:
		return "Nothing is known here of " + trustdata.Visible(string(m.plan.Unknown[0])) + ": d asks for digits of its root.json."
	}
	return m.Occupied()
}

// Busy reports whether something runs that can be stopped, or something is held that
// leaving must undo.
func (m *Sign) Busy() bool { return !m.Sending() && (m.Occupied() != "" || !m.IsEmpty()) }

// Cancel stops what runs, wipes what was opened and gives up the new key. What is being
// signed is past that.
func (m *Sign) Cancel() {
	if m.Sending() {
		return
	}
	m.Stop()
	if m.IsEmpty() && m.At() == 0 || m.out.Bundle != nil {
		return
	}
	said := m.GiveUp(m.opt.Context)
	m.afresh()
	m.said = said
	m.Return(0)
}

func (m *Sign) leaving() string {
	if m.plan != nil && m.plan.Signed != nil {
		return "Leaving now changes nothing: what was signed is kept here."
	}
	return m.Leaving()
}

// Finished reports whether the signed file is written.
func (m *Sign) Finished() bool { return m.out.File != "" }

// Freshness has nothing to say: no server was asked.
func (m *Sign) Freshness() ui.Freshness { return ui.Freshness{} }

// View draws the step. What must be seen whole waits for the room.
func (m *Sign) View(width, height int) string {
	return cmp.Or(m.Room(width, height), m.Wizard.View(width, height))
}

func (m *Sign) handle(e any) tea.Cmd {
	switch e := e.(type) {
	case signingPlanned:
		m.planMade(e.plan)
	case stepBegan:
		m.tasks.Begin(e.step, "under way")
	case signedMsg:
		return m.end(e)
	default:
		return m.Keep(e)
	}
	return nil
}

// ShortHelp are the keys of the footer: none that could not act.
func (m *Sign) ShortHelp() []key.Binding {
	keys := m.Wizard.ShortHelp()
	switch {
	case m.Sending():
		return nil
	case m.StepName() == stepCheck && m.allKnown() != "":
		keys = slices.Delete(keys, 1, 2)
	}
	switch {
	case m.Begun && !m.IsEmpty():
		keys[len(keys)-1] = ui.Bind("Esc", "forget the keys", "esc")
	case !m.IsEmpty():
		keys[len(keys)-1] = ui.Bind("Esc", "give up", "esc")
	}
	return keys
}

var (
	_ ui.Screen = (*Sign)(nil)
	_ ui.Worker = (*Sign)(nil)
	_ ui.Holder = (*Sign)(nil)
)
