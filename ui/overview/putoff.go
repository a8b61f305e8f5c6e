package overview

import (
	"context"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata/audit"
	"keyrite/ui"
)

// usually is how long something is put off where nothing else is typed.
const usually = 7 * 24 * time.Hour

// done is what came of something local: what there is to see then, what to say of it, and
// how it is undone.
type done struct {
	news News
	said string
	undo undoing
}

// undoing takes one local thing back, nil where that is undone itself.
type undoing func(ctx context.Context, s Source) (News, error)

// step is what undoing is for, and how many steps of the list came before it.
type step struct {
	back  undoing
	after int
}

// askPutOff asks why, and until when, or takes up again what is put off.
func (m *Model) askPutOff() tea.Cmd {
	i, ok := m.item()
	switch {
	case m.opt.Fixed != "":
		return ui.Say(m.opt.Fixed)
	case !ok:
		return ui.Say("Nothing is selected that can be put off.")
	case i.Snoozed != nil:
		return m.takeUp(i)
	case i.Unsnoozable() != "":
		return ui.Say(ui.Capital(i.Unsnoozable()) + ".")
	}
	return ui.Send(ui.AskMsg{Answer: func(r any) tea.Cmd { return m.askUntil(i, r) },
		Dialog: ui.NewPublicInput(m.opt.Styles, ui.Input{Title: "PUT IT OFF", Prompt: "Why:", Do: "go on", Check: ui.Needed("type why: it is shown beside the line, and kept"),
			Explain: i.Where + ": " + i.Title + ". It comes back when its day has come, and before that when it becomes worse. Nothing else is changed."})})
}

func (m *Model) askUntil(i audit.Item, reason any) tea.Cmd {
	why, ok := reason.(string)
	if !ok {
		return nil
	}
	now := m.opt.Clock.Now()
	end := now.Add(usually)
	if i.Due.After(now) && i.Due.Before(end) {
		end = i.Due
	}
	check := func(text string) error {
		switch until, err := audit.ParseUntil(text); {
		case err != nil:
			return err
		case !until.After(now):
			return errors.New("that day is not to come any more")
		}
		return nil
	}
	return ui.Send(ui.AskMsg{
		Dialog: ui.NewInput(m.opt.Styles, ui.Input{Title: "UNTIL WHICH DAY", Prompt: "Until:", Text: ui.Day(end), Do: "put off", Check: check,
			Explain: "z shows what is put off, u takes this back."}),
		Answer: func(r any) tea.Cmd {
			text, ok := r.(string)
			if !ok {
				return nil
			}
			until, err := audit.ParseUntil(text)
			if err != nil {
				return ui.Send(ui.ErrorMsg{Err: err})
			}
			return m.doPutOff(i, until, why)
		}})
}

func (m *Model) doPutOff(i audit.Item, until time.Time, why string) tea.Cmd {
	source := m.opt.Source
	m.local.Doing("putting it off")
	return m.local.Get(func(ctx context.Context) (done, error) {
		news, err := source.PutOff(ctx, i.Findings, until, why)
		return done{news: news, said: "Put off until " + ui.Day(until) + ": " + of(i) + ". u takes it back.",
			undo: func(ctx context.Context, s Source) (News, error) { return s.TakeUp(ctx, i.Findings) }}, err
	})
}

func (m *Model) takeUp(i audit.Item) tea.Cmd {
	source, was := m.opt.Source, *i.Snoozed
	m.local.Doing("taking it up")
	return m.local.Get(func(ctx context.Context) (done, error) {
		news, err := source.TakeUp(ctx, i.Findings)
		return done{news: news, said: "Taken up again: " + of(i) + ". u puts it off again.",
			undo: func(ctx context.Context, s Source) (News, error) {
				return s.PutOff(ctx, i.Findings, was.Until, was.Reason)
			}}, err
	})
}

// Undo takes the last local thing back: what was put off or taken up, or a step of the list.
func (m *Model) Undo() tea.Cmd {
	last := len(m.undo) - 1
	if last < 0 || m.List.Steps() > m.undo[last].after {
		return m.List.Undo()
	}
	back, source := m.undo[last].back, m.opt.Source
	m.undo = m.undo[:last]
	m.local.Doing("undoing")
	return m.local.Get(func(ctx context.Context) (done, error) {
		news, err := back(ctx, source)
		return done{news: news, said: "Undone."}, err
	})
}

func (m *Model) did(d done) tea.Cmd {
	if d.undo != nil {
		m.undo = append(m.undo, step{d.undo, m.List.Steps()})
	}
	if d.news.Now.IsZero() {
		return ui.Say(d.said)
	}
	m.show(draw(d.news, m.putOff))
	return ui.Say(d.said)
}
