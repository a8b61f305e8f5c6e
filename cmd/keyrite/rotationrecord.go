package main

import (
	"fmt"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// recordJSON is the record of one operation: what changed, and what was done without.
type recordJSON struct {
	ID       string            `json:"id"`
	Kind     string            `json:"kind"`
	State    rotation.State    `json:"state"`
	Started  time.Time         `json:"started"`
	Finished *time.Time        `json:"finished"`
	Place    string            `json:"trust_dir"`
	Rows     []recordRow       `json:"repositories"`
	NewKeys  []rotation.Stored `json:"made_keys"`
	Backups  []rotation.Saved  `json:"backups"`
	Waived   []string          `json:"waived"`
	// SHA256 is that of the journal's last line, which vouches for every step.
	SHA256 string `json:"sha256"`
}

type recordRow struct {
	GUN     trustdata.GUN     `json:"gun"`
	Role    trustdata.Role    `json:"role"`
	State   rotation.State    `json:"state"`
	Why     string            `json:"why"`
	OldKeys []trustdata.KeyID `json:"old_keys"`
	NewKeys []trustdata.KeyID `json:"new_keys"`
	// File is what tells that it has landed: its role, version and SHA-256.
	File        trustdata.Role     `json:"file"`
	Version     int64              `json:"version"`
	SHA256      string             `json:"sha256"`
	Certificate trustdata.ListedID `json:"certificate_id"`
}

func (c *cli) rotationRecord(id string) error {
	s, err := c.open()
	if err != nil {
		return err
	}
	journal, err := s.journal()
	if err != nil {
		return err
	}
	defer journal.Close()
	op, head, err := journal.Record(id)
	if err != nil {
		return err
	}
	out := recordJSON{ID: op.ID, Kind: op.Kind, State: op.State(), Started: op.Started.UTC(), Finished: stamp(op.Finished), Place: op.Place,
		NewKeys: list(op.Keys), Backups: list(op.Backups), Waived: list(op.Waived), SHA256: head}
	for _, u := range op.Units {
		out.Rows = append(out.Rows, recordRow{GUN: u.GUN, Role: u.Role, State: u.State, Why: u.Why, OldKeys: list(u.OldKeys), NewKeys: list(u.NewKeys),
			File: u.Anchor, Version: u.Version, SHA256: u.SHA256, Certificate: u.Certificate})
	}
	return c.emit(out, recordPage(op, out))
}

// recordPage is the record as text to print.
func recordPage(op *rotation.Operation, r recordJSON) ui.Page {
	finished := "not yet"
	if r.Finished != nil {
		finished = r.Finished.Format(time.RFC3339)
	}
	head := ui.Section{Title: "RECORD OF AN OPERATION", Facts: []ui.Fact{
		{Label: "Operation", Value: r.ID}, {Label: "What", Value: trustdata.Visible(r.Kind)}, {Label: "How it stands", Value: trustdata.Visible(op.Summary())},
		{Label: "Begun", Value: r.Started.Format(time.RFC3339)}, {Label: "Ended", Value: finished},
		{Label: "Trust directory", Value: trustdata.Visible(r.Place)},
	}}
	page := ui.Page{Title: "Record of operation " + r.ID, Sections: []ui.Section{head}}
	for _, k := range r.NewKeys {
		page.Sections[0].Facts = append(page.Sections[0].Facts, ui.Fact{Label: "Key made here", Value: ui.Fours(string(k.KeyID))})
	}
	for _, b := range r.Backups {
		page.Sections[0].Facts = append(page.Sections[0].Facts, ui.Fact{Label: "Backup, " + b.State, Value: trustdata.Visible(b.File) + " sha256 " + b.SHA256})
	}
	for _, w := range r.Waived {
		page.Sections[0].Facts = append(page.Sections[0].Facts, ui.Fact{Label: "Done without", Value: trustdata.Visible(w)})
	}
	for _, row := range r.Rows {
		page.Sections = append(page.Sections, recordSection(row))
	}
	page.Notes = []string{"sha256 of this record's last step: " + r.SHA256}
	return page
}

func recordSection(r recordRow) ui.Section {
	s := ui.Section{Title: ui.Name(string(r.GUN), ""), Facts: []ui.Fact{{Label: "State", Value: trustdata.Visible(string(r.State) + " " + r.Why)}}}
	for _, id := range r.OldKeys {
		s.Facts = append(s.Facts, ui.Fact{Label: "Old " + r.Role.Title() + " key", Value: ui.Fours(string(id))})
	}
	for _, id := range r.NewKeys {
		s.Facts = append(s.Facts, ui.Fact{Label: "New " + r.Role.Title() + " key", Value: ui.Fours(string(id))})
	}
	if r.Certificate != "" {
		s.Facts = append(s.Facts, ui.Fact{Label: "New certificate", Value: ui.Fours(string(r.Certificate))})
	}
	if r.Version > 0 {
		s.Facts = append(s.Facts, ui.Fact{Label: string(r.File) + ".json", Value: fmt.Sprintf("version %d sha256 %s", r.Version, r.SHA256)})
	}
	return s
}
