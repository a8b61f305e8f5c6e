package backup

import (
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui"
)

// whole reports whether all is known that a plan needs.
func (m *Create) whole() bool {
	return m.wish.Folder != "" && (len(m.wish.Recipients) > 0 || m.locked)
}

// makePlan reads what would go in, as soon as it is known where and for whom. The
// passphrase goes with the work and comes back with its answer.
func (m *Create) makePlan() tea.Cmd {
	defer m.Refresh()
	m.plan = nil
	if !m.whole() {
		return nil
	}
	writer, wish := m.opt.Writer, m.wish
	wish.After = slices.Clone(m.made)
	m.loader.Doing("reading what goes in")
	m.wish.Passphrase = keyring.Passphrase{}
	return m.loader.Get(func(ctx context.Context) (event, error) {
		plan, err := writer.Plan(ctx, wish)
		if ctx.Err() != nil {
			wish.Passphrase.Wipe()
			return nil, ctx.Err()
		}
		return planned{plan, wish.Passphrase, err}, nil
	})
}

// askNext asks for the first thing that is not known. A drive that is selected while no place
// is chosen is the answer.
func (m *Create) askNext() tea.Cmd {
	switch {
	case m.wish.Folder == "":
		return m.choose()
	case !m.whole():
		return m.askRecipients()
	case m.plan == nil:
		return m.makePlan()
	}
	return ui.Say("All is known. B writes it.")
}

func (m *Create) askFolder() tea.Cmd {
	return m.input(ui.Input{Title: "WHERE THE BACKUP GOES", Prompt: "Folder:", Do: "take", Text: m.wish.Folder, Check: ui.Needed("type a folder, for example that of a stick"),
		Explain: "Best on another disk than the keys. Its last part is made if it is not there."}, func(s string) { m.wish.Folder = s })
}

func (m *Create) askIdentity() tea.Cmd {
	return m.input(ui.Input{Title: "PROVE IT", Prompt: "Identity file:", Do: "take", Text: m.wish.Identity,
		Explain: "The path of a file with a secret key that opens the backup; only read. Empty: nobody proves that it can be decrypted."}, func(s string) { m.wish.Identity = s })
}

func (m *Create) input(in ui.Input, take func(string)) tea.Cmd {
	return ui.Send(ui.AskMsg{Dialog: ui.NewPublicInput(m.opt.Styles, in), Answer: func(r any) tea.Cmd {
		s, ok := r.(string)
		if !ok {
			return nil
		}
		take(s)
		return m.makePlan()
	}})
}

func (m *Create) askRecipients() tea.Cmd {
	return ui.Send(ui.AskMsg{Dialog: ui.NewRecipients(m.opt.Styles, m.opt.Readers, m.wish.Recipients), Answer: func(r any) tea.Cmd {
		to, ok := r.([]string)
		if !ok {
			return nil
		}
		m.wish.Passphrase.Wipe()
		m.wish.Recipients, m.locked = to, false
		return m.makePlan()
	}})
}

func (m *Create) askPassphrase() tea.Cmd {
	return ui.Send(ui.AskMsg{Dialog: ui.NewBackupPassphrase(m.opt.Styles, m.opt.Clock, ui.AskBackupPassphrase{New: true}), Answer: func(r any) tea.Cmd {
		pass, ok := r.(keyring.Passphrase)
		if !ok {
			return nil
		}
		m.wish.Passphrase.Wipe()
		m.wish.Passphrase, m.wish.Recipients, m.locked = pass, nil, true
		return m.makePlan()
	}})
}

func (m *Create) cannotWrite() string {
	switch {
	case m.cramped:
		return "Make the window 60x15: what is written must be seen whole."
	case m.busy() != "":
		return m.busy()
	case m.wish.Folder == "":
		return "It is not known where the backup goes. Space chooses a drive, f names a folder."
	case !m.whole():
		return "Nobody could open it yet. n names public keys, p a passphrase."
	case m.plan == nil:
		return "There is no plan to write. Enter makes it again."
	}
	return ""
}

func (m *Create) choosePage() ui.Page {
	p := ui.Page{Title: "Back up"}
	if m.said != "" {
		p.Sections = append(p.Sections, ui.Section{Facts: []ui.Fact{{Value: m.said, Mark: ui.MarkNote}}})
	}
	p.Sections = append(p.Sections, m.setSection()...)
	if m.plan != nil {
		plan := CreatePlanPage(m.plan)
		p.Notes, p.Copy = plan.Notes, plan.Copy
		p.Sections = append(p.Sections, plan.Sections[:planWho+1]...)
		p.Sections = append(append(p.Sections, m.proofSection()), plan.Sections[planWho+1:]...)
		return m.withPlaces(p)
	}
	in := ui.Fact{Value: "read as soon as it is known where it goes and who can open it", Mark: ui.MarkUnchecked}
	if m.loader != nil && m.busy() != "" {
		in = ui.Fact{Value: "being read", Mark: ui.MarkRunning}
	}
	where := ui.Fact{Value: "no place yet: Space chooses one below, f names a folder", Mark: ui.MarkUnchecked}
	if m.wish.Folder != "" {
		where = ui.Fact{Value: trustdata.Visible(m.wish.Folder), Mark: ui.MarkOK}
	}
	p.Sections = append(p.Sections, ui.Section{Title: "WHAT GOES IN", Facts: []ui.Fact{in}}, ui.Section{Title: "WHERE", Facts: []ui.Fact{where}},
		ui.Section{Title: "WHO CAN OPEN IT", Facts: m.readers()}, m.proofSection())
	return m.withPlaces(p)
}

// readers are those who can open the backup, as far as they are named.
func (m *Create) readers() []ui.Fact {
	var facts []ui.Fact
	for _, r := range m.wish.Recipients {
		facts = append(facts, ui.Fact{Value: trustdata.Visible(r), Mark: ui.MarkOK})
	}
	switch {
	case m.locked:
		facts = append(facts, ui.Fact{Value: "whoever knows the backup's passphrase", Mark: ui.MarkOK})
	case len(facts) == 0:
		facts = append(facts, ui.Fact{Value: "nobody yet: n names public keys (age1...), p a passphrase instead", Mark: ui.MarkUnchecked})
	}
	return facts
}

func (m *Create) proofSection() ui.Section {
	f := ui.Fact{Value: "with the passphrase itself: decrypted to the end and compared", Mark: ui.MarkOK}
	switch {
	case m.wish.Identity != "":
		f.Value = "with " + trustdata.Visible(m.wish.Identity) + ": decrypted to the end and compared"
	case !m.locked:
		f = ui.Fact{Value: "read back, but decrypted by nobody: i names an identity file", Mark: ui.MarkSoon}
	}
	return ui.Section{Title: "HOW IT IS PROVEN", Facts: []ui.Fact{f}}
}
