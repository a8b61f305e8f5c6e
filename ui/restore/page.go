// Package restore brings keys back from a backup, step by step.
package restore

import (
	"path"
	"path/filepath"
	"strings"

	"keyrite/backup"
	"keyrite/trustdata"
	"keyrite/ui"
)

// PlanPage compares a backup with what is here, file by file.
func PlanPage(p *backup.RestorePlan) ui.Page {
	page := ui.Page{
		Title:   "Restore " + trustdata.Visible(filepath.Base(p.File)),
		Summary: counts(p) + " Nothing is written yet.",
		Sections: []ui.Section{{Facts: []ui.Fact{
			{Label: "Backup", Value: trustdata.Visible(p.File)},
			{Label: "Made", Value: ui.Moment(p.Manifest.Created) + " by " + trustdata.Visible(p.Manifest.Tool)},
			{Label: "Into", Value: trustdata.Visible(p.To)},
			{Label: "In all", Value: counts(p)}}}},
		TableTitle: "WHAT WILL HAPPEN",
		Columns: []ui.Column{{Title: "KEY", Priority: 1, Min: 7}, {Title: "WHAT WILL HAPPEN", Priority: 2, Min: 12},
			{Title: "ROLE", Priority: 4, Min: 8}, {Title: "SIGNS FOR", Priority: 3, Min: 14, Cut: ui.CutLeft, Host: true}},
		Empty: "The backup holds no key.",
		Notes: []string{"Nothing is overwritten: a file that is replaced is kept in the trash of the trust directory."},
	}
	for _, r := range inOrder(p) {
		if isKey(r) {
			page.Rows = append(page.Rows, planRow(r))
		}
	}
	page.Notes = append(page.Notes, givenNotes(p)...)
	if s := metadata(p); s != "" {
		page.Notes = append(page.Notes, s)
	}
	return page
}

func isKey(r backup.RestoreRow) bool {
	return r.Kind == backup.KindKey || r.Kind == backup.KindRetired
}

// counts is the plan's keys in one sentence.
func counts(p *backup.RestorePlan) string {
	n := map[backup.Action]int{}
	for _, r := range p.Rows {
		if isKey(r) {
			n[r.Action]++
		}
	}
	var parts []string
	for _, a := range []backup.Action{backup.ActionAdd, backup.ActionSame, backup.ActionReplace, backup.ActionAsk, backup.ActionRefuse, backup.ActionLost} {
		if n[a] > 0 {
			parts = append(parts, trustdata.Plural(n[a], "key", "keys")+" "+countWords[a])
		}
	}
	if len(parts) == 0 {
		return "No key."
	}
	return strings.Join(parts, ", ") + "."
}

var countWords = map[backup.Action]string{
	backup.ActionAdd: "to add", backup.ActionSame: "the same", backup.ActionReplace: "to replace",
	backup.ActionAsk: "to decide", backup.ActionRefuse: "left in the backup", backup.ActionLost: "lost",
}

func planRow(r backup.RestoreRow) ui.Row {
	mark, what := action(r)
	row := ui.Row{ID: r.Path, Mark: mark, Cells: []string{name(r.KeyID, r.Path), what, role(r), orNone(string(r.GUN))},
		Detail: []string{reason(r), trustdata.Visible(r.Path)}}
	if r.KeyID != "" {
		row.Copy = []ui.Copyable{{What: "key ID", Text: string(r.KeyID)}}
	}
	return row
}

// action is a row's mark and what will happen, in words.
func action(r backup.RestoreRow) (ui.Mark, string) {
	switch r.Action {
	case backup.ActionAdd:
		if r.Opened {
			return ui.MarkOK, "add, opened"
		}
		return ui.MarkOK, "add"
	case backup.ActionSame:
		return ui.MarkNone, "leave alone, the same"
	case backup.ActionReplace:
		return ui.MarkSoon, "REPLACE"
	case backup.ActionAsk:
		return ui.MarkNow, "ASK: another is here"
	case backup.ActionRefuse:
		return ui.MarkSoon, "leave in the backup"
	case backup.ActionLost:
		return ui.MarkNow, "LOST in this copy"
	}
	return ui.MarkNone, trustdata.Visible(string(r.Action))
}

func reason(r backup.RestoreRow) string {
	switch {
	case r.Action == backup.ActionLost:
		return upper(trustdata.Visible(r.Reason)) + "."
	case r.Problem != "":
		return "The file in the backup: " + trustdata.Visible(r.Problem) + "."
	case r.Reason != "":
		return upper(trustdata.Visible(r.Reason)) + "."
	case r.Action == backup.ActionSame:
		return "The file here is the same, byte for byte."
	case r.Opened:
		return "Not here yet. It was opened with its passphrase, in memory."
	}
	return "Not here yet. Its passphrase was not tried."
}

