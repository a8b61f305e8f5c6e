package state

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"
)

// Act is one change that was made from here: what was done ("rotate targets"), on what
// (a GUN, a key ID, a file), with what result ("done", "failed"), and in what words.
type Act struct {
	What   string `json:"what"`
	On     string `json:"on"`
	Result string `json:"result"`
	Detail string `json:"detail"`
}

// ActRecord is an Act with its place in the log.
type ActRecord struct {
	Seq  int64
	Time time.Time
	Act
}

// Activity is the log of what was changed from here.
type Activity struct{ store *Store }

// Activity is the store's activity log.
func (s *Store) Activity() *Activity { return &Activity{s} }

// Append notes an act durably.
func (a *Activity) Append(act Act) error {
	log, err := a.open()
	if err != nil {
		return err
	}
	defer log.Close()
	return log.Append("act", act)
}

// List is every act, oldest first.
func (a *Activity) List() ([]ActRecord, error) {
	log, err := a.open()
	if err != nil {
		return nil, err
	}
	var acts []ActRecord
	for _, rec := range log.Records() {
		act := ActRecord{Seq: rec.Seq, Time: rec.Time}
		if err := json.Unmarshal(rec.Data, &act.Act); err != nil {
			return nil, fmt.Errorf("%q, line %d is no act: %w", log.path, rec.Seq, ErrBroken)
		}
		acts = append(acts, act)
	}
	return acts, nil
}

func (a *Activity) open() (*Log, error) {
	return OpenLog(filepath.Join(a.store.dir, "activity.jsonl"), a.store.now)
}
