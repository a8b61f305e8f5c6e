package backup

import (
	"fmt"
	"path/filepath"

	"keyrite/backup"
	"keyrite/trustdata"
	"keyrite/ui"
)

// VerifiedPage is what a verification found.
func VerifiedPage(r *backup.VerifyResult) ui.Page {
	mark, said := ui.MarkOK, "It is sound as far as it was looked at."
	if !r.OK {
		mark, said = ui.MarkNow, "It is NOT sound. Do not rely on it."
	}
	facts := []ui.Fact{{Label: "File", Value: trustdata.Visible(r.File), Mark: ui.MarkNone}, {Label: "SHA-256", Value: sum(r.SHA256), Mark: ui.MarkNone},
		{Label: "Sums file", Value: sums(r.Sums), Mark: sumsMark(r.Sums)}}
	if r.Decrypted {
		facts = append(facts, ui.Fact{Label: "Made", Value: ui.Moment(r.Created) + " by " + trustdata.Visible(r.Tool), Mark: ui.MarkNone},
			ui.Fact{Label: "Holds", Value: holds(len(r.Keys), len(r.Metadata)), Mark: mark}, signedBy(r.SignedBy))
	} else {
		facts = append(facts, ui.Fact{Label: "Holds", Value: "not known: it was not decrypted", Mark: ui.MarkUnchecked})
	}
	page := ui.Page{Title: "Backup " + trustdata.Visible(filepath.Base(r.File)), Summary: said,
		Sections: []ui.Section{{Facts: append([]ui.Fact{{Label: "Result", Value: said, Mark: mark}}, facts...)}, {Title: "HOW FAR IT IS PROVEN", Facts: proofFacts(r.State, r.Drilled, len(r.Keys))}},
		Copy:     []ui.Copyable{{What: "file", Text: trustdata.Visible(r.File)}}}
	if len(r.Problems) > 0 {
		page.Sections = append(page.Sections, sentences("WHAT IS WRONG", r.Problems, ui.MarkNow))
	}
	if !r.OK {
		page.Sections = append(page.Sections, whole(r))
	}
	if len(r.Warnings) > 0 {
		page.Sections = append(page.Sections, sentences("BESIDE IT", r.Warnings, ui.MarkSoon))
	}
	if len(r.Keys) > 0 {
		page.TableTitle, page.Columns, page.Rows = "KEYS IN IT", keyColumns(), keyRows(r.Keys)
		page.Empty = "It holds no key."
	}
	for _, l := range r.LeftOut {
		page.Notes = append(page.Notes, trustdata.Visible(l.Path)+" did not go in: "+trustdata.Visible(l.Reason))
	}
	return page
}

// signedBy names the key whose signature over the manifest was checked.
func signedBy(id trustdata.KeyID) ui.Fact {
	if id == "" {
		return ui.Fact{Label: "Signed", Value: "no: none of its keys was open then", Mark: ui.MarkNone}
	}
	return ui.Fact{Label: "Signed", Value: "its list of files, by its key " + id.Short(), Mark: ui.MarkOK}
}

func sums(s backup.Sums) string {
	switch s {
	case backup.SumsOK:
		return "agrees"
	case backup.SumsDiffer:
		return "says another SHA-256"
	case backup.SumsInvalid:
		return "cannot be read as one"
	}
	return "none lies beside it"
}

func sumsMark(s backup.Sums) ui.Mark {
	switch s {
	case backup.SumsOK:
		return ui.MarkOK
	case backup.SumsDiffer, backup.SumsInvalid:
		return ui.MarkNow
	}
	return ui.MarkUnchecked
}

func keyColumns() []ui.Column {
	return []ui.Column{{Title: "KEY", Priority: 1, Min: 7}, {Title: "ROLE", Priority: 3, Min: 8},
		{Title: "SIGNS FOR", Priority: 4, Min: 14, Cut: ui.CutLeft, Host: true}, {Title: "STATE", Priority: 2, Min: 12}}
}

func keyRows(keys []backup.Key) []ui.Row {
	var rows []ui.Row
	for _, k := range keys {
		mark, state := ui.MarkNone, "in it"
		switch {
		case k.Problem != "":
			mark, state = ui.MarkSoon, trustdata.Visible(k.Problem)
		case k.Opened:
			mark, state = ui.MarkOK, "opened, and signed"
		case k.Retired:
			state = "retired"
		}
		rows = append(rows, ui.Row{ID: k.Path, Mark: mark, Cells: []string{keyName(k.KeyID, k.Path), roleName(k.Role), signsFor(k), state},
			Copy: []ui.Copyable{{What: "key ID", Text: string(k.KeyID)}}})
	}
	return rows
}

// stillLocked says in the rows of keys which ones a drill has not opened yet.
func stillLocked(rows []ui.Row, locked []backup.Locked) {
	for _, l := range locked {
		for i := range rows {
			if rows[i].ID == l.Path && l.Problem == "" {
				rows[i].Cells[3] = "locked: only proven"
			}
		}
	}
}

// signsFor is the first repository that a key signs for, by the metadata in the backup or
// else by its file, and how many more there are.
func signsFor(k backup.Key) string {
	guns := k.Repositories()
	switch len(guns) {
	case 0:
		return orNone(string(k.GUN))
	case 1:
		return orNone(string(guns[0]))
	}
	return fmt.Sprintf("%s and %d more", orNone(string(guns[0])), len(guns)-1)
}

// keyName is a key file's short ID, or its path where its name is no ID.
func keyName(id trustdata.KeyID, path string) string {
	if id == "" {
		return trustdata.Visible(path)
	}
	return id.Short()
}

func roleName(role string) string {
	if r := trustdata.Role(role); r.IsBase() {
		return r.Title()
	}
	return orNone(role)
}

func orNone(s string) string {
	if s == "" {
		return string(ui.MarkNone)
	}
	return trustdata.Visible(s)
}
