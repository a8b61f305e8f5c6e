package rotate

import (
	"errors"
	"fmt"
	"path/filepath"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// A TUF 1.0 repository that can be rotated is a folder on this machine: no server takes
// part, nothing is sent, and old key files stay where they are. This file has the words.

func isFolder(p *rotation.Plan) bool { return p.Dialect == trustdata.DialectTUF }

// folderKinds are the rotations of such a repository.
var folderKinds = []kind{
	{name: "new targets key", follows: "targets, snapshot and timestamp are signed anew; clients follow by themselves", role: trustdata.RoleTargets},
	{name: "new root key", follows: "whom everybody trusts: both keys are backed up first; cannot be undone", role: trustdata.RoleRoot},
}

// kindsOf are the rotations that a repository's dialect has.
func kindsOf(opt Options) []kind {
	if opt.Dialect == trustdata.DialectTUF {
		return folderKinds
	}
	return oneKinds(opt.Delegations)
}

// command is the verb that does what the plan does.
func command(p *rotation.Plan) string {
	if p.Command != "" {
		return trustdata.Visible(p.Command)
	}
	return Command(p.Request)
}

// folderTasks are the rows of the progress after the key was made.
func folderTasks() (steps, names []string) {
	return []string{"sign", "promote", "send", "confirm"},
		[]string{"sign and verify as a client would", "bring the new key in", "write", "read back from the first root"}
}

func folderStep(step string, p *rotation.Plan) string {
	switch step {
	case "sign":
		return fmt.Sprintf("signing root.json version %d and what goes with it, and verifying that as a client would after each file", p.RootVersion)
	case "send":
		return "writing the new files beside the old ones, then giving each its name"
	case "confirm":
		return fmt.Sprintf("reading version %d back from the first root, and verifying it", p.RootVersion)
	case "promote":
		return "moving the new key from pending/ into private/, before anything lists it"
	}
	return trustdata.Visible(step)
}

func folderResult(p *rotation.Plan) string {
	return fmt.Sprintf("The folder has version %d of root.json. It was read back from its first root and verified.", p.RootVersion)
}

// folderToDo is what nobody but a person can do, after the backup.
func folderToDo(p *rotation.Plan) []string {
	out := []string{"bring the folder to where clients fetch it from"}
	if p.Role == trustdata.RoleTargets {
		out = append(out, "give the new key to whoever else signs targets")
	}
	return out
}

// named is what is typed to confirm: the name of the folder, whose path may be long.
func named(p *rotation.Plan) string {
	if isFolder(p) {
		return trustdata.Visible(filepath.Base(string(p.GUN)))
	}
	return trustdata.Visible(string(p.GUN))
}

// folderWorld is world for a folder. What became of the new key stands in the error.
func folderWorld(err error, res *rotation.Result) outcome {
	const harmless = "Leaving now changes nothing."
	const kept = "The old key is where it was, and the repository lists it. The sentence above says where the new one is."
	switch {
	case res != nil, errors.Is(err, rotation.ErrLanded):
		return outcome{ui.MarkNow, "THE CHANGE IS DECIDED, AND NOT EVERYTHING WENT WELL AFTER IT.",
			"No key was lost: the old and the new one are in private/.",
			"Begin a rotation again: what is decided is finished first. Keep both keys.", "The change is decided. Leaving changes nothing."}
	case errors.Is(err, rotation.ErrMoved):
		return outcome{ui.MarkSoon, "THE FOLDER HAS CHANGED SINCE THE PLAN. NOTHING WAS WRITTEN.", kept, "Enter makes a new plan from what is there now.", harmless}
	}
	return outcome{ui.MarkNow, nothingWritten, kept, "Enter makes a new plan.", harmless}
}
