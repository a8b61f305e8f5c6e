package ceremony

import (
	"fmt"
	"slices"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/rotation/ceremony"
	"keyrite/ui"
)

// checkPage is what will be published, or why that cannot be.
func (m *Publish) checkPage() ui.Page {
	if m.plan == nil {
		return m.unplanned("Publish what was signed", "the file, this machine and the trust server have")
	}
	if m.size() == 0 {
		return m.told(nothingToDo("NOTHING CAN BE PUBLISHED NOW", m.plan.Left))
	}
	p := PublishingPage(m.plan)
	p.Sections = slices.DeleteFunc(p.Sections, func(s ui.Section) bool { return s.Title == "IN THIS ORDER" })
	facts := []ui.Fact{{Value: "It is signed for exactly what was prepared here, and every new root follows from the one before.", Mark: ui.MarkOK}}
	if len(m.plan.GUNs()) > 0 {
		facts = append(facts, ui.Fact{Value: "The trust server still has the root that it follows.", Mark: ui.MarkOK})
	}
	if n := len(m.plan.Again); n > 0 {
		facts = append(facts, ui.Fact{Value: "An earlier run has sent " + trustdata.Plural(n, "repository", "repositories") + ", and it is not known whether they arrived: exactly the same bytes are sent, where they are not there.", Mark: ui.MarkUnchecked})
	}
	needs := ui.Section{Title: "YOU WILL NEED", Facts: []ui.Fact{{Label: "the paper", Value: "with the first eight digits of the signed file's SHA-256"}}}
	for _, n := range m.plan.Need {
		needs.Facts = append(needs.Facts, ui.Fact{Label: n.Role.Title() + " " + n.KeyID.Short(), Value: "its passphrase: " + trustdata.Visible(n.Why)})
	}
	p.Sections = slices.Insert(p.Sections, 0, ui.Section{Title: "VERIFIED", Facts: facts})
	p.Sections = slices.Insert(p.Sections, 2, needs)
	return m.told(p)
}

// reviewPage is the last page before anything is sent.
func (m *Publish) reviewPage() ui.Page {
	p := ui.Page{Title: "Review"}
	if m.plan == nil {
		return p
	}
	facts := []ui.Fact{{Label: "Ceremony", Value: trustdata.Visible(m.bundle.Kind) + " of " + name(m.guns())}}
	for _, b := range m.bundle.Signed.Backups {
		facts = append(facts, ui.Fact{Label: "Backup", Value: strings.ReplaceAll(trustdata.Visible(b.State), "_", " ") + ": " + trustdata.Visible(b.File)})
	}
	for _, w := range m.bundle.Signed.Waived {
		facts = append(facts, ui.Fact{Label: "Waived", Value: trustdata.Visible(w), Mark: ui.MarkSoon})
	}
	facts = append(facts, ui.Fact{Label: "Not follow", Value: m.behind()})
	p.Sections = []ui.Section{{Facts: []ui.Fact{{Value: m.headline(), Mark: ui.MarkNow}}}, {Facts: facts}, sentences("WHAT CHANGES", m.plan.Changes, "")}
	if len(m.plan.Left) > 0 {
		p.Sections = append(p.Sections, LeftOut(m.plan.Left))
	}
	p.Notes = []string{"Tags that were signed since it was prepared stay as they are now."}
	if n, some := m.Held.Missing(); some {
		p.Notes = append(p.Notes, "Before it is asked for confirmation, the passphrase of the "+n.Role.Title()+" key is asked for again.")
	}
	return p
}

func (m *Publish) headline() string {
	n := strings.ToUpper(trustdata.Plural(m.size(), "repository", "repositories"))
	if r := m.bundle.Repositories[0]; r.Role == trustdata.RoleRoot && r.Change == ceremony.NewKey {
		return n + " WILL TRUST A DIFFERENT ROOT. THIS CANNOT BE UNDONE."
	}
	return "PUBLISH A SIGNED ROOT.JSON TO " + n
}

// behind counts the sentences about clients that will not follow.
func (m *Publish) behind() string {
	if len(m.plan.WillNotFollow) == 0 {
		return "none known"
	}
	return trustdata.Plural(len(behind(m.plan.WillNotFollow, m.plan.GUNs()).Facts), "kind of client", "kinds of clients") + ", see the page before"
}

func (m *Publish) publishPage() ui.Page {
	done, waiting, troubled := m.tally()
	if m.Sending() {
		return m.table(ui.Page{Title: "Publish", Sections: []ui.Section{{Facts: []ui.Fact{
			{Value: fmt.Sprintf("PUBLISHING TO %s: %d DONE. THE STICK MAY BE TAKEN OUT.", strings.ToUpper(name(m.bundle.GUNs())), done), Mark: ui.MarkRunning}}}}})
	}
	p := m.table(ui.Page{Title: "Not finished", Sections: []ui.Section{{Facts: []ui.Fact{
		{Value: fmt.Sprintf("STOPPED AFTER %d OF %d. %d waiting, %d in trouble. What is not done goes on waiting.", done, len(m.rows), waiting, troubled), Mark: ui.MarkNow}}}}})
	if t := m.trouble(); t.What != "" {
		p.Sections = append(p.Sections, ui.Section{Facts: []ui.Fact{{Label: "What happened", Value: t.What}, {Label: "What you can do", Value: "T tries again with what is left. P pauses: the same file goes on from here later. " + t.Do}}})
		p.Copy = []ui.Copyable{{What: "the error", Text: t.Text()}}
	}
	return p
}

