package ceremony

import (
	"slices"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/rotation/ceremony"
	"keyrite/ui"
)

// checkPage is the plan, or why there is none.
func (m *Prepare) checkPage() ui.Page {
	if m.plan == nil {
		return m.unplanned("Prepare a ceremony for "+name(m.guns), "the trust server has")
	}
	if len(m.plan.GUNs()) == 0 {
		return m.told(nothingToDo("NOTHING CAN BE PREPARED NOW", m.plan.Left))
	}
	p := PlanPage(m.plan)
	p.Sections = slices.DeleteFunc(p.Sections, func(s ui.Section) bool { return s.Title == "IN THIS ORDER" })
	needs := ui.Section{Title: "YOU WILL NEED"}
	for _, n := range m.plan.Need {
		needs.Facts = append(needs.Facts, ui.Fact{Label: "a passphrase", Value: "chosen now and typed twice: " + trustdata.Visible(n.Why)})
	}
	needs.Facts = append(needs.Facts, ui.Fact{Label: "a stick", Value: "on which a file goes to the offline machine, and one comes back"},
		ui.Fact{Label: "pen, paper", Value: "the first eight digits of the file's SHA-256 are asked for on the offline machine"})
	p.Sections = slices.Insert(p.Sections, 1, needs)
	p.Sections = slices.Insert(p.Sections, 0, ui.Section{Facts: []ui.Fact{{Value: "The root key is not needed here. Nothing is sent by preparing.", Mark: ui.MarkNote}}})
	return m.told(p)
}

// nothingToDo is the page of a plan that has left everything out.
func nothingToDo(title string, left []rotation.LeftOut) ui.Page {
	return ui.Page{Title: title, Sections: []ui.Section{{Facts: []ui.Fact{{Value: title + ". NOTHING HAS CHANGED.", Mark: ui.MarkNow}}}, LeftOut(left)}}
}

// folderPage is what the file will hold, and where it goes.
func (m *Prepare) folderPage() ui.Page {
	p := ui.Page{Title: "Folder", Sections: []ui.Section{{Title: "THE FILE FOR THE OFFLINE MACHINE HOLDS", Facts: []ui.Fact{
		{Label: "What to sign", Value: "the change of " + name(m.guns)},
		{Label: "The roots", Value: "every version of root.json that the trust server has, to be verified there"},
		{Label: "New keys", Value: "their public halves, unless they are made there"},
		{Label: "Secrets", Value: "none: no private key and no passphrase is ever in it", Mark: ui.MarkOK}}}}}
	where := ui.Fact{Label: "It goes to", Value: "no folder yet: f asks for it", Mark: ui.MarkUnchecked}
	if m.folder != "" {
		where = ui.Fact{Label: "It goes to", Value: trustdata.Visible(m.folder), Mark: ui.MarkOK}
	}
	p.Sections = append(p.Sections, ui.Section{Facts: []ui.Fact{where, {Value: "Put the stick in before you go on. It has to stay in until the last page says so."}}})
	return p
}

func (m *Prepare) writePage() ui.Page {
	switch {
	case m.failed == nil:
		return m.working("Write", "DO NOT TAKE THE STICK OUT: THE FILE IS BEING WRITTEN AND READ BACK.")
	case m.bundle == nil:
		return m.failure("Not prepared", "NOTHING WAS PREPARED. NOTHING HAS CHANGED.", "No file was written and no ceremony waits. Keys that were made are in the trash.", "Enter makes a new plan.")
	}
	return m.failure("Not written", "THE CEREMONY WAITS, AND ITS FILE IS NOT WRITTEN YET.",
		"Everything that goes into the file is kept on this machine. Nothing was sent.", "f names another folder, Enter writes the very same file. It can be done later too: u on Activity.")
}

func (m *Prepare) leavingWrite() string {
	switch {
	case m.Sending():
		return "Being written: wait for the end, the stick stays in."
	case m.bundle == nil:
		return harmless()
	}
	return "Leaving is safe, and the stick may be taken out: the ceremony waits, and the next start says it."
}

// closePage says what to carry where.
func (m *Prepare) closePage() ui.Page {
	if m.bundle == nil {
		return ui.Page{Title: "Close"}
	}
	b := m.bundle
	return ui.Page{Title: "Close", Copy: []ui.Copyable{{What: "SHA-256", Text: b.SHA256}, {What: "file", Text: trustdata.Visible(m.file)}}, Sections: []ui.Section{
		{Facts: []ui.Fact{{Value: "THE FILE IS WRITTEN AND WAS READ BACK. NOTHING WAS SENT.", Mark: ui.MarkOK}, {Value: "UNMOUNT THE STICK, THEN TAKE IT OUT.", Mark: ui.MarkOK}}},
		{Facts: append([]ui.Fact{{Label: "File", Value: trustdata.Visible(m.file)}}, hash("SHA-256", b.SHA256)...)},
		{Title: "WRITE DOWN THE FIRST EIGHT DIGITS", Facts: []ui.Fact{{Value: ui.Spelled(b.SHA256)},
			{Value: "The offline machine asks for them and does not show them: they say that it has this file and no other."}}},
		{Title: "STILL TO DO", Facts: []ui.Fact{{Value: "[ ] carry the file to the machine that has the root key"},
			{Value: "[ ] there: A on Keys, a file was brought here"},
			{Value: "[ ] bring the signed file back, and here: A on Repos, a file was brought here"}}},
		{Title: "WHERE THE OFFLINE MACHINE KNOWS NOTHING OF A REPOSITORY, READ THESE DIGITS OF ROOT.JSON TO IT", Facts: spoken(b)},
		{Title: "WHAT WAITS", Facts: waiting(b)}}}
}

// spoken are the digits by which somebody speaks for the roots in a file.
func spoken(b *ceremony.Bundle) (facts []ui.Fact) {
	for i := range b.Repositories {
		r := &b.Repositories[i]
		facts = append(facts, ui.Fact{Label: ui.Name(string(r.GUN), ""), Value: ui.Fours(newestRoot(r)[:rootDigits])})
	}
	return facts
}

// newestRoot is the SHA-256 of the newest root that a file has of a repository.
func newestRoot(r *ceremony.Repository) string {
	roots := r.Roots()
	return ceremony.Sum(roots[len(roots)-1])
}

// waiting is what a prepared file asks for, a row for each repository.
func waiting(b *ceremony.Bundle) (facts []ui.Fact) {
	for i := range b.Repositories {
		r := &b.Repositories[i]
		facts = append(facts, ui.Fact{Label: ui.Name(string(r.GUN), ""), Value: change(r)})
	}
	return append(facts, ui.Fact{Value: "It waits in the journal. The next start says it, and u on Activity goes on with it or gives it up."})
}
