package backup

import (
	"context"
	"errors"
	"path/filepath"

	tea "charm.land/bubbletea/v2"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui"
)

// askOpening asks how a backup is to be opened for its verification.
func (m *Model) askOpening(file string) tea.Cmd {
	if why := m.loader.Busy(); why != "" {
		return ui.Say(why)
	}
	options := []string{"with an identity file", "with the backup's passphrase", "not at all: compare it with its sums file"}
	return ui.Send(ui.AskMsg{Dialog: ui.NewChoice(m.opt.Styles, "HOW IS IT OPENED?", options), Answer: func(r any) tea.Cmd {
		switch r {
		case 0:
			return m.askIdentity(file, false)
		case 1:
			return m.askPassphrase(file, 1, false)
		case 2:
			return m.verify(file, Opening{}, 0)
		}
		return nil
	}})
}

// askDrill asks how a backup is to be opened for a drill, which opens its keys too.
func (m *Model) askDrill(file string) tea.Cmd {
	options := []string{"with an identity file", "with the backup's passphrase"}
	return ui.Send(ui.AskMsg{Dialog: ui.NewChoice(m.opt.Styles, "DRILL: HOW IS IT OPENED?", options), Answer: func(r any) tea.Cmd {
		switch r {
		case 0:
			return m.askIdentity(file, true)
		case 1:
			return m.askPassphrase(file, 1, true)
		}
		return nil
	}})
}

func (m *Model) askIdentity(file string, drill bool) tea.Cmd {
	in := ui.Input{Title: "OPEN " + trustdata.Visible(filepath.Base(file)), Prompt: "Identity file:", Do: "verify", Text: m.with.Identity,
		Check: ui.Needed("type the path of a file with a secret key that opens it"), Explain: "It is only read. Nothing is written."}
	return ui.Send(ui.AskMsg{Dialog: ui.NewPublicInput(m.opt.Styles, in), Answer: func(r any) tea.Cmd {
		path, ok := r.(string)
		if !ok {
			return nil
		}
		m.with.Identity = path
		return m.verify(file, Opening{Identity: path, Drill: drill}, 0)
	}})
}

func (m *Model) askPassphrase(file string, try int, drill bool) tea.Cmd {
	ask := ui.AskBackupPassphrase{File: trustdata.Visible(filepath.Base(file)), Try: try}
	return ui.Send(ui.AskMsg{Dialog: ui.NewBackupPassphrase(m.opt.Styles, m.opt.Clock, ask), Answer: func(r any) tea.Cmd {
		if pass, ok := r.(keyring.Passphrase); ok {
			return m.verify(file, Opening{Passphrase: pass, Drill: drill}, try)
		}
		return nil
	}})
}

func (m *Model) verify(file string, with Opening, try int) tea.Cmd {
	reader := m.opt.Reader
	m.verifying = true
	m.loader.Doing("verifying " + trustdata.Visible(filepath.Base(file)))
	return m.loader.Start(func(ctx context.Context, emit func(event)) error {
		defer with.Passphrase.Wipe()
		r, err := reader.Verify(ctx, file, with, func(s backup.Step) { emit(s) })
		if ctx.Err() != nil {
			return ctx.Err()
		}
		emit(verified{file, with.Identity, try, with.Drill, r, err})
		return nil
	})
}

// report shows what a verification found, and in a drill asks for the keys' passphrases. A
// wrong passphrase of the backup is asked for again.
func (m *Model) report(e verified) tea.Cmd {
	switch {
	case e.result != nil && e.drill:
		return tea.Batch(ui.Send(ui.PushMsg{Screen: m.newDrill(e)}), m.verified())
	case e.result != nil:
		return tea.Batch(ui.Send(ui.PushMsg{Screen: newReport(m.opt.Styles, "verify", m.verdict(e), m.opt.Clock)}), m.verified())
	case e.try > 0 && errors.Is(e.err, backup.ErrIdentity):
		return m.askPassphrase(e.file, e.try+1, e.drill)
	}
	return ui.Send(ui.ErrorMsg{Err: e.err})
}

// verified has everything that shows backups read again: the state on record may have changed.
func (m *Model) verified() tea.Cmd {
	return tea.Batch(m.load(), ui.Send(ui.DoneMsg{Action: "verified"}))
}

// verdict is what a verification found, and where else to turn if it is damage.
func (m *Model) verdict(e verified) ui.Page {
	p := VerifiedPage(e.result)
	if !e.result.OK {
		p.Sections = append(p.Sections, Elsewhere(backup.OtherCopies(m.copies, e.result.Salvage.Set(), e.file))...)
	}
	return p
}
