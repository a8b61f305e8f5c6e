package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/ui/app"
	"keyrite/ui/uitest"
)

// tufDesk is the console's desk over a local TUF 1.0 repository whose keys are here.
func tufDesk(t *testing.T, change func(*flags)) (d *desk, dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := writeHeldTUF(dir); err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(filepath.Join(dir, "repo", "1.root.json"))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "root.json"), first, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return deskOf(t, emptyHome(t), func(f *flags) {
		f.tuf, f.tufRoot, f.trustDirs = filepath.Join(dir, "repo"), filepath.Join(dir, "root.json"), []string{filepath.Join(dir, "trust")}
		f.timeout = time.Second
		change(f)
	}), dir
}

func drive(t *testing.T, d *desk) *uitest.Driver {
	clock := uitest.ClockAt(time.Now())
	d.clock = clock.UI()
	var m tea.Model = app.New(d.options())
	return uitest.New(t, m, clock, 80, 24)
}

// TestTUFConsole: the console opens on the repository, its screens are those of any other,
// and acts that this dialect does not have answer why.
func TestTUFConsole(t *testing.T) {
	d, dir := tufDesk(t, func(*flags) {})
	base := filepath.Join(dir, "repo")
	screen := drive(t, d).Fits().Has("keyrite > repos > repo", "4 tags, signed", "app-1.10", "Repo Admin", `evil\x1b`, "live").Lacks("not compared")
	screen.Press("S").Has(tufNotSigned).Press("U").Has(tufNotSigned).Press("a").Has(tufNotArchived)
	screen.Press("enter").Fits().Has("WHO SIGNED", "alice").Press("esc").Press("i").Fits().Has("ESTABLISHED", "timestamp", "yes")
	screen.Press("esc", "esc").Fits().Has("[3 Repos 1]", "repo", "here").Press("a").Has(tufNotArchived)
	screen.Press("2").Has("4 keys (", "repo")
	screen.Press("o").Type(base).Press("enter").Has("4 tags, signed")

	// What is published is there after a refresh, and what went back is refused.
	old, err := os.ReadFile(filepath.Join(base, "timestamp.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := writeTUF(base, 2, time.Now().AddDate(0, 1, 0)); err != nil {
		t.Fatal(err)
	}
	screen.Press("r", "i").Has("v2").Press("esc")
	if err := os.WriteFile(filepath.Join(base, "timestamp.json"), old, 0o600); err != nil {
		t.Fatal(err)
	}
	screen.Press("r").Has("version 1 is older than version", "app-1.10")
}

// TestTUFConsoleOffline: a folder is no server, so it is read; a server's repository comes
// from the cache or not at all.
func TestTUFConsoleOffline(t *testing.T) {
	d, _ := tufDesk(t, func(f *flags) { f.offline = true })
	drive(t, d).Has("4 tags, signed", "live")
	d, _ = tufDesk(t, func(f *flags) { f.offline, f.tuf = true, "https://tuf.example/metadata" })
	drive(t, d).Has("Nothing was read yet", "is not in the cache of this", "without --offline").Press("esc", "esc").Has("not checked")
	if _, why := d.rotateTUF(trustdata.RoleRoot); why != tufNotHere {
		t.Errorf("a server's keys: %q", why)
	}
}

// TestTUFSentences fit into the status line of 80 columns.
func TestTUFSentences(t *testing.T) {
	for _, s := range []string{tufNotSigned, tufNotArchived, tufNotThis, tufNotHere} {
		if len(s) > 78 {
			t.Errorf("%d letters: %q", len(s), s)
		}
	}
}
