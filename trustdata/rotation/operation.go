package rotation

import (
	"slices"
	"time"

	"keyrite/trustdata"
)

// State says how far the change of one repository has come. What follows a state that was
// Sent is settled by asking the server, never by what is remembered here.
type State string

// The states in their order. Nothing leaves this machine before StateSubmitting is
// durable; StateAcked, StateRejected and StateUnknown only note what the upload was
// answered.
const (
	StatePlanned State = "planned"
	// StateWaiting is a change whose root is being signed on a machine that is not online.
	StateWaiting    State = "waiting"
	StateSigned     State = "signed"
	StateSubmitting State = "submitting"
	StateAcked      State = "acked"
	StateRejected   State = "rejected"
	StateUnknown    State = "unknown"
	StateConfirmed  State = "confirmed"
	StatePromoted   State = "promoted"
	// The rest are ends. StateUnverified is a change that the server has and that a client
	// could not verify; its keys are in place.
	StateDone       State = "done"
	StateUnverified State = "unverified"
	StateRefused    State = "refused"
	StateConflict   State = "conflict"
	StateAbandoned  State = "abandoned"
)

// Sent reports whether bytes may have reached the server while it is not settled what
// became of them.
func (s State) Sent() bool {
	return slices.Contains([]State{StateSubmitting, StateAcked, StateRejected, StateUnknown, StateConfirmed, StatePromoted}, s)
}

// Ended reports whether nothing is left to do.
func (s State) Ended() bool {
	return slices.Contains([]State{StateDone, StateUnverified, StateRefused, StateConflict, StateAbandoned}, s)
}

// Unit is the change of one repository within an operation. It has no secret.
type Unit struct {
	Request
	State State     `json:"state"`
	Since time.Time `json:"-"`
	// Why says what was answered, or why it ended as it did.
	Why string `json:"why,omitempty"`
	// Anchor is the file that tells whether the change has landed: its version, and the
	// SHA-256 of its bytes, in lower-case hex.
	Anchor  trustdata.Role `json:"anchor,omitempty"`
	Version int64          `json:"version,omitempty"`
	SHA256  string         `json:"sha256,omitempty"`
	// Tries is how often the upload was sent, the exact same bytes each time.
	Tries int `json:"tries,omitempty"`
	// Base is the fingerprint of the repository that the upload was made for; "" is none.
	Base string `json:"base,omitempty"`
	// Payload is the SHA-256 of the file with the exact bytes of the upload.
	Payload string `json:"payload,omitempty"`
	// NewKeys are the keys that the change makes or lists, OldKeys those that give way.
	NewKeys []trustdata.KeyID `json:"new_keys,omitempty"`
	OldKeys []trustdata.KeyID `json:"old_keys,omitempty"`
	// Certificate is the ID under which root.json is to list a new root key.
	Certificate trustdata.ListedID `json:"certificate,omitempty"`
	// Bundle is the SHA-256 of the ceremony's file that asks for the signature.
	Bundle string `json:"bundle,omitempty"`
	// Late says that the repository had expired when the change was planned.
	Late bool `json:"late,omitempty"`
	// Forget lets go of what was remembered of the repository, once this has landed.
	Forget bool `json:"forget,omitempty"`
	// Gone takes the repository away: SHA256 is then that of the root.json to be deleted.
	Gone bool `json:"gone,omitempty"`
}

// refusedBefore reports whether the upload of a unit that is to do again was sent before.
func (u *Unit) refusedBefore() bool { return u.Tries > 0 && !u.State.Ended() && !u.State.Sent() }

// Unsent reports whether something of an operation has neither ended nor ever been sent.
func (o *Operation) Unsent() bool {
	return slices.ContainsFunc(o.Units, func(u *Unit) bool { return u.Tries == 0 && !u.State.Ended() && !u.State.Sent() })
}

// Stored is a new private key of an operation that waits in pending/, proven.
type Stored struct {
	KeyID trustdata.KeyID `json:"key_id"`
	Role  trustdata.Role  `json:"role"`
	GUN   trustdata.GUN   `json:"gun,omitempty"`
}

// Saved is a backup that was made of an operation's keys before anything was sent.
type Saved struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
	State  string `json:"state"`
}

// Operation is a change of one repository or of many, as the journal has it.
type Operation struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind"`
	Started time.Time `json:"started"`
	// Place is the trust directory whose keys it changes.
	Place string `json:"place"`
	// Ceremony says which side of one it is, "" for none.
	Ceremony Side `json:"ceremony,omitempty"`
	// Again is the command that asks for an edit of several repositories, without their names.
	Again   string   `json:"again,omitempty"`
	Units   []*Unit  `json:"units"`
	Keys    []Stored `json:"keys,omitempty"`
	Backups []Saved  `json:"backups,omitempty"`
	Waived  []string `json:"waived,omitempty"`
	// Finished is when its journal was closed; zero for one that is open.
	Finished time.Time `json:"finished"`
	// Closed says that the journal of it is closed: all its units have ended.
	Closed bool `json:"closed"`
}

// Side is one machine's part of a ceremony.
type Side string

// The sides: the online machine prepares and publishes, the offline one signs.
const (
	OnlineSide  Side = "online"
	OfflineSide Side = "offline"
)

// shared reports whether what becomes of the new keys is not for one unit alone to say:
// others may list them, or a root that is being signed elsewhere.
func (o *Operation) shared() bool { return o.Ceremony != "" || len(o.Units) > 1 && !o.edits() }

// Unit is the change of a repository, or nil.
func (o *Operation) Unit(gun trustdata.GUN) *Unit {
	for _, u := range o.Units {
		if u.GUN == gun {
			return u
		}
	}
	return nil
}

// edits reports whether the operation makes no key and moves no role: what is left of it is
// planned anew by whoever asks for it again.
func (o *Operation) edits() bool {
	return len(o.Keys) == 0 && !slices.ContainsFunc(o.Units, func(u *Unit) bool { return u.Role != "" || len(u.NewKeys) > 0 })
}

// sent are the repositories of which it is not settled what became of what was sent.
func (o *Operation) sent() map[trustdata.GUN]bool {
	sent := map[trustdata.GUN]bool{}
	for _, u := range o.Units {
		if u.State.Sent() {
			sent[u.GUN] = true
		}
	}
	return sent
}

// Ended reports whether every unit has.
func (o *Operation) Ended() bool {
	return !slices.ContainsFunc(o.Units, func(u *Unit) bool { return !u.State.Ended() })
}

// State sums the units up: the first of unknown, planned, waiting, conflict, refused, unverified,
// abandoned and done that any of them has. Whatever was sent and is not settled is
// unknown, and what was only signed is planned still.
func (o *Operation) State() State {
	worst := []State{StateUnknown, StatePlanned, StateWaiting, StateConflict, StateRefused, StateUnverified, StateAbandoned}
	found := map[State]bool{}
	for _, u := range o.Units {
		switch {
		case u.State.Sent():
			found[StateUnknown] = true
		case u.State == StateWaiting:
			found[StateWaiting] = true
		case !u.State.Ended():
			found[StatePlanned] = true
		default:
			found[u.State] = true
		}
	}
	for _, s := range worst {
		if found[s] {
			return s
		}
	}
	return StateDone
}
