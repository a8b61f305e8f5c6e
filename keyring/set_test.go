package keyring_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"keyrite/keyring"
	"keyrite/keyring/keyringtest"
)

func TestSetOfNone(t *testing.T) {
	var s keyring.Set
	k := keyringtest.Key(t)
	if rows, err := s.List(t.Context()); len(rows) != 0 || err != nil {
		t.Errorf("List: %v, %v", rows, err)
	}
	if _, err := s.Open(t.Context(), k.KeyID(), keyringtest.Passphrase("x")); err == nil {
		t.Error("Open succeeded")
	}
	if err := s.Put(t.Context(), string(k.KeyID()), keyringtest.File(t, k, keyring.Header{Role: "root"})); err == nil {
		t.Error("Put succeeded")
	}
}

func TestSetSearchesAll(t *testing.T) {
	a, b := keyring.NewMem(), keyring.NewMem()
	s := keyring.Set{a, b}
	in := put(t, b, "root")
	if _, err := s.Open(t.Context(), in.KeyID(), keyringtest.Passphrase("passphrase")); err != nil {
		t.Error(err)
	}
	if _, err := s.Open(t.Context(), in.KeyID(), keyringtest.Passphrase("wrong")); !errors.Is(err, keyring.ErrPassphrase) {
		t.Errorf("wrong passphrase: %v", err)
	}
	// A damaged copy in the first store does not hide the good one.
	name := "private/" + string(in.KeyID()) + ".key"
	a.Set(name, nil)
	if _, err := s.Open(t.Context(), in.KeyID(), keyringtest.Passphrase("passphrase")); err != nil {
		t.Error(err)
	}
	if rows, err := s.List(t.Context()); len(rows) != 2 || err != nil {
		t.Errorf("List: %v, %v", rows, err)
	}
	if each, err := s.ListEach(t.Context()); len(each) != 2 || len(each[0]) != 1 || len(each[1]) != 1 || len(keyring.Together(each)) != 2 || err != nil {
		t.Errorf("ListEach: %v, %v", each, err)
	}
	if _, err := s.Trash(t.Context(), in.KeyID(), keyringtest.Day); err != nil {
		t.Error(err)
	}
	if rows, err := s.List(t.Context()); len(rows) != 0 || err != nil {
		t.Errorf("after Trash: %v, %v", rows, err)
	}
	staged := stage(t, b, "op")
	if err := s.Promote(t.Context(), "op", staged.KeyID()); err != nil {
		t.Error(err)
	}
	if _, err := b.Raw(t.Context(), staged.KeyID()); err != nil {
		t.Error(err)
	}
	if _, err := a.Raw(t.Context(), staged.KeyID()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("in the first store: %v", err)
	}
}

// One lock is refused: none is kept.
func TestSetLocksAllOrNone(t *testing.T) {
	one, two := newDir(t), newDir(t)
	put(t, one, "root")
	put(t, two, "root")
	other, err := keyring.OpenDir(two.Path(), keyring.DirOptions{})
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := other.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := keyring.Set{one, two}
	if _, err := s.Lock(t.Context()); err == nil {
		t.Error("a set was locked over another's lock")
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	second, err := keyring.OpenDir(one.Path(), keyring.DirOptions{})
	if err != nil {
		t.Fatal(err)
	}
	free, err := second.Lock(t.Context())
	if err != nil {
		t.Fatalf("the first store is still locked: %v", err)
	}
	if err := free(); err != nil {
		t.Error(err)
	}
}

// A key that lies in two stores gets its new passphrase in both.
func TestSetChangesEachCopy(t *testing.T) {
	one, two := newDir(t), newDir(t)
	k := put(t, one, "root")
	if err := two.Put(t.Context(), string(k.KeyID()), keyringtest.File(t, k, keyring.Header{Role: "root"})); err != nil {
		t.Fatal(err)
	}
	put(t, two, "alice")
	trashed, err := keyring.Set{one, two}.Passwd(t.Context(), k, keyringtest.Passphrase("another"), keyringtest.Fast, keyringtest.Day)
	if err != nil || len(trashed) != 2 || !strings.HasPrefix(trashed[0], one.Path()) || !strings.HasPrefix(trashed[1], two.Path()) {
		t.Errorf("trashed %q, %v", trashed, err)
	}
	for _, dir := range []*keyring.Dir{one, two} {
		if _, err := dir.Open(t.Context(), k.KeyID(), keyringtest.Passphrase("another")); err != nil {
			t.Error(err)
		}
	}
}
