package change

import (
	"context"
	"errors"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// missing is the first key that is not open.
func (m *Model) missing() (rotation.Need, bool) {
	for _, n := range m.plan.Need {
		if !m.held.has(n.KeyID) {
			return n, true
		}
	}
	return rotation.Need{}, false
}

// askNext asks for what is missing, one dialog after the other, and goes on once nothing is.
func (m *Model) askNext() tea.Cmd {
	if m.busy() != "" {
		return nil
	}
	if n, some := m.missing(); some {
		return m.unlock(n)
	}
	if m.At() == atPassphrases {
		return m.Advance()
	}
	m.Refresh()
	return nil
}

// unlock opens a key that needs nobody, and asks for the passphrase of any other.
func (m *Model) unlock(n rotation.Need) tea.Cmd {
	service, held := m.opt.Service, m.held
	return m.run("looking at key "+n.KeyID.Short(), func(ctx context.Context) (event, error) {
		k, err := service.Unlocked(ctx, n.KeyID)
		if err != nil || k == nil {
			return mustAsk{n}, err
		}
		held.add(n.KeyID, k)
		return keyOpened{}, nil
	})
}

func (m *Model) askPassphrase(n rotation.Need) tea.Cmd {
	held := m.held
	dialog := ui.NewPassphrase(m.opt.Styles, m.opt.Clock, ui.AskPassphrase{Role: n.Role, KeyID: n.KeyID, Why: n.Why, Try: m.tries[n.KeyID] + 1,
		Leave: "stop here (safe)", Kept: "Asked once. Forgotten when this ends or is left, or after 5 minutes."})
	return ui.Send(ui.AskMsg{Dialog: dialog, Answer: func(r any) tea.Cmd {
		pass, ok := r.(keyring.Passphrase)
		switch {
		case ok && m.held != held: // it was given up meanwhile
			pass.Wipe()
			return nil
		case !ok:
			m.Refresh()
			return nil
		}
		return m.open(n, pass)
	}})
}

// open tries a passphrase. A wrong one is asked for again; nothing has changed.
func (m *Model) open(n rotation.Need, pass keyring.Passphrase) tea.Cmd {
	service, held := m.opt.Service, m.held
	return m.run("opening key "+n.KeyID.Short(), func(ctx context.Context) (event, error) {
		defer pass.Wipe()
		k, err := service.Open(ctx, n.KeyID, pass)
		switch {
		case errors.Is(err, keyring.ErrPassphrase):
			return wrongPass{n}, nil
		case err != nil:
			return nil, err
		}
		held.add(n.KeyID, k)
		return keyOpened{}, nil
	})
}

// keepFor starts the time after which opened keys are forgotten.
func (m *Model) keepFor() tea.Cmd {
	m.expiry++
	nth := m.expiry
	m.until = m.opt.Clock.Now().Add(keptFor)
	return m.opt.Clock.Tick(keptFor, func(time.Time) tea.Msg { return expiredMsg{m, nth} })
}

func (m *Model) expire(msg expiredMsg) tea.Cmd {
	if msg.model != m || msg.nth != m.expiry || m.sending || m.held.isEmpty() {
		return nil
	}
	m.held.forget()
	m.Refresh()
	return ui.Say("Opened keys were forgotten after 5 minutes. Nothing has changed; their passphrases are asked for again.")
}

func (m *Model) passphrasePage() ui.Page {
	p := ui.Page{Title: "Passphrases", Order: "in the order of asking",
		Sections:   []ui.Section{{Title: "EVERY KEY IS OPENED BEFORE ANYTHING HAPPENS", Facts: []ui.Fact{{Value: "A wrong passphrase is found now, while nothing has changed. Nothing that is typed is shown."}}}},
		TableTitle: "NEEDED",
		Columns:    []ui.Column{{Title: "KEY", Priority: 1}, {Title: "ROLE", Priority: 3}, {Title: "STATE", Priority: 2, Min: 10}, {Title: "WHY", Priority: 4, Min: 16}}}
	if m.plan == nil {
		return p
	}
	for i, n := range m.plan.Need {
		mark, state := ui.MarkUnchecked, "not open yet"
		if m.held.has(n.KeyID) {
			mark, state = ui.MarkOK, "open until "+m.until.UTC().Format("15:04 UTC")
		}
		p.Rows = append(p.Rows, ui.Row{ID: fmt.Sprint(i), Mark: mark, Cells: []string{n.KeyID.Short(), n.Role.Title(), state, trustdata.Visible(n.Why)}})
	}
	return p
}
