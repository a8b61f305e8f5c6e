package demo

import (
	"fmt"
	"path/filepath"
	"strings"

	"keyrite/ui"
)

// Hint is the passphrases that a rotation asks for, in one line.
func (w *World) Hint() string {
	return fmt.Sprintf("root: %s. repository: %s. snapshot: %s.", w.Passphrases["root"], w.Passphrases["targets"], w.Passphrases["snapshot"])
}

// Page is everything that somebody in the console needs to know of the company.
func (w *World) Page() ui.Page {
	problems := ui.Section{Title: "WHAT CAN GO WRONG"}
	for _, p := range Problems() {
		problems.Facts = append(problems.Facts, ui.Fact{Label: strings.ReplaceAll(string(p), "-", " "), Value: ui.Capital(p.Where()) + ". " + p.Seen()})
	}
	return ui.Page{Title: "Demo", Sections: []ui.Section{
		{Title: "PASSPHRASES", Facts: []ui.Fact{{Label: "root keys", Value: w.Passphrases["root"]}, {Label: "repository keys", Value: w.Passphrases["targets"]},
			{Label: "snapshot keys", Value: w.Passphrases["snapshot"]}, {Label: "signers' keys", Value: w.Passphrases["delegation"]}}},
		{Title: "BACKUPS", Facts: []ui.Fact{{Label: "public key", Value: w.Recipient}, {Label: "identity file", Value: w.IdentityFile}, {Label: "a folder", Value: w.BackupDir}}},
		problems,
		{Title: "WHERE IT IS", Facts: []ui.Fact{{Label: "folder", Value: filepath.Dir(w.StateDir)}, {Label: "trust server", Value: w.TrustServerURL}, {Label: "registry", Value: w.RegistryURL}}},
	}, Notes: []string{": break and the name of a problem begin it, : mend ends it. A rotation is cut off only before the console opens.",
		"Nothing here is real, and all of it is gone when the demo ends."},
		Copy: []ui.Copyable{{What: "the public key for backups", Text: w.Recipient}, {What: "the path of the identity file", Text: w.IdentityFile}}}
}
