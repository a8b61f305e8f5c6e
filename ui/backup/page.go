// Package backup lists backups, and writes and proves them, step by step.
package backup

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"keyrite/backup"
	"keyrite/trustdata"
	"keyrite/ui"
)

// CreatePlanPage is a backup before it is written.
func CreatePlanPage(p *backup.CreatePlan) ui.Page {
	keys, guns := p.Keys(), p.Metadata()
	folder := "is there"
	if p.MakeDir {
		folder = "will be made"
	}
	page := ui.Page{
		Title:   "Back up " + ui.Plural(len(keys), "key", "keys"),
		Summary: "Nothing is written yet.",
		Sections: []ui.Section{
			{Title: "WHAT GOES IN", Facts: []ui.Fact{
				{Label: "Keys", Value: ui.Plural(len(keys), "key", "keys") + ", each still locked with its own passphrase"},
				{Label: "Metadata", Value: "signed metadata of " + ui.Plural(len(guns), "repository", "repositories") + ", as evidence"},
				{Label: "Size", Value: Size(p.Bytes)},
				{Label: "Never", Value: "registry passwords and tokens, the trash, keys that are not in use yet"}}},
			{Title: "WHERE", Facts: []ui.Fact{{Label: "File", Value: trustdata.Visible(p.File)},
				{Label: "Folder", Value: folder}}},
			{Title: "WHO CAN OPEN IT", Facts: recipientFacts(p.Recipients)},
		},
		Notes: []string{RestoreSentence(filepath.Base(p.File))},
		Copy:  []ui.Copyable{{What: "file", Text: trustdata.Visible(p.File)}},
	}
	if len(p.Warnings) > 0 {
		page.Sections = append(page.Sections, sentences("GOOD TO KNOW BEFORE", p.Warnings, ui.MarkSoon))
	}
	return page
}

func recipientFacts(all []backup.Recipient) []ui.Fact {
	var facts []ui.Fact
	for _, r := range all {
		if r.Kind == backup.RecipientPassphrase {
			facts = append(facts, ui.Fact{Label: "passphrase", Value: "the backup's own, which is not a key's"})
			continue
		}
		facts = append(facts, ui.Fact{Label: string(r.Kind), Value: trustdata.Visible(r.Text)})
	}
	return facts
}

// RestoreSentence says how to open a backup without keyrite.
func RestoreSentence(name string) string {
	return "You do not need keyrite to open it. RESTORE.txt beside it says how: age -d -i KEYFILE " + trustdata.Visible(name) + " | tar -x"
}

