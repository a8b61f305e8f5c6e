// Package backup lists backups, and writes and proves them, step by step.
package backup

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"keyrite/backup"
	"keyrite/trustdata"
	"keyrite/ui"
)

// planWho is the section of CreatePlanPage on who can open the backup.
const planWho = 2

// CreatePlanPage is a set before it is written, a copy in each place.
func CreatePlanPage(copies ...*backup.CreatePlan) ui.Page {
	p := copies[0]
	keys, guns := p.Keys(), p.Metadata()
	page := ui.Page{
		Title:   "Back up " + trustdata.Plural(len(keys), "key", "keys"),
		Summary: "Nothing is written yet.",
		Sections: []ui.Section{
			{Title: "WHAT GOES IN", Facts: []ui.Fact{
				{Label: "Keys", Value: trustdata.Plural(len(keys), "key", "keys") + ", each still locked with its own passphrase"},
				{Label: "Metadata", Value: evidence(len(guns))},
				{Label: "Size", Value: ui.Size(p.Bytes)},
				{Label: "Never", Value: "registry passwords and tokens, the trash, keys that are not in use yet"}}},
			{Title: "WHERE", Facts: places(copies)},
			{Title: "WHO CAN OPEN IT", Facts: recipientFacts(p.Recipients)},
		},
		Notes: []string{restoreSentence(filepath.Base(p.File))},
		Copy:  []ui.Copyable{{What: "file", Text: trustdata.Visible(p.File)}},
	}
	if p.Settings() {
		page.Sections[0].Facts = append(page.Sections[0].Facts, ui.Fact{Label: "Settings", Value: "keyrite's own, written anew without anything secret"})
	}
	if len(p.Warnings) > 0 {
		page.Sections = append(page.Sections, sentences("GOOD TO KNOW BEFORE", p.Warnings, ui.MarkSoon))
	}
	return page
}

func places(copies []*backup.CreatePlan) []ui.Fact {
	var facts []ui.Fact
	for _, p := range copies {
		folder := "is there"
		if p.MakeDir {
			folder = "will be made"
		}
		if p.Drive != nil {
			facts = append(facts, ui.Fact{Label: "Drive", Value: p.Drive.Title()})
		}
		facts = append(facts, ui.Fact{Label: "File", Value: trustdata.Visible(p.File)}, ui.Fact{Label: "Folder", Value: folder})
	}
	return facts
}

func evidence(guns int) string {
	if guns == 0 {
		return "none is known on this machine"
	}
	return "signed metadata of " + trustdata.Plural(guns, "repository", "repositories") + ", as evidence"
}

func recipientFacts(all []backup.Recipient) []ui.Fact {
	var facts []ui.Fact
	for _, r := range all {
		if r.Kind == backup.RecipientPassphrase {
			facts = append(facts, ui.Fact{Label: "passphrase", Value: "the backup's own, which is not a key's"})
			continue
		}
		facts = append(facts, recipientRows(r)...)
	}
	return facts
}

// brief is a public key as far as it is worth reading: a post-quantum one has 1,959
// characters, and a fingerprint below it.
func brief(text string) string {
	const most = 120
	if len(text) > most {
		return text[:most] + "..."
	}
	return text
}

// recipientRows are a public key, its fingerprint, and what is known of whose it is.
func recipientRows(r backup.Recipient) []ui.Fact {
	proof := ui.Fact{Value: r.Fingerprint() + "  proven by an identity", Mark: ui.MarkOK}
	if !r.Proven {
		proof = ui.Fact{Value: r.Fingerprint() + "  unproven", Mark: ui.MarkSoon}
	}
	key := trustdata.Visible(brief(r.Text))
	if r.Label != "" {
		key = ui.Name(r.Label, "") + ": " + key
	}
	return []ui.Fact{{Label: string(r.Kind), Value: key}, proof}
}

// restoreSentence says how to open a backup without keyrite.
func restoreSentence(name string) string {
	return "You do not need keyrite to open it. RESTORE.txt beside it says how: age -d -i KEYFILE " + trustdata.Visible(name) + " | tar -x"
}

// sentences is a section of plain statements.
func sentences(title string, texts []string, mark ui.Mark) ui.Section {
	s := ui.Section{Title: title}
	for _, t := range texts {
		s.Facts = append(s.Facts, ui.Fact{Value: trustdata.Visible(t), Mark: mark})
	}
	return s
}

// proof is one state of a backup, and what it says where it was reached and where not.
type proof struct {
	state          backup.State
	label, yes, no string
}

