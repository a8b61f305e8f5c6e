package state

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"keyrite/trustdata"
)

// Subject names one finding across audits, by what it says and about what.
type Subject struct {
	Code  string          `json:"code"`
	GUN   trustdata.GUN   `json:"gun,omitempty"`
	Role  trustdata.Role  `json:"role,omitempty"`
	KeyID trustdata.KeyID `json:"key_id,omitempty"`
	Path  string          `json:"path,omitempty"`
}

// Snooze is a finding that somebody has put off, with what it was like then: one that has
// become worse since is not the one that was put off.
type Snooze struct {
	Subject
	Severity string    `json:"severity"`
	Due      time.Time `json:"due,omitzero"`
	Tags     []string  `json:"tags,omitempty"`
	Until    time.Time `json:"until"`
	Reason   string    `json:"reason"`
	// At is when it was put off.
	At time.Time `json:"-"`
}

// Snoozes is the log of what was put off, and taken up again.
type Snoozes struct{ store *Store }

// Snoozes is the store's log of findings that were put off.
func (s *Store) Snoozes() *Snoozes { return &Snoozes{s} }

// The kinds of records. Each has a list, so that what one step mends is put off as one.
const (
	snoozed = "snooze"
	lifted  = "lift"
)

// Put notes durably that findings are put off, in place of what was noted of them before.
func (z *Snoozes) Put(all []Snooze) error { return z.append(snoozed, all) }

// Lift notes durably that findings are taken up again.
func (z *Snoozes) Lift(all []Subject) error { return z.append(lifted, all) }

func (z *Snoozes) append(kind string, data any) error {
	defer z.store.take(z.path())()
	log, err := OpenLog(z.path(), z.store.now)
	if err != nil {
		return err
	}
	defer log.Close()
	return log.Append(kind, data)
}

// List is what is put off and was not taken up again, whether or not its day has come. It
// fails with ErrBroken where the chain does not hold.
func (z *Snoozes) List() ([]Snooze, error) {
	defer z.store.take(z.path())()
	log, err := OpenLog(z.path(), z.store.now)
	if err != nil {
		return nil, err
	}
	in := map[Subject]Snooze{}
	var order []Subject
	for _, rec := range log.Records() {
		var all []Snooze // a lift has the subjects alone
		if err := json.Unmarshal(rec.Data, &all); err != nil || rec.Kind != snoozed && rec.Kind != lifted {
			return nil, fmt.Errorf("%q, line %d puts nothing off: %w", log.path, rec.Seq, ErrBroken)
		}
		for _, s := range all {
			s.At = rec.Time
			delete(in, s.Subject)
			if rec.Kind == snoozed {
				in[s.Subject] = s
			}
			order = append(order, s.Subject)
		}
	}
	var out []Snooze
	for _, subject := range order {
		if s, ok := in[subject]; ok {
			out = append(out, s)
			delete(in, subject)
		}
	}
	return out, nil
}

func (z *Snoozes) path() string { return filepath.Join(z.store.dir, "snoozed.jsonl") }
