package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"keyrite/backup"
	"keyrite/backup/media"
	"keyrite/trustdata/state"
)

type sheetJSON struct {
	Operation string        `json:"operation"`
	Copies    []backup.Copy `json:"copies"`
	Text      string        `json:"text"`
}

func (c *cli) backupSheetCommand() *cobra.Command {
	return &cobra.Command{
		Use: "sheet [ID]", Short: "Print the sheet that belongs to a set: keys, readers, copies and how to restore; nothing secret is on it",
		Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error { return c.backupSheet(args) },
	}
}

// backupSheet prints the sheet of a set, the newest one where none is named.
func (c *cli) backupSheet(args []string) error {
	s, err := c.open()
	if err != nil {
		return err
	}
	id := ""
	if len(args) > 0 {
		id = args[0]
	}
	of, err := s.setOf(id)
	if err != nil {
		return err
	}
	text := backup.Sheet(of, c.now())
	if c.flags.json {
		return c.emitJSON(sheetJSON{of[0].Operation, of, string(text)})
	}
	_, err = c.out.Write(text)
	return err
}

// setOf are the remembered copies of a set, of the newest one for "".
func (s *session) setOf(id string) ([]backup.Copy, error) {
	all, err := s.copies()
	if err != nil {
		return nil, err
	}
	var of []backup.Copy
	for _, one := range all {
		if id != "" && one.Operation == id || id == "" && (len(of) == 0 || one.Operation != "" && one.Operation == of[0].Operation) {
			of = append(of, one)
		}
	}
	if len(of) == 0 {
		return nil, fmt.Errorf("no such set is remembered here: see keyrite backup list")
	}
	return of, nil
}

// Waive implements backupui.Sheets.
func (d backupDesk) Waive(_ context.Context, operation string) error {
	records, err := d.session.backupRecords()
	if err != nil {
		return err
	}
	defer records.Close()
	if err := records.Waive(operation, backup.WaiverCopies); err != nil {
		return err
	}
	return d.session.state.Activity().Append(state.Act{What: "waive copies", On: operation, Result: "done", Detail: "the set gets no other copy"})
}

// Sheet implements backupui.Sheets.
func (d backupDesk) Sheet(_ context.Context, operation string) ([]byte, error) {
	of, err := d.session.setOf(operation)
	if err != nil {
		return nil, err
	}
	return backup.Sheet(of, d.session.cli.now()), nil
}

// Save implements backupui.Sheets.
func (d backupDesk) Save(_ context.Context, sheet []byte, file string) error {
	folder, err := media.OpenFolder(filepath.Dir(absolute(file)), false)
	if err != nil {
		return err
	}
	name := filepath.Base(file)
	if _, err := folder.Claim(); err != nil {
		return errors.Join(err, folder.Close())
	}
	err = media.WriteFile(folder, media.PartName(name), name, sheet)
	if err == nil {
		var got []byte
		if got, err = media.ReadFile(folder, name, int64(len(sheet))+1); err == nil && string(got) != string(sheet) {
			err = fmt.Errorf("%q: what was read back is not what was written", file)
		}
	}
	return errors.Join(err, folder.Close())
}
