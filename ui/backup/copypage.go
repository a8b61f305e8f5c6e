package backup

import (
	"fmt"
	"strings"
	"time"

	"keyrite/backup"
	"keyrite/trustdata"
	"keyrite/ui"
)

// CopyPage is everything that is remembered of one copy. all are the others, of which those of
// its set are named.
func CopyPage(c backup.Copy, all []backup.Copy, now time.Time) ui.Page {
	row := remembered(c, now)
	p := ui.Page{Title: "Copy " + numbered(c.Number, c.Of) + " on " + onMedium(c), Summary: row.Detail[0],
		Sections: []ui.Section{
			{Facts: []ui.Fact{{Value: strings.Join(append(row.Detail[:1:1], row.Detail[2:]...), " "), Mark: row.Mark}}},
			{Title: "WHERE IT IS", Facts: mediumFacts(c)},
			{Title: "HOW FAR IT IS PROVEN", Facts: clockFacts(c, now)},
			{Title: "WHO CAN OPEN IT", Facts: toldReaders(c)}},
		TableTitle: "KEYS IN IT: " + fmt.Sprint(len(c.Keys)), Columns: keyColumns()[:3], Empty: "Which keys are in it was not recorded.",
		Copy:      []ui.Copyable{{What: "file", Text: trustdata.Visible(c.File)}, {What: "SHA-256", Text: strings.TrimPrefix(c.SHA256, "sha256:")}},
		Freshness: ui.Freshness{Disk: true, At: now}}
	p.Sections = append(p.Sections, others(c, all, "THE OTHER COPIES OF THE SET")...)
	if len(c.Waived) > 0 {
		p.Sections = append(p.Sections, waived(c.Waived))
	}
	for _, k := range c.Holds {
		p.Rows = append(p.Rows, ui.Row{ID: string(k.KeyID), Cells: []string{k.KeyID.Short(), roleName(k.Role), orNone(string(k.GUN))},
			Copy: []ui.Copyable{{What: "key ID", Text: string(k.KeyID)}}})
	}
	return p
}

func mediumFacts(c backup.Copy) []ui.Fact {
	facts := []ui.Fact{{Label: "Set", Value: orNone(c.Operation)}, {Label: "Copy", Value: numbered(c.Number, c.Of)}}
	if why := missing(c); why != "" {
		facts = append(facts, ui.Fact{Label: "Missing", Value: why, Mark: ui.MarkSoon})
	}
	m := c.Medium
	if m == nil || !m.Recognised {
		facts = append(facts, ui.Fact{Label: "Medium", Value: "a folder, not recognised as a removable drive"})
	} else {
		for _, f := range []struct{ label, value string }{{"Medium", strings.TrimSpace(m.Vendor + " " + m.Model)}, {"Label", m.Label},
			{"Serial", m.Serial}, {"UUID", m.UUID}, {"File system", m.FileSystem}, {"Token", m.Token}} {
			if f.value != "" {
				facts = append(facts, ui.Fact{Label: f.label, Value: trustdata.Visible(f.value)})
			}
		}
	}
	return append(facts, ui.Fact{Label: "File", Value: trustdata.Visible(c.File)}, ui.Fact{Label: "SHA-256", Value: sum(c.SHA256)})
}

func clockFacts(c backup.Copy, now time.Time) []ui.Fact {
	at := func(t time.Time) string {
		if t.IsZero() {
			return "never"
		}
		return ui.When(t, now)
	}
	due := ui.Fact{Label: "Next drill", Value: at(c.Due), Mark: clockMark(c.Clock)}
	if c.Due.IsZero() {
		due.Value = "today: it was never proven"
	}
	return []ui.Fact{{Label: "State", Value: howProven(c.State, c.Reading), Mark: readingMark(c.State, c.Reading, c.Medium != nil && c.Medium.Recognised)},
		{Label: "Written", Value: at(c.Written), Mark: ui.MarkNone}, {Label: "Proven", Value: at(c.ProvenAt), Mark: ui.MarkNone},
		{Label: "Drilled", Value: at(c.DrilledAt), Mark: ui.MarkNone}, {Label: "Keys opened", Value: passphrases(c.Drilled, len(c.Keys)), Mark: ui.MarkNone}, due}
}

func toldReaders(c backup.Copy) []ui.Fact {
	var facts []ui.Fact
	for _, r := range c.Recipients {
		facts = append(facts, ui.Fact{Value: trustdata.Visible(r)})
	}
	if len(facts) == 0 {
		facts = []ui.Fact{{Value: "not recorded on this machine", Mark: ui.MarkUnchecked}}
	}
	return facts
}

// others are the copies of c's set but c, and where they were last.
func others(c backup.Copy, all []backup.Copy, title string) []ui.Section {
	s := ui.Section{Title: title}
	for _, o := range all {
		if c.Operation == "" || o.Operation != c.Operation || o.File == c.File && (c.SHA256 == "" || o.SHA256 == c.SHA256) {
			continue
		}
		state := howProven(o.State, o.Reading)
		if o.Problem != "" {
			state = "DAMAGED"
		}
		s.Facts = append(s.Facts, ui.Fact{Value: fmt.Sprintf("copy %s, on %s: %s, last looked at %s", numbered(o.Number, o.Of), onMedium(o), state, ui.Day(o.LookedAt)), Mark: clockMark(o.Clock)})
	}
	if len(s.Facts) == 0 {
		return nil
	}
	return []ui.Section{s}
}
