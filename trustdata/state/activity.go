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

// Append notes an act durably. What several goroutines note at once is written together.
func (a *Activity) Append(act Act) error {
	log, err := a.writer()
	if err != nil {
		return err
	}
	if err := log.Append("act", act); err != nil {
		a.store.dropActivity(log)
		return err
	}
	return nil
}

// writer is the log that acts are added to. It stays open with the store: opening reads
// every line of it.
func (a *Activity) writer() (*Log, error) {
	s := a.store
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.activity != nil {
		return s.activity, nil
	}
	log, err := a.open()
	if err == nil {
		s.activity = log
	}
	return log, err
}

// dropActivity closes the log of acts after a failure, which may be mended by the next try.
func (s *Store) dropActivity(log *Log) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.activity == log {
		s.activity = nil
	}
	log.Close()
}

// List is every act, oldest first. It fails with ErrBroken where the chain does not hold.
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

// Verify checks the chain of the log. It gives the number of lines, and the hash of the
// last, which somebody may have written down; ErrBroken says that the chain does not hold.
func (a *Activity) Verify() (lines int, head string, err error) {
	log, err := a.open()
	if err != nil {
		return 0, "", err
	}
	return len(log.Records()), log.Head(), nil
}

func (a *Activity) open() (*Log, error) {
	return OpenLog(filepath.Join(a.store.dir, "activity.jsonl"), a.store.now)
}
