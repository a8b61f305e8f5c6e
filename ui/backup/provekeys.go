package backup

import (
	"context"
	"errors"

	tea "charm.land/bubbletea/v2"

	"keyrite/backup"
	"keyrite/ui"
)

// drill asks for the passphrases of the keys of a copy that was just read.
func (m *Create) drill(v *backup.VerifyResult) tea.Cmd {
	m.trial = newTrial(trialOptions{context: m.opt.Context, styles: m.opt.Styles, clock: m.opt.Clock, recorder: m.opt.Writer, what: "drill",
		changed: func() {
			m.result.Take(v)
			m.Refresh()
		}}, v)
	return m.trial.ask()
}

// cannotAsk says why no passphrase of a key can be tried.
func (m *Create) cannotAsk() string {
	switch {
	case m.busy() != "":
		return m.proving()
	case m.trial.busy() != "":
		return m.trial.busy()
	case m.trial.locked() > 0:
		return ""
	case m.result != nil && m.result.State == backup.StateDrilled:
		return "Every key was opened with its passphrase, and signed."
	case m.plan == nil || len(m.plan.Identities()) == 0:
		return "Nobody at hand can open this copy, so its keys cannot be tried. A drill from the list does it any day."
	case m.trial != nil || m.result.Drive != nil:
		return "There is no key of this copy to try. A drill from the list does it any day."
	}
	return ""
}

// askKeys asks for the next passphrase. A copy in a folder is read for that first; one on a
// drive was when it came back.
func (m *Create) askKeys() tea.Cmd {
	if m.trial != nil {
		return m.trial.again()
	}
	writer, plan, made := m.opt.Writer, m.plan, m.result
	m.loader.Doing("reading the copy to its end")
	defer m.Refresh()
	return m.loader.Start(func(ctx context.Context, emit func(event)) error {
		v, err := writer.Reread(ctx, plan, made, func(s backup.Step) { emit(s) })
		emit(reread{v, err})
		return nil
	})
}

// reread is what a copy in a folder is found to be.
type reread struct {
	result *backup.VerifyResult
	err    error
}

func (m *Create) endReread(e reread) tea.Cmd {
	switch {
	case errors.Is(e.err, context.Canceled):
		return nil
	case e.err != nil:
		return ui.Send(ui.ErrorMsg{Err: e.err})
	}
	m.result.Take(e.result)
	return m.drill(e.result)
}
