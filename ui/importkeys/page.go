package importkeys

import (
	"fmt"

	"keyrite/trustdata"
	"keyrite/ui"
)

const nothing = string(ui.MarkNone)

// filePage lists what the file has.
func (m *Model) filePage() ui.Page {
	p := ui.Page{Title: "Import keys", Order: "as they stand in the file",
		Sections: []ui.Section{{Title: "NOTHING IS CHANGED IN THIS STEP", Facts: []ui.Fact{
			{Value: "Every key is opened before the first is written, and reported only after it was read back from the disk and opened there."}}}},
		TableTitle: "IN THE FILE",
		Columns: []ui.Column{{Title: "KEY", Priority: 1}, {Title: "ROLE", Priority: 2}, {Title: "SIGNS FOR", Priority: 4, Min: 12, Cut: ui.CutLeft},
			{Title: "STATE", Priority: 3, Min: 10}},
		Empty: "No file was read yet. f asks for one."}
	if m.path != "" {
		p.Sections[0].Facts = append(p.Sections[0].Facts, ui.Fact{Label: "File", Value: trustdata.Visible(m.path)})
	}
	if m.batch == nil {
		return p
	}
	for i, k := range m.batch.Keys() {
		p.Rows = append(p.Rows, m.row(i, k))
	}
	for _, n := range m.batch.Notes() {
		p.Notes = append(p.Notes, trustdata.Visible(n))
	}
	return p
}

func (m *Model) row(i int, k Key) ui.Row {
	id, gun, mark, state := nothing, nothing, ui.MarkUnchecked, "not opened yet"
	if !k.Locked {
		mark, state = ui.MarkSoon, "not locked: it gets a passphrase"
	}
	if i < len(m.ids) {
		k.ID, mark, state = m.ids[i], ui.MarkOK, "open"
	}
	if k.ID != "" {
		id = k.ID.Short()
	}
	if k.GUN != "" {
		gun = ui.Name(string(k.GUN), "")
	}
	return ui.Row{ID: fmt.Sprint(i), Mark: mark, Cells: []string{id, trustdata.Visible(k.Role), gun, state}}
}

// storePage says what is there now.
func (m *Model) storePage() ui.Page {
	p := ui.Page{Title: "Store"}
	switch {
	case m.storing:
		p.Sections = []ui.Section{{Facts: []ui.Fact{{Label: "Keys", Value: "being written, read back and opened", Mark: ui.MarkRunning}}}}
		return p
	case m.failed != nil:
		t := ui.Explain(m.failed)
		p.Sections = []ui.Section{{Facts: []ui.Fact{{Value: "NOT ALL KEYS CAME IN. NOTHING WAS REPLACED.", Mark: ui.MarkNow}}},
			{Facts: []ui.Fact{{Label: "What happened", Value: t.What}, {Label: "What you can do", Value: t.Do}}}}
		p.Copy = []ui.Copyable{{What: "the error", Text: t.Text()}}
	}
	p.Columns = []ui.Column{{Title: "KEY", Priority: 1}, {Title: "STATE", Priority: 2, Min: 10}, {Title: "FILE", Priority: 3, Min: 16, Cut: ui.CutMiddle}}
	p.Order = "as they came"
	for _, s := range m.stored {
		state := "read back, and opened"
		if s.Same {
			state = "the very file was there before"
		}
		p.Rows = append(p.Rows, ui.Row{ID: string(s.ID), Mark: ui.MarkOK, Cells: []string{s.ID.Short(), state, trustdata.Visible(s.Path)},
			Copy: []ui.Copyable{{What: "key ID", Text: string(s.ID)}}})
	}
	if m.failed == nil {
		p.Notes = []string{"The file that they came from is where it was: whoever has it and its passphrase has the keys.", "Back them up: b on the list of keys."}
	}
	return p
}
