package rotate

import (
	"errors"
	"slices"

	"keyrite/trustdata/rotation"
	"keyrite/trustdata/tufrepo"
	"keyrite/ui"
)

// outcome is what the world is like after a rotation that did not go well.
type outcome struct {
	mark     ui.Mark
	headline string
	keys     string
	do       string
	leaving  string
}

// nothingSent is the headline of every failure before the sending.
const (
	nothingSent    = "NOTHING WAS SENT. NOTHING HAS CHANGED."
	nothingWritten = "NOTHING WAS WRITTEN. NOTHING HAS CHANGED."
)

// world tells by the error, and by whether there is a result, where keys and server stand.
func world(p *rotation.Plan, err error, res *rotation.Result) outcome {
	if isFolder(p) {
		return folderWorld(err, res)
	}
	harmless := "Leaving now changes nothing."
	inPlace := "Every key is where it was. The unused new key is in the trash."
	if errors.Is(err, rotation.ErrLeftPending) {
		inPlace = "Every key is where it was. The new key is unused and still in pending/."
	}
	switch {
	case res != nil, errors.Is(err, rotation.ErrLanded):
		return outcome{ui.MarkNow, "THE CHANGE HAS LANDED, AND NOT EVERYTHING WENT WELL AFTER IT.",
			"The server lists the new key. No key was lost; the old one is where it was, unless said otherwise.",
			"Read the sentence above, then look at the repository's roles. Keep both keys.", "The change has landed. Leaving changes nothing."}
	case errors.Is(err, rotation.ErrUnknown):
		return outcome{ui.MarkNow, "IT IS NOT KNOWN WHETHER THE CHANGE HAS LANDED. NO KEY IS LOST.",
			"The old key is in place. The new key waits in pending/ until that is known.",
			"Delete no key. keyrite looks at the server again when it starts, and brings the new key in if the server lists it.",
			"Leaving is safe: the new key waits in pending/."}
	case errors.Is(err, rotation.ErrConflict):
		return outcome{ui.MarkSoon, "SOMEBODY ELSE PUBLISHED FIRST. NOTHING OF THIS CHANGE HAS LANDED.", inPlace,
			"Enter makes a new plan from what the server has now.", harmless}
	case errors.Is(err, rotation.ErrMoved):
		return outcome{ui.MarkSoon, "THE REPOSITORY HAS CHANGED SINCE THE PLAN. NOTHING WAS SENT.", inPlace,
			"Enter makes a new plan from what the server has now.", harmless}
	case errors.Is(err, rotation.ErrRefused):
		return outcome{ui.MarkNow, "THE SERVER DID NOT TAKE THE CHANGE. NOTHING HAS CHANGED.",
			inPlace + " The server was read again and has its old state whole.",
			"See what the server says; often a right is missing. Enter makes a new plan.", harmless}
	}
	return outcome{ui.MarkNow, nothingSent, inPlace, "Enter makes a new plan.", harmless}
}

// failurePage says first what the world is like, then what happened, what it means and
// what can be done.
func failurePage(p *rotation.Plan, err error, res *rotation.Result) ui.Page {
	o, t := world(p, err, res), ui.Explain(err)
	do := o.do
	if (o.headline == nothingSent || o.headline == nothingWritten) && t.Do != "" {
		do = t.Do + " " + o.do
	}
	return ui.Page{Title: "Not rotated", Sections: []ui.Section{
		{Facts: []ui.Fact{{Value: o.headline, Mark: o.mark}}},
		{Facts: []ui.Fact{{Label: "What happened", Value: t.What, Mark: ui.MarkNone},
			{Label: "What it means", Value: o.keys, Mark: ui.MarkNone}, {Label: "What you can do", Value: do, Mark: ui.MarkNone}}}},
		Copy: []ui.Copyable{{What: "the error", Text: o.headline + "\n" + t.Text()}}}
}

// checkPage is the plan, or why there is none.
func (m *Model) checkPage() ui.Page {
	gun := ui.Name(string(m.opt.GUN), "")
	if m.plan != nil {
		p := PlanPage(m.plan)
		if len(m.checks) > 0 {
			p.Sections = slices.Insert(p.Sections, 1, Checks(m.checks))
		}
		if m.said != "" {
			p.Sections = append([]ui.Section{{Facts: []ui.Fact{{Value: m.said, Mark: ui.MarkNote}}}}, p.Sections...)
		}
		return p
	}
	p := ui.Page{Title: "Rotate the " + m.opt.Role.Title() + " key of " + gun}
	facts := append([]ui.Fact{{Label: "Repository", Value: gun}}, m.NoPlan(m.opt.asked()+" has", planHint)...)
	p.Sections = []ui.Section{{Title: "NOTHING IS CHANGED IN THIS STEP", Facts: facts}}
	return p
}

// planHint is what can be done where no plan could be made.
func planHint(err error) string {
	var missing *rotation.MissingKeyError
	var short *tufrepo.MissingKeyError
	switch {
	case errors.As(err, &missing), errors.As(err, &short):
		return "Restore the key from a backup, or do this on the machine that has it. Where that one is never online: A on Repos prepares a ceremony."
	case errors.Is(err, rotation.ErrUsage):
		return "Choose another kind of rotation."
	}
	if h := ui.Hint(err); h != "" {
		return h
	}
	return "r tries again."
}
