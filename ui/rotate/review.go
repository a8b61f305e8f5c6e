package rotate

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// reviewPage is the last page before anything is sent.
func (m *Model) reviewPage() ui.Page {
	p := ui.Page{Title: "Review"}
	if m.plan == nil {
		return p
	}
	facts := []ui.Fact{{Label: "Repository", Value: ui.Name(string(m.plan.GUN), "")}}
	for _, id := range m.plan.OldKeys {
		facts = append(facts, ui.Fact{Label: "From", Value: beginning(id)})
	}
	facts = append(facts, ui.Fact{Label: "To", Value: m.newKey()},
		ui.Fact{Label: "root.json", Value: fmt.Sprintf("version %d to %d", m.plan.RootVersion-1, m.plan.RootVersion)})
	if m.plan.Role == trustdata.RoleRoot && !m.plan.SameKey {
		facts = append(facts, ui.Fact{Label: "Backup", Value: m.Saved.Sentence()})
	}
	p.Sections = []ui.Section{{Facts: []ui.Fact{{Value: m.headline(), Mark: ui.MarkNow}}}, {Facts: facts}, list("WHAT CHANGES", m.plan.Changes, ""), followers(m.plan)}
	p.Notes = []string{m.wayBack(), "The same from a script: " + command(m.plan)}
	p.Copy = []ui.Copyable{{What: "command", Text: command(m.plan)}}
	if n, some := m.Held.Missing(); some {
		p.Notes = append(p.Notes, "Before it is asked for confirmation, the passphrase of the "+n.Role.Title()+" key is asked for again.")
	}
	return p
}

// from says what becomes of the keys that there are.
func (m *Model) from() ui.Fact {
	if m.plan.Part == rotation.AddOnly {
		return ui.Fact{Label: "Stays", Value: "every root key that there is"}
	}
	return ui.Fact{Label: "From", Value: old(m.plan.OldKeys)}
}

// newKey is what is known of the key to come, without the digits that are asked for.
func (m *Model) newKey() string {
	switch {
	case m.plan.SameKey:
		return renewed
	case m.NewID != "":
		return ui.HiddenDigits(string(m.NewID))
	case makesKey(m.plan):
		return "a new key, made here once you confirm"
	case m.plan.Key != "":
		return beginning(m.plan.Key) + ", which is here"
	}
	return "a key that the trust server makes and holds"
}

// headline names the deed and what it is done to.
func (m *Model) headline() string {
	switch m.plan.Role {
	case trustdata.RoleRoot:
		if m.plan.SameKey {
			return "RENEW THE ROOT CERTIFICATE OF 1 REPO"
		}
		if m.plan.Part == rotation.AddOnly {
			return "1 REPO WILL TRUST ONE ROOT KEY MORE"
		}
		return "1 REPO WILL TRUST A DIFFERENT ROOT. NO UNDO."
	case trustdata.RoleTargets:
		return "ROTATE THE REPOSITORY KEY OF 1 REPO"
	}
	return "ROTATE THE " + strings.ToUpper(string(m.plan.Role)) + " KEY OF 1 REPO"
}

func (m *Model) wayBack() string {
	switch {
	case m.plan.SameKey:
		return "Going back is not needed: the root key stays, and clients know its old certificate too."
	case m.plan.Role == trustdata.RoleRoot:
		return "Going back later would be another rotation, signed by the new key."
	}
	if isFolder(m.plan) {
		return "Way back: another rotation. The old key file stays in private/."
	}
	return "Way back: another rotation. The old key file goes to the trash, where it is kept."
}

// confirm asks the question that the danger demands.
func (m *Model) confirm() tea.Cmd { return m.Held.Confirm(m.question, m.Advance) }

// question has level 4 for root, 3 for keys whose files go to the trash, and 2 for the
// timestamp, whose keys are the server's own.
func (m *Model) question() ui.Question {
	plan, gun := m.plan, trustdata.Visible(string(m.plan.GUN))
	q := ui.Question{Headline: m.headline(), Thing: plan.Role.Title() + " key of " + ui.Name(string(plan.GUN), ""), Profile: m.opt.Profile,
		Keep: "Cancel", Act: "Publish to 1 repository",
		Facts: []ui.Fact{m.from(), {Label: "To", Value: m.newKey()},
			{Label: "root.json", Value: fmt.Sprintf("version %d to %d", plan.RootVersion-1, plan.RootVersion)},
			{Label: "Will not follow", Value: trustdata.Plural(len(plan.WillNotFollow), "kind of client", "kinds of clients") + ", see the page before"}}}
	if len(plan.WillNotFollow) == 0 {
		q.Facts[3].Value = "none known"
	}
	switch plan.Role {
	case trustdata.RoleRoot:
		if plan.SameKey {
			return renewalQuestion(q, gun)
		}
		q.Facts = append(q.Facts, ui.Fact{Label: "Backup", Value: m.Saved.State()})
		q.Type, q.Hidden = string(m.NewID[:ui.SpokenDigits]), true
		q.Prompt = "Type the first eight digits of the NEW key. They are hidden here: take them from the paper."
	case trustdata.RoleTimestamp:
	default:
		q.Type = named(plan)
		q.Facts = append(q.Facts, ui.Fact{Label: "Way back", Value: "another rotation"})
	}
	return q
}

func old(ids []trustdata.KeyID) string {
	if len(ids) == 1 {
		return beginning(ids[0])
	}
	return trustdata.Plural(len(ids), "key", "keys")
}
