package ceremony

import (
	"context"
	"errors"
	"slices"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/rotation/ceremony"
	"keyrite/ui"
)

// Publish is the wizard of the last part of a ceremony, on the machine that prepared it.
type Publish struct {
	*flow
	*ui.Sweep
	service Publishing
	bundle  *ceremony.Bundle
	plan    *rotation.PublishingPlan
	rows    []row
	op      *rotation.Operation
	sum     string // of its record
	out     []rotation.Outcome
	started time.Time
	until   time.Time
}

type (
	publishingPlanned struct{ plan *rotation.PublishingPlan }
	rowStep           struct {
		gun  trustdata.GUN
		step string
	}
	publishEnded struct {
		out []rotation.Outcome
		op  *rotation.Operation
		sum string
		err error
	}
)

const stepPublish = "Publish"

func newPublish(opt Options, b *Brought) *Publish {
	m := &Publish{service: opt.Service.Publishing(b.Bundle), bundle: b.Bundle}
	m.flow = newFlow(opt, ui.CustodyOptions{Keys: m.service, Needs: m.needs, Which: m.which, Deed: "the publishing", Done: func() tea.Cmd { return m.Opened() }}, m.handle)
	m.Sweep = ui.NewSweep(m.Work, stepPublish, m.publish)
	m.Lead("publish ceremony", m.stages()...)
	return m
}

func (m *Publish) stages() []ui.Step {
	return []ui.Step{
		{Name: stepCheck, Page: m.checkPage, Leaving: m.leaving, Start: m.makePlan, Next: "next", Blocked: m.noPlan,
			Acts: []ui.Act{{Key: ui.Bind("r", "check again", "r"), Do: m.makePlan}}},
		m.Held.Step(m.leaving),
		{Name: stepReview, Page: m.reviewPage, Leaving: m.leaving, Next: "confirm", Do: m.confirm, Blocked: m.Occupied},
		{Name: stepPublish, Page: m.publishPage, Leaving: m.leavingPublish, Start: m.publish, Held: m.MustFinish, Next: "choose", Do: m.hint,
			Acts: []ui.Act{{Key: ui.Bind("T", "try again", "T"), Do: m.tryAgain, Blocked: m.NotStopped}, {Key: ui.Bind("P", "pause", "P"), Do: m.Pause, Blocked: m.NotStopped}}},
		{Name: stepClose, Page: m.closePage, Leaving: m.leavingClose, Next: "finish"},
	}
}

func (m *Publish) needs() []rotation.Need {
	if m.plan == nil {
		return nil
	}
	return m.plan.Need
}

// which tells the new key of a role, which waits in pending/, from the others.
func (m *Publish) which(n rotation.Need) string {
	if n.Staged != "" {
		return "new"
	}
	return ""
}

func (m *Publish) makePlan() tea.Cmd {
	m.plan = nil
	s := m.service
	return m.Plan("holding the file against what was prepared, and the trust server against both", func(ctx context.Context) (any, error) {
		p, err := s.Plan(ctx)
		return publishingPlanned{p}, err
	})
}

func (m *Publish) noPlan() string {
	switch {
	case m.plan == nil:
		return "There is no plan to go on with. r checks again."
	case m.size() == 0:
		return "No repository can be published now: the page says why. r checks again."
	}
	return m.Occupied()
}

// size is the number of repositories to which something is sent.
func (m *Publish) size() int {
	if m.plan == nil {
		return 0
	}
	return len(m.plan.GUNs()) + len(m.plan.Again)
}

// guns are these.
func (m *Publish) guns() []trustdata.GUN { return append(m.plan.GUNs(), m.plan.Again...) }

func (m *Publish) leaving() string {
	if !m.Held.IsEmpty() {
		return "Leaving now forgets the opened keys and changes nothing. The stick may be taken out."
	}
	return "Leaving now changes nothing. The stick may be taken out."
}

// confirm has level 4: digits of the signed file, which only the paper has here.
func (m *Publish) confirm() tea.Cmd { return m.Held.Confirm(m.question, m.Advance) }

