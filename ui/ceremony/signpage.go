package ceremony

import (
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/rotation/ceremony"
	"keyrite/ui"
)

// SigningSteps are what signing does, in its order.
func SigningSteps(p *rotation.SigningPlan) []string {
	steps := []string{"verify the roots in the file from the one that this machine knows"}
	if p.MakesRoot() {
		steps = append(steps, "make the new root key, write it to pending/, read it back and open it")
	}
	steps = append(steps, "sign the new root.json and hold it against what was prepared", "write the signed file and the record, and read them back")
	if p.MakesRoot() {
		steps = append(steps, "move the new root key from pending/ into private/")
	}
	return steps
}

// SigningPage is the offline part of a ceremony before it happens.
func SigningPage(p *rotation.SigningPlan) ui.Page {
	page := ui.Page{
		Title:    "Sign at a ceremony: " + trustdata.Visible(p.Bundle.Kind) + " of " + trustdata.Plural(len(p.Bundle.Repositories), "repository", "repositories"),
		Summary:  "Nothing is changed by looking at this, and no network is asked.",
		Sections: []ui.Section{sentences("WHAT CHANGES", p.Changes, "")},
	}
	needs := ui.Section{Title: "YOU WILL NEED"}
	for _, n := range p.Need {
		f := ui.Fact{Label: n.Role.Title() + " " + n.KeyID.Short(), Value: "its passphrase: " + trustdata.Visible(n.Why)}
		if n.New {
			f = ui.Fact{Label: "a passphrase", Value: "chosen now and typed twice: " + trustdata.Visible(n.Why)}
		}
		needs.Facts = append(needs.Facts, f)
	}
	page.Sections = append(page.Sections, needs, sentences("IN THIS ORDER", SigningSteps(p), ""), behind(p.WillNotFollow, p.Bundle.GUNs()))
	return page
}

// SignedPage is a file that was signed.
func SignedPage(file, record string, b *ceremony.Bundle) ui.Page {
	page := ui.Page{
		Title:   "Signed: " + trustdata.Visible(b.Kind) + " of " + trustdata.Plural(len(b.Repositories), "repository", "repositories"),
		Summary: "It is written and was read back. No repository has changed yet.",
		Sections: []ui.Section{{Facts: append([]ui.Fact{{Label: "File", Value: trustdata.Visible(file), Mark: ui.MarkOK},
			{Label: "Record", Value: trustdata.Visible(record)}}, hash("SHA-256", b.SHA256)...)}},
		Copy: []ui.Copyable{{What: "SHA-256", Text: b.SHA256}},
	}
	for i := range b.Repositories {
		r := &b.Repositories[i]
		page.Sections = append(page.Sections, ui.Section{Title: ui.Name(string(r.GUN), ""), Facts: signed(b.Signed.Root(r.GUN), r)})
	}
	if len(b.Signed.Waived) > 0 {
		page.Sections = append(page.Sections, sentences("WAIVED", b.Signed.Waived, ui.MarkSoon))
	}
	page.Sections = append(page.Sections, sentences("STILL TO DO", []string{
		"print the record, and have everybody who was there sign it",
		"carry the signed file to the machine that prepared it: keyrite ceremony publish FILE",
		"keep every backup of the old root key: clients that have not looked since need its signature",
	}, ""))
	return page
}

// RecordPage is the record of a ceremony as it is printed and signed by hand.
func RecordPage(name string, b *ceremony.Bundle) ui.Page {
	page := ShowPage(name, b, nil)
	page.Title = "RECORD OF A KEY CEREMONY: " + trustdata.Visible(b.Kind)
	page.Summary = "What was signed, on a machine that is not online, with which keys, and why its roots were believed."
	for _, s := range b.Signed.Repositories {
		keys := ui.Section{Title: "ROOT KEYS THAT SIGNED FOR " + ui.Name(string(s.GUN), "")}
		for _, id := range s.SignedBy {
			keys.Facts = append(keys.Facts, hash("Root key", string(id))...)
		}
		page.Sections = append(page.Sections, keys)
	}
	const line = "______________________________"
	page.Sections = append(page.Sections, ui.Section{Title: "BY HAND", Facts: []ui.Fact{
		{Label: "Place", Value: line}, {Label: "Date", Value: line}, {Label: "Operator", Value: line}, {Label: "Witness", Value: line}, {Label: "Witness", Value: line},
	}})
	return page
}

// PublishingSteps are what publishing does, in its order.
var PublishingSteps = []string{"hold the signed file against what was prepared here", "check that the server still has the root that it follows",
	"sign what goes with the new root, with the keys of this machine", "send it", "fetch everything with an empty cache, and verify it", "move new keys from pending/ into private/"}

// PublishingPage is the last part of a ceremony before it happens.
func PublishingPage(p *rotation.PublishingPlan) ui.Page {
	page := ui.Page{Title: "Publish what was signed: " + trustdata.Visible(p.Op.Kind) + " of " + trustdata.Plural(len(p.GUNs()), "repository", "repositories"),
		Summary: "The root key is not needed here. Nothing is changed by looking at this.", Sections: []ui.Section{sentences("WHAT CHANGES", p.Changes, "")}}
	if len(p.Left) > 0 {
		page.Sections = append(page.Sections, LeftOut(p.Left))
	}
	page.Sections = append(page.Sections, sentences("IN THIS ORDER", PublishingSteps, ""), behind(p.WillNotFollow, p.GUNs()))
	return page
}
