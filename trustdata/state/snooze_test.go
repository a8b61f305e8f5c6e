package state

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func snooze(code string, days int) Snooze {
	return Snooze{Subject: Subject{Code: code, GUN: "example.com/acme/app"}, Severity: "warning", Tags: []string{"v1"},
		Until: clock().AddDate(0, 0, days), Reason: "the stick is in the safe", At: clock()}
}

// TestSnoozes: what is put off is the last that was said of each, and survives in a store
// that is opened anew.
func TestSnoozes(t *testing.T) {
	store, dir := openStore(t)
	want := func(all ...Snooze) {
		t.Helper()
		again, err := OpenStore(dir, clock)
		if err != nil {
			t.Fatal(err)
		}
		got, err := again.Snoozes().List()
		if diff := cmp.Diff(all, got); diff != "" || err != nil {
			t.Errorf("%v, -want +got:\n%s", err, diff)
		}
	}
	want()
	a, b := snooze("no_backup", 7), snooze("expires", 3)
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	do(store.Snoozes().Put([]Snooze{a, b}))
	want(a, b)
	longer := snooze("no_backup", 30)
	do(store.Snoozes().Put([]Snooze{longer}))
	want(longer, b)
	do(store.Snoozes().Lift([]Subject{a.Subject}))
	want(b)
	do(store.Snoozes().Put([]Snooze{a}))
	want(a, b)
	if info, err := os.Stat(filepath.Join(dir, "snoozed.jsonl")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the log: %v, %v", info, err)
	}
}

// TestSnoozesThatBreak: a line that was changed is not believed, and neither is one that
// puts nothing off.
func TestSnoozesThatBreak(t *testing.T) {
	store, dir := openStore(t)
	if err := store.Snoozes().Put([]Snooze{snooze("no_backup", 7)}); err != nil {
		t.Fatal(err)
	}
	if err := store.Snoozes().Lift([]Subject{{Code: "expires"}}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "snoozed.jsonl")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/4] ^= 1
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Snoozes().List(); !errors.Is(err, ErrBroken) {
		t.Errorf("a changed line: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	log := openLog(t, path)
	if err := log.Append("other", []Snooze{{Until: time.Now()}}); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Snoozes().List(); !errors.Is(err, ErrBroken) {
		t.Errorf("a line that puts nothing off: %v", err)
	}
}
