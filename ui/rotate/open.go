package rotate

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

// missing is the first key that is not open, or the passphrase that is not chosen yet.
func (m *Model) missing() (rotation.Need, bool) {
	for _, n := range m.plan.Needs() {
		if !n.New && !m.held.hasKey(n.KeyID) || n.New && m.newID == "" && !m.held.hasPass() {
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
	n, some := m.missing()
	switch {
	case some && n.New:
		return m.askPassphrase(n)
	case some:
		return m.unlock(n)
	case m.name() == stepPassphrases:
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
		held.addKey(n.KeyID, k)
		return keyOpened{n.KeyID}, nil
	})
}

func (m *Model) askPassphrase(n rotation.Need) tea.Cmd {
	ask := ui.AskPassphrase{Role: n.Role, KeyID: n.KeyID, Why: n.Why, New: n.New, Try: m.tries[n.KeyID] + 1,
		Leave: "stop here (safe)", Kept: "Asked once. Forgotten when the rotation ends or is left, or after 5 minutes."}
	switch {
	case n.New:
		ask.Kept = "It is needed whenever the new key is to sign. Write down where it is kept, not what it is."
	case n.Role == m.plan.Role:
		ask.Which = "old"
	}
	return m.ask(ui.NewPassphrase(m.opt.Styles, m.opt.Clock, ask), func(r any) tea.Cmd {
		pass, ok := r.(keyring.Passphrase)
		switch {
		case !ok:
			m.Refresh()
			return nil
		case n.New:
			m.held.addPass(pass)
			return tea.Batch(m.keepFor(), m.askNext())
		}
		return m.open(n, pass)
	})
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
		held.addKey(n.KeyID, k)
		return keyOpened{n.KeyID}, nil
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
	for i, n := range m.plan.Needs() {
		mark, state := ui.MarkUnchecked, "not open yet"
		name := n.KeyID.Short()
		switch {
		case n.New && m.held.hasPass():
			mark, state = ui.MarkOK, "typed twice"
		case n.New:
			state = "to be chosen"
		case m.held.hasKey(n.KeyID):
			mark, state = ui.MarkOK, "open until "+m.until.UTC().Format("15:04 UTC")
		}
		if n.New {
			name = "new"
		}
		p.Rows = append(p.Rows, ui.Row{ID: fmt.Sprint(i), Mark: mark, Cells: []string{name, n.Role.Title(), state, trustdata.Visible(n.Why)}})
	}
	return p
}
