package main

import (
	"os"
	"path/filepath"
	"slices"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui"
	"keyrite/ui/change"
	"keyrite/ui/firstrun"
	"keyrite/ui/help"
)

// firstScreen is what lies over the list of keys where there is none; nil where one is.
func (d *desk) firstScreen() ui.Screen {
	if d.hasKeys() {
		return nil
	}
	if known, err := d.session.known(d.ctx); err != nil || len(known) > 0 {
		return nil
	}
	restore := firstrun.Choice{Name: "Restore keys from a backup", Follows: "from a USB stick or a folder", Screen: func() ui.Screen { return d.restoreScreen("") }}
	if d.session.cli.flags.readOnly {
		restore.Screen, restore.Say = nil, "This session is read-only: start keyrite without --read-only to restore keys."
	}
	return firstrun.New(firstrun.Options{Styles: d.styles, At: d.session.cli.now(), Looked: d.looked(), ParseName: d.parseName, Open: d.tagsScreen, HasKeys: d.hasKeys, Choices: []firstrun.Choice{
		{Name: "Look at a repository", Follows: "who signed what, and does it still hold? Needs no key."},
		restore,
		{Name: "Use keys in another folder", Follows: "only looks, until you ask for more", Say: "Start keyrite --trust-dir DIR for keys in another folder."},
		{Name: "Try it on made-up data", Follows: "a company with problems to fix; nothing is real", Say: "Leave, and start keyrite demo. It touches nothing of yours."},
		{Name: "Make a first root key", Follows: "a page to read first; nothing is made without being asked for", Screen: d.aboutRoots},
	}})
}

// hasKeys reports whether there is a key file now, a damaged one too.
func (d *desk) hasKeys() bool {
	return slices.ContainsFunc(d.session.dirs, func(dir *keyring.Dir) bool { return !dir.Empty() })
}

// looked are the places where keys may be, and what is there.
func (d *desk) looked() []ui.Fact {
	c := d.session.cli
	facts := []ui.Fact{{Label: "$DOCKER_CONFIG", Value: "not set"}}
	if dir := c.getenv("DOCKER_CONFIG"); dir != "" {
		facts[0].Value = trustdata.Visible(dir)
	}
	for _, dir := range d.session.paths.trust {
		found := "no key in it"
		if missing(filepath.Join(dir, "private")) {
			found = "no such folder"
		}
		facts = append(facts, ui.Fact{Label: trustdata.Visible(shortPath(c.home(), filepath.Join(dir, "private"))), Value: found})
	}
	return facts
}

// shortPath writes the home folder as "~".
func shortPath(home, path string) string {
	if rest, err := filepath.Rel(home, path); home != "" && err == nil && filepath.IsLocal(rest) {
		return "~" + string(os.PathSeparator) + rest
	}
	return path
}

// aboutRoots says what a root key is before anybody makes one.
func (d *desk) aboutRoots() ui.Screen {
	page := change.NewRootPage("")
	page.Notes = append(page.Notes, "keyrite init GUN --new-root makes one, asks for its passphrase twice, and founds the repository on it.",
		"docker makes one without asking. keyrite never does.")
	return help.NewTopic(d.styles, "root key", page)
}
