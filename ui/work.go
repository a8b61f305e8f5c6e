package ui

import (
	"cmp"
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
)

// Work is what all wizards that change something have in common: the keys that they hold,
// work that can be stopped and work that cannot, and the moment of their plan. A screen
// embeds one and makes its steps with Lead; what the work sends comes to the function that
// it was made with, and the page is shown anew after that.
type Work struct {
	*Wizard
	Held *Custody

	styles *Styles
	clock  Clock
	take   func(event any) tea.Cmd
	// loader does what can be stopped, sender what cannot.
	loader, sender *Loader[any]
	planning       bool
	planned        time.Time
	planErr        error
	sending        bool
}

type workTick struct{ work *Work }

// NewWork makes what a wizard needs before its steps.
func NewWork(held CustodyOptions, take func(event any) tea.Cmd) *Work {
	return &Work{Held: NewCustody(held), styles: held.Styles, clock: held.Clock, take: take,
		loader: NewLoader[any](held.Context, held.Clock), sender: NewLoader[any](held.Context, held.Clock)}
}

// Lead makes the wizard. It is called once, when everything that the steps look at is there.
func (w *Work) Lead(title string, steps ...Step) {
	w.Wizard = NewWizard(w.styles, title, steps...)
	w.Held.Serve(w.Wizard)
}

// Run starts work that can be stopped. What it gives is taken as an event; an error is shown.
func (w *Work) Run(what string, work func(context.Context) (any, error)) tea.Cmd {
	w.planning = false
	w.loader.Doing(what)
	return w.loader.Get(work)
}

// Plan is Run for making the plan: why there is none stands on the page, as NoPlan has it.
// Whoever takes the plan says so with Planned.
func (w *Work) Plan(what string, work func(context.Context) (any, error)) tea.Cmd {
	cmd := w.Run(what, work)
	w.planning, w.planned, w.planErr = true, time.Time{}, nil
	w.Refresh()
	return cmd
}

// Planned notes that the plan was made just now.
func (w *Work) Planned() { w.planned, w.planErr = w.clock.Now(), nil }

// PlanErr is why there is no plan, nil where there is one or none was asked for.
func (w *Work) PlanErr() error { return w.planErr }

// NoPlan says why there is no plan: it is being made from what somebody has, which from
// names, or it cannot be made, and then do says what helps.
func (w *Work) NoPlan(from string, do func(error) string) []Fact {
	_, on := w.loader.Running()
	switch {
	case w.planErr != nil:
		return []Fact{{Label: "No plan", Value: Explain(w.planErr).What, Mark: MarkNow}, {Label: "What you can do", Value: do(w.planErr), Mark: MarkNone}}
	case on:
		return []Fact{{Label: "Plan", Value: "being made from what " + from + " now", Mark: MarkRunning}}
	}
	return []Fact{{Label: "No plan", Value: "the reading was stopped; r reads again", Mark: MarkUnchecked}}
}

// Stop stops what can be stopped; what it has sent so far still arrives. With Drop that does
// not.
func (w *Work) Stop() { w.loader.Cancel() }

// Drop is Stop for another beginning.
func (w *Work) Drop() { w.loader.Drop() }

// CarryOut starts what nothing that is pressed stops half way. The last event is what work
// returns, and nothing is being sent any more when it is taken. Until then the time that a
// step takes is drawn anew.
func (w *Work) CarryOut(work func(ctx context.Context, emit func(event any)) (last any)) tea.Cmd {
	w.sending = true
	w.Refresh()
	return tea.Batch(w.tick(), w.sender.start(func(ctx context.Context, q *queue[any]) { q.close(nil, work(ctx, q.add)) }))
}

// NoMore ends the context of what is carried out: it begins nothing further.
func (w *Work) NoMore() { w.sender.Cancel() }

// Sending reports whether something is being carried out.
func (w *Work) Sending() bool { return w.sending }

func (w *Work) tick() tea.Cmd {
	return w.clock.Tick(500*time.Millisecond, func(time.Time) tea.Msg { return workTick{w} })
}

// Occupied says that something runs that can be stopped, for keys that cannot act meanwhile.
func (w *Work) Occupied() string { return cmp.Or(w.loader.Busy(), w.Held.Busy()) }

// Freshness is when the plan was made.
func (w *Work) Freshness() Freshness {
	if w.planned.IsZero() {
		return Freshness{}
	}
	return Freshness{Source: trustdata.SourceLive, At: w.planned}
}

// Status says what runs, and else what leaving now means.
func (w *Work) Status() string {
	return cmp.Or(w.loader.Waiting(), w.Held.Waiting(), w.Wizard.Status())
}

// ForgetKeys wipes what is held. What was handed over to the work stays with it until its end.
func (w *Work) ForgetKeys() int {
	n := w.Held.Count()
	w.Held.GiveUp()
	w.Refresh()
	return n
}

// Update takes keys and what the work sends.
func (w *Work) Update(msg tea.Msg) tea.Cmd {
	if got, cmd, ok := w.loader.Take(msg); ok {
		return tea.Batch(w.taken(got), cmd)
	}
	if got, cmd, ok := w.sender.Take(msg); ok {
		w.sending = !got.Ended
		return tea.Batch(w.taken(got), cmd)
	}
	if cmd, mine := w.Held.Update(msg); mine {
		return cmd
	}
	if msg, ok := msg.(workTick); ok {
		return w.redraw(msg)
	}
	return w.Wizard.Update(msg)
}

func (w *Work) taken(got Loaded[any]) tea.Cmd {
	if got.Err != nil && w.planning {
		w.planErr, got.Err = got.Err, nil // its page says so
	}
	cmd := got.Each(w.take)
	w.Refresh()
	return cmd
}

func (w *Work) redraw(msg workTick) tea.Cmd {
	if msg.work != w || !w.sending {
		return nil
	}
	w.Refresh()
	return w.tick()
}

var (
	_ Screen  = (*Work)(nil)
	_ Sourced = (*Work)(nil)
)
