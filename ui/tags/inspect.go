package tags

import (
	"fmt"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui"
)

// InspectPage is a repository's roles: versions, ends, and the keys they list. held are
// the keys of this machine.
func InspectPage(col *trustdata.Collection, held map[trustdata.KeyID]keyring.Info, now time.Time) ui.Page {
	p := ui.Page{
		Title:     "Roles of " + ui.Name(string(col.GUN), ""),
		Freshness: ui.Freshness{Source: col.Source, At: col.ReadAt, Server: col.Server},
		Copy:      []ui.Copyable{{What: "name", Text: trustdata.Visible(string(col.GUN))}},
		Columns: []ui.Column{{Title: "ROLE", Priority: 1, Min: 9, Cut: ui.CutLeft}, {Title: "VERSION", Priority: 5},
			{Title: "ENDS", Priority: 2}, {Title: "NEEDS", Priority: 6}, {Title: "KEY", Priority: 3},
			{Title: "HERE", Priority: 4}, {Title: "ALGORITHM", Priority: 8}, {Title: "CERTIFICATE ENDS", Priority: 7}},
		Order: "in the order of trust",
		Empty: "Nothing is known of its roles.",
	}
	n := 0
	for _, r := range col.Roles {
		rows := roleRows(col.Dialect, r, held, now)
		n += len(r.Keys)
		p.Rows = append(p.Rows, rows...)
		if r.Problem != "" {
			p.Notes = append(p.Notes, trustdata.Visible(string(r.Role))+" does not count: "+trustdata.Visible(r.Problem)+".")
		}
	}
	p.Summary = trustdata.Plural(len(col.Roles), "role", "roles") + ", " + trustdata.Plural(n, "key", "keys")
	p.Sections = established(col.Report)
	if col.Report != nil {
		for _, n := range col.Report.Notes {
			p.Notes = append(p.Notes, trustdata.Visible(n.String())+".")
		}
	}
	for _, pr := range col.Aside() {
		p.Notes = append(p.Notes, trustdata.Visible(pr.String()))
	}
	if col.Dialect == trustdata.DialectTUF {
		withoutCertificates(&p)
	}
	return p
}

// withoutCertificates takes away the last column: TUF 1.0 has no certificates.
func withoutCertificates(p *ui.Page) {
	last := len(p.Columns) - 1
	p.Columns = p.Columns[:last]
	for i := range p.Rows {
		p.Rows[i].Cells = p.Rows[i].Cells[:last]
	}
}

// roleRows are one row for each key of a role, or one for a role that lists none.
func roleRows(dialect trustdata.Dialect, r trustdata.RoleView, held map[trustdata.KeyID]keyring.Info, now time.Time) []ui.Row {
	role := trustdata.Visible(string(r.Role))
	mark, ends := ui.Ends(r.Expires, now)
	if dialect.Renews(r.Role) && mark != ui.MarkNone && r.Expires.After(now) {
		mark = ui.MarkOK // the server renews it by itself
	}
	if r.Problem != "" {
		mark, ends = ui.MarkNow, "DOES NOT COUNT"
	}
	base := []string{ui.Name(string(r.Role), ""), fmt.Sprintf("v%d", r.Version), ends, fmt.Sprintf("%d of %d", r.Threshold, len(r.Keys))}
	about := []string{role + ": " + ui.When(r.Expires, now), "May sign: " + paths(r)}
	if len(r.Keys) == 0 {
		return []ui.Row{{ID: role, Mark: mark, Cells: append(base[:4:4], nothing, nothing, nothing, nothing), Detail: about}}
	}
	var rows []ui.Row
	for _, k := range r.Keys {
		_, here := held[k.KeyID]
		yes := "no"
		if here {
			yes = "yes"
		}
		certMark, cert := ui.Ends(k.CertificateExpires, now)
		row := ui.Row{ID: role + "\n" + string(k.KeyID), Mark: mark,
			Cells:  append(base[:4:4], k.KeyID.Short(), yes, trustdata.Visible(k.Algorithm), cert),
			Detail: append([]string{"key " + ui.Eights(string(k.KeyID))}, about...),
			Copy:   []ui.Copyable{{What: "key ID", Text: string(k.KeyID)}}}
		if k.CertificateID != "" {
			row.Mark = ui.Worse(mark, certMark)
			row.Copy = append(row.Copy, ui.Copyable{What: "certificate ID", Text: string(k.CertificateID)})
		}
		row.Until(2, r.Expires, now)
		row.Until(7, k.CertificateExpires, now)
		rows = append(rows, row)
	}
	return rows
}

// paths says which names a role may sign.
func paths(r trustdata.RoleView) string {
	if r.Role.IsBase() {
		return "everything of its role"
	}
	rest := "" // the paths of a TUF 1.0 repository are patterns, those of notary beginnings
	if r.Role.IsDelegation() {
		rest = "*"
	}
	s := ""
	for _, p := range r.Paths {
		switch {
		case p == "":
			return "every tag"
		case s != "":
			s += ", "
		}
		s += trustdata.Visible(p) + rest
	}
	if s == "" {
		return "no tag"
	}
	return "tags " + s
}