// proofs are the states of a backup in their order.
var proofs = []proof{
	{state: backup.StateWritten, label: "written", yes: "whole, and the disk was told to finish", no: "not known here"},
	{state: backup.StateReadBack, label: "read back", yes: "the bytes on the medium are the ones that were written", no: "not known"},
	{state: backup.StateProven, label: "proven", yes: "decrypted to the end, every file compared", no: "no: nobody has decrypted it"},
	{state: backup.StateDrilled, label: "drilled", yes: "every key opened with its passphrase, and signed", no: "no: not every key was opened with its passphrase"},
}

// proofFacts are the rows written, read back, proven, drilled; opened of so many keys were
// opened with their passphrases.
func proofFacts(have backup.State, opened, keys int) []ui.Fact {
	reached := slices.IndexFunc(proofs, func(p proof) bool { return p.state == have })
	var facts []ui.Fact
	for i, p := range proofs {
		switch {
		case i <= reached:
			facts = append(facts, ui.Fact{Label: p.label, Value: p.yes, Mark: ui.MarkOK})
		case p.state == backup.StateDrilled && reached >= 0:
			no := p.no
			if opened > 0 {
				no = "no: " + passphrases(opened, keys) + " so far"
			}
			facts = append(facts, ui.Fact{Label: p.label, Value: no, Mark: ui.MarkNone})
		default:
			facts = append(facts, ui.Fact{Label: p.label, Value: p.no, Mark: ui.MarkUnchecked})
		}
	}
	return facts
}

// passphrases says how many were proven: "2 of 38 passphrases".
func passphrases(opened, keys int) string {
	return fmt.Sprintf("%d of %s", opened, trustdata.Plural(keys, "passphrase", "passphrases"))
}

// CreatedPage is a backup that was written.
func CreatedPage(r *backup.CreateResult) ui.Page {
	page := ui.Page{
		Title:   "Backed up " + trustdata.Plural(len(r.Keys), "key", "keys"),
		Summary: stateSentence(r.State),
		Sections: []ui.Section{
			{Facts: []ui.Fact{{Label: "File", Value: trustdata.Visible(r.File)}, {Label: "SHA-256", Value: sum(r.SHA256)},
				{Label: "Holds", Value: holds(len(r.Keys), len(r.Metadata))}}},
			{Title: "HOW FAR IT IS PROVEN", Facts: proofFacts(r.State, r.Drilled, len(r.Keys))},
		},
		Notes: []string{restoreSentence(filepath.Base(r.File))},
		Copy:  []ui.Copyable{{What: "file", Text: trustdata.Visible(r.File)}, {What: "SHA-256", Text: strings.TrimPrefix(r.SHA256, "sha256:")}},
	}
	if len(r.Waived) > 0 {
		page.Sections = append(page.Sections, waived(r.Waived))
	}
	if len(r.Warnings) > 0 {
		page.Sections = append(page.Sections, sentences("GOOD TO KNOW", r.Warnings, ui.MarkSoon))
	}
	if len(r.Beside) > 0 {
		page.Sections = append(page.Sections, sentences("BESIDE IT", r.Beside, ""))
	}
	return page
}

func waived(all []string) ui.Section {
	s := ui.Section{Title: "WAIVED"}
	for _, w := range all {
		s.Facts = append(s.Facts, ui.Fact{Value: trustdata.Visible(waiver(w)), Mark: ui.MarkSoon})
	}
	return s
}

// waiver says what was done without.
func waiver(w string) string {
	name, ofOne := strings.CutPrefix(w, backup.WaiverProof+":")
	switch {
	case w == backup.WaiverProof:
		return "the proof: no identity was at hand, so nobody has shown that it can be decrypted"
	case ofOne:
		return "the proof of recipient " + name + ": nobody has shown that it can decrypt the backup"
	case w == backup.WaiverFingerprint:
		return "the fingerprints: nobody compared them with what the recipients' holders have"
	case w == backup.WaiverCopies:
		return "the other copies: what destroys this one destroys the backup"
	}
	return w
}

func holds(keys, guns int) string {
	return trustdata.Plural(keys, "key", "keys") + ", metadata of " + trustdata.Plural(guns, "repository", "repositories")
}

func sum(sha string) string {
	if hex, ok := strings.CutPrefix(sha, "sha256:"); ok {
		return ui.Eights(trustdata.Visible(hex))
	}
	return trustdata.Visible(sha)
}

// stateSentence says what a state is worth, never more.
func stateSentence(s backup.State) string {
	switch s {
	case backup.StateWritten:
		return "Written, not yet read back."
	case backup.StateReadBack:
		return "Written and read back. Not yet decrypted by anybody."
	case backup.StateProven:
		return "Written, read back, decrypted to the end and compared file by file."
	case backup.StateDrilled:
		return "Read back, decrypted, and every key opened and made to sign."
	}
	return "Nothing is known of its state."
}
