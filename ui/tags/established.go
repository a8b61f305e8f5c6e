package tags

import (
	"fmt"

	"keyrite/trustdata"
	"keyrite/ui"
)

// established is what the verification found, file by file. It is nil where nothing is
// reported.
func established(r *trustdata.Report) []ui.Section {
	if r == nil {
		return nil
	}
	s := ui.Section{Title: "ESTABLISHED " + r.At.UTC().Format("2006-01-02 15:04 UTC")}
	for _, f := range r.Files {
		keys := ""
		for i, id := range f.SignedBy {
			if i > 0 {
				keys += " "
			}
			keys += trustdata.KeyID(id).Short()
		}
		s.Facts = append(s.Facts, ui.Fact{Label: trustdata.Visible(string(f.Role)),
			Value: fmt.Sprintf("v%d, signed by %s (needs %d), keys from %s, sha256 %s", f.Version, keys, f.Threshold,
				trustdata.Visible(string(f.By)), ui.Eights(f.SHA256))})
	}
	return []ui.Section{s}
}
