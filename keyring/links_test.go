package keyring_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keyrite/keyring"
	"keyrite/keyring/keyringtest"
)

func TestLinksAreNotFollowed(t *testing.T) {
	dir := newDir(t)
	k := put(t, dir, "root")
	private := filepath.Join(dir.Path(), "private")
	outside := filepath.Join(t.TempDir(), "outside.key")
	linked := keyringtest.Key(t)
	if err := os.WriteFile(outside, keyringtest.File(t, linked, keyring.Header{Role: "alice"}), 0o600); err != nil {
		t.Fatal(err)
	}
	id := string(linked.KeyID())
	if err := os.Symlink(outside, filepath.Join(private, id+".key")); err != nil {
		t.Fatal(err)
	}
	inside := strings.Repeat("cd", 32)
	if err := os.Symlink(string(k.KeyID())+".key", filepath.Join(private, inside+".key")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(private, strings.Repeat("ef", 32)+".key"), 0o700); err != nil {
		t.Fatal(err)
	}
	rows, err := dir.List(t.Context())
	if err != nil || len(rows) != 4 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows {
		want := "symbolic link"
		switch {
		case row.KeyID == k.KeyID():
			want = ""
		case strings.HasPrefix(string(row.KeyID), "ef"):
			want = "not a regular file"
		}
		if (row.Problem == "") != (want == "") || !strings.Contains(row.Problem, want) || row.Role != "" && want != "" {
			t.Errorf("row = %+v, want the problem %q", row, want)
		}
	}
	if _, err := dir.Open(t.Context(), linked.KeyID(), keyringtest.Passphrase("passphrase")); !errors.Is(err, keyring.ErrDamaged) {
		t.Errorf("Open: %v", err)
	}
	if err := dir.Put(t.Context(), id, keyringtest.File(t, linked, keyring.Header{Role: "bob"})); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Put over a link: %v, want fs.ErrExist", err)
	}
	// A link goes to the trash as a link; what it leads to stays.
	if _, err := dir.Trash(t.Context(), linked.KeyID(), keyringtest.Day); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(outside); err != nil {
		t.Error(err)
	}
}

func TestFoldersThatAreLinks(t *testing.T) {
	for _, place := range []string{"outside", "inside"} {
		dir := newDir(t)
		target := t.TempDir()
		if err := os.MkdirAll(filepath.Join(dir.Path(), "elsewhere"), 0o700); err != nil {
			t.Fatal(err)
		}
		if place == "inside" {
			target = "elsewhere"
		}
		for _, folder := range []string{"private", "pending", "trash"} {
			if err := os.Symlink(target, filepath.Join(dir.Path(), folder)); err != nil {
				t.Fatal(err)
			}
		}
		k := keyringtest.Key(t)
		if err := dir.Put(t.Context(), string(k.KeyID()), keyringtest.File(t, k, keyring.Header{Role: "root"})); err == nil {
			t.Errorf("%s: Put went through a link", place)
		}
		if _, err := dir.Stage(t.Context(), "op", k, keyringtest.Passphrase("x"), keyring.Header{Role: "root"}, keyringtest.Fast); err == nil {
			t.Errorf("%s: Stage went through a link", place)
		}
		rows, err := dir.List(t.Context())
		if err != nil || len(rows) != 1 || !strings.Contains(rows[0].Problem, "symbolic link") {
			t.Errorf("%s: rows %+v, %v", place, rows, err)
		}
		for _, folder := range []string{target, filepath.Join(dir.Path(), "elsewhere")} {
			if entries, err := os.ReadDir(folder); err == nil && len(entries) != 0 {
				t.Errorf("%s: written through a link: %v", place, entries)
			}
		}
	}
}

// Two names of one file: what is moved is the name, and the bytes stay under the other.
func TestHardLink(t *testing.T) {
	dir := newDir(t)
	k := put(t, dir, "root")
	other := filepath.Join(t.TempDir(), "other")
	if err := os.Link(filepath.Join(dir.Path(), "private", string(k.KeyID())+".key"), other); err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, other)
	if _, err := dir.Trash(t.Context(), k.KeyID(), keyringtest.Day); err != nil {
		t.Fatal(err)
	}
	if !equal(before, snapshot(t, other)) {
		t.Error("the other name's file was changed")
	}
}
