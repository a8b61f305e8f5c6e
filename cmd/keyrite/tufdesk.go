package main

import (
	"slices"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/tufrepo"
	"keyrite/ui"
	"keyrite/ui/rotate"
)

// What the console says of acts that are not to be had in a TUF 1.0 repository. Each fits
// into the status line of a narrow window.
const (
	tufNotSigned   = "A TUF 1.0 repository's publisher signs its names; R rotates root or targets."
	tufNotArchived = "Archives keep Notary repositories: copy a TUF 1.0 folder, it is all there is."
	tufNotThis     = "In a TUF 1.0 repository only the keys of root and targets are rotated here."
	tufNotHere     = "Rotate its keys where it is published: this TUF 1.0 repository is a server's."
)

// dialectOf is the form of a repository's metadata.
func (d *desk) dialectOf(gun trustdata.GUN) trustdata.Dialect {
	if d.session.isTUF(gun) {
		return trustdata.DialectTUF
	}
	return trustdata.DialectNotary
}

// openedAt is the tab that the console starts on, and what lies on top of it: the
// repository that --tuf names, or what there is to do where no key is.
func (d *desk) openedAt() (digit string, first ui.Screen) {
	if d.session.cli.flags.tuf == "" {
		return "1", d.firstScreen()
	}
	return "3", d.tagsScreen(trustdata.GUN(d.session.cli.tufBase()))
}

// typedTUF is the repository that --tuf names, if that is what was typed.
func (d *desk) typedTUF(typed string) (trustdata.GUN, bool) {
	c := d.session.cli
	if typed = strings.TrimSpace(typed); typed == "" || c.flags.tuf == "" || typed != c.flags.tuf && typed != c.tufBase() {
		return "", false
	}
	return trustdata.GUN(c.tufBase()), true
}

// archivable says why not all of these repositories can be archived, or is "".
func (d *desk) archivable(guns []trustdata.GUN) string {
	if slices.ContainsFunc(guns, d.session.isTUF) {
		return tufNotArchived
	}
	return ""
}

// rotateTUF is the screen that rotates a key of the repository that --tuf names, or why
// there is none. With role "" it asks which.
func (d *desk) rotateTUF(role trustdata.Role) (ui.Screen, string) {
	switch {
	case tufrepo.IsURL(d.session.cli.flags.tuf):
		return nil, tufNotHere
	case role != "" && role != trustdata.RoleRoot && role != trustdata.RoleTargets:
		return nil, tufNotThis
	}
	return rotate.New(rotate.Options{Profile: d.session.cli.profileLabel(), Context: d.ctx, Styles: d.styles, Clock: d.clock,
		GUN: trustdata.GUN(d.session.cli.tufBase()), Dialect: trustdata.DialectTUF, Role: role, Service: newTUFRotateService(d), Readers: d.readers}), ""
}

// recoverTUF finishes what an earlier rotation of the folder that --tuf names decided.
func (d *desk) recoverTUF() (notice string, changed bool) {
	s := d.session
	if s.cli.flags.tuf == "" || !tufrepo.Unfinished(s.cli.tufBase()) {
		return "", false
	}
	unlock, err := s.keys.Lock(d.ctx)
	if err != nil {
		return "", false // whoever holds it may be writing there
	}
	defer unlock()
	switch done, err := tufrepo.Finish(s.cli.tufBase()); {
	case err != nil:
		return "An earlier rotation of the folder cannot be finished: " + trustdata.VisibleError(err), false
	case done:
		return "An earlier rotation of the folder was cut short; it is finished now.", true
	}
	return "", false
}