// trouble is the first thing that went wrong.
func (m *Publish) trouble() ui.Trouble {
	if m.failed != nil {
		return ui.Explain(m.failed)
	}
	for _, o := range slices.Backward(m.out) {
		if r := m.row(o.GUN); o.Err != nil && r != nil && !r.settled {
			return ui.Explain(o.Err)
		}
	}
	return ui.Trouble{}
}

func (m *Publish) leavingPublish() string {
	if m.Sending() {
		return m.LeavingRun()
	}
	return "Leaving now pauses, and the stick may be taken out. The next start says it again."
}

// closePage is the end: what is done, what is still to do, and the record of it.
func (m *Publish) closePage() ui.Page {
	p := ui.Page{Title: "Close"}
	if m.op == nil {
		return p
	}
	done, _, _ := m.tally()
	head := ui.Fact{Value: fmt.Sprintf("DONE. %d of %d %s. Each was read back with an empty cache and verified.", done, len(m.rows), map[bool]string{true: "repository has the new root.json", false: "repositories have the new root.json"}[len(m.rows) == 1]), Mark: ui.MarkOK}
	if done < len(m.rows) {
		head = ui.Fact{Value: fmt.Sprintf("%d OF %d HAVE THE NEW ROOT.JSON. What became of the others stands below.", done, len(m.rows)), Mark: ui.MarkSoon}
	}
	p.Sections = []ui.Section{{Facts: []ui.Fact{head}}}
	if r := m.bundle.Repositories[0]; r.Role == trustdata.RoleRoot && r.Change == ceremony.NewKey {
		p.Sections = append(p.Sections, ui.Section{Facts: []ui.Fact{{Label: "KEEP THE OLD KEY", Value: "Clients that last looked before today need its signature. Do not destroy its backups."}}})
	}
	p.Sections = append(p.Sections, ui.Section{Title: "STILL TO DO", Facts: m.toDo()}, ui.Section{Title: "RECORD", Facts: m.record()})
	if pins := m.pins(); pins != "" {
		p.Copy = append(p.Copy, ui.Copyable{What: "new certificate IDs", Text: pins})
	}
	p.Copy = append(p.Copy, ui.Copyable{What: "ceremony", Text: m.op.ID})
	return m.table(p)
}

// pins are the new root certificates, a line for each repository that is done.
func (m *Publish) pins() string {
	var b strings.Builder
	for _, u := range m.op.Units {
		if u.Certificate != "" && u.State == rotation.StateDone {
			fmt.Fprintf(&b, "%s %s\n", trustdata.Visible(string(u.GUN)), u.Certificate)
		}
	}
	return b.String()
}

// toDo is what nobody but a person can do.
func (m *Publish) toDo() (facts []ui.Fact) {
	add := func(texts ...string) {
		for _, t := range texts {
			facts = append(facts, ui.Fact{Value: "[ ] " + trustdata.Visible(t)})
		}
	}
	for _, o := range m.out {
		if o.Result != nil {
			add(o.Result.PinsToChange...)
			add(o.Result.Notes...)
		}
	}
	if m.pins() != "" {
		add("tell whoever pins the old root certificates the IDs of the new ones: y copies the list")
	}
	if len(m.op.Keys) > 0 {
		add("back up the new keys: keyrite backup create --to DIR -r RECIPIENT")
	}
	add("keep the printed record, and the signed file with it", "see that clients list the same tags: keyrite tags GUN")
	return facts
}

// record is what goes into the minutes.
func (m *Publish) record() []ui.Fact {
	facts := []ui.Fact{{Label: "Ceremony", Value: m.op.ID}, {Label: "Prepared", Value: when(m.bundle.Head)}, {Label: "Signed", Value: when(m.bundle.Signed.Head)},
		{Label: "Published", Value: ui.Moment(m.started) + " to " + ui.Moment(m.until)}}
	facts = append(facts, hash("Signed file", m.bundle.SHA256)...)
	if m.sum != "" {
		facts = append(facts, ui.Fact{Label: "This record", Value: ui.Eights(m.sum[:len(m.sum)/2])}, ui.Fact{Value: ui.Eights(m.sum[len(m.sum)/2:])})
	}
	return facts
}

func (m *Publish) leavingClose() string {
	if !m.Finished() {
		return "Leaving changes nothing: what is not done waits, and is announced at the next start."
	}
	return "Done and read back. The stick may be taken out."
}