// Size is a number of bytes for people.
func Size(n int64) string {
	const kib = 1 << 10
	switch {
	case n < kib:
		return ui.Plural(int(n), "byte", "bytes")
	case n < kib*kib:
		return fmt.Sprintf("%d KiB", (n+kib-1)/kib)
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(kib*kib))
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

// proofFacts are the rows written, read back, proven, drilled.
func proofFacts(have backup.State) []ui.Fact {
	reached := slices.IndexFunc(proofs, func(p proof) bool { return p.state == have })
	var facts []ui.Fact
	for i, p := range proofs {
		switch {
		case i <= reached:
			facts = append(facts, ui.Fact{Label: p.label, Value: p.yes, Mark: ui.MarkOK})
		case p.state == backup.StateDrilled && reached >= 0:
			facts = append(facts, ui.Fact{Label: p.label, Value: p.no, Mark: ui.MarkNone})
		default:
			facts = append(facts, ui.Fact{Label: p.label, Value: p.no, Mark: ui.MarkUnchecked})
		}
	}
	return facts
}

// CreatedPage is a backup that was written.
func CreatedPage(r *backup.CreateResult) ui.Page {
	page := ui.Page{
		Title:   "Backed up " + ui.Plural(len(r.Keys), "key", "keys"),
		Summary: stateSentence(r.State),
		Sections: []ui.Section{
			{Facts: []ui.Fact{{Label: "File", Value: trustdata.Visible(r.File)}, {Label: "SHA-256", Value: sum(r.SHA256)},
				{Label: "Holds", Value: holds(len(r.Keys), len(r.Metadata))}}},
			{Title: "HOW FAR IT IS PROVEN", Facts: proofFacts(r.State)},
		},
		Notes: []string{RestoreSentence(filepath.Base(r.File))},
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
		if w == backup.WaiverProof {
			w = "the proof: no identity was at hand, so nobody has shown that it can be decrypted"
		}
		s.Facts = append(s.Facts, ui.Fact{Value: trustdata.Visible(w), Mark: ui.MarkSoon})
	}
	return s
}

func holds(keys, guns int) string {
	return ui.Plural(keys, "key", "keys") + ", metadata of " + ui.Plural(guns, "repository", "repositories")
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

// VerifiedPage is what a verification found.
func VerifiedPage(r *backup.VerifyResult) ui.Page {
	mark, said := ui.MarkOK, "It is sound as far as it was looked at."
	if !r.OK {
		mark, said = ui.MarkNow, "It is NOT sound. Do not rely on it."
	}
	facts := []ui.Fact{{Label: "File", Value: trustdata.Visible(r.File), Mark: ui.MarkNone}, {Label: "SHA-256", Value: sum(r.SHA256), Mark: ui.MarkNone},
		{Label: "Sums file", Value: sums(r.Sums), Mark: sumsMark(r.Sums)}}
	if r.Decrypted {
		facts = append(facts, ui.Fact{Label: "Made", Value: ui.Moment(r.Created) + " by " + trustdata.Visible(r.Tool), Mark: ui.MarkNone},
			ui.Fact{Label: "Holds", Value: holds(len(r.Keys), len(r.Metadata)), Mark: mark})
	} else {
		facts = append(facts, ui.Fact{Label: "Holds", Value: "not known: it was not decrypted", Mark: ui.MarkUnchecked})
	}
	page := ui.Page{Title: "Backup " + trustdata.Visible(filepath.Base(r.File)), Summary: said,
		Sections: []ui.Section{{Facts: append([]ui.Fact{{Label: "Result", Value: said, Mark: mark}}, facts...)}, {Title: "HOW FAR IT IS PROVEN", Facts: proofFacts(r.State)}},
		Copy:     []ui.Copyable{{What: "file", Text: trustdata.Visible(r.File)}}}
	if len(r.Problems) > 0 {
		page.Sections = append(page.Sections, sentences("WHAT IS WRONG", r.Problems, ui.MarkNow))
	}
	if len(r.Keys) > 0 {
		page.TableTitle, page.Columns, page.Rows = "KEYS IN IT", keyColumns(), keyRows(r.Keys)
		page.Empty = "It holds no key."
	}
	for _, l := range r.LeftOut {
		page.Notes = append(page.Notes, trustdata.Visible(l.Path)+" did not go in: "+trustdata.Visible(l.Reason))
	}
	return page
}

func sums(s backup.Sums) string {
	switch s {
	case backup.SumsOK:
		return "agrees"
	case backup.SumsDiffer:
		return "says another SHA-256"
	case backup.SumsInvalid:
		return "cannot be read as one"
	}
	return "none lies beside it"
}

func sumsMark(s backup.Sums) ui.Mark {
	switch s {
	case backup.SumsOK:
		return ui.MarkOK
	case backup.SumsDiffer, backup.SumsInvalid:
		return ui.MarkNow
	}
	return ui.MarkUnchecked
}

func keyColumns() []ui.Column {
	return []ui.Column{{Title: "KEY", Priority: 1, Min: 7}, {Title: "ROLE", Priority: 3, Min: 8},
		{Title: "SIGNS FOR", Priority: 4, Min: 14, Cut: ui.CutLeft, Host: true}, {Title: "STATE", Priority: 2, Min: 12}}
}

func keyRows(keys []backup.Key) []ui.Row {
	var rows []ui.Row
	for _, k := range keys {
		mark, state := ui.MarkNone, "in it"
		switch {
		case k.Problem != "":
			mark, state = ui.MarkSoon, trustdata.Visible(k.Problem)
		case k.Retired:
			state = "retired"
		}
		rows = append(rows, ui.Row{ID: k.Path, Mark: mark, Cells: []string{KeyName(k.KeyID, k.Path), roleName(k.Role), orNone(string(k.GUN)), state},
			Copy: []ui.Copyable{{What: "key ID", Text: string(k.KeyID)}}})
	}
	return rows
}

// KeyName is a key file's short ID, or its path where its name is no ID.
func KeyName(id trustdata.KeyID, path string) string {
	if id == "" {
		return trustdata.Visible(path)
	}
	return id.Short()
}

func roleName(role string) string {
	if r := trustdata.Role(role); r.IsBase() {
		return r.Title()
	}
	return orNone(role)
}

func orNone(s string) string {
	if s == "" {
		return string(ui.MarkNone)
	}
	return trustdata.Visible(s)
}

// ListPage is the backups of a folder.
func ListPage(all []backup.Listed, now time.Time) ui.Page {
	page := ui.Page{Title: "Backups", Summary: ui.Plural(len(all), "backup", "backups"),
		Columns: []ui.Column{{Title: "FILE", Priority: 1, Min: 16, Cut: ui.CutLeft}, {Title: "PROVED", Priority: 2, Min: 10},
			{Title: "MADE", Priority: 3}, {Title: "SIZE", Priority: 4}, {Title: "SUMS FILE", Priority: 5}},
		Empty:     "There is no backup in this folder.",
		Freshness: ui.Freshness{Disk: true, At: now},
	}
	for _, l := range all {
		page.Rows = append(page.Rows, listed(l, now))
	}
	return page
}

func listed(l backup.Listed, now time.Time) ui.Row {
	file := trustdata.Visible(l.File)
	row := ui.Row{ID: l.File, Mark: stateMark(l.State), Copy: []ui.Copyable{{What: "file", Text: file}},
		Cells: []string{trustdata.Visible(filepath.Base(l.File)), stateWord(l.State), ui.Day(l.Created), Size(l.Size), sums(l.Sums)}}
	if l.SHA256 != "" {
		row.Copy = append(row.Copy, ui.Copyable{What: "SHA-256", Text: strings.TrimPrefix(l.SHA256, "sha256:")})
	}
	if l.Problem != "" {
		row.Mark, row.Cells[1] = ui.MarkNow, "UNREADABLE"
		row.Detail = []string{file, trustdata.Visible(l.Problem) + "."}
		return row
	}
	row.Mark = ui.Worse(row.Mark, bad(l.Sums))
	said := stateSentence(l.State)
	if l.State == backup.StateUnknown {
		said = "No proof of it is recorded on this machine. v verifies it."
	} else if !l.ProvenAt.IsZero() {
		said += " Proven " + ui.When(l.ProvenAt, now) + "."
	}
	row.Detail = []string{file, "Made " + ui.When(l.Created, now) + ", SHA-256 " + sum(l.SHA256), said}
	return row
}

// bad is the mark of sums that speak against a backup; others say nothing here.
func bad(s backup.Sums) ui.Mark {
	if m := sumsMark(s); m == ui.MarkNow {
		return m
	}
	return ui.MarkNone
}

func stateMark(s backup.State) ui.Mark {
	switch s {
	case backup.StateProven, backup.StateDrilled:
		return ui.MarkOK
	case backup.StateReadBack, backup.StateWritten:
		return ui.MarkSoon
	}
	return ui.MarkUnchecked
}

func stateWord(s backup.State) string {
	switch s {
	case backup.StateWritten, backup.StateReadBack, backup.StateProven, backup.StateDrilled:
		return strings.ReplaceAll(string(s), "_", " ")
	}
	return "not known"
}
