package change

import (
	"fmt"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// DeletedPage is a repository that is gone from its server.
func DeletedPage(r *rotation.DeletionResult) ui.Page {
	archive := ui.Fact{Label: "Evidence", Value: trustdata.Visible(r.Archive), Mark: ui.MarkOK}
	if r.Archive == "" {
		archive = ui.Fact{Label: "Evidence", Value: "none was kept", Mark: ui.MarkSoon}
	}
	gun, bare := ui.Name(string(r.GUN), ""), trustdata.Visible(string(r.GUN))
	return ui.Page{Title: "Deleted", Summary: fmt.Sprintf("The server has no trust data of %s any more: it was asked again.", gun),
		Sections: []ui.Section{{Facts: []ui.Fact{{Label: "Repository", Value: gun, Mark: ui.MarkNone},
			{Label: "Signed tags", Value: fmt.Sprintf("%d went with it", r.Tags), Mark: ui.MarkNone}, archive}},
			sentences("STILL TO DO", []string{"tell whoever pulls it: with content trust docker refuses its tags now",
				"keep the keys: they may sign for other repositories, and in backups they do no harm",
				"to found it anew: keyrite init " + bare + " --anew; every client that has a copy must delete its tuf/" + bare + " then"})}}
}
