// Package migrate shows how repositories leave Docker Content Trust: what is to be signed
// anew by another system, and how far that is.
package migrate

import (
	"fmt"
	"slices"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/migration"
	"keyrite/ui"
)

// shortDigest is how many digits of a digest stand in a list.
const shortDigest = 12

func short(digest string) string {
	hex := strings.TrimPrefix(digest, "sha256:")
	if hex == "" {
		return string(ui.MarkNone)
	}
	return hex[:min(shortDigest, len(hex))]
}

// columns are those of a plan and of how far it is.
func columns() []ui.Column {
	return []ui.Column{{Title: "REPOSITORY", Priority: 2, Min: 8, Cut: ui.CutLeft, Host: true}, {Title: "WHAT", Priority: 1}, {Title: "DIGEST", Priority: 4}, {Title: "TAGS", Priority: 3, Min: 8}}
}

// row is a line of either page.
func row(gun trustdata.GUN, mark ui.Mark, what, digest, tags string, detail ...string) ui.Row {
	return ui.Row{ID: fmt.Sprintf("%s\n%s\n%s\n%s", gun, what, digest, tags), Mark: mark, Cells: []string{ui.Name(string(gun), ""), what, short(digest), tags}, Detail: detail}
}

// unsettled are the rows of the tags of which nothing can be planned. like is what a tag can be
// taken for.
func unsettled(gun trustdata.GUN, like map[string]string, unknown, impossible, left []migration.Tag) []ui.Row {
	var rows []ui.Row
	for _, of := range []struct {
		mark ui.Mark
		what string
		tags []migration.Tag
	}{{ui.MarkUnchecked, "not known", unknown}, {ui.MarkNote, "impossible", impossible}, {ui.MarkNote, "left out", left}} {
		for _, t := range of.tags {
			rows = append(rows, row(gun, of.mark, of.what, t.Signed, ui.Name(t.Tag, like[t.Tag]), trustdata.Visible(t.Why)))
		}
	}
	return rows
}

// PlanPage is a plan: one row for every digest to sign and for every tag that is not planned.
// paths are the files that were written, if any.
func PlanPage(p *migration.Plan, paths []string) ui.Page {
	page := ui.Page{
		Title:   "Signing anew with " + p.For,
		Empty:   "Nothing is signed, so nothing is to be signed anew.",
		Order:   "by what is to become of them",
		Columns: columns(),
	}
	for _, r := range p.Repositories {
		like := trustdata.LookAlikes(slices.Values(r.Tags()))
		add := func(mark ui.Mark, what, digest, tags string, detail ...string) {
			page.Rows = append(page.Rows, row(r.GUN, mark, what, digest, tags, detail...))
		}
		for _, it := range r.Sign {
			add(ui.MarkSoon, "to sign", it.Digest, names(it.Tags, like), trustdata.Visible(it.Line))
			last := &page.Rows[len(page.Rows)-1]
			last.Copy = []ui.Copyable{{What: "command", Text: trustdata.Visible(it.Line)}, {What: "digest", Text: it.Digest}}
		}
		for _, t := range r.Asked {
			add(ui.MarkSoon, "DECIDE", t.Signed, ui.Name(t.Tag, like[t.Tag]), "It serves "+short(t.Served)+", and "+short(t.Signed)+" was signed.",
				fmt.Sprintf("--include or --leave %s:%s says whether what was signed is wanted.", trustdata.Visible(string(r.GUN)), trustdata.Visible(t.Tag)))
		}
		for _, it := range r.Done {
			add(ui.MarkOK, "signed anew", it.Digest, names(it.Tags, like), "A signature of "+p.For+" is present, not verified.")
		}
		page.Rows = append(page.Rows, unsettled(r.GUN, like, r.Unknown, r.Impossible, r.Left)...)
		if n := len(r.Unsigned); n > 0 {
			page.Notes = append(page.Notes, fmt.Sprintf("%s: %s that nobody signed, never planned.", ui.Name(string(r.GUN), ""), trustdata.Plural(n, "tag", "tags")))
		}
		page.Notes = append(page.Notes, about(r.GUN, r.Problems)...)
	}
	page.Summary = counts(page.Rows, "to sign", "DECIDE", "signed anew", "not known", "impossible", "left out")
	page.Sections = lines(p)
	written := ui.Section{Title: "WRITTEN"}
	for _, path := range paths {
		written.Facts = append(written.Facts, ui.Fact{Value: trustdata.Visible(path), Mark: ui.MarkOK})
	}
	if len(paths) > 0 {
		page.Sections = append(page.Sections, written)
	}
	for _, l := range p.NoEqual {
		page.Notes = append(page.Notes, "No equal for "+strings.ReplaceAll(l.What, "_", " ")+": "+l.Why)
	}
	page.Notes = append(page.Notes, p.Warnings...)
	return page
}

