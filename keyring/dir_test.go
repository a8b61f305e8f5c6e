package keyring_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keyrite/keyring"
	"keyrite/keyring/keyringtest"
	"keyrite/trustdata/state"
)

func put(t *testing.T, s keyring.Store, role string) *keyring.PrivateKey {
	t.Helper()
	k := keyringtest.Key(t)
	if err := s.Put(t.Context(), string(k.KeyID()), keyringtest.File(t, k, keyring.Header{Role: role})); err != nil {
		t.Fatal(err)
	}
	return k
}

func stage(t *testing.T, s keyring.Store, op string) *keyring.PrivateKey {
	t.Helper()
	k := keyringtest.Key(t)
	if _, err := s.Stage(t.Context(), op, k, keyringtest.Passphrase("passphrase"), keyring.Header{Role: "root"}, keyringtest.Fast); err != nil {
		t.Fatal(err)
	}
	return k
}

func TestOpenDir(t *testing.T) {
	base := t.TempDir()
	file := filepath.Join(base, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.OpenDir(file, keyring.DirOptions{}); err == nil {
		t.Error("a file was opened as a trust directory")
	}
	if _, err := keyring.OpenDir(filepath.Join(file, "x"), keyring.DirOptions{}); err == nil {
		t.Error("a folder below a file was opened")
	}
	absent := filepath.Join(base, "a b", "trüst")
	dir, err := keyring.OpenDir(absent, keyring.DirOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := dir.List(t.Context()); len(rows) != 0 || err != nil {
		t.Errorf("an absent directory lists %v, %v", rows, err)
	}
	if cached, err := dir.LocalMetadata(t.Context()); len(cached) != 0 || err != nil {
		t.Errorf("an absent directory has metadata %v, %v", cached, err)
	}
	k := keyringtest.Key(t)
	err = dir.Put(t.Context(), string(k.KeyID()), keyringtest.File(t, k, keyring.Header{Role: "root"}))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Put without Create: %v, want fs.ErrNotExist", err)
	}
	if _, err := os.Stat(absent); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the directory was made: %v", err)
	}
	dir, err = keyring.OpenDir(absent, keyring.DirOptions{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	put(t, dir, "root")
	for _, folder := range []string{absent, filepath.Join(absent, "private")} {
		if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s has mode %v, %v", folder, info.Mode(), err)
		}
	}
}

// TestEmpty: a directory is empty exactly where List finds nothing in it.
func TestEmpty(t *testing.T) {
	for name, c := range map[string]struct {
		folders, files []string
		empty          bool
	}{
		"absent":              {empty: true},
		"no keys":             {folders: []string{"private"}, files: []string{"private/README", "private/tuf_keys/x.pem"}, empty: true},
		"no folder of keys":   {files: []string{"tuf/app/metadata/root.json", "x.key"}, empty: true},
		"a damaged key":       {files: []string{"private/x.key"}},
		"a key in a folder":   {files: []string{"private/tuf_keys/app/x.key"}},
		"a file for a folder": {files: []string{"private"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := newDir(t)
			for _, folder := range c.folders {
				succeed(t, os.MkdirAll(filepath.Join(dir.Path(), folder), 0o700))
			}
			for _, file := range c.files {
				path := filepath.Join(dir.Path(), file)
				succeed(t, os.MkdirAll(filepath.Dir(path), 0o700))
				succeed(t, os.WriteFile(path, []byte("x"), 0o600))
			}
			rows, err := dir.List(t.Context())
			if dir.Empty() != c.empty || (len(rows) == 0) != c.empty || err != nil {
				t.Errorf("Empty is %v, and List has %v, %v", dir.Empty(), rows, err)
			}
		})
	}
}

func succeed(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestRelativePath(t *testing.T) {
	t.Chdir(t.TempDir())
	dir, err := keyring.OpenDir("trust", keyring.DirOptions{Create: true})
	if err != nil || !filepath.IsAbs(dir.Path()) {
		t.Fatalf("path %q, %v", dir.Path(), err)
	}
	put(t, dir, "root")
	t.Chdir(t.TempDir())
	if rows, err := dir.List(t.Context()); len(rows) != 1 || err != nil || !filepath.IsAbs(rows[0].Path) {
		t.Errorf("from elsewhere: %v, %v", rows, err)
	}
}

func TestReadOnlyOption(t *testing.T) {
	writable := newDir(t)
	k, staged := put(t, writable, "root"), stage(t, writable, "op")
	before := snapshot(t, writable.Path())
	dir, err := keyring.OpenDir(writable.Path(), keyring.DirOptions{ReadOnly: true, Create: true})
	if err != nil {
		t.Fatal(err)
	}
	other := keyringtest.Key(t)
	file := keyringtest.File(t, other, keyring.Header{Role: "root"})
	_, stageErr := dir.Stage(t.Context(), "op", other, keyringtest.Passphrase("x"), keyring.Header{Role: "root"}, keyringtest.Fast)
	_, trashErr := dir.Trash(t.Context(), k.KeyID(), keyringtest.Day)
	_, discardErr := dir.Discard(t.Context(), "op", staged.KeyID(), keyringtest.Day)
	_, lockErr := dir.Lock(t.Context())
	for what, err := range map[string]error{
		"Put": dir.Put(t.Context(), string(other.KeyID()), file), "Stage": stageErr, "Trash": trashErr, "Discard": discardErr,
		"Promote": dir.Promote(t.Context(), "op", staged.KeyID()), "Lock": lockErr,
	} {
		if !errors.Is(err, keyring.ErrReadOnly) {
			t.Errorf("%s: %v, want ErrReadOnly", what, err)
		}
	}
	if _, err := dir.Open(t.Context(), k.KeyID(), keyringtest.Passphrase("passphrase")); err != nil {
		t.Error(err)
	}
	if !equal(before, snapshot(t, dir.Path())) {
		t.Error("the directory was changed")
	}
}

func TestLockedByAnother(t *testing.T) {
	dir := newDir(t)
	k := put(t, dir, "root")
	lock, err := state.Lock(dir.Path())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dir.Trash(t.Context(), k.KeyID(), keyringtest.Day); !errors.Is(err, state.ErrLocked) {
		t.Errorf("Trash: %v, want ErrLocked", err)
	}
	if rows, err := dir.List(t.Context()); len(rows) != 1 || err != nil {
		t.Errorf("List while locked: %v, %v", rows, err)
	}
	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	unlock, err := dir.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second, err := keyring.OpenDir(dir.Path(), keyring.DirOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := second.Lock(t.Context()); !errors.Is(err, state.ErrLocked) {
		t.Errorf("a second Dir: %v, want ErrLocked", err)
	}
	if err := errors.Join(unlock(), unlock()); err != nil {
		t.Error(err)
	}
	if unlock, err = second.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := unlock(); err != nil {
		t.Error(err)
	}
}

// On a file system without a rename that refuses to replace, a crash can leave a key
// under both names.
func TestPromotionCutShort(t *testing.T) {
	dir := newDir(t)
	k := stage(t, dir, "op")
	name := string(k.KeyID()) + ".key"
	private := filepath.Join(dir.Path(), "private")
	if err := os.Mkdir(private, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(filepath.Join(dir.Path(), "pending", "op", name), filepath.Join(private, name)); err != nil {
		t.Fatal(err)
	}
	if err := dir.Promote(t.Context(), "op", k.KeyID()); err != nil {
		t.Error(err)
	}
	if _, err := dir.Open(t.Context(), k.KeyID(), keyringtest.Passphrase("passphrase")); err != nil {
		t.Error(err)
	}
}

func TestDamagedStagedKeyIsNotPromoted(t *testing.T) {
	dir := newDir(t)
	k := stage(t, dir, "op")
	file := filepath.Join(dir.Path(), "pending", "op", string(k.KeyID())+".key")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := dir.Promote(t.Context(), "op", k.KeyID()); !errors.Is(err, keyring.ErrDamaged) {
		t.Errorf("Promote: %v, want ErrDamaged", err)
	}
	staged, err := dir.Pending(t.Context())
	if err != nil || len(staged) != 1 || staged[0].Problem != "the file is empty" {
		t.Errorf("Pending = %+v, %v", staged, err)
	}
}

func TestEmptyPendingFoldersGo(t *testing.T) {
	dir := newDir(t)
	a, b := stage(t, dir, "op"), stage(t, dir, "op")
	folder := filepath.Join(dir.Path(), "pending")
	if err := dir.Promote(t.Context(), "op", a.KeyID()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(folder, "op")); err != nil {
		t.Error(err)
	}
	if _, err := dir.Discard(t.Context(), "op", b.KeyID(), keyringtest.Day); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the empty folder: %v", err)
	}
}

func TestLocalMetadata(t *testing.T) {
	dir := newDir(t)
	for _, name := range []string{
		"docker.io/library/alpine/metadata/root.json", "docker.io/library/alpine/metadata/targets/releases.json",
		"docker.io/library/alpine/changelist/0.json", "reg.example:5000/metadata/app/metadata/timestamp.json",
		"x/metadata/targets/metadata/deep.json", "x/metadata/other.json", "metadata/root.json", "x/metadata/notes.txt",
	} {
		file := filepath.Join(dir.Path(), "tuf", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir.Path(), "tuf/x/metadata/root.json")); err != nil {
		t.Fatal(err)
	}
	got, err := dir.LocalMetadata(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	file := func(name string) string { return filepath.Join(dir.Path(), "tuf", name) }
	want := []keyring.Cached{
		{GUN: "docker.io/library/alpine", Role: "root", Path: file("docker.io/library/alpine/metadata/root.json")},
		{GUN: "docker.io/library/alpine", Role: "targets/releases", Path: file("docker.io/library/alpine/metadata/targets/releases.json")},
		{Path: file("metadata/root.json"), Problem: "the path names no repository and role"},
		{GUN: "reg.example:5000/metadata/app", Role: "timestamp", Path: file("reg.example:5000/metadata/app/metadata/timestamp.json")},
		{Path: file("x/metadata/other.json"), Problem: "the path names no repository and role"},
		{GUN: "x", Role: "root", Path: file("x/metadata/root.json"), Problem: "it is not a regular file"},
		{GUN: "x", Role: "targets/metadata/deep", Path: file("x/metadata/targets/metadata/deep.json")},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestLocalMetadataOf(t *testing.T) {
	path := t.TempDir()
	for name, text := range map[string]string{
		"tuf/a.example/x/metadata/root.json":          "one",
		"tuf/a.example/x/metadata/targets/alice.json": "two",
		"tuf/a.example/x/y/metadata/root.json":        "another repository",
		"tuf/a.example/xy/metadata/root.json":         "another one",
	} {
		full := filepath.Join(path, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	dir, err := keyring.OpenDir(path, keyring.DirOptions{})
	if err != nil {
		t.Fatal(err)
	}
	cached, err := dir.LocalMetadataOf(t.Context(), "a.example/x")
	if err != nil || len(cached) != 2 {
		t.Fatalf("listed %v, %v; want the two files of a.example/x", cached, err)
	}
	for _, c := range cached {
		want := map[string]string{"root": "one", "targets/alice": "two"}[string(c.Role)]
		if got, _, err := dir.ReadLocal(c); err != nil || string(got) != want {
			t.Errorf("%s holds %q, %v; want %q", c.Path, got, err, want)
		}
	}
	link := cached[0]
	if err := os.Remove(link.Path); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(cached[1].Path, link.Path); err != nil {
		t.Fatal(err)
	}
	if got, _, err := dir.ReadLocal(link); err == nil {
		t.Errorf("a symbolic link was read: %q", got)
	}
	if _, _, err := dir.ReadLocal(keyring.Cached{GUN: "a", Role: "root", Path: filepath.Join(path, "..", "x")}); err == nil {
		t.Error("a path outside the trust directory was read")
	}
}
