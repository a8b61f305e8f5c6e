package backup

import (
	"cmp"
	"crypto/rand"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"keyrite/backup/media"
	"keyrite/trustdata"
)

// DefaultCopies is how many media carry a set unless its operator waives that.
const DefaultCopies = 2

// WaiverCopies is the waiver of a set of fewer copies.
const WaiverCopies = "copies"

// NewOperation names a set: the time for people, and chance, since two machines may make
// one in the same second and a clock may be wrong.
func NewOperation(now time.Time) string {
	return now.UTC().Format(stampLayout) + "-" + strings.ToLower(rand.Text()[:6])
}

// Medium is what is remembered of the medium that carries a copy, to know it again.
type Medium struct {
	Vendor     string `json:"vendor,omitempty"`
	Model      string `json:"model,omitempty"`
	Serial     string `json:"serial,omitempty"`
	UUID       string `json:"uuid,omitempty"`
	Label      string `json:"label,omitempty"`
	FileSystem string `json:"file_system,omitempty"`
	// Token is what was written onto it to know it by.
	Token string `json:"token,omitempty"`
	Size  int64  `json:"size,omitempty"`
	// DiskSeq is the kernel's count of media when it was last seen, since the start of the
	// machine that Boot names.
	DiskSeq uint64 `json:"disk_seq,omitempty"`
	Boot    string `json:"boot,omitempty"`
	// Recognised says that it was found as a removable drive; a folder given by hand is not.
	Recognised bool `json:"recognised"`
}

// Name is what people call it: its label, or what it is, or nothing.
func (m *Medium) Name() string {
	if m == nil {
		return ""
	}
	return cmp.Or(m.Label, strings.TrimSpace(m.Vendor+" "+m.Model), m.Serial, m.UUID)
}

// key tells media apart. A medium without any mark of its own is its folder.
func (m *Medium) key(folder string) string {
	if m == nil {
		return folder
	}
	return cmp.Or(m.Token, m.UUID, m.Serial, folder)
}

// Copy is one medium's copy of a backup, and how far and when it was proven.
type Copy struct {
	// Operation is the set, Number and Of the copy's place in it; "" and 0 for a backup
	// that stands alone.
	Operation string `json:"operation"`
	Number    int    `json:"copy"`
	Of        int    `json:"copies"`
	// Planned is how many its manifest says that there are to be; there may be more.
	Planned int `json:"-"`
	// Missing is how many copies the set has fewer than it is to have, damaged ones not
	// counted; waived or not.
	Missing int    `json:"missing"`
	File    string `json:"file"`
	SHA256  string `json:"sha256"`
	// Medium is nil for a folder of this machine.
	Medium *Medium `json:"medium"`
	// State is how far the last look at it came, and Reading how the file was read then.
	State   State         `json:"state"`
	Reading media.Reading `json:"reading"`
	// LookedAt is when it was last looked at.
	LookedAt time.Time `json:"looked_at"`
	// Written, ProvenAt and DrilledAt are when it was last brought to at least that state;
	// zero for never.
	Written   time.Time         `json:"written,omitzero"`
	ProvenAt  time.Time         `json:"proven_at,omitzero"`
	DrilledAt time.Time         `json:"drilled_at,omitzero"`
	Waived    []string          `json:"waived"`
	Keys      []trustdata.KeyID `json:"keys"`
	// Drilled is how many of the keys were opened when it was decrypted last.
	Drilled int `json:"drilled"`
	// Problem says what the last look found wrong, or is "".
	Problem string `json:"problem"`
	// Holds says what each key is, Recipients who can open it, Tool what wrote it.
	Holds      []Held   `json:"holds,omitempty"`
	Recipients []string `json:"recipients,omitempty"`
	Readers    []Reader `json:"readers,omitempty"`
	Tool       string   `json:"tool,omitempty"`
	// Created and Manifest are the time in the manifest and its hash, equal in all copies of
	// a set.
	Created  time.Time `json:"created,omitzero"`
	Manifest string    `json:"manifest"`
	// Due is when it is to be proven again, and Clock how urgent that is.
	Due   time.Time `json:"due,omitzero"`
	Clock Clock     `json:"clock"`
}

// Clock is how old the last proof of a copy is.
type Clock string

