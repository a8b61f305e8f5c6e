package backup

import (
	"fmt"
	"path/filepath"
	"time"

	"keyrite/backup"
	"keyrite/trustdata"
	"keyrite/ui"
)

// SetPage is what was written of a set, a row for each copy.
func SetPage(all []*backup.CreateResult) ui.Page {
	first := all[0]
	page := ui.Page{Title: "Backed up " + trustdata.Plural(len(first.Keys), "key", "keys"), Summary: trustdata.Plural(len(all), "copy", "copies") + " of the set " + first.Operation,
		Columns: []ui.Column{{Title: "COPY", Priority: 2, Min: 6}, {Title: "STATE", Priority: 3, Min: 10}, {Title: "FILE", Priority: 1, Min: 30, Cut: ui.CutLeft}},
		Notes:   []string{restoreSentence(filepath.Base(first.File))}}
	for _, r := range all {
		page.Rows = append(page.Rows, ui.Row{ID: r.File, Mark: stateMark(r.State),
			Cells:  []string{numbered(r.Copy, r.Copies), StateWord(r.State), trustdata.Visible(r.File)},
			Detail: []string{stateSentence(r.State), "SHA-256 " + sum(r.SHA256)}})
	}
	if len(first.Waived) > 0 {
		page.Sections = append(page.Sections, waived(first.Waived))
	}
	if len(first.Warnings) > 0 {
		page.Sections = append(page.Sections, sentences("GOOD TO KNOW", first.Warnings, ui.MarkSoon))
	}
	return page
}

func numbered(n, of int) string {
	if n == 0 {
		return "alone"
	}
	return fmt.Sprintf("%d of %d", n, of)
}

// CopiesPage is every copy that is remembered, and when it is to be proven again.
func CopiesPage(all []backup.Copy, now time.Time) ui.Page {
	page := ui.Page{Title: "Backups", Summary: trustdata.Plural(len(all), "copy is", "copies are") + " remembered. None was looked at just now.",
		Columns: []ui.Column{{Title: "MEDIUM", Priority: 1, Min: 12}, {Title: "COPY", Priority: 4, Min: 6}, {Title: "STATE", Priority: 2, Min: 9},
			{Title: "PROVEN", Priority: 3}, {Title: "DUE", Priority: 3}, {Title: "FILE", Priority: 5, Min: 30, Cut: ui.CutLeft}},
		Order: "latest first", Empty: "No backup is remembered on this machine.",
		Freshness: ui.Freshness{Disk: true, At: now}}
	said := map[string]bool{}
	for _, c := range all {
		page.Rows = append(page.Rows, remembered(c, now))
		if c.Missing > 0 && !c.WaivedCopies() && !said[c.Operation] {
			said[c.Operation] = true
			page.Notes = append(page.Notes, fmt.Sprintf("The set %s has %s. keyrite backup create --operation %s --to DIR writes the next one.", c.Operation, setCount(c), c.Operation))
		}
	}
	return page
}

// setCount is how many copies there are of c's set, of how many.
func setCount(c backup.Copy) string { return fmt.Sprintf("%d of %d copies", c.Of-c.Missing, c.Of) }

// place is a copy's number in its set, or how many there are where some are missing.
func place(c backup.Copy) string {
	if c.Missing > 0 {
		return setCount(c)
	}
	return numbered(c.Number, c.Of)
}

// missing is what there is to say of a set that lacks copies, "" where it does not.
func missing(c backup.Copy) string {
	switch {
	case c.Missing == 0:
		return ""
	case c.WaivedCopies():
		return "The set has " + setCount(c) + ", and it was recorded that it does without the rest."
	}
	return "The set has " + setCount(c) + ": what destroys a medium may destroy the backup."
}

func remembered(c backup.Copy, now time.Time) ui.Row {
	file := trustdata.Visible(c.File)
	row := ui.Row{ID: copyID(c), Mark: clockMark(c.Clock), Copy: []ui.Copyable{{What: "file", Text: file}},
		Cells:  []string{onMedium(c), place(c), StateWord(c.State), never(c.ProvenAt), never(c.Due), file},
		Detail: []string{clockSentence(c, now), "SHA-256 " + sum(c.SHA256)}}
	if c.Clock == backup.ClockOK {
		row.Mark = readingMark(c.State, c.Reading, c.Medium != nil && c.Medium.Recognised)
	}
	if row.Mark == ui.MarkSoon && c.Clock == backup.ClockOK {
		row.Detail = append(row.Detail, "It was not read after it had been out of the machine, so it is not known to be on its medium.")
	}
	if why := missing(c); why != "" {
		row.Detail = append(row.Detail, why)
		if !c.WaivedCopies() {
			row.Mark = ui.Worse(row.Mark, ui.MarkSoon)
		}
	}
	if c.Problem != "" {
		row.Cells[2] = "DAMAGED"
		row.Detail = append(row.Detail, trustdata.Visible(c.Problem)+".")
	}
	return row
}

// copyID tells copies apart.
func copyID(c backup.Copy) string { return c.SHA256 + c.File }

func onMedium(c backup.Copy) string {
	if name := c.Medium.Name(); name != "" {
		return trustdata.Visible(name)
	}
	return "a folder"
}

func never(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return ui.Day(t)
}

func clockMark(c backup.Clock) ui.Mark {
	switch c {
	case backup.ClockOK:
		return ui.MarkOK
	case backup.ClockDue, backup.ClockNever:
		return ui.MarkSoon
	}
	return ui.MarkNow
}

// clockSentence says when the copy was last proven, and what to do.
func clockSentence(c backup.Copy, now time.Time) string {
	switch c.Clock {
	case backup.ClockOK:
		return stateSentence(c.State) + " Last proven " + ui.When(c.ProvenAt, now) + "."
	case backup.ClockDue:
		return "Last proven " + ui.When(c.ProvenAt, now) + ". A drill is due."
	case backup.ClockLate:
		return "Last proven " + ui.When(c.ProvenAt, now) + ", which is too long ago to rely on. Drill it today."
	case backup.ClockNever:
		return stateSentence(c.State) + " Drill it."
	}
	return "The last look found it damaged. Do not rely on it: make another copy."
}
