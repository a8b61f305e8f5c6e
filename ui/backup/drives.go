package backup

import (
	"time"

	"keyrite/backup/media"
	"keyrite/trustdata"
	"keyrite/ui"
)

// DrivesPage is the removable drives of this machine.
func DrivesPage(all []media.Drive, now time.Time) ui.Page {
	page := ui.Page{Title: "Drives", Summary: trustdata.Plural(len(all), "removable drive", "removable drives"),
		Columns: []ui.Column{{Title: "DRIVE", Priority: 1, Min: 20}, {Title: "STATE", Priority: 2, Min: 12},
			{Title: "FOLDER", Priority: 3, Min: 12, Cut: ui.CutLeft}, {Title: "FREE", Priority: 4}, {Title: "FILE SYSTEM", Priority: 5}, {Title: "DEVICE", Priority: 6}},
		Order:     "usable ones first",
		Empty:     "There is no removable drive. Put one in, or give the path of a folder.",
		Freshness: ui.Freshness{Disk: true, At: now},
	}
	for _, d := range all {
		page.Rows = append(page.Rows, driveRow(d))
	}
	return page
}

func driveRow(d media.Drive) ui.Row {
	free := ""
	if d.Free >= 0 {
		free = ui.Size(d.Free)
	}
	mount := trustdata.Visible(d.Mount)
	state := "ready"
	if d.Refused != "" {
		state = d.Refused.String()
	}
	row := ui.Row{ID: d.Device, Mark: ui.MarkOK, Cells: []string{d.Title(), state, mount, free, trustdata.Visible(d.FileSystem), trustdata.Visible(d.Device)}}
	if d.Mount != "" {
		row.Copy = []ui.Copyable{{What: "folder", Text: mount}}
	}
	row.Detail = append(row.Detail, d.Title()+", "+ui.Size(d.Size))
	if d.Refused != "" {
		row.Mark = ui.MarkNone
		row.Detail = append(row.Detail, "Nothing can be written to it: "+d.Refused.String()+".")
	}
	if d.Twin != "" {
		row.Mark = ui.Worse(row.Mark, ui.MarkSoon)
		row.Detail = append(row.Detail, "It is a copy of "+trustdata.Visible(d.Twin)+", or the other way round: the two are not two media.")
	}
	if d.Problem != "" {
		row.Mark = ui.Worse(row.Mark, ui.MarkNote)
		row.Detail = append(row.Detail, trustdata.Visible(d.Problem)+".")
	}
	if d.UUID != "" {
		row.Detail = append(row.Detail, "File system "+trustdata.Visible(d.UUID))
	}
	if d.Token != "" {
		row.Detail = append(row.Detail, "Known to keyrite as "+string(d.Token))
	}
	return row
}

// EjectPlanPage is what taking a drive out would do.
func EjectPlanPage(d media.Drive) ui.Page {
	return ui.Page{Title: "Take out a drive", Summary: "Nothing is done yet.", Sections: []ui.Section{{Facts: []ui.Fact{
		{Label: "Drive", Value: d.Title()},
		{Label: "Folder", Value: trustdata.Visible(d.Mount)},
		{Label: "Then", Value: "it is unmounted by the disk service, which is read back from the kernel, and switched off"},
	}}}}
}

// EjectedPage is what became of a drive.
func EjectedPage(d media.Drive, done media.Ejected) ui.Page {
	fact := ui.Fact{Label: "Now", Value: "it is unmounted, and can be taken out", Mark: ui.MarkOK}
	switch {
	case done.Note != "":
		fact.Value, fact.Mark = trustdata.Visible(done.Note), ui.MarkNote
	case done.Off:
		fact.Value = "it is unmounted and switched off: take it out"
	}
	return ui.Page{Title: "Take out a drive", Summary: d.Title(), Sections: []ui.Section{{Facts: []ui.Fact{
		{Label: "Folder", Value: trustdata.Visible(d.Mount)}, fact}}}}
}
