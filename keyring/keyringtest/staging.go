package keyringtest

import (
	"bytes"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"keyrite/keyring"
)

func testStageAndPromote(t *testing.T, s keyring.Store) {
	k := Key(t)
	h := keyring.Header{Role: "targets", GUN: "example.com/acme/app"}
	staged, err := s.Stage(t.Context(), "op-1", k, Passphrase("passphrase"), h, Fast)
	must(t, err)
	if staged.Op != "op-1" || staged.KeyID != k.KeyID() || staged.Role != h.Role || staged.GUN != h.GUN || staged.Problem != "" ||
		!strings.HasSuffix(staged.Path, "/pending/op-1/"+string(k.KeyID())+".key") {
		t.Errorf("staged = %+v", staged)
	}
	if rows := list(t, s); len(rows) != 0 {
		t.Errorf("a staged key is listed: %v", rows)
	}
	waiting, err := s.Pending(t.Context())
	if err != nil || !slices.Equal(waiting, []keyring.Staged{staged}) {
		t.Errorf("Pending = %+v, %v", waiting, err)
	}
	opened, err := s.OpenStaged(t.Context(), "op-1", k.KeyID(), Passphrase("passphrase"))
	if err != nil || opened.KeyID() != k.KeyID() {
		t.Errorf("OpenStaged: %v", err)
	}
	_, err = s.OpenStaged(t.Context(), "op-1", k.KeyID(), Passphrase("another"))
	want(t, "with another passphrase", err, keyring.ErrPassphrase)
	_, err = s.OpenStaged(t.Context(), "op-2", k.KeyID(), Passphrase("passphrase"))
	want(t, "of another operation", err, fs.ErrNotExist)
	want(t, "another operation", s.Promote(t.Context(), "op-2", k.KeyID()), fs.ErrNotExist)
	for range 3 {
		must(t, s.Promote(t.Context(), "op-1", k.KeyID()))
	}
	if waiting, err := s.Pending(t.Context()); len(waiting) != 0 || err != nil {
		t.Errorf("after Promote there waits %v, %v", waiting, err)
	}
	if _, err := s.Open(t.Context(), k.KeyID(), Passphrase("passphrase")); err != nil {
		t.Error(err)
	}
}

func testStageAgain(t *testing.T, s keyring.Store) {
	k := Key(t)
	h := keyring.Header{Role: "root"}
	first, err := s.Stage(t.Context(), "op", k, Passphrase("passphrase"), h, Fast)
	must(t, err)
	again, err := s.Stage(t.Context(), "op", k, Passphrase("passphrase"), h, Fast)
	if err != nil || again != first {
		t.Errorf("again: %+v, %v", again, err)
	}
	_, err = s.Stage(t.Context(), "op", k, Passphrase("another"), h, Fast)
	want(t, "with another passphrase", err, keyring.ErrPassphrase)
	if waiting, err := s.Pending(t.Context()); len(waiting) != 1 || err != nil {
		t.Errorf("Pending = %v, %v", waiting, err)
	}
}

func testStageRefuses(t *testing.T, s keyring.Store) {
	k := Key(t)
	h := keyring.Header{Role: "root"}
	for _, op := range []string{"", ".", "..", "../x", "a/b", ".x", "x\n", strings.Repeat("x", 200)} {
		if _, err := s.Stage(t.Context(), op, k, Passphrase("passphrase"), h, Fast); err == nil {
			t.Errorf("the operation %q was accepted", op)
		}
	}
	if _, err := s.Stage(t.Context(), "op", k, keyring.Passphrase{}, h, Fast); err == nil {
		t.Error("a key was staged without a passphrase")
	}
	if _, err := s.Stage(t.Context(), "op", k, Passphrase("x"), h, keyring.Format{Iterations: 2047}); err == nil {
		t.Error("a key was staged with too few rounds")
	}
	wiped := Key(t)
	wiped.Wipe()
	if _, err := s.Stage(t.Context(), "op", wiped, Passphrase("x"), h, Fast); err == nil {
		t.Error("a wiped key was staged")
	}
	if waiting, err := s.Pending(t.Context()); len(waiting) != 0 || err != nil {
		t.Errorf("Pending = %v, %v", waiting, err)
	}
}

func testPromoteOverAnother(t *testing.T, s keyring.Store) {
	k, data := put(t, s, keyring.Header{Role: "root"})
	staged, err := s.Stage(t.Context(), "op", k, Passphrase("another"), keyring.Header{Role: "root"}, Fast)
	must(t, err)
	want(t, "Promote", s.Promote(t.Context(), "op", k.KeyID()), fs.ErrExist)
	raw, err := s.Raw(t.Context(), k.KeyID())
	if err != nil || !bytes.Equal(raw, data) {
		t.Errorf("the key was replaced, %v", err)
	}
	if waiting, err := s.Pending(t.Context()); err != nil || !slices.Equal(waiting, []keyring.Staged{staged}) {
		t.Errorf("Pending = %v, %v", waiting, err)
	}
}

func testDiscard(t *testing.T, s keyring.Store) {
	k := Key(t)
	_, err := s.Stage(t.Context(), "op", k, Passphrase("passphrase"), keyring.Header{Role: "root"}, Fast)
	must(t, err)
	path, err := s.Discard(t.Context(), "op", k.KeyID(), Day)
	if err != nil || !strings.HasSuffix(path, "/trash/2026-11-23/"+string(k.KeyID())+".key") {
		t.Errorf("Discard = %q, %v", path, err)
	}
	if waiting, err := s.Pending(t.Context()); len(waiting) != 0 || err != nil {
		t.Errorf("Pending = %v, %v", waiting, err)
	}
	want(t, "Promote", s.Promote(t.Context(), "op", k.KeyID()), fs.ErrNotExist)
}
