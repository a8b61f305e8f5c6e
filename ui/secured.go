package ui

import (
	"errors"

	"keyrite/backup"
	"keyrite/trustdata"
)

// Secured says how the old and the new root key are backed up before they are used: by a
// backup, or by a reason to do without. Both are empty as long as neither is settled.
type Secured struct {
	Proof  *backup.CreateResult
	Waived string
}

// Page is the step of a wizard that settles it. before says in which deed the new key is used
// first: "sent", "signed".
func (s Secured) Page(before string) Page {
	facts := []Fact{{Value: "If this disk died after the rotation, a root key without a backup would be lost, and with it every repository that trusts it.", Mark: MarkNote}}
	p := Page{Title: "Back up"}
	switch {
	case s.Proof != nil:
		facts = append(facts, s.proof()...)
		p.Copy = []Copyable{{What: "file", Text: trustdata.Visible(s.Proof.File)}}
	case s.Waived != "":
		facts = append(facts, Fact{Value: "You do without a backup: " + trustdata.Visible(s.Waived), Mark: MarkNow})
	default:
		facts = append(facts, Fact{Value: "Not backed up yet. B asks for a folder and for who can open it, and then writes.", Mark: MarkUnchecked})
	}
	p.Sections = []Section{{Title: "BOTH ROOT KEYS ARE BACKED UP BEFORE ANYTHING IS " + before, Facts: facts}}
	return p
}

// proof is the backup and how far it is proven, never more.
func (s Secured) proof() []Fact {
	facts := []Fact{{Value: trustdata.Visible(s.Proof.File), Mark: MarkNone},
		{Value: trustdata.Plural(len(s.Proof.Keys), "key", "keys") + ", the new one too: written, and read back", Mark: MarkOK}}
	switch s.Proof.State {
	case backup.StateWritten:
		facts[1].Value, facts[1].Mark = "written, not yet read back", MarkSoon
	case backup.StateProven, backup.StateDrilled:
		return append(facts, Fact{Value: "decrypted to the end, every file compared", Mark: MarkOK})
	}
	return append(facts, Fact{Value: "nobody has decrypted it: verify it with the secret key of a recipient soon", Mark: MarkSoon})
}

// Missing says why the wizard cannot go on, or is "".
func (s Secured) Missing() string {
	if s.Proof == nil && s.Waived == "" {
		return "Neither backed up nor waived. B backs both keys up, x goes on without and asks why."
	}
	return ""
}

func (s Secured) proven() bool {
	return s.Proof != nil && (s.Proof.State == backup.StateProven || s.Proof.State == backup.StateDrilled)
}

// State is how far the backup of both keys is proven.
func (s Secured) State() string {
	switch {
	case s.Proof == nil:
		return "WAIVED"
	case s.proven():
		return "both keys, decrypted and compared"
	}
	return "both keys, read back, not decrypted"
}

// Sentence is State with the file, or with the reason.
func (s Secured) Sentence() string {
	if s.Proof == nil {
		return s.State() + ": " + trustdata.Visible(s.Waived)
	}
	return s.State() + ": " + trustdata.Visible(s.Proof.File)
}

// Waivers are what is done without, for the result.
func (s Secured) Waivers() []string {
	switch {
	case s.Waived != "":
		return []string{"backup: " + s.Waived}
	case s.Proof != nil && !s.proven():
		return []string{"proof: nobody has decrypted the backup"}
	}
	return nil
}

// NewBackupFolder asks where a backup goes. Its result is a string.
func NewBackupFolder(st *Styles) Dialog {
	return NewInput(st, Input{Title: "WHERE THE BACKUP GOES", Prompt: "Folder:", Do: "next", Check: Needed("type a folder, for example that of a stick"),
		Explain: "Best on another disk than the keys. It is made if it is not there."})
}

// NewWaiver asks why no backup is made. Its result is a string. before is as in Page, in
// small letters.
func NewWaiver(st *Styles, before string) Dialog {
	check := func(s string) error {
		if len(s) < 3 {
			return errors.New("say why, in a few words: it is recorded")
		}
		return nil
	}
	return NewInput(st, Input{Title: "GO ON WITHOUT A BACKUP", Prompt: "Why:", Do: "go on without", Check: check,
		Explain: "What you type is recorded with the rotation. Nothing is " + before + " yet."})
}
