package rotate

import (
	"fmt"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// BatchPage is a rotation of several repositories before it happens.
func BatchPage(b *rotation.Batch) ui.Page {
	first := b.Plans[0]
	page := ui.Page{
		Title: fmt.Sprintf("Rotate the %s key of %d repositories", first.Role.Title(), len(b.Plans)),
		Sections: []ui.Section{{Title: "ROTATE THE " + strings.ToUpper(first.Role.Title()) + " KEY OF " + fmt.Sprint(len(b.Plans)) + " REPOSITORIES",
			Facts: repositories(b)}},
	}
	if len(b.Left) > 0 {
		page.Sections = append(page.Sections, leftOut(b))
	}
	page.Sections = append(page.Sections, needed(b.Needs(), first.Role), steps(first))
	if who := b.WillNotFollow(); len(who) > 0 {
		page.Sections = append(page.Sections, list("WHO WILL NOT FOLLOW", who, ui.MarkSoon))
	}
	return page
}

// repositories has a row for each: versions, and which key gives way.
func repositories(b *rotation.Batch) (facts []ui.Fact) {
	for _, p := range b.Plans {
		var old []string
		for _, id := range p.OldKeys {
			old = append(old, id.Short())
		}
		facts = append(facts, ui.Fact{Label: ui.Name(string(p.GUN), ""),
			Value: fmt.Sprintf("root.json version %d to %d, %s gives way", p.RootVersion-1, p.RootVersion, strings.Join(old, ", "))})
	}
	return facts
}

func leftOut(b *rotation.Batch) ui.Section {
	s := ui.Section{Title: "LEFT OUT"}
	for _, l := range b.Left {
		s.Facts = append(s.Facts, ui.Fact{Label: ui.Name(string(l.GUN), ""), Value: trustdata.VisibleError(l.Why), Mark: ui.MarkNow})
	}
	return s
}