func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// metadata is what happens with the files that are no keys.
func metadata(p *backup.RestorePlan) string {
	added, kept := map[trustdata.GUN]bool{}, map[trustdata.GUN]bool{}
	for _, r := range p.Rows {
		if r.Kind == backup.KindMetadata {
			switch r.Action {
			case backup.ActionAdd:
				added[r.GUN] = true
			case backup.ActionKeep:
				kept[r.GUN] = true
			}
		}
	}
	var parts []string
	if n := len(added); n > 0 {
		parts = append(parts, "metadata of "+trustdata.Plural(n, "repository", "repositories")+" comes back")
	}
	if n := len(kept); n > 0 {
		parts = append(parts, "of "+trustdata.Plural(n, "repository", "repositories")+" this machine keeps its own")
	}
	if len(parts) == 0 {
		return ""
	}
	return upper(strings.Join(parts, "; ")) + "."
}

func name(id trustdata.KeyID, p string) string {
	if id == "" {
		return trustdata.Visible(path.Base(p))
	}
	return id.Short()
}

func role(r backup.RestoreRow) string {
	if b := trustdata.Role(r.Role); b.IsBase() {
		return b.Title()
	}
	return orNone(r.Role)
}

func orNone(s string) string {
	if s == "" {
		return string(ui.MarkNone)
	}
	return trustdata.Visible(s)
}

// RestoredPage is a restore that was carried out and read back.
func RestoredPage(r *backup.RestoreResult) ui.Page {
	mark, said := ui.MarkOK, "Every file that was written was read back and is what the backup says."
	if !r.OK {
		mark, said = ui.MarkNow, "THE SET IS NOT RESTORED: the backup is damaged. What was whole of it was written and read back."
	}
	page := ui.Page{
		Title:   "Restored " + trustdata.Plural(len(r.Restored)+len(r.Replaced), "key", "keys"),
		Summary: said,
		Sections: []ui.Section{{Facts: []ui.Fact{{Label: "Result", Value: said, Mark: mark},
			{Label: "From", Value: trustdata.Visible(r.File), Mark: ui.MarkNone}, {Label: "Into", Value: trustdata.Visible(r.To), Mark: ui.MarkNone}}}},
		TableTitle: "KEY BY KEY",
		Columns:    []ui.Column{{Title: "KEY", Priority: 1, Min: 7}, {Title: "WHAT HAPPENED", Priority: 2, Min: 20}},
		Empty:      "No key was concerned.",
		Notes:      restoredNotes(r),
	}
	add := func(id trustdata.KeyID, mark ui.Mark, what string) {
		page.Rows = append(page.Rows, ui.Row{ID: what + string(id), Mark: mark, Cells: []string{id.Short(), what},
			Copy: []ui.Copyable{{What: "key ID", Text: string(id)}}})
	}
	for _, id := range r.Restored {
		mark, what := written(r, id)
		add(id, mark, what)
	}
	for _, id := range r.Replaced {
		mark, what := written(r, id)
		add(id, mark, what+", the old file is in the trash")
	}
	for _, id := range r.Same {
		add(id, ui.MarkNone, "left alone: it was here already")
	}
	for _, f := range r.Refused {
		page.Rows = append(page.Rows, ui.Row{ID: f.Path, Mark: ui.MarkSoon,
			Cells:  []string{trustdata.Visible(short(f.Path)), "refused: " + trustdata.Visible(f.Reason)},
			Detail: []string{trustdata.Visible(f.Path), upper(trustdata.Visible(f.Reason)) + "."}})
	}
	for _, l := range r.Lost {
		page.Rows = append(page.Rows, ui.Row{ID: l.Path, Mark: ui.MarkNow, Cells: []string{name(l.KeyID, l.Path), "LOST in this copy"},
			Detail: []string{upper(trustdata.Visible(l.Reason)) + ".", trustdata.Visible(l.Path)}, Copy: []ui.Copyable{{What: "key ID", Text: string(l.KeyID)}}})
	}
	return page
}

// written is what is known of a key that was written: that its bytes are the backup's, and
// that it opens only if that was tried.
func written(r *backup.RestoreResult, id trustdata.KeyID) (ui.Mark, string) {
	why, tried := r.Tried[id]
	switch {
	case !tried:
		return ui.MarkUnchecked, "written, passphrase not tried"
	case why != "":
		return ui.MarkSoon, "written, not opened: " + trustdata.Visible(why)
	}
	return ui.MarkOK, "written and proved"
}

// short is a key file's short ID, or the path of any other file.
func short(p string) string {
	if id, err := trustdata.ParseKeyID(strings.TrimSuffix(path.Base(p), ".key")); err == nil {
		return id.Short()
	}
	return p
}

func restoredNotes(r *backup.RestoreResult) []string {
	var notes []string
	for _, t := range r.Trashed {
		notes = append(notes, "Kept in the trash: "+trustdata.Visible(t))
	}
	if n := len(r.Metadata); n > 0 {
		notes = append(notes, "Metadata of "+trustdata.Plural(n, "repository", "repositories")+" came back.")
	}
	if n := len(r.LostMetadata); n > 0 {
		notes = append(notes, "Metadata of "+trustdata.Plural(n, "repository", "repositories")+" is not whole in this copy.")
	}
	if n := len(r.Kept); n > 0 {
		notes = append(notes, "Of "+trustdata.Plural(n, "repository", "repositories")+" this machine kept the metadata that it had.")
	}
	return notes
}
