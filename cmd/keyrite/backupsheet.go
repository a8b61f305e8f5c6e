package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"keyrite/backup"
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
	records, err := s.backupRecords()
	if err != nil {
		return err
	}
	defer records.Close()
	var of []backup.Copy
	for _, one := range records.Copies(c.now(), backup.DefaultIntervals) {
		if len(args) > 0 && one.Operation == args[0] || len(args) == 0 && (len(of) == 0 || one.Operation != "" && one.Operation == of[0].Operation) {
			of = append(of, one)
		}
	}
	if len(of) == 0 {
		return fmt.Errorf("no such set is remembered here: see keyrite backup list")
	}
	text := backup.Sheet(of, c.now())
	if c.flags.json {
		return c.emitJSON(sheetJSON{of[0].Operation, of, string(text)})
	}
	_, err = c.out.Write(text)
	return err
}