// The states of the clock. Never is for a copy that nobody has decrypted, Bad for one
// whose last look found damage.
const (
	ClockOK    Clock = "ok"
	ClockDue   Clock = "due"
	ClockLate  Clock = "late"
	ClockNever Clock = "never"
	ClockBad   Clock = "bad"
)

// Intervals say when a proof is old.
type Intervals struct{ Due, Late time.Duration }

// DefaultIntervals are half a year and a year: a stick in a drawer may lose its charge in
// a few years, and people forget passphrases sooner.
var DefaultIntervals = Intervals{Due: 180 * 24 * time.Hour, Late: 365 * 24 * time.Hour}

// Copies are all copies that are remembered, as of now, the newest set first.
func (r *Records) Copies(now time.Time, every Intervals) []Copy {
	at := map[string]int{}
	var all []Copy
	for _, rec := range r.All() {
		key := rec.SHA256 + " " + rec.Medium.key(filepath.Dir(rec.File))
		i, known := at[key]
		if rec.Problem != "" {
			// A damaged copy has another hash than the one that was written.
			if i = slices.IndexFunc(all, func(c Copy) bool { return c.is(rec) }); i < 0 {
				continue
			}
			known, rec.SHA256 = true, all[i].SHA256
		}
		if !known {
			i = len(all)
			at[key] = i
			all = append(all, Copy{Waived: []string{}, Keys: []trustdata.KeyID{}})
		}
		all[i].note(rec)
	}
	waived := r.waived()
	of := map[string]int{} // a set may get more copies than were planned
	for i := range all {
		all[i].wind(now, every)
		for _, what := range waived[all[i].Operation] {
			if !slices.Contains(all[i].Waived, what) {
				all[i].Waived = append(all[i].Waived, what)
			}
		}
		of[all[i].Operation] = max(of[all[i].Operation], all[i].Of, all[i].Number)
	}
	for i := range all {
		all[i].Of = of[all[i].Operation]
	}
	countMissing(all)
	slices.SortStableFunc(all, func(a, b Copy) int {
		return cmp.Or(b.Written.Compare(a.Written), cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Number, b.Number))
	})
	return all
}

// is reports whether a record is of the file at the same place of the same medium.
func (c *Copy) is(rec Record) bool {
	return filepath.Base(c.File) == filepath.Base(rec.File) && c.Medium.key(filepath.Dir(c.File)) == rec.Medium.key(filepath.Dir(rec.File))
}

// note adds one look at the copy, later than those before.
func (c *Copy) note(rec Record) {
	c.File, c.SHA256, c.State, c.Reading, c.Problem, c.LookedAt = rec.File, rec.SHA256, rec.State, rec.Reading, rec.Problem, rec.At
	if rec.Operation != "" {
		c.Operation, c.Number, c.Of, c.Planned, c.Created, c.Manifest = rec.Operation, rec.Copy, rec.Copies, rec.Copies, rec.Created, rec.Manifest
	}
	if rec.Medium != nil {
		c.Medium = rec.Medium
	}
	if len(rec.Keys) > 0 {
		c.Keys = rec.Keys
	}
	if rec.Written {
		c.Written, c.Waived = rec.At, notNil(rec.Waived)
		c.Holds, c.Recipients, c.Readers, c.Tool = rec.Holds, rec.Recipients, rec.Readers, rec.Tool
	}
	if c.Written.IsZero() {
		c.Written = rec.At
	}
	if rec.State == StateProven || rec.State == StateDrilled {
		if c.Drilled = rec.Drilled; rec.State == StateDrilled {
			c.Drilled = len(c.Keys) // older records do not count them
		}
	}
	switch rec.State {
	case StateDrilled:
		c.ProvenAt, c.DrilledAt = rec.At, rec.At
	case StateProven:
		c.ProvenAt = rec.At
	}
}

// wind sets the clock. A proof from the future, by a clock that was wrong, is none.
func (c *Copy) wind(now time.Time, every Intervals) {
	switch age := now.Sub(c.ProvenAt); {
	case c.Problem != "":
		c.Clock = ClockBad
	case c.ProvenAt.IsZero():
		c.Clock = ClockNever
	case age < -time.Hour, age >= every.Late:
		c.Clock = ClockLate
	case age >= every.Due:
		c.Clock = ClockDue
	default:
		c.Clock = ClockOK
	}
	if !c.ProvenAt.IsZero() && c.Problem == "" {
		c.Due = c.ProvenAt.Add(every.Due)
	}
}
