package restore

import (
	"strings"

	"keyrite/backup"
	"keyrite/trustdata"
	"keyrite/ui"
)

// Warn says loudly on the page of a plan which keys sign for nothing any more. old says of
// each one where that is.
func Warn(p *ui.Page, plan *backup.RestorePlan, old map[trustdata.KeyID]string) {
	n := 0
	for i, row := range plan.Rows {
		why := old[row.KeyID]
		if why == "" || !isKey(row) {
			continue
		}
		n++
		for j := range p.Rows {
			if p.Rows[j].ID == plan.Rows[i].Path {
				p.Rows[j].Mark = ui.Worse(p.Rows[j].Mark, ui.MarkNow)
				p.Rows[j].Cells[1] += ", UNLISTED"
				p.Rows[j].Detail = append([]string{"NO LONGER LISTED: " + trustdata.Visible(why) + "."}, p.Rows[j].Detail...)
			}
		}
	}
	if n > 0 {
		p.Notes = append([]string{strings.ToUpper(trustdata.Plural(n, "key is", "keys are")) + " NO LONGER LISTED by what this machine has seen last. A key that was taken out may have been taken out for a reason: look before you sign with it."}, p.Notes...)
	}
}
