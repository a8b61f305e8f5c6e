package rotate

import (
	"context"
	"errors"
	"strings"

	tea "charm.land/bubbletea/v2"

	"keyrite/backup"
	"keyrite/trustdata"
	"keyrite/ui"
)

// spoken is how many digits of a new root key are read aloud and typed again.
const spoken = 8

func (m *gate) newKeyPage() ui.Page {
	p := ui.Page{Title: "New root key"}
	if m.newID == "" {
		p.Sections = []ui.Section{{Title: "NO NEW KEY HAS BEEN MADE YET", Facts: []ui.Fact{
			{Value: "N makes it: in pending/ of the trust directory, where docker and notary do not look, locked with the passphrase that you typed, read back and opened."},
			{Value: "Have pen and paper at hand: its first eight digits are shown here then, and asked for later."}}}}
		return p
	}
	id := string(m.newID)
	p.Sections = []ui.Section{
		{Title: "NEW ROOT KEY", Facts: []ui.Fact{{Value: ui.Fours(id[:len(id)/2])}, {Value: ui.Fours(id[len(id)/2:])}}},
		{Title: "WRITE DOWN THE FIRST EIGHT DIGITS", Facts: []ui.Fact{{Value: spelled(id[:spoken])},
			{Value: "Read them aloud to whoever is with you. They are asked for before anything is sent, and not shown then."}}},
		{Facts: []ui.Fact{{Value: "It is on this machine only, in pending/. No repository uses it yet."}}}}
	return p
}

// spelled sets digits apart: "2 b 8 0   e 4 d 7".
func spelled(digits string) string {
	half := len(digits) / 2
	return strings.Join(strings.Split(digits[:half], ""), " ") + "   " + strings.Join(strings.Split(digits[half:], ""), " ")
}

// hiddenDigits is a key ID without the digits that are to come from paper.
func hiddenDigits(id trustdata.KeyID) string {
	return "____ ____" + beginning(id)[spoken+1:]
}

func (m *gate) noNewKey() string {
	if m.newID == "" {
		return "The new key is not made yet. N makes it."
	}
	return m.busy()
}

func (m *gate) cannotMake() string {
	switch {
	case m.cramped:
		return "Make the window 60x15: the new key must be seen whole."
	case m.newID != "":
		return "The new key is made: it is the one on this page."
	}
	return m.busy()
}

// makeKey makes the new key in pending/, which leaving moves to the trash again.
func (m *gate) makeKey() tea.Cmd {
	if _, some := m.held.Missing(); some {
		return m.held.Open()
	}
	prepare, abandon, reopen, pending := m.prepare(), m.abandon, m.reopen, m.pending
	pass, give := m.held.TakeChosen(trustdata.RoleRoot), m.held.Giving()
	return m.run("making the new key, reading it back and opening it", func(ctx context.Context) (event, error) {
		defer pass.Wipe()
		prep, err := prepare(ctx, pass)
		if err != nil {
			return nil, err
		}
		if !pending.add(prep) {
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

func (m *gate) backUpPage() ui.Page {
	facts := []ui.Fact{{Value: "If this disk died after the rotation, a root key without a backup would be lost, and with it every repository that trusts it.", Mark: ui.MarkNote}}
	p := ui.Page{Title: "Back up"}
	switch {
	case m.proof != nil:
		facts = append(facts, proofFacts(m.proof)...)
		p.Copy = []ui.Copyable{{What: "file", Text: trustdata.Visible(m.proof.File)}}
	case m.waived != "":
		facts = append(facts, ui.Fact{Value: "You do without a backup: " + trustdata.Visible(m.waived), Mark: ui.MarkNow})
	default:
		facts = append(facts, ui.Fact{Value: "Not backed up yet. B asks for a folder and for who can open it, and then writes.", Mark: ui.MarkUnchecked})
	}
	p.Sections = []ui.Section{{Title: "BOTH ROOT KEYS ARE BACKED UP BEFORE ANYTHING IS SENT", Facts: facts}}
	return p
}

// proofFacts are the backup and how far it is proven, never more.
func proofFacts(r *backup.CreateResult) []ui.Fact {
	facts := []ui.Fact{{Value: trustdata.Visible(r.File), Mark: ui.MarkNone},
		{Value: ui.Plural(len(r.Keys), "key", "keys") + ", the new one too: written, and read back", Mark: ui.MarkOK}}
	switch r.State {
	case backup.StateWritten:
		facts[1].Value, facts[1].Mark = "written, not yet read back", ui.MarkSoon
	case backup.StateProven, backup.StateDrilled:
		return append(facts, ui.Fact{Value: "decrypted to the end, every file compared", Mark: ui.MarkOK})
	}
	return append(facts, ui.Fact{Value: "nobody has decrypted it: verify it with the secret key of a recipient soon", Mark: ui.MarkSoon})
}

func (m *gate) noBackup() string {
	if m.proof == nil && m.waived == "" {
		return "Neither backed up nor waived. B backs both keys up, x goes on without and asks why."
	}
	return m.busy()
}

func (m *gate) askFolder() tea.Cmd {
	check := func(s string) error {
		if s == "" {
			return errors.New("type a folder, for example that of a stick")
		}
		return nil
	}
	return m.held.Ask(
		ui.NewInput(m.styles, ui.Input{Title: "WHERE THE BACKUP GOES", Prompt: "Folder:", Do: "next", Check: check,
			Explain: "Best on another disk than the keys. It is made if it is not there."}),
		func(r any) tea.Cmd {
			if folder, ok := r.(string); ok {
				return m.askRecipients(folder)
			}
			return nil
		})
}

func (m *gate) askRecipients(folder string) tea.Cmd {
	return m.held.Ask(ui.NewRecipients(m.styles, nil), func(r any) tea.Cmd {
		if to, ok := r.([]string); ok {
			return m.backUp(folder, to)
		}
		return nil
	})
}

func (m *gate) backUp(folder string, recipients []string) tea.Cmd {
	write, prep := m.write, m.pending.get()
	if prep == nil && !m.made {
		return ui.Say("There is no new key to back up any more.")
	}
	return m.run("writing the backup to "+trustdata.Visible(folder)+" and reading it back", func(ctx context.Context) (event, error) {
		r, err := write(ctx, prep, folder, recipients)
		return backedUp{r}, err
	})
}

func (m *gate) askWaiver() tea.Cmd {
	check := func(s string) error {
		if len(s) < 3 {
			return errors.New("say why, in a few words: it is recorded")
		}
		return nil
	}
	return m.held.Ask(
		ui.NewInput(m.styles, ui.Input{Title: "GO ON WITHOUT A BACKUP", Prompt: "Why:", Do: "go on without", Check: check,
			Explain: "What you type is recorded with the rotation. Nothing is sent yet."}),
		func(r any) tea.Cmd {
			if why, ok := r.(string); ok {
				m.waived, m.proof = why, nil
				m.redrawn()
			}
			return nil
		})
}
