// Package change shows plans and results of changes that are neither rotations nor
// backups: founding a repository, signing tags, taking signatures away. One wizard leads
// through all of those that the console does.
package change

import (
	"fmt"
	"slices"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// Plan is what every plan of a change has.
type Plan struct {
	Kind                          string
	GUN                           trustdata.GUN
	Changes, WillNotFollow, Steps []string
	Needs                         []rotation.Need
}

// PlanPage is a plan before anything has happened.
func PlanPage(p Plan) ui.Page {
	page := ui.Page{Title: trustdata.Visible(p.Kind), Summary: ui.Name(string(p.GUN), "") + ". Nothing has been changed."}
	page.Sections = append(page.Sections, sentences("WHAT CHANGES", p.Changes))
	if len(p.WillNotFollow) > 0 {
		page.Sections = append(page.Sections, sentences("WHAT STAYS", p.WillNotFollow))
	}
	needs := ui.Section{Title: "YOU WILL NEED"}
	for _, n := range p.Needs {
		label := fmt.Sprintf("passphrase of %s key %s", n.Role.Title(), n.KeyID.Short())
		if n.New {
			label = fmt.Sprintf("a new passphrase for the %s key", n.Role.Title())
		}
		needs.Facts = append(needs.Facts, ui.Fact{Label: label, Value: trustdata.Visible(n.Why)})
	}
	steps := ui.Section{Title: "IN THIS ORDER"}
	for i, s := range p.Steps {
		steps.Facts = append(steps.Facts, ui.Fact{Label: fmt.Sprint(i + 1), Value: trustdata.Visible(s)})
	}
	if len(needs.Facts) > 0 {
		page.Sections = append(page.Sections, needs)
	}
	page.Sections = append(page.Sections, steps)
	return page
}

func sentences(title string, lines []string) ui.Section {
	s := ui.Section{Title: title}
	for _, line := range lines {
		s.Facts = append(s.Facts, ui.Fact{Value: trustdata.Visible(line)})
	}
	return s
}

// ResultPage is a change that was read back. With nothing changed it says so.
func ResultPage(r *rotation.EditResult, changes []string) ui.Page {
	page := ui.Page{Title: "Done", Summary: ui.Name(string(r.GUN), "")}
	if len(r.Changed) == 0 {
		page.Notes = []string{"Nothing was sent: it is so already."}
		return page
	}
	facts := ui.Section{Facts: []ui.Fact{{Label: "Repository", Value: ui.Name(string(r.GUN), "")}}}
	roles := make([]trustdata.Role, 0, len(r.Versions))
	for role := range r.Versions {
		roles = append(roles, role)
	}
	slices.Sort(roles)
	for _, role := range roles {
		facts.Facts = append(facts.Facts, ui.Fact{Label: string(role), Value: fmt.Sprintf("version %d", r.Versions[role]), Mark: ui.MarkOK})
	}
	facts.Facts = append(facts.Facts, ui.Fact{Label: "Verified", Value: "yes: as a client that knows nothing, and as one that knew the version before", Mark: ui.MarkOK})
	page.Sections = []ui.Section{facts, sentences("WHAT CHANGED", changes)}
	return page
}

// StepSentence says what a step of a change does.
func StepSentence(step string) string {
	switch step {
	case "sign":
		return "signing, and verifying as a client would"
	case "send":
		return "sending"
	case "confirm":
		return "reading back with an empty cache, and verifying"
	case "promote":
		return "moving the new keys into private/"
	case "ask":
		return "asking who lists the key"
	case "move":
		return "moving the file"
	}
	return step
}
