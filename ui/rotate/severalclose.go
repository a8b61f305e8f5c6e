package rotate

import (
	"fmt"
	"slices"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// isBackupWaiver knows the entries of a journal that waive the backup.
func isBackupWaiver(s string) bool { return strings.HasPrefix(s, "backup") }

// closePage is the end: what is done, what is still to do, and the record of it.
func (m *Several) closePage() ui.Page {
	p := ui.Page{Title: "Close"}
	if m.op == nil {
		return p
	}
	done, _, _ := m.tally()
	head := ui.Fact{Value: fmt.Sprintf("DONE. %d of %d repositories are on the new %s key. Each was read back and verified.", done, len(m.op.Units), m.opt.Role.Title()), Mark: ui.MarkOK}
	if done < len(m.op.Units) {
		head = ui.Fact{Value: fmt.Sprintf("%d OF %d REPOSITORIES ARE ON THE NEW KEY. What became of the others stands below.", done, len(m.op.Units)), Mark: ui.MarkSoon}
	}
	p.Sections = []ui.Section{{Facts: []ui.Fact{head}}}
	if m.newRoot() {
		p.Sections = append(p.Sections, ui.Section{Facts: []ui.Fact{{Label: "KEEP THE OLD KEY", Value: "Clients that last looked before today need its signature. Do not destroy its backups."}}})
	}
	p.Sections = append(p.Sections, ui.Section{Title: "STILL TO DO", Facts: m.tasks()}, ui.Section{Title: "RECORD", Facts: m.record()})
	for _, id := range m.newIDs() {
		p.Copy = append(p.Copy, ui.Copyable{What: "new key ID " + id.Short(), Text: string(id)})
	}
	if pins := m.pins(); pins != "" {
		p.Copy = append(p.Copy, ui.Copyable{What: "new certificate IDs", Text: pins})
	}
	p.Copy = append(p.Copy, ui.Copyable{What: "operation", Text: m.op.ID})
	return p
}

// pins are the new root certificates, a line for each repository that is done.
func (m *Several) pins() string {
	var b strings.Builder
	for _, u := range m.op.Units {
		if u.Certificate != "" && u.State == rotation.StateDone {
			fmt.Fprintf(&b, "%s %s\n", trustdata.Visible(string(u.GUN)), u.Certificate)
		}
	}
	return b.String()
}

func (m *Several) newIDs() (ids []trustdata.KeyID) {
	for _, u := range m.op.Units {
		for _, id := range u.NewKeys {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

func (m *Several) oldIDs() (ids []trustdata.KeyID) {
	for _, u := range m.op.Units {
		for _, id := range u.OldKeys {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// tasks are what nobody but a person can do.
func (m *Several) tasks() (facts []ui.Fact) {
	add := func(text string) { facts = append(facts, ui.Fact{Value: "[ ] " + text}) }
	if m.pins() != "" {
		add("tell whoever pins the old root certificates the IDs of the new ones: y copies the list")
	}
	for _, p := range m.parts {
		switch name := ui.Name(string(p.gun), ""); {
		case p.settled && !p.done:
			add(name + " has landed and does not verify: look at its roles before anything else")
		case !p.done:
			add(name + " is not done: u on Activity goes on with it, or gives it up")
		}
	}
	if m.batch != nil {
		for _, l := range m.leftOut() {
			add(ui.Name(string(l.GUN), "") + " was left out: " + trustdata.VisibleError(l.Why))
		}
	}
	switch unsaved := slices.ContainsFunc(m.op.Waived, isBackupWaiver); {
	case unsaved || !m.newRoot() && len(m.op.Keys) > 0:
		add("back up the new keys: keyrite backup create --to DIR -r RECIPIENT")
	case len(m.op.Backups) > 0 && m.op.Backups[len(m.op.Backups)-1].State != "proven":
		add("prove the backup with a secret key that opens it: keyrite backup verify FILE -i IDENTITY")
	}
	if len(m.op.Backups) > 0 {
		add("unmount the medium of the backup before you take it out")
	}
	add("see that clients list the same tags: keyrite tags GUN")
	return facts
}

// record is what goes into the minutes, with the IDs in full.
func (m *Several) record() []ui.Fact {
	facts := []ui.Fact{{Label: "Started", Value: ui.Moment(m.started)}, {Label: "Ended", Value: ui.Moment(m.ended)}, {Label: "Operation", Value: m.op.ID}}
	for _, id := range m.oldIDs() {
		facts = append(facts, wholeID("Old key "+id.Short(), id, "")...)
	}
	for _, id := range m.newIDs() {
		facts = append(facts, wholeID("New key "+id.Short(), id, "")...)
	}
	for _, b := range m.op.Backups {
		facts = append(facts, ui.Fact{Label: "Backup", Value: trustdata.Visible(b.File)},
			ui.Fact{Value: strings.ReplaceAll(trustdata.Visible(b.State), "_", " ") + ", " + trustdata.Visible(b.SHA256)})
	}
	for _, w := range m.op.Waived {
		facts = append(facts, ui.Fact{Label: "Waived", Value: trustdata.Visible(w), Mark: ui.MarkSoon})
	}
	if m.sum != "" {
		facts = append(facts, ui.Fact{Label: "Its sha256", Value: ui.Eights(m.sum[:len(m.sum)/2])}, ui.Fact{Value: ui.Eights(m.sum[len(m.sum)/2:])})
	}
	return facts
}

func (m *Several) leavingClose() string {
	if done, _, _ := m.tally(); m.op != nil && done < len(m.op.Units) {
		return "Leaving changes nothing: what is not done waits, and is announced at the next start."
	}
	return "It is done and was read back. Leaving changes nothing."
}
