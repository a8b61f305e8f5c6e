package keychain_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"keyrite/keyring/keychain"
	"keyrite/trustdata"
	"keyrite/trustdata/state"
)

func now() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

func TestListing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "keychain.jsonl")
	for _, step := range []struct {
		id   trustdata.KeyID
		is   bool
		want []trustdata.KeyID
	}{
		{id("b"), true, []trustdata.KeyID{id("b")}},
		{id("a"), true, []trustdata.KeyID{id("a"), id("b")}},
		{id("a"), true, []trustdata.KeyID{id("a"), id("b")}},
		{id("b"), false, []trustdata.KeyID{id("a")}},
		{id("c"), false, []trustdata.KeyID{id("a")}},
		{id("b"), true, []trustdata.KeyID{id("a"), id("b")}},
	} {
		l, err := keychain.OpenListing(path, now)
		must(t, err)
		must(t, l.Note(step.id, step.is))
		must(t, l.Close())
		l, err = keychain.OpenListing(path, now)
		must(t, err)
		if got, err := l.Keys(); !slices.Equal(got, step.want) || err != nil {
			t.Errorf("after %+v: %v, %v", step, got, err)
		}
	}
	log, err := state.OpenLog(path, now)
	must(t, err)
	if n := len(log.Records()); n != 4 {
		t.Errorf("%d lines, want one for each change", n)
	}
}

func TestListingOfNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keychain.jsonl")
	l, err := keychain.OpenListing(path, now)
	must(t, err)
	if keys, err := l.Keys(); len(keys) != 0 || err != nil {
		t.Errorf("%v, %v", keys, err)
	}
	must(t, l.Note(id("a"), false))
	if _, err := os.Lstat(path); err == nil {
		t.Error("looking made a file")
	}
}

func TestBrokenListing(t *testing.T) {
	for name, write := range map[string]func(*state.Log) error{
		"no key":       func(l *state.Log) error { return l.Append("remembered", struct{}{}) },
		"no ID":        func(l *state.Log) error { return l.Append("remembered", map[string]string{"key_id": "../x"}) },
		"another kind": func(l *state.Log) error { return l.Append("eaten", map[string]trustdata.KeyID{"key_id": id("a")}) },
		"no object":    func(l *state.Log) error { return l.Append("forgotten", 1) },
	} {
		path := filepath.Join(t.TempDir(), "keychain.jsonl")
		log, err := state.OpenLog(path, now)
		must(t, err)
		must(t, write(log))
		must(t, log.Close())
		_, err = keychain.OpenListing(path, now)
		want(t, name, err, state.ErrBroken)
	}
}
