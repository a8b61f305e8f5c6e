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

// lastBackupFolder is where a backup was written or verified last, "" if that is not known
// or not there now.
func (s *session) lastBackupFolder() string {
	records, err := s.backupRecords()
	if err != nil {
		return "" // whatever reads the records next says what is wrong with them
	}
	defer records.Close()
	all := records.All()
	if len(all) == 0 {
		return ""
	}
	folder := filepath.Dir(all[len(all)-1].File)
	if !isDir(folder) {
		return "" // a stick that is in its drawer
	}
	return folder
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
