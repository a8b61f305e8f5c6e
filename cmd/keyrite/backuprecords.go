package main

import (
	"path/filepath"

	"keyrite/backup"
	"keyrite/trustdata"
	"keyrite/trustdata/state"
)

// backupRecords remember the backups that were written or verified from here.
func (s *session) backupRecords() (*backup.Records, error) {
	return backup.OpenRecords(filepath.Join(s.paths.state, "backups.jsonl"), s.cli.now)
}

// copies are those that are remembered.
func (s *session) copies() ([]backup.Copy, error) {
	records, err := s.backupRecords()
	if err != nil {
		return nil, err
	}
	defer records.Close()
	return records.Copies(s.cli.now(), backup.DefaultIntervals), nil
}

// recordBackup remembers how far a backup is proven.
func (s *session) recordBackup(what string, rec backup.Record) error {
	records, err := s.backupRecords()
	if err != nil {
		return err
	}
	defer records.Close()
	if rec.Problem != "" && !records.Known(rec) {
		return nil
	}
	if err := records.Note(rec); err != nil {
		return err
	}
	return s.state.Activity().Append(state.Act{What: what, On: rec.File, Result: string(rec.State), Detail: rec.SHA256})
}

// remember records a proof; what was proven stays proven where it cannot be recorded.
func (c *cli) remember(s *session, what string, rec backup.Record) {
	if err := s.recordBackup(what, rec); err != nil {
		c.say("this could not be recorded: %s", trustdata.VisibleError(err))
	}
}
