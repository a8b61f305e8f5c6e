package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/tufrepo"
	"keyrite/ui/uitest"
)

const heldWord = "a passphrase for each key"

// untilReview goes from the list of kinds, with the cursor on the one that is meant, through
// every passphrase.
func untilReview(screen *uitest.Driver, keys int) {
	screen.Press("enter").Fits().Has("WHAT CHANGES", "YOU WILL NEED").Lacks("Trust server").Press("enter")
	for range keys {
		screen.Has("PASSPHRASE OF THE").Paste(heldWord).Press("enter")
	}
	screen.Paste("for the new key").Press("enter").Has("once more").Paste("for the new key").Press("enter")
}

// confirmFolder answers the question by the folder's name.
func confirmFolder(screen *uitest.Driver) {
	screen.Press("enter").Fits().Has("Type  repo  to allow it").Advance(time.Second).Type("repo").Press("tab", "enter")
}

func keysOf(t *testing.T, dir string, role trustdata.Role) []trustdata.RoleKey {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "root.json"))
	if err != nil {
		t.Fatal(err)
	}
	res, err := tufrepo.Open(t.Context(), tufrepo.Options{Base: filepath.Join(dir, "repo"), Root: raw, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	view, _ := res.Collection.Role(role)
	return view.Keys
}

// TestTUFRotateTargets: the wizard replaces the targets key of a folder, and a client that
// begins at the first root sees the new one.
func TestTUFRotateTargets(t *testing.T) {
	d, dir := tufDesk(t, func(*flags) {})
	before := keysOf(t, dir, "targets")
	screen := drive(t, d).Press("R").Fits().Has("new targets key", "new root key").Lacks("snapshot key", "server")
	untilReview(screen, 4)
	screen.Fits().Has("ROTATE THE REPOSITORY KEY", "stays in private/", "keyrite rotate --tuf")
	confirmFolder(screen)
	screen.Fits().Has("root.json           ok version 2", "no longer lists it", "bring the folder to where clients fetch").Lacks("server", "keyrite tags")
	after := keysOf(t, dir, "targets")
	if len(after) != 1 || after[0].KeyID == before[0].KeyID {
		t.Fatalf("targets keys %v, before %v", after, before)
	}
	if held, err := d.session.held(t.Context()); err != nil || held[after[0].KeyID].Path == "" {
		t.Errorf("the new key is not in private/: %v", err)
	}
	screen.Press("enter").Has("4 tags, signed").Press("i").Has("v2", after[0].KeyID.Short())
	acts, err := d.session.state.Activity().List()
	if err != nil || len(acts) != 1 || acts[0].What != "rotate" || !strings.Contains(acts[0].Detail, string(after[0].KeyID)) {
		t.Errorf("activity %+v, %v", acts, err)
	}
}

// pendingKeys are the new keys that wait in pending/.
func pendingKeys(t *testing.T, d *desk) []keyring.Staged {
	t.Helper()
	staged, err := d.session.keys.Pending(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return staged
}

// TestTUFRotateMoved: what was published since the plan stands, and nothing is written.
func TestTUFRotateMoved(t *testing.T) {
	d, dir := tufDesk(t, func(*flags) {})
	screen := drive(t, d).Press("R")
	untilReview(screen, 4)
	if err := writeTUF(filepath.Join(dir, "repo"), 2, time.Now().AddDate(0, 1, 0)); err != nil {
		t.Fatal(err)
	}
	confirmFolder(screen)
	screen.Fits().Has("THE FOLDER HAS CHANGED SINCE THE PLAN. NOTHING WAS WRITTEN.", "is kept in", "Enter makes a new plan")
	if _, err := os.Stat(filepath.Join(dir, "repo", "2.root.json")); err == nil {
		t.Error("a root was written")
	}
}

// TestTUFRotateRoot: a root key wants a backup or a reason, and its first digits.
func TestTUFRotateRoot(t *testing.T) {
	d, dir := tufDesk(t, func(*flags) {})
	before := keysOf(t, dir, "root")[0].KeyID
	screen := drive(t, d).Press("R", "j")
	untilReview(screen, 1)
	screen.Has("NO NEW KEY HAS BEEN MADE YET").Press("N").Has("WRITE DOWN THE FIRST EIGHT DIGITS")
	pending := pendingKeys(t, d)
	if len(pending) != 1 {
		t.Fatalf("pending %v", pending)
	}
	next := pending[0].KeyID
	screen.Press("enter").Has("BOTH ROOT KEYS ARE BACKED UP").Press("x").Type("a test").Press("enter").Has("You do without a backup").Press("enter").Has("WAIVED")
	screen.Press("enter").Advance(time.Second).Type(string(next[:8])).Press("tab", "enter").Fits().Has("version 2", "WAIVED")
	if after := keysOf(t, dir, "root"); len(after) != 1 || after[0].KeyID != next || next == before {
		t.Errorf("root keys %v, made %s", after, next)
	}
}

// TestTUFRotateGivenUp: leaving moves the new root key to the trash, and nothing else.
func TestTUFRotateGivenUp(t *testing.T) {
	d, dir := tufDesk(t, func(*flags) {})
	screen := drive(t, d).Press("R", "j")
	untilReview(screen, 1)
	screen.Press("N").Has("WRITE DOWN").Press("esc").Has("Given up before anything was sent")
	if pending := pendingKeys(t, d); len(pending) != 0 {
		t.Errorf("pending %v", pending)
	}
	if _, err := os.Stat(filepath.Join(dir, "repo", "2.root.json")); err == nil {
		t.Error("a root was written")
	}
}

// TestTUFRotateKeys: the list of keys leads there too, but not from keys that the clock
// signs with.
func TestTUFRotateKeys(t *testing.T) {
	d, _ := tufDesk(t, func(*flags) {})
	if _, err := d.Uses(t.Context()); err != nil {
		t.Fatal(err)
	}
	infos, err := d.session.keys.List(t.Context())
	if err != nil || len(infos) != 4 {
		t.Fatal(infos, err)
	}
	for _, info := range infos {
		screen, why := d.rotateKey(info)
		if rotates := info.Role == "root" || info.Role == "targets"; rotates != (screen != nil) || !rotates && why != tufNotThis {
			t.Errorf("%s: screen %T, %q", info.Role, screen, why)
		}
	}
}

// TestTUFRotationCutShort: what was decided and not put in its place is finished at the next
// start, unless nothing may be changed.
func TestTUFRotationCutShort(t *testing.T) {
	d, dir := tufDesk(t, func(*flags) {})
	ready, next := filepath.Join(dir, "repo", ".keyrite-rotation"), filepath.Join(dir, "next")
	if err := writeTUF(next, 2, time.Now().AddDate(0, 1, 0)); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(ready, 0o700); err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"2.targets.json", "2.alice.json", "2.snapshot.json", "timestamp.json"} {
		if err := os.Rename(filepath.Join(next, name), filepath.Join(ready, fmt.Sprintf("%05d-%s", i, name))); err != nil {
			t.Fatal(err)
		}
	}
	d.session.cli.flags.readOnly = true
	drive(t, d).Lacks("finished").Press("i").Has("v1")
	if _, err := os.Stat(ready); err != nil {
		t.Fatalf("a read-only console wrote: %v", err)
	}
	d.session.cli.flags.readOnly = false
	drive(t, d).Has("An earlier rotation of the folder was cut short; it is finished now.").Press("i").Has("v2")
	if _, err := os.Stat(ready); err == nil {
		t.Error("it still waits")
	}
}