// lines are the commands of a plan, to be copied from a terminal.
func lines(p *migration.Plan) []ui.Section {
	var out []ui.Section
	for _, r := range p.Repositories {
		if len(r.Sign) == 0 {
			continue
		}
		s := ui.Section{Title: ui.Name(string(r.GUN), "")}
		for _, it := range r.Sign {
			s.Facts = append(s.Facts, ui.Fact{Label: names(it.Tags, nil), Value: trustdata.Visible(it.Line)})
		}
		out = append(out, s)
	}
	return out
}

// CheckPage is how far a migration is: one row for everything that is still missing, and
// one for each repository that is done.
func CheckPage(c *migration.Checked) ui.Page {
	page := ui.Page{
		Title:   "Signed anew with " + c.For,
		Order:   "by what is missing",
		Columns: columns(),
	}
	verdict := ui.Fact{Label: "COMPLETE", Value: "every planned digest carries a signature, present and not verified, and the evidence is archived", Mark: ui.MarkOK}
	if c.JudgedBy != "" {
		verdict.Value = "every planned digest carries a signature that verifies by " + trustdata.Visible(c.JudgedBy) + ", and the evidence is archived"
	}
	if !c.Complete {
		verdict = ui.Fact{Label: "NOT COMPLETE", Value: "leave content trust as it is", Mark: ui.MarkSoon}
	}
	page.Sections = []ui.Section{{Facts: []ui.Fact{verdict}}}
	for _, s := range c.Repositories {
		page.Rows = append(page.Rows, missing(s)...)
		for _, r := range s.Refused {
			page.Notes = append(page.Notes, trustdata.Visible(fmt.Sprintf("%s@%s carries signatures, none of which verifies: %s.", s.GUN, r.Digest, r.Why)))
		}
		page.Notes = append(page.Notes, about(s.GUN, s.Problems)...)
	}
	page.Notes = append(page.Notes, c.Warnings...)
	return page
}

// missing are the rows of one repository.
func missing(s migration.State) []ui.Row {
	var rows []ui.Row
	add := func(mark ui.Mark, what, digest, tags string, detail ...string) {
		rows = append(rows, row(s.GUN, mark, what, digest, tags, detail...))
	}
	refused := map[string]bool{}
	for _, r := range s.Refused {
		refused[r.Digest] = true
	}
	for _, it := range s.ToSign {
		what := "NOT SIGNED ANEW"
		if refused[it.Digest] {
			what = "DOES NOT VERIFY"
		}
		add(ui.MarkSoon, what, it.Digest, names(it.Tags, nil), trustdata.Visible(it.Line))
	}
	for _, t := range s.Unplanned {
		add(ui.MarkSoon, "NOT PLANNED", t.Signed, ui.Name(t.Tag, ""), trustdata.Visible(t.Why))
	}
	for _, it := range s.Withdrawn {
		add(ui.MarkSoon, "NO LONGER SIGNED", it.Digest, names(it.Tags, nil), "Content trust does not vouch for it any more. Make the plan anew.")
	}
	if !s.Verified {
		add(ui.MarkNow, "DOES NOT VERIFY", "", string(ui.MarkNone), "A role of its metadata does not verify, and may hide signed tags.")
	}
	if s.Archive.Problem != "" {
		add(ui.MarkSoon, "NOT ARCHIVED", "", string(ui.MarkNone), "The archive: "+trustdata.Visible(s.Archive.Problem)+".")
	}
	rows = append(rows, unsettled(s.GUN, nil, s.Unknown, s.Impossible, s.Left)...)
	if s.Complete {
		add(ui.MarkOK, "complete", "", fmt.Sprintf("%d of %s", s.Signed, trustdata.Plural(s.Planned, "digest", "digests")))
	}
	return rows
}

// about names a repository before what stands against it.
func about(gun trustdata.GUN, problems []string) []string {
	var out []string
	for _, p := range problems {
		out = append(out, ui.Name(string(gun), "")+": "+trustdata.Visible(p)+".")
	}
	return out
}

func names(tags []string, like map[string]string) string {
	var out []string
	for _, t := range tags {
		out = append(out, ui.Name(t, like[t]))
	}
	return strings.Join(out, ", ")
}

// counts says how many rows there are of each kind, in this order.
func counts(rows []ui.Row, order ...string) string {
	count := map[string]int{}
	for _, r := range rows {
		count[r.Cells[1]]++
	}
	var parts []string
	for _, what := range order {
		if n := count[what]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, strings.ToLower(what)))
		}
	}
	if len(parts) == 0 {
		return "nothing to sign"
	}
	return strings.Join(parts, ", ")
}
