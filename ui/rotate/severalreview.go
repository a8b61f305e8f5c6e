package rotate

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/ui"
)

// reviewPage is the last page before anything is sent.
func (m *Several) reviewPage() ui.Page {
	p := ui.Page{Title: "Review"}
	if m.batch == nil {
		return p
	}
	b := m.chosen()
	facts := []ui.Fact{{Label: "From", Value: oldKeysOf(b)}, {Label: "To", Value: m.newKey()}}
	if m.newRoot() {
		facts = append(facts, ui.Fact{Label: "Backup", Value: m.backupWords()})
	}
	facts = append(facts, ui.Fact{Label: "Not follow", Value: m.behind()})
	if n := m.stays(); n > 0 {
		facts = append(facts, ui.Fact{Label: "Left out", Value: repositoriesOf(n) + ", see below", Mark: ui.MarkSoon})
	}
	p.Sections = []ui.Section{{Facts: []ui.Fact{{Value: m.headline(), Mark: ui.MarkNow}}}, {Facts: facts}}
	p.Notes = append(m.common("Will not follow: "), m.wayBack(), m.wayToScript())
	if n, some := m.Held.Missing(); some {
		p.Notes = append(p.Notes, "Before it is asked for confirmation, the passphrase of the "+n.Role.Title()+" key is asked for again.")
	}
	return m.rows(p)
}

func (m *Several) newKey() string {
	switch {
	case m.opt.SameKey:
		return "the same key, with a new certificate for each"
	case m.NewID != "":
		return ui.HiddenDigits(string(m.NewID))
	case m.opt.Role == trustdata.RoleTimestamp:
		return "keys that the trust server makes and holds"
	}
	return "a new key for each, made here or by the server once you confirm"
}

// backupWords say where the keys are backed up, by this run or by the one that began it.
func (m *Several) backupWords() string {
	if op := m.opt.Begun; m.Saved.Proof == nil && m.Saved.Waived == "" && m.secured() {
		if len(op.Backups) > 0 {
			last := op.Backups[len(op.Backups)-1]
			return strings.ReplaceAll(trustdata.Visible(last.State), "_", " ") + " when it was begun: " + trustdata.Visible(last.File)
		}
		return "WAIVED when it was begun"
	}
	return m.Saved.Sentence()
}

// behind counts the kinds of clients that will not follow.
func (m *Several) behind() string {
	kinds := map[string]bool{}
	for _, p := range m.chosen().Plans {
		for _, who := range p.WillNotFollow {
			kinds[who] = true
		}
	}
	if len(kinds) == 0 {
		return "none known"
	}
	return trustdata.Plural(len(kinds), "kind of client", "kinds of clients") + ", see the page"
}

// headline names the deed and how many it is done to.
func (m *Several) headline() string {
	n := m.size()
	if m.newRoot() {
		return fmt.Sprintf("%s WILL TRUST A DIFFERENT ROOT. THIS CANNOT BE UNDONE.", strings.ToUpper(repositoriesOf(n)))
	}
	return fmt.Sprintf("ROTATE THE %s KEY OF %s", strings.ToUpper(m.opt.Role.Title()), strings.ToUpper(repositoriesOf(n)))
}

func (m *Several) wayBack() string {
	if m.newRoot() {
		return "Going back later would be another rotation, signed by the new key."
	}
	return "Way back: another rotation. Old key files go to the trash, where they are kept."
}

// confirm asks the question that the danger demands.
func (m *Several) confirm() tea.Cmd { return m.Held.Confirm(m.question, m.Advance) }

// question has level 4 for root: the hidden digits. Else it is the number of repositories
// that is typed.
func (m *Several) question() ui.Question {
	b, n := m.chosen(), repositoriesOf(m.size())
	q := ui.Question{Headline: strings.ReplaceAll(m.headline(), "THIS CANNOT BE UNDONE.", "NO UNDO."), Profile: m.opt.Profile,
		Thing: m.opt.Role.Title() + " key of " + n, Keep: "Cancel", Act: "Publish to " + n,
		Facts: []ui.Fact{{Label: "From", Value: oldKeysOf(b)}, {Label: "To", Value: m.newKey()}, {Label: "Will not follow", Value: m.behind()}}}
	if m.newRoot() {
		q.Facts = append(q.Facts, ui.Fact{Label: "Backup", Value: m.backupShort()})
		q.Type, q.Hidden = string(m.NewID[:ui.SpokenDigits]), true
		q.Prompt = "Type the first eight digits of the NEW key. They are hidden here: take them from the paper."
		return q
	}
	q.Type = n
	q.Facts = append(q.Facts, ui.Fact{Label: "Way back", Value: "another rotation"})
	return q
}

// backupShort is backupWords without the file.
func (m *Several) backupShort() string {
	text, _, _ := strings.Cut(m.backupWords(), ":")
	return text
}
