package archive

import (
	"fmt"

	"keyrite/trustdata"
	"keyrite/trustdata/archive"
	"keyrite/ui"
)

// Page is a list of archives that were written and read back.
func Page(saved []archive.Saved) ui.Page {
	page := ui.Page{Title: "Archived", Columns: []ui.Column{{Title: "REPOSITORY", Priority: 1, Min: 16, Cut: ui.CutLeft},
		{Title: "TAGS", Priority: 2}, {Title: "ROOTS", Priority: 3}, {Title: "WHERE", Priority: 4, Cut: ui.CutLeft}}}
	for _, s := range saved {
		mark, roots := ui.MarkOK, fmt.Sprint(s.Roots)
		if len(s.Missing) > 0 {
			mark, roots = ui.MarkNote, fmt.Sprintf("%d, %d no longer served", s.Roots, len(s.Missing))
		}
		page.Rows = append(page.Rows, ui.Row{ID: string(s.GUN), Mark: mark,
			Cells: []string{ui.Name(string(s.GUN), ""), fmt.Sprint(s.Tags), roots, trustdata.Visible(s.Path)}})
	}
	page.Notes = []string{"Each archive was read back and verified. keyrite tags GUN --from-archive DIR reads it without any server."}
	return page
}
