package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/audit"
	"keyrite/trustdata/state"
	"keyrite/ui"
	"keyrite/ui/doctor"
	"keyrite/ui/overview"
)

// Export implements overview.Source. The file is new, and its owner's alone.
func (o *overlook) Export(_ context.Context, typed string, r overview.Report) error {
	path := o.desk.session.cli.typedPath(typed)
	text, err := reportText(filepath.Ext(path), r)
	if err != nil {
		return err
	}
	folder, name := filepath.Split(path)
	dir, err := os.OpenRoot(filepath.Clean(folder))
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := state.CreateFile(dir, name, text); err != nil {
		return fmt.Errorf("report %q: %w", path, err)
	}
	return nil
}

// reportText is a report in the form that a file's name ends in.
func reportText(ending string, r overview.Report) ([]byte, error) {
	var b bytes.Buffer
	switch ending {
	case ".txt":
		fmt.Fprintf(&b, "keyrite, %s\n\n%s\n\n", ui.Moment(r.At), r.Page.Summary)
		err := ui.WriteTable(&b, r.Page)
		return b.Bytes(), err
	case ".json":
		out := auditJSON{Findings: list(r.Findings), Checked: doctor.Checked{Keys: r.Keys, Repositories: r.Repositories, Tags: r.Tags}}
		text, err := json.MarshalIndent(out, "", "  ")
		return append(trustdata.VisibleJSON(text), '\n'), err
	case ".csv":
		err := writeCSV(&b, r.Findings)
		return b.Bytes(), err
	}
	return nil, usagef("a report's name ends in .txt, .json or .csv, not in %q", ending)
}

// writeCSV writes findings as a table for a spreadsheet.
func writeCSV(out io.Writer, findings []audit.Finding) error {
	w := csv.NewWriter(out)
	_ = w.Write([]string{"severity", "code", "gun", "role", "key_id", "path", "due", "tags", "message", "remedy", "snoozed_until", "snoozed_reason"}) // Error has it
	for _, f := range findings {
		due, until, why := "", "", ""
		if !f.Due.IsZero() {
			due = f.Due.UTC().Format("2006-01-02T15:04:05Z")
		}
		if f.Snoozed != nil {
			until, why = ui.Day(f.Snoozed.Until), f.Snoozed.Reason
		}
		cells := []string{string(f.Severity), f.Code, string(f.GUN), string(f.Role), string(f.KeyID), f.Path, due, strings.Join(f.Tags, " "), f.Message, f.Remedy, until, why}
		for i, cell := range cells {
			cells[i] = inert(cell)
		}
		_ = w.Write(cells)
	}
	w.Flush()
	return w.Error()
}

// inert keeps a spreadsheet from taking a name for a formula.
func inert(cell string) string {
	cell = ui.Scrub(cell)
	if cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
