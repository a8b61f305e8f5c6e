package tags

import (
	"fmt"
	"slices"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui"
)

// Vouches is how many tags a signer vouches for, as far as they count.
func Vouches(col *trustdata.Collection, signer string) int {
	n := 0
	for _, tag := range col.Tags {
		if slices.Contains(tag.Signers, signer) {
			n++
		}
	}
	return n
}

// SignersPage is who may sign a repository's tags, a row for each key. held are the keys of
// this machine.
func SignersPage(col *trustdata.Collection, held map[trustdata.KeyID]keyring.Info) ui.Page {
	p := ui.Page{
		Title:     "Signers of " + ui.Name(string(col.GUN), ""),
		Freshness: ui.Freshness{Source: col.Source, At: col.ReadAt, Server: col.Server},
		Columns: []ui.Column{{Title: "SIGNER", Priority: 1, Min: 9}, {Title: "TAGS", Priority: 3}, {Title: "KEY", Priority: 2},
			{Title: "HERE", Priority: 4}, {Title: "ALGORITHM", Priority: 5}},
		Order: "in the order of the file",
		Empty: "It has no signers: whoever holds the repository key signs. keyrite signer add makes one.",
	}
	signers, like := 0, signerAlikes(col)
	for _, r := range col.Roles {
		name := r.Role.Signer()
		if name == "" {
			continue
		}
		signers++
		if r.Problem != "" {
			p.Notes = append(p.Notes, trustdata.Visible(string(r.Role))+" does not count: "+trustdata.Visible(r.Problem)+".")
		}
		row := []string{ui.Name(name, like[name]), fmt.Sprint(Vouches(col, name)), nothing, nothing, nothing}
		if len(r.Keys) == 0 {
			p.Rows = append(p.Rows, ui.Row{ID: name, Cells: row})
		}
		for _, k := range r.Keys {
			yes := "no"
			if _, here := held[k.KeyID]; here {
				yes = "yes"
			}
			p.Rows = append(p.Rows, ui.Row{ID: name + " " + string(k.KeyID), Cells: append(row[:2:2], k.KeyID.Short(), yes, trustdata.Visible(k.Algorithm))})
		}
	}
	p.Summary = trustdata.Plural(signers, "signer", "signers")
	return p
}
