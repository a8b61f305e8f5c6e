package keys

import (
	"fmt"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui"
)

// Plan is a change of key files before it is made. All texts may come from outside.
type Plan struct {
	Title                          string
	Changes, Needs, Steps, Follows []string
}

// PlanPage states a change of key files before it is made.
func PlanPage(p Plan) ui.Page {
	page := ui.Page{Title: trustdata.Visible(p.Title), Summary: "Nothing is changed by looking at this."}
	for _, s := range []struct {
		title string
		texts []string
		mark  ui.Mark
	}{{"WHAT CHANGES", p.Changes, ""}, {"YOU WILL NEED", p.Needs, ""}, {"WHAT DOES NOT FOLLOW", p.Follows, ui.MarkSoon}} {
		if len(s.texts) == 0 {
			continue
		}
		section := ui.Section{Title: s.title}
		for _, text := range s.texts {
			section.Facts = append(section.Facts, ui.Fact{Value: trustdata.Visible(text), Mark: s.mark})
		}
		page.Sections = append(page.Sections, section)
	}
	order := ui.Section{Title: "IN THIS ORDER"}
	for i, step := range p.Steps {
		order.Facts = append(order.Facts, ui.Fact{Label: fmt.Sprint(i + 1), Value: trustdata.Visible(step)})
	}
	page.Sections = append(page.Sections, order)
	return page
}

// Changed is one key after a change, and in one word what was done with it.
type Changed struct {
	Info  keyring.Info
	State string
	// File is where the change has left something: the public half, the bundle, the trash.
	File string
}

// ChangedPage states what was done. Every row was read back from the disk.
func ChangedPage(title, summary string, rows []Changed, notes []string, now time.Time) ui.Page {
	page := ui.Page{
		Title: trustdata.Visible(title), Summary: trustdata.Visible(summary),
		Columns: []ui.Column{
			{Title: "KEY", Priority: 1, Min: 7, Cut: ui.CutMiddle}, {Title: "ROLE", Priority: 3},
			{Title: "REPOSITORY", Priority: 4, Min: 14, Cut: ui.CutLeft, Host: true}, {Title: "STATE", Priority: 2},
			{Title: "FILE", Priority: 5, Min: 14, Cut: ui.CutLeft},
		},
		Empty: "No key was touched.", Freshness: ui.Freshness{Disk: true, At: now},
	}
	for _, r := range rows {
		page.Rows = append(page.Rows, ui.Row{
			ID: string(r.Info.KeyID), Mark: ui.MarkOK,
			Cells: []string{name(r.Info), trustdata.Visible(r.Info.Role), ui.Name(string(r.Info.GUN), ""), r.State, trustdata.Visible(r.File)},
			Copy:  []ui.Copyable{{What: "key ID", Text: string(r.Info.KeyID)}},
		})
	}
	for _, n := range notes {
		page.Notes = append(page.Notes, trustdata.Visible(n))
	}
	return page
}