func (m *Publish) question() ui.Question {
	return ui.Question{Headline: m.headline(), Thing: trustdata.Visible(m.bundle.Kind) + " of " + name(m.guns()), Profile: m.opt.Profile, Keep: "Cancel",
		Act: "Publish to " + trustdata.Plural(m.size(), "repository", "repositories"), Type: m.bundle.SHA256[:ui.SpokenDigits], Hidden: true,
		Facts:  []ui.Fact{{Label: "Signed", Value: when(m.bundle.Signed.Head)}, {Label: "Will not follow", Value: m.behind()}},
		Prompt: "Type the first eight digits of the signed file's SHA-256, as the offline machine showed them. They are hidden here: take them from the paper."}
}

// publish sends every repository of the plan. What an earlier run has sent comes first.
func (m *Publish) publish() tea.Cmd {
	m.Begins()
	m.failed = nil
	if m.started.IsZero() {
		m.started = m.opt.Clock.Now()
	}
	m.armRows()
	keys, give := m.Held.Take(), m.Held.Giving()
	s, plan := m.service, m.plan
	return m.CarryOut(func(ctx context.Context, emit func(any)) any {
		out, err := s.Publish(ctx, plan, keys.Signing(), func(gun trustdata.GUN, step string) { emit(rowStep{gun, step}) })
		give(keys)
		op, sum, reading := s.Standing(context.WithoutCancel(ctx))
		return publishEnded{out, op, sum, errors.Join(err, reading)}
	})
}

// end takes what came of a run.
func (m *Publish) end(e publishEnded) tea.Cmd {
	m.failed, m.until = e.err, m.opt.Clock.Now()
	if e.op != nil {
		m.op, m.sum = e.op, e.sum
	}
	m.out = append(m.out, e.out...)
	m.judge(e.out)
	done := ui.Send(ui.DoneMsg{Action: "published what was signed at a ceremony for " + name(m.bundle.GUNs())})
	if m.failed == nil && !slices.ContainsFunc(m.rows, func(r row) bool { return !r.settled }) {
		m.Held.Forget()
		return tea.Batch(m.Advance(), done)
	}
	return tea.Batch(m.Held.Keep(), done)
}

// tryAgain plans what is left, asks for what it takes, and goes on.
func (m *Publish) tryAgain() tea.Cmd {
	s := m.service
	return m.Run("asking the servers what is left to do", func(ctx context.Context) (any, error) {
		p, err := s.Plan(ctx)
		return publishingPlanned{p}, err
	})
}

func (m *Publish) planMade(p *rotation.PublishingPlan) tea.Cmd {
	m.plan = p
	m.Planned()
	if !m.Current() {
		return nil
	}
	if m.size() == 0 {
		m.leftOut()
		return ui.Say("Nothing can be sent now: the rows say why.")
	}
	return m.GoOn()
}

func (m *Publish) hint() tea.Cmd {
	if why := m.NotStopped(); why != "" {
		return ui.Say(why)
	}
	return ui.Say("T tries again, P pauses.")
}

// Busy reports whether something can be stopped or forgotten by Esc.
func (m *Publish) Busy() bool {
	return !m.Sending() && !m.Current() && (m.Occupied() != "" || !m.Held.IsEmpty())
}

// Cancel forgets what is open. What is being sent is finished, and nothing more is begun.
func (m *Publish) Cancel() {
	if m.Release() {
		return
	}
	m.Stop()
	if m.Held.IsEmpty() {
		return
	}
	m.Held.GiveUp()
	m.said = "Given up before anything was sent."
	m.Return(0)
}

// Finished reports whether nothing of the ceremony is left to do.
func (m *Publish) Finished() bool { return m.op != nil && m.op.Closed }

func (m *Publish) handle(e any) tea.Cmd {
	switch e := e.(type) {
	case publishingPlanned:
		return m.planMade(e.plan)
	case rowStep:
		m.step(e)
	case publishEnded:
		return m.end(e)
	}
	return nil
}

// ShortHelp are the keys of the footer: none that could not act.
func (m *Publish) ShortHelp() []key.Binding {
	keys := m.Wizard.ShortHelp()
	switch {
	case m.Sending():
		return []key.Binding{ui.Bind("Esc", "stop after the ones under way", "esc")}
	case m.Current():
		return keys[1:]
	case !m.Held.IsEmpty():
		keys[len(keys)-1] = ui.Bind("Esc", "forget the keys", "esc")
	}
	return keys
}

var (
	_ ui.Screen  = (*Publish)(nil)
	_ ui.Worker  = (*Publish)(nil)
	_ ui.Holder  = (*Publish)(nil)
	_ ui.Sourced = (*Publish)(nil)
)
