package change

import (
	"keyrite/trustdata"
	"keyrite/ui"
)

// NewRootPage is to be read before a root key is made.
func NewRootPage(gun trustdata.GUN) ui.Page {
	name := "the repository"
	if gun != "" {
		name = ui.Name(string(gun), "")
	}
	return ui.Page{Title: "A new root key", Sections: []ui.Section{
		{Title: "READ THIS BEFORE YOU MAKE A ROOT KEY", Facts: []ui.Fact{
			{Label: "What it is", Value: "the most sensitive key there is: it decides whom everybody trusts for " + name},
			{Label: "Who has it", Value: "can replace every other key, and sign anything in your name"},
			{Label: "If it is lost", Value: "nobody can recover it, and neither can its passphrase be found: keyrite help lost-root"},
			{Label: "One for many", Value: "one root key can found all your repositories. If you have one already, use that: --root-key ID, or restore it"},
			{Label: "Where it lives", Value: "on this disk at first. It belongs offline, in two backups in two places"},
			{Label: "Its passphrase", Value: "typed twice. Choose one that you will still find in ten years; write down where it is kept"},
			{Label: "Right after", Value: "keyrite backup create --to DIR -r RECIPIENT, on two media; then keyrite backup verify"},
		}}}}
}
