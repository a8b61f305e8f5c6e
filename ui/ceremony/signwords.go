package ceremony

import (
	"slices"

	"keyrite/trustdata"
	"keyrite/ui"
)

// checkPage is what will be signed, in words, and why its roots are believed.
func (m *Sign) checkPage() ui.Page {
	if m.plan == nil {
		return m.unplanned("Sign at a ceremony", "the file has and this machine knows")
	}
	if m.plan.Signed != nil {
		return m.told(ui.Page{Title: "Sign at a ceremony", Sections: []ui.Section{{Title: "THIS FILE WAS SIGNED HERE BEFORE", Facts: []ui.Fact{
			{Value: "The very same signed file is written once more, and what an earlier run could not finish is finished. Nothing is signed twice, and no passphrase is needed.", Mark: ui.MarkNote}}}}})
	}
	p := SigningPage(m.plan)
	p.Sections = slices.DeleteFunc(p.Sections, func(s ui.Section) bool { return s.Title == "IN THIS ORDER" })
	if m.makes {
		needs := &p.Sections[slices.IndexFunc(p.Sections, func(s ui.Section) bool { return s.Title == "YOU WILL NEED" })]
		needs.Facts = append(needs.Facts, ui.Fact{Label: "a folder", Value: "and an age recipient: both keys are backed up before anything is signed, or you say why not"},
			ui.Fact{Label: "pen, paper", Value: "the first eight digits of the new key are shown once and asked for later"})
	}
	if unknown := m.unknown(); len(unknown.Facts) > 0 {
		p.Sections = slices.Insert(p.Sections, 0, unknown)
	}
	return m.told(p)
}

// unknown are the repositories that nothing here speaks for.
func (m *Sign) unknown() ui.Section {
	s := ui.Section{Title: "NOTHING IS KNOWN HERE OF"}
	for _, gun := range m.plan.Unknown {
		s.Facts = append(s.Facts, ui.Fact{Value: ui.Name(string(gun), ""), Mark: ui.MarkNow})
	}
	if len(s.Facts) > 0 {
		s.Facts = append(s.Facts, ui.Fact{Value: "d asks for digits of its root.json, which somebody reads to you whom you trust."})
	}
	return s
}

// reviewPage is the last page before anything is signed.
func (m *Sign) reviewPage() ui.Page {
	p := ui.Page{Title: "Review"}
	if m.plan == nil {
		return p
	}
	facts := []ui.Fact{{Label: "Ceremony", Value: trustdata.Visible(m.bundle.Kind) + " of " + name(m.bundle.GUNs())}}
	if m.makes && m.plan.Signed == nil && m.NewID != "" {
		facts = append(facts, ui.Fact{Label: "New root key", Value: ui.HiddenDigits(string(m.NewID))}, ui.Fact{Label: "Backup", Value: m.Saved.Sentence()})
	}
	facts = append(facts, ui.Fact{Label: "It goes to", Value: trustdata.Visible(m.folder) + "; f names another folder"},
		ui.Fact{Value: "The stick has to stay in from now on until the last page says otherwise."})
	p.Sections = []ui.Section{{Facts: []ui.Fact{{Value: m.headline(), Mark: ui.MarkNow}}}, {Facts: facts}}
	if m.plan.Signed == nil {
		p.Sections = append(p.Sections, sentences("WHAT WILL BE SIGNED", m.plan.Changes, ""), behind(m.plan.WillNotFollow, m.bundle.GUNs()))
	}
	if n, some := m.Held.Missing(); some {
		p.Notes = []string{"Before it is asked for confirmation, the passphrase of the " + n.Role.Title() + " key is asked for again."}
	}
	return p
}

func (m *Sign) signPage() ui.Page {
	switch {
	case m.failed == nil:
		return m.working("Sign", "DO NOT TAKE THE STICK OUT. NO NETWORK IS ASKED.")
	case m.out.Bundle != nil:
		return m.failure("Not finished", "IT IS SIGNED AND KEPT HERE. NOT EVERYTHING WENT WELL AFTER THAT.",
			"Nothing will be signed a second time: exactly this file is written again. No key is lost.", "f names another folder. Enter begins again: the very same file is written.")
	}
	return m.failure("Not signed", "NOTHING WAS SIGNED. NOTHING HAS CHANGED.", "No file was written. A new key that was made for it is in the trash, or waits in pending/ as before.", "Enter checks the file again.")
}

func (m *Sign) leavingSign() string {
	switch {
	case m.Sending():
		return "Being carried out: wait for the end, the stick stays in."
	case m.out.Bundle != nil:
		return "Leaving is safe, and the stick may be taken out: the next start says what waits."
	}
	return harmless()
}

// closePage is the signed file, its record, and what to carry where.
func (m *Sign) closePage() ui.Page {
	if m.out.File == "" {
		return ui.Page{Title: "Close"}
	}
	p := SignedPage(m.out.File, m.out.Record, m.out.Bundle)
	p.Summary = ""
	head := []ui.Section{{Facts: []ui.Fact{{Value: "SIGNED, WRITTEN AND READ BACK. NO REPOSITORY HAS CHANGED YET.", Mark: ui.MarkOK}, {Value: "UNMOUNT THE STICK, THEN TAKE IT OUT.", Mark: ui.MarkOK}}},
		{Title: "WRITE DOWN THE FIRST EIGHT DIGITS", Facts: []ui.Fact{{Value: ui.Spelled(m.out.Bundle.SHA256)}, {Value: "The machine that publishes asks for them and does not show them."}}}}
	if len(m.out.Notes) > 0 {
		head = append(head, sentences("NOT AS PLANNED", m.out.Notes, ui.MarkSoon))
	}
	// What is still to do is for now, the rest is for the record.
	last := len(p.Sections) - 1
	p.Sections = slices.Concat(head, p.Sections[:1], p.Sections[last:], p.Sections[1:last])
	return p
}
