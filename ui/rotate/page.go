// Package rotate replaces the key of a role, step by step. Until the last question is
// answered nothing is sent, and leaving undoes what was made so far.
package rotate

import (
	"fmt"
	"slices"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// PlanPage is a rotation before it happens.
func PlanPage(p *rotation.Plan) ui.Page {
	page := ui.Page{
		Title:    "Rotate the " + p.Role.Title() + " key of " + ui.Name(string(p.GUN), ""),
		Summary:  headline(p) + " Nothing is changed by looking at this.",
		Sections: []ui.Section{target(p), list("WHAT CHANGES", p.Changes, ""), needs(p), steps(p), followers(p)},
		Notes:    []string{"The same from a script: " + command(p)},
		Copy:     []ui.Copyable{{What: "command", Text: command(p)}},
	}
	if p.Vouched != nil {
		page.Sections = append(page.Sections, vouched(p.Vouched))
	}
	for _, id := range p.OldKeys {
		page.Copy = append(page.Copy, ui.Copyable{What: "old key ID " + id.Short(), Text: string(id)})
	}
	return page
}

// Command is the verb that does the same as the wizard.
func Command(r rotation.Request) string {
	s := "keyrite rotate " + trustdata.ShellWord(trustdata.Visible(string(r.GUN))) + " " + trustdata.ShellWord(trustdata.Visible(string(r.Role)))
	if r.To != rotation.Same {
		s += " --to " + string(r.To)
	}
	return s + kindFlags(r) + compromisedFlags(r)
}

// makesKey reports whether the new key is made on this machine.
func makesKey(p *rotation.Plan) bool {
	return slices.ContainsFunc(p.Needs(), func(n rotation.Need) bool { return n.New })
}

// headline says in one sentence what the rotation is.
func headline(p *rotation.Plan) string {
	special := exchange(p)
	switch {
	case special != "":
		return special
	case makesKey(p):
		return fmt.Sprintf("The %s key gives way to a new one, made on this machine.", p.Role.Title())
	}
	return fmt.Sprintf("The %s key gives way to one that the trust server makes and holds.", p.Role.Title())
}

func target(p *rotation.Plan) ui.Section {
	s := ui.Section{Title: "ROTATE THE " + strings.ToUpper(p.Role.Title()) + " KEY", Facts: []ui.Fact{
		{Label: "Repository", Value: ui.Name(string(p.GUN), "")},
	}}
	if !isFolder(p) {
		s.Facts = append(s.Facts, ui.Fact{Label: "Trust server", Value: trustdata.Visible(p.Server)})
	}
	for _, id := range p.OldKeys {
		s.Facts = append(s.Facts, wholeID("Old "+p.Role.Title()+" key", id, "")...)
	}
	return s
}

// wholeID is a key ID in two halves, which every window has room for.
func wholeID(label string, id trustdata.KeyID, mark ui.Mark) []ui.Fact {
	s := string(id)
	return []ui.Fact{{Label: label, Value: ui.Fours(s[:len(s)/2]), Mark: mark}, {Value: ui.Fours(s[len(s)/2:])}}
}

// beginning is the part of a key ID that is compared by eye.
func beginning(id trustdata.KeyID) string { return ui.Beginning(string(id)) }

// list is a section of sentences; marks them all alike.
func list(title string, texts []string, mark ui.Mark) ui.Section {
	s := ui.Section{Title: title}
	for _, t := range texts {
		s.Facts = append(s.Facts, ui.Fact{Value: trustdata.Visible(t), Mark: mark})
	}
	return s
}

func needs(p *rotation.Plan) ui.Section { return needed(p.Needs(), p.Role) }

func needed(all []rotation.Need, role trustdata.Role) ui.Section {
	s := ui.Section{Title: "YOU WILL NEED"}
	for _, n := range all {
		f := ui.Fact{Label: n.Role.Title() + " " + n.KeyID.Short(), Value: "its passphrase: " + trustdata.Visible(n.Why)}
		if n.New {
			f = ui.Fact{Label: "a passphrase", Value: "chosen now and typed twice: " + trustdata.Visible(n.Why)}
		}
		s.Facts = append(s.Facts, f)
	}
	if role == trustdata.RoleRoot && slices.ContainsFunc(all, func(n rotation.Need) bool { return n.New }) {
		s.Facts = append(s.Facts, ui.Fact{Label: "a folder", Value: "and an age recipient: both keys are backed up before anything is sent, or you say why not"},
			ui.Fact{Label: "pen, paper", Value: "the first eight digits of the new key are shown once and asked for later"})
	}
	return s
}

func steps(p *rotation.Plan) ui.Section {
	s := ui.Section{Title: "IN THIS ORDER"}
	for i, step := range p.Steps {
		s.Facts = append(s.Facts, ui.Fact{Label: fmt.Sprint(i + 1), Value: trustdata.Visible(step)})
	}
	return s
}

func followers(p *rotation.Plan) ui.Section {
	if len(p.WillNotFollow) == 0 {
		return ui.Section{Title: "WHO WILL NOT FOLLOW", Facts: []ui.Fact{{Value: "none known", Mark: ui.MarkOK}}}
	}
	return list("WHO WILL NOT FOLLOW", p.WillNotFollow, ui.MarkSoon)
}

// StepSentence is what is being done while the rotation reports a step.
func StepSentence(step string, p *rotation.Plan) string {
	if isFolder(p) {
		return folderStep(step, p)
	}
	anchor, version := p.Anchor()
	switch step {
	case "sign":
		return fmt.Sprintf("signing %s.json version %d and what goes with it, and verifying that as a client would", anchor, version)
	case "send":
		return "sending it to " + trustdata.Visible(p.Server)
	case "confirm":
		return fmt.Sprintf("reading version %d back from the server with an empty cache, and verifying it", version)
	case "promote":
		return "moving the new key from pending/ into private/"
	}
	return trustdata.Visible(step)
}

// ResultPage is a rotation that has landed.
func ResultPage(p *rotation.Plan, r *rotation.Result) ui.Page {
	page := ui.Page{
		Title:    resultTitle(p),
		Summary:  resultSentence(p, r),
		Sections: []ui.Section{{Facts: resultFacts(p, r)}},
	}
	if facts := oldKeys(p, r); len(facts) > 0 {
		page.Sections = append(page.Sections, ui.Section{Title: "THE OLD KEY", Facts: facts})
	}
	if len(r.Notes) > 0 {
		page.Sections = append(page.Sections, list("NOT AS PLANNED", r.Notes, ui.MarkSoon))
	}
	if len(r.Waived) > 0 {
		page.Sections = append(page.Sections, list("WAIVED", r.Waived, ui.MarkSoon))
	}
	page.Sections = append(page.Sections, list("STILL TO DO", toDo(p, r), ""))
	for _, id := range r.NewKeys {
		page.Copy = append(page.Copy, ui.Copyable{What: "new key ID", Text: string(id)})
	}
	if r.RootCertificateID != "" {
		page.Copy = append(page.Copy, ui.Copyable{What: "new certificate ID", Text: string(r.RootCertificateID)})
	}
	for _, id := range r.OldKeys {
		page.Copy = append(page.Copy, ui.Copyable{What: "old key ID", Text: string(id)})
	}
	return page
}

func resultTitle(p *rotation.Plan) string {
	gun := ui.Name(string(p.GUN), "")
	if p.SameKey {
		return "The root certificate of " + gun + " was renewed"
	}
	return "The " + p.Role.Title() + " key of " + gun + " was rotated"
}

func resultSentence(p *rotation.Plan, r *rotation.Result) string {
	if !r.Verified {
		return "The server has the change, but not everything could be verified."
	}
	if isFolder(p) {
		return folderResult(p)
	}
	anchor, version := p.Anchor()
	return fmt.Sprintf("The server has version %d of %s.json. It was read back with an empty cache and verified.", version, anchor)
}

func resultFacts(p *rotation.Plan, r *rotation.Result) []ui.Fact {
	mark, verified := ui.MarkOK, "yes: as a client that knows nothing, and as one that knew the version before"
	if !r.Verified {
		mark, verified = ui.MarkNow, "no"
	}
	anchor, version := p.Anchor()
	facts := []ui.Fact{
		{Label: "Repository", Value: ui.Name(string(p.GUN), ""), Mark: ui.MarkNone},
		{Label: string(anchor) + ".json", Value: fmt.Sprintf("version %d", version), Mark: mark},
		{Label: "Verified", Value: verified, Mark: mark},
	}
	where := []ui.Fact{{Value: "made and held by the server"}}
	label := "New " + p.Role.Title() + " key"
	switch {
	case p.SameKey:
		label, where = "Root key", renewalResult(r)
	case makesKey(p), p.Key != "" && p.Public == "":
		where = []ui.Fact{{Value: "in private/"}}
	case p.Public != "":
		where = []ui.Fact{{Value: "whoever holds it must sign the role again before the old key goes"}}
	}
	for _, id := range r.NewKeys {
		facts = append(facts, wholeID(label, id, mark)...)
		facts = append(facts, where...)
	}
	return facts
}

// oldKeys says where each old key is now.
func oldKeys(p *rotation.Plan, r *rotation.Result) []ui.Fact {
	var facts []ui.Fact
	if p.SameKey {
		return nil
	}
	for _, id := range r.OldKeys {
		facts = append(facts, ui.Fact{Label: id.Short(), Value: oldKey(p, r, id)})
	}
	return facts
}

func oldKey(p *rotation.Plan, r *rotation.Result, id trustdata.KeyID) string {
	for _, path := range r.Trashed {
		switch {
		case !strings.Contains(path, string(id)):
		case p.Compromised:
			return "out of use, in the trash. Somebody else may have it: never put it back: " + trustdata.Visible(path)
		default:
			return "in the trash, and can be put back: " + trustdata.Visible(path)
		}
	}
	switch {
	case isFolder(p):
		return "stays in private/; the repository no longer lists it for this role"
	case p.Role == trustdata.RoleRoot:
		return "KEEP IT: clients that last looked before today need its signature"
	case p.Role == trustdata.RoleTimestamp:
		return "the server's own; it is out of use"
	}
	return "out of use for this repository; the file, if it is on this machine, was left where it is"
}

// toDo is what nobody but a person can do.
func toDo(p *rotation.Plan, r *rotation.Result) []string {
	out := slices.Clone(r.PinsToChange)
	unsaved := slices.ContainsFunc(r.Waived, func(w string) bool { return strings.HasPrefix(w, "backup") })
	switch {
	case makesKey(p) && (p.Role != trustdata.RoleRoot || unsaved):
		out = append(out, "back up the new key: keyrite backup create --to DIR -r RECIPIENT")
	case p.Role == trustdata.RoleRoot && !p.SameKey:
		out = append(out, "prove the backup with a secret key that opens it: keyrite backup verify FILE -i IDENTITY")
	}
	if isFolder(p) {
		return append(out, folderToDo(p)...)
	}
	switch p.Role {
	case trustdata.RoleRoot:
		pinners := "tell whoever pins the old root certificate"
		if r.RootCertificateID != "" {
			pinners += " the new one's ID: " + string(r.RootCertificateID)
		}
		out = append(out, pinners)
		if !p.SameKey {
			out = append(out, "keep every backup of the old root key")
		}
	case trustdata.RoleTargets:
		out = append(out, "give the new key to whoever else publishes with the old one")
	}
	tags := "the same tags"
	if n := len(p.Drop); n > 0 {
		tags = "all tags but the " + fmt.Sprint(n) + " dropped"
	}
	return append(out, "see that clients list "+tags+": keyrite tags "+trustdata.ShellWord(trustdata.Visible(string(p.GUN))))
}
