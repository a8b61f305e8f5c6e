package backup

import (
	"path/filepath"
	"strings"
	"time"

	"keyrite/backup"
	"keyrite/trustdata"
	"keyrite/ui"
)

// ListPage is the backups of a folder.
func ListPage(all []backup.Listed, now time.Time) ui.Page {
	page := ui.Page{Title: "Backups", Summary: trustdata.Plural(len(all), "backup", "backups"),
		Columns: []ui.Column{{Title: "FILE", Priority: 1, Min: 30, Cut: ui.CutLeft}, {Title: "PROVED", Priority: 2, Min: 10},
			{Title: "MADE", Priority: 3}, {Title: "SIZE", Priority: 4}, {Title: "SUMS FILE", Priority: 5}},
		Order:     "latest first",
		Empty:     "There is no backup in this folder.",
		Freshness: ui.Freshness{Disk: true, At: now},
	}
	for _, l := range all {
		page.Rows = append(page.Rows, listed(l, now))
	}
	return page
}

func listed(l backup.Listed, now time.Time) ui.Row {
	file := trustdata.Visible(l.File)
	row := ui.Row{ID: l.File, Mark: stateMark(l.State), Copy: []ui.Copyable{{What: "file", Text: file}},
		Cells: []string{trustdata.Visible(filepath.Base(l.File)), StateWord(l.State), ui.Day(l.Created), ui.Size(l.Size), sums(l.Sums)}}
	if l.SHA256 != "" {
		row.Copy = append(row.Copy, ui.Copyable{What: "SHA-256", Text: strings.TrimPrefix(l.SHA256, "sha256:")})
	}
	if l.Problem != "" {
		row.Mark, row.Cells[1] = ui.MarkNow, "UNREADABLE"
		row.Detail = []string{file, trustdata.Visible(l.Problem) + "."}
		return row
	}
	row.Mark = ui.Worse(row.Mark, bad(l.Sums))
	said := stateSentence(l.State)
	if l.State == backup.StateUnknown {
		said = "No proof of it is recorded on this machine. v verifies it."
	} else if !l.ProvenAt.IsZero() {
		said += " So recorded " + ui.When(l.ProvenAt, now) + "."
	}
	row.Detail = []string{said, file, "Made " + ui.When(l.Created, now) + ", SHA-256 " + sum(l.SHA256)}
	return row
}

// bad is the mark of sums that speak against a backup; others say nothing here.
func bad(s backup.Sums) ui.Mark {
	if m := sumsMark(s); m == ui.MarkNow {
		return m
	}
	return ui.MarkNone
}

func stateMark(s backup.State) ui.Mark {
	switch s {
	case backup.StateProven, backup.StateDrilled:
		return ui.MarkOK
	case backup.StateReadBack, backup.StateWritten:
		return ui.MarkSoon
	}
	return ui.MarkUnchecked
}

// StateWord is a backup's state for people.
func StateWord(s backup.State) string {
	switch s {
	case backup.StateWritten, backup.StateReadBack, backup.StateProven, backup.StateDrilled:
		return strings.ReplaceAll(string(s), "_", " ")
	}
	return "not known"
}
