package unfinished

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// enter goes on with the selected operation: what is still to do has a screen of its own;
// what was only sent needs no key, and is sent once more.
func (m *Model) enter() tea.Cmd {
	op := m.selected()
	switch {
	case !m.open():
		return ui.Send(ui.PopMsg{})
	case op == nil:
		return ui.Say("This one has ended: choose a repository that has not.")
	case !m.looked:
		return m.ask()
	case count(op).toDo > 0:
		var why string
		m.wizard, why = m.opt.GoOn(op)
		m.goingOn = op.ID
		return ui.PushOr(m.wizard, why)
	}
	return m.confirm(question{op: op, headline: "SEND WHAT WAS SENT ONCE MORE", act: "Send it again", facts: []ui.Fact{
		{Label: "What is sent", Value: "exactly the same bytes, where the server still has what it had before"},
		{Label: "Keys", Value: "none is needed"}}}, func() tea.Cmd { return m.again(op.ID) })
}

func (m *Model) again(id string) tea.Cmd {
	service := m.opt.Service
	return m.carryOut("sending once more", func(ctx context.Context, emit func(event)) (rotation.Recovered, error) {
		return service.Again(ctx, id, func(gun trustdata.GUN, step string) { emit(told{ui.Name(string(gun), "") + ": " + step}) })
	})
}

func (m *Model) askGiveUp() tea.Cmd {
	op := m.selected()
	if op == nil {
		return ui.Say("There is nothing here to give up.")
	}
	c, typed := count(op), name(op)
	if len(op.Units) > 1 {
		typed = plural(len(op.Units))
	}
	facts := []ui.Fact{{Label: "What is sent", Value: "nothing more"}, {Label: "Stays done", Value: plural(c.done)},
		{Label: "Stays as it was", Value: plural(c.toDo + c.unknown)}, {Label: "New keys", Value: "those that no repository lists go to the trash"}}
	return m.confirm(question{op, "GIVE UP AN UNFINISHED CHANGE", typed, "Give it up", facts}, func() tea.Cmd {
		service := m.opt.Service
		return m.carryOut("giving it up", func(ctx context.Context, _ func(event)) (rotation.Recovered, error) {
			return service.GiveUp(ctx, op.ID)
		})
	})
}

// question is what is asked before an act.
type question struct {
	op       *rotation.Operation
	headline string
	typed    string // what unlocks it; "" for level 2
	act      string
	facts    []ui.Fact
}

func (m *Model) confirm(q question, do func() tea.Cmd) tea.Cmd {
	return ui.Send(ui.AskMsg{Dialog: ui.NewConfirm(m.opt.Styles, m.opt.Clock, ui.Question{Headline: q.headline, Thing: name(q.op), Facts: q.facts,
		Keep: "Leave it as it is", Act: q.act, Type: q.typed, Profile: m.opt.Profile}), Answer: func(r any) tea.Cmd {
		if _, yes := r.(ui.Confirmed); !yes {
			return nil
		}
		return do()
	}})
}

// carryOut does what nothing that is pressed stops.
func (m *Model) carryOut(deed string, work func(context.Context, func(event)) (rotation.Recovered, error)) tea.Cmd {
	m.sending = ui.Capital(deed)
	return m.sender.Start(func(ctx context.Context, emit func(event)) error {
		rec, err := work(ctx, emit)
		if err != nil {
			return fmt.Errorf("%s: %w", deed, err)
		}
		emit(ended{rec, deed})
		return nil
	})
}
