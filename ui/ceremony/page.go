// Package ceremony shows the files that carry a change to a machine that is not online and
// back, and what becomes of them.
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

// PlanPage is the preparation of a ceremony before it happens.
func PlanPage(p *rotation.CeremonyPlan) ui.Page {
	page := ui.Page{
		Title:    "Prepare a ceremony: " + p.Kind + " of " + trustdata.Plural(len(p.GUNs()), "repository", "repositories"),
		Summary:  "The root key is not needed here. Nothing is changed by looking at this.",
		Sections: []ui.Section{sentences("WHAT CHANGES", p.Changes, "")},
	}
	if len(p.Left) > 0 {
		page.Sections = append(page.Sections, LeftOut(p.Left))
	}
	page.Sections = append(page.Sections, sentences("IN THIS ORDER", p.Steps, ""), behind(p.WillNotFollow, p.GUNs()))
	return page
}

// behind are the sentences about clients that will not follow, which begin with their
// repository. What every one of several repositories leaves behind is said once.
func behind(texts []string, guns []trustdata.GUN) ui.Section {
	var once []string
	for _, t := range texts {
		_, who, _ := strings.Cut(t, ": ")
		everywhere := len(guns) > 1 && !slices.ContainsFunc(guns, func(gun trustdata.GUN) bool { return !slices.Contains(texts, string(gun)+": "+who) })
		if everywhere {
			t = "all " + name(guns) + ": " + who
		}
		if !slices.Contains(once, t) {
			once = append(once, t)
		}
	}
	return sentences("WHO WILL NOT FOLLOW", once, ui.MarkSoon)
}

// LeftOut names the repositories that cannot be part of it.
func LeftOut(left []rotation.LeftOut) ui.Section {
	s := ui.Section{Title: "LEFT OUT"}
	for _, l := range left {
		s.Facts = append(s.Facts, ui.Fact{Label: ui.Name(string(l.GUN), ""), Value: trustdata.VisibleError(l.Why), Mark: ui.MarkNow})
	}
	return s
}

func sentences(title string, texts []string, mark ui.Mark) ui.Section {
	s := ui.Section{Title: title}
	for _, t := range texts {
		s.Facts = append(s.Facts, ui.Fact{Value: trustdata.Visible(t), Mark: mark})
	}
	if len(texts) == 0 {
		s.Facts = []ui.Fact{{Value: "none known", Mark: ui.MarkOK}}
	}
	return s
}

// PreparedPage is a file that waits to be signed.
func PreparedPage(file string, b *ceremony.Bundle) ui.Page {
	page := ui.Page{
		Title:    "A ceremony is prepared: " + trustdata.Visible(b.Kind) + " of " + trustdata.Plural(len(b.Repositories), "repository", "repositories"),
		Summary:  "Nothing was sent. It waits in the journal; keyrite rotations lists it.",
		Sections: []ui.Section{{Facts: append([]ui.Fact{{Label: "File", Value: trustdata.Visible(file), Mark: ui.MarkOK}}, hash("SHA-256", b.SHA256)...)}},
		Copy:     []ui.Copyable{{What: "SHA-256", Text: b.SHA256}},
	}
	page.Sections = append(page.Sections, sentences("STILL TO DO", []string{
		"write the SHA-256 down: the offline machine asks for its first digits, and they must not come from the file",
		"carry the file to the machine that has the root key: keyrite ceremony sign FILE --to DIR",
		"bring the signed file back: keyrite ceremony publish FILE",
	}, ""))
	return page
}

// hash is a digest in two halves, which every window has room for.
func hash(label, sum string) []ui.Fact {
	return []ui.Fact{{Label: label, Value: ui.Fours(sum[:len(sum)/2])}, {Value: ui.Fours(sum[len(sum)/2:])}}
}

// version is how a root is named.
func version(n int64) string { return fmt.Sprintf("root.json version %d", n) }
