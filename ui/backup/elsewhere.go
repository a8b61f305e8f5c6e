package backup

import (
	"keyrite/backup"
	"keyrite/ui"
)

// Elsewhere names the copies to turn to where one is damaged.
func Elsewhere(others []backup.Copy) []ui.Section {
	s := ui.Section{Title: "TAKE ANOTHER COPY OF THE SET"}
	for _, c := range others {
		s.Facts = append(s.Facts, ui.Fact{Value: ui.Capital(c.Where()), Mark: clockMark(c.Clock)})
	}
	if len(s.Facts) == 0 {
		s.Facts = []ui.Fact{{Value: "No other copy of its set is remembered on this machine: look where its sheet says.", Mark: ui.MarkUnchecked}}
	}
	return []ui.Section{s}
}

// whole says how much of a damaged backup is whole.
func whole(r *backup.VerifyResult) ui.Section {
	s := ui.Section{Title: "WHAT IS WHOLE", Facts: []ui.Fact{{Value: "Nothing of it can be used.", Mark: ui.MarkNow}}}
	if left := r.Salvage; left != nil {
		s.Facts = []ui.Fact{{Value: ui.Capital(left.Counted()) + ", by its list of files. Only keyrite backup restore --salvage takes them.", Mark: ui.MarkSoon}}
		for _, l := range left.Lost {
			s.Facts = append(s.Facts, ui.Fact{Value: "Lost: " + roleName(l.Role) + " " + keyName(l.KeyID, l.Path) + " " + orNone(string(l.GUN)), Mark: ui.MarkNow})
		}
	}
	return s
}
