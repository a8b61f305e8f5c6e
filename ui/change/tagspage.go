package change

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// TagsTable puts the tags of a plan into a page: what each will be signed for, whole.
func TagsTable(p ui.Page, e *rotation.Edit, hidden []string, unsign bool) ui.Page {
	p.Order = "as they were chosen"
	p.TableTitle = "SIGNED WILL BE"
	p.Columns = []ui.Column{{Title: "TAG", Priority: 1, Min: 10, Cut: ui.CutMiddle}, {Title: "DIGEST", Priority: 2, Min: 19, Cut: ui.CutMiddle},
		{Title: "BYTES", Priority: 3}, {Title: "UNTIL NOW", Priority: 4}}
	if unsign {
		p.TableTitle, p.Columns = "NOT SIGNED ANY MORE WILL BE", p.Columns[:1]
	}
	for _, t := range e.Tags {
		row := ui.Row{ID: t.Tag, Mark: ui.MarkNone, Cells: []string{trustdata.Visible(t.Tag)}}
		if !unsign {
			row.Cells = append(row.Cells, "sha256:"+t.Digest, fmt.Sprint(t.Length), untilNow(e.Was[t.Tag]))
			row.Detail = []string{"sha256: " + ui.Eights(t.Digest), fmt.Sprintf("%d bytes, as the registry says now", t.Length)}
			row.Copy = []ui.Copyable{{What: "digest", Text: "sha256:" + t.Digest}}
		}
		if slices.Contains(hidden, t.Tag) {
			row.Mark = ui.MarkSoon
			row.Cells[0] += " (not shown by the filter)"
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}

// EditPage is a plan for tags before anything happens.
func EditPage(e *rotation.Edit, hidden []string, unsign bool) ui.Page {
	p := ui.Page{Title: trustdata.Visible(e.Kind), Summary: "Nothing has been changed."}
	facts := []ui.Fact{{Label: "Repository", Value: trustdata.Visible(string(e.GUN))}, {Label: "Trust server", Value: trustdata.Visible(e.Server)},
		{Label: "Written to", Value: roles(e)}}
	if len(hidden) > 0 {
		facts = append(facts, ui.Fact{Label: "Not shown", Value: "marked, but hidden by the filter: " + names(hidden), Mark: ui.MarkSoon})
	}
	for _, line := range e.Warnings {
		facts = append(facts, ui.Fact{Label: "Warning", Value: trustdata.Visible(line), Mark: ui.MarkNow})
	}
	for _, line := range e.Starts {
		facts = append(facts, ui.Fact{Label: "Mind", Value: trustdata.Visible(line), Mark: ui.MarkSoon})
	}
	for _, line := range e.WillNotFollow {
		facts = append(facts, ui.Fact{Label: "What stays", Value: trustdata.Visible(line), Mark: ui.MarkSoon})
	}
	for _, n := range e.Need {
		facts = append(facts, ui.Fact{Label: "Needs", Value: fmt.Sprintf("%s key %s: %s", n.Role.Title(), n.KeyID.Short(), trustdata.Visible(n.Why))})
	}
	p.Sections = []ui.Section{{Title: headline(e, unsign), Facts: facts}}
	return TagsTable(p, e, hidden, unsign)
}

// untilNow says what a tag was signed for before.
func untilNow(digest string) string {
	if digest == "" {
		return "not so"
	}
	return digest[:min(12, len(digest))]
}

// headline names the deed and the number.
func headline(e *rotation.Edit, unsign bool) string {
	verb := "SIGN "
	if unsign {
		verb = "UNSIGN "
	}
	return verb + strings.ToUpper(ui.Plural(len(e.Tags), "tag", "tags"))
}

func roles(e *rotation.Edit) string {
	var out []string
	for _, r := range e.Roles {
		out = append(out, string(r))
	}
	return trustdata.Visible(strings.Join(out, ", "))
}

func names(tags []string) string {
	var out []string
	for _, t := range tags {
		out = append(out, trustdata.Visible(t))
	}
	return strings.Join(out, ", ")
}

// checkPage is the plan, or why there is none.
func (m *Model) checkPage() ui.Page {
	if m.plan != nil {
		p := EditPage(m.plan, m.opt.Hidden, m.opt.Unsign)
		if m.said != "" {
			p.Sections = append([]ui.Section{{Facts: []ui.Fact{{Value: m.said, Mark: ui.MarkNote}}}}, p.Sections...)
		}
		return p
	}
	facts := []ui.Fact{{Label: "Repository", Value: trustdata.Visible(string(m.opt.GUN))}, {Label: "Tags", Value: names(m.opt.Tags)}}
	if errors.Is(m.PlanErr(), rotation.ErrNothing) {
		facts = append(facts, ui.Fact{Label: "Nothing to do", Value: m.nothing(), Mark: ui.MarkOK})
	} else {
		facts = append(facts, m.NoPlan("the registry and the trust server have", tryAgain)...)
	}
	return ui.Page{Title: "Check", Sections: []ui.Section{{Title: "NOTHING IS CHANGED IN THIS STEP", Facts: facts}}}
}

// tryAgain is what can be done where no plan could be made.
func tryAgain(err error) string { return cmp.Or(ui.Hint(err), "r tries again.") }

func (m *Model) nothing() string {
	if m.opt.Unsign {
		return "No role signs any of them."
	}
	return "All of them are signed so already: for what the registry serves now, by every key that is here."
}

// reviewPage is the last page before anything is sent.
func (m *Model) reviewPage() ui.Page {
	if m.plan == nil {
		return ui.Page{Title: "Review"}
	}
	p := EditPage(m.plan, m.opt.Hidden, m.opt.Unsign)
	p.Title = "Review"
	p.Notes = []string{"Nothing has been sent. Way back: " + m.wayBack()}
	return p
}

func (m *Model) wayBack() string {
	if m.opt.Unsign {
		return "sign the tags again."
	}
	return "unsign the tags, or sign them for what they were signed for before."
}

// question has level 2: one repository, and it can be repaired.
func (m *Model) question() ui.Question {
	e := m.plan
	q := ui.Question{Headline: headline(e, m.opt.Unsign), Thing: trustdata.Visible(string(e.GUN)), Profile: m.opt.Profile, Keep: "Cancel",
		Act: "Sign " + ui.Plural(len(e.Tags), "tag", "tags")}
	if m.opt.Unsign {
		q.Act = "Unsign " + ui.Plural(len(e.Tags), "tag", "tags")
	}
	const most = 3
	for _, t := range e.Tags[:min(most, len(e.Tags))] {
		q.Facts = append(q.Facts, ui.Fact{Label: trustdata.Visible(t.Tag), Value: m.willBe(t, len(e.Tags) == 1)})
	}
	if n := len(e.Tags) - most; n > 0 {
		q.Facts = append(q.Facts, ui.Fact{Label: "and", Value: fmt.Sprintf("%d more, see the page before", n)})
	}
	if n := len(m.opt.Hidden); n > 0 {
		q.Facts = append(q.Facts, ui.Fact{Label: "Not shown", Value: fmt.Sprintf("%d of these, by the filter", n)})
	}
	if n := len(e.WillNotFollow); n > 0 {
		q.Facts = append(q.Facts, ui.Fact{Label: "What stays", Value: ui.Plural(n, "thing", "things") + ", see the page before"})
	}
	return q
}

// willBe is what a tag will be signed for: whole where there is room for it.
func (m *Model) willBe(t rotation.TagTarget, whole bool) string {
	switch {
	case m.opt.Unsign:
		return "no signature any more"
	case whole:
		return fmt.Sprintf("sha256: %s, %d bytes", ui.Eights(t.Digest), t.Length)
	}
	return fmt.Sprintf("%s..., %d bytes", t.Digest[:12], t.Length)
}
