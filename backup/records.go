package backup

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"keyrite/backup/media"
	"keyrite/trustdata"
	"keyrite/trustdata/state"
)

// The kinds of the log's lines: a backup, and what the operator of a set did without.
const (
	recordKind = "backup"
	waiverKind = "waiver"
)

// Records remember which backups were proven, how far, and when. They are a chained log,
// and know a backup by its hash, wherever it lies.
type Records struct{ log *state.Log }

// Record is one proof of one backup.
type Record struct {
	// At is when the proof was recorded.
	At     time.Time `json:"-"`
	File   string    `json:"file"`
	SHA256 string    `json:"sha256"`
	State  State     `json:"state"`
	Waived []string  `json:"waived"`
	// Keys are those of its key files that are of use.
	Keys []trustdata.KeyID `json:"keys,omitempty"`
	// Drilled is how many of the keys were opened with their passphrases.
	Drilled int `json:"drilled,omitempty"`
	// Holds says what each key is; only whoever writes a backup notes it.
	Holds []Held `json:"holds,omitempty"`
	// Tool wrote the backup.
	Tool string `json:"tool,omitempty"`
	// Written says that the backup was made, and not only looked at again.
	Written bool          `json:"written,omitempty"`
	Reading media.Reading `json:"reading,omitempty"`
	// Operation is the set, Copy and Copies are the backup's number in it and how many there
	// are to be.
	Operation string `json:"operation,omitempty"`
	Copy      int    `json:"copy,omitempty"`
	Copies    int    `json:"copies,omitempty"`
	// Created and Manifest are the time in the manifest and its hash, equal in all copies.
	Created  time.Time `json:"created,omitzero"`
	Manifest string    `json:"manifest,omitempty"`
	// Medium is nil for a folder of this machine.
	Medium *Medium `json:"medium,omitempty"`
	// Recipients are whom it was encrypted for, as the operator wrote them.
	Recipients []string `json:"recipients,omitempty"`
	// Readers say more of them.
	Readers []Reader `json:"readers,omitempty"`
	// Problem says what was wrong with it; then State is StateUnknown.
	Problem string `json:"problem,omitempty"`
}

// Held is a key of a backup, as a person looks for it.
type Held struct {
	KeyID trustdata.KeyID `json:"key_id"`
	Role  string          `json:"role"`
	GUN   trustdata.GUN   `json:"gun,omitempty"`
	// SignsFor are the first repositories that it signs for, More how many others there are.
	SignsFor []trustdata.GUN `json:"signs_for,omitempty"`
	More     int             `json:"more,omitempty"`
}

// maxRemembered bounds Held.SignsFor: a root key may sign for thousands of repositories,
// which the backup itself lists.
const maxRemembered = 12

// held are the keys that are of use.
func held(keys []Key) (all []Held) {
	for _, k := range keys {
		if k.Problem != "" || k.KeyID == "" {
			continue
		}
		guns := k.Repositories()
		n := min(len(guns), maxRemembered)
		all = append(all, Held{KeyID: k.KeyID, Role: k.Role, GUN: k.GUN, SignsFor: guns[:n], More: len(guns) - n})
	}
	return all
}

// Record is what there is to remember of a backup that was written.
func (r *CreateResult) Record() Record {
	return Record{File: r.File, SHA256: r.SHA256, State: r.State, Waived: r.Waived, Keys: usableKeys(r.Keys), Drilled: r.Drilled,
		Written: true, Reading: r.Reading, Operation: r.Operation, Copy: r.Copy, Copies: r.Copies, Created: r.Created, Manifest: r.Manifest, Medium: r.Medium, Recipients: r.Recipients, Readers: r.Readers, Holds: held(r.Keys), Tool: r.Tool}
}

// Record is what there is to remember of a backup that was verified, sound or not.
func (r *VerifyResult) Record() Record {
	return Record{File: r.File, SHA256: r.SHA256, State: r.State, Keys: usableKeys(r.Keys), Drilled: r.Drilled,
		Reading: r.Reading, Medium: r.Medium, Problem: strings.Join(r.Problems, "; ")}
}

func usableKeys(keys []Key) (ids []trustdata.KeyID) {
	for _, k := range keys {
		if k.Problem == "" && k.KeyID != "" {
			ids = append(ids, k.KeyID)
		}
	}
	return ids
}

// OpenRecords reads the log at path, which need not be there.
func OpenRecords(path string, now func() time.Time) (*Records, error) {
	log, err := state.OpenLog(path, now)
	if err != nil {
		return nil, fmt.Errorf("record of backups: %w", err)
	}
	return &Records{log}, nil
}

// Note records a proof durably.
func (r *Records) Note(record Record) error {
	record.Waived = notNil(record.Waived)
	return r.log.Append(recordKind, record)
}

// Known reports whether a record is of a copy that is remembered: damage to any other file
// says nothing of ours.
func (r *Records) Known(record Record) bool {
	return slices.ContainsFunc(r.Copies(record.At, DefaultIntervals), func(c Copy) bool { return c.is(record) })
}

// waiver is a waiver of a whole set.
type waiver struct {
	Operation string `json:"operation"`
	Waiver    string `json:"waiver"`
}

// Waive records durably that the operator of a set does without something, as WaiverCopies
// after the first copy is written.
func (r *Records) Waive(operation, what string) error {
	return r.log.Append(waiverKind, waiver{operation, what})
}

// waived are the waivers of sets, by their operation.
func (r *Records) waived() map[string][]string {
	all := map[string][]string{}
	if r == nil {
		return all
	}
	for _, line := range r.log.Records() {
		var w waiver
		if line.Kind == waiverKind && json.Unmarshal(line.Data, &w) == nil {
			all[w.Operation] = append(all[w.Operation], w.Waiver)
		}
	}
	return all
}

// All are the records, oldest first. Lines of other kinds are passed over.
func (r *Records) All() []Record {
	if r == nil {
		return nil
	}
	var all []Record
	for _, line := range r.log.Records() {
		var record Record
		if line.Kind == recordKind && json.Unmarshal(line.Data, &record) == nil {
			record.At = line.Time
			all = append(all, record)
		}
	}
	return all
}

// Proof is the newest record of a backup with that key which was decrypted to its end. Where
// the backup lies now, and whether it still does, no record knows.
func (r *Records) Proof(id trustdata.KeyID) (Record, bool) {
	for _, record := range slices.Backward(r.All()) {
		if (record.State == StateProven || record.State == StateDrilled) && slices.Contains(record.Keys, id) {
			return record, true
		}
	}
	return Record{}, false
}

// Close gives the file back.
func (r *Records) Close() error { return r.log.Close() }
