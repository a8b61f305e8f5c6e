package main

import (
	"errors"
	"path/filepath"

	"keyrite/trustdata"
	"keyrite/trustdata/remote"
)

// exportConflict writes both copies of a conflict where dir says so, and gives err back.
func (c *cli) exportConflict(err error, dir string) error {
	var conflict *remote.Conflict
	switch {
	case dir == "":
		return err
	case !errors.As(err, &conflict):
		c.say("this is no contradiction to what this machine has seen, so nothing was exported")
		return err
	}
	if failed := conflict.Export(absolute(dir)); failed != nil {
		c.say("the copies could not be exported: %s", trustdata.VisibleError(failed))
		return err
	}
	c.say("both copies are in %s", trustdata.Visible(absolute(dir)))
	return err
}

// exportHere writes both copies into a new folder of the state folder, for the console.
func (s *session) exportHere(conflict *remote.Conflict) (string, error) {
	dir := filepath.Join(s.paths.state, "conflicts", conflict.At.UTC().Format("20060102T150405Z"))
	return dir, conflict.Export(dir)
}
