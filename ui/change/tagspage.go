package change

import (
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
		row := ui.Row{ID: t.Tag, Mark: ui.MarkNone, Cells: []string{ui.Name(t.Tag, "")}}
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
	var first []ui.Fact
	if len(hidden) > 0 {
		first = []ui.Fact{{Label: "Not shown", Value: "marked, but hidden by the filter: " + names(hidden), Mark: ui.MarkSoon}}
	}
	p.Sections = []ui.Section{{Title: headline(e, unsign), Facts: editFacts(e, first...)}}
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
	return verb + strings.ToUpper(trustdata.Plural(len(e.Tags), "tag", "tags"))
}

func names(tags []string) string {
	var out []string
	for _, t := range tags {
		out = append(out, ui.Name(t, ""))
	}
	return strings.Join(out, ", ")
}
