package rotate

import (
	"cmp"
	"context"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/ui"
)

func (m *gate) newKeyPage() ui.Page { return ui.NewRootPage(m.newID, "sent") }

// hiddenDigits is a key ID without the digits that are to come from paper.
func hiddenDigits(id trustdata.KeyID) string { return ui.HiddenDigits(string(id)) }

func (m *gate) noNewKey() string {
	if m.newID == "" {
		return "The new key is not made yet. N makes it."
	}
	return m.Occupied()
}

func (m *gate) cannotMake() string {
	switch {
	case m.cramped:
		return "Make the window 60x15: the new key must be seen whole."
	case m.newID != "":
		return "The new key is made: it is the one on this page."
	}
	return m.Occupied()
}

// makeKey makes the new key in pending/, which leaving moves to the trash again.
func (m *gate) makeKey() tea.Cmd {
	if _, some := m.Held.Missing(); some {
		return m.Held.Open()
	}
	prepare, abandon, reopen, pending := m.prepare(), m.abandon, m.reopen, m.pending
	pass, give := m.Held.TakeChosen(trustdata.RoleRoot), m.Held.Giving()
	return m.Run("making the new key, reading it back and opening it", func(ctx context.Context) (any, error) {
		defer pass.Wipe()
		prep, err := prepare(ctx, pass)
		if err != nil {
			return nil, err
		}
		if !pending.Add(prep) {
			return nil, abandon(context.WithoutCancel(ctx), prep)
		}
		if reopen != nil {
			// Failing costs a question at the second try, no more.
			if k, err := reopen(ctx, prep.NewIDs[0], pass); err == nil {
				kept := ui.NewOpened()
				kept.Add(prep.NewIDs[0], k)
				give(kept)
			}
		}
		return keyMade{prep.NewIDs[0]}, nil
	})
}

// safety is how both keys are backed up.
func (m *gate) safety() ui.Secured { return ui.Secured{Proof: m.proof, Waived: m.waived} }

func (m *gate) backUpPage() ui.Page { return m.safety().Page("SENT") }

func (m *gate) noBackup() string { return cmp.Or(m.safety().Missing(), m.Occupied()) }

func (m *gate) askFolder() tea.Cmd {
	return m.Held.Ask(ui.NewBackupFolder(m.styles), func(r any) tea.Cmd {
		if folder, ok := r.(string); ok {
			return m.askRecipients(folder)
		}
		return nil
	})
}

func (m *gate) askRecipients(folder string) tea.Cmd {
	return m.Held.Ask(ui.NewRecipients(m.styles, m.readers, nil), func(r any) tea.Cmd {
		if to, ok := r.([]string); ok {
			return m.backUp(folder, to)
		}
		return nil
	})
}

func (m *gate) backUp(folder string, recipients []string) tea.Cmd {
	write, prep := m.write, m.pending.Get()
	if prep == nil && !m.made {
		return ui.Say("There is no new key to back up any more.")
	}
	return m.Run("writing the backup to "+trustdata.Visible(folder)+" and reading it back", func(ctx context.Context) (any, error) {
		r, err := write(ctx, prep, folder, recipients)
		return backedUp{r}, err
	})
}

func (m *gate) askWaiver() tea.Cmd {
	return m.Held.Ask(ui.NewWaiver(m.styles, "sent"), func(r any) tea.Cmd {
		if why, ok := r.(string); ok {
			m.waived, m.proof = why, nil
			m.Refresh()
		}
		return nil
	})
}
