package notation

import (
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notation"
	"keyrite/ui"
)

// PolicyPage states a policy's statements and, certificate by certificate, whom it trusts.
func PolicyPage(p *notation.Policy, now time.Time) ui.Page {
	page := ui.Page{
		Title:      "Notation policy",
		Summary:    trustdata.Plural(len(p.Statements), "statement", "statements") + ", " + trustdata.Plural(len(p.Stores), "trust store", "trust stores"),
		Sections:   []ui.Section{{Facts: []ui.Fact{{Label: "FILE", Value: trustdata.Visible(p.Origin)}}}},
		TableTitle: "TRUST STORES",
		Columns: []ui.Column{{Title: "TRUST STORE", Priority: 1}, {Title: "CERTIFICATE", Priority: 2, Min: 12}, {Title: "ENDS", Priority: 3},
			{Title: "USED BY", Priority: 4}, {Title: "SHA-256", Priority: 5, Min: 12, Cut: ui.CutMiddle}},
		Order: "by name",
		Empty: "There is no trust store.",
		Notes: policyNotes(p),
	}
	for _, s := range p.Statements {
		page.Sections = append(page.Sections, ui.Section{Facts: statementFacts(s)})
	}
	for _, s := range p.Stores {
		page.Rows = append(page.Rows, storeRows(s, now)...)
	}
	return page
}

// storeRows are a row for each certificate of a trust store, and one for a store of no use.
func storeRows(s notation.Store, now time.Time) []ui.Row {
	name, used := trustdata.Visible(s.ID()), orNone(visible(s.UsedBy))
	if s.Problem != "" {
		mark := ui.MarkNote
		if len(s.UsedBy) > 0 {
			mark = ui.MarkNow
		}
		return []ui.Row{{ID: s.ID(), Mark: mark, Cells: []string{name, "cannot be used: " + sentence(s.Problem), orNone(""), used, ""}}}
	}
	var rows []ui.Row
	for _, c := range s.Certificates {
		mark, ends := ui.Ends(c.Ends, now)
		row := ui.Row{ID: s.ID() + "\n" + c.Thumbprint, Mark: mark, Cells: []string{name, trustdata.Visible(c.Subject), ends, used, c.Thumbprint},
			Detail: []string{"Issued by " + trustdata.Visible(c.Issuer), "Good until " + ui.When(c.Ends, now)},
			Copy:   []ui.Copyable{{What: "certificate's SHA-256", Text: c.Thumbprint}}}
		if s.Path != "" {
			row.Detail = append(row.Detail, "In "+trustdata.Visible(s.Path))
		}
		rows = append(rows, row)
	}
	return rows
}
