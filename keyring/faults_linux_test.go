package keyring_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"keyrite/keyring"
	"keyrite/keyring/keyringtest"
	"keyrite/trustdata/state/statetest"
)

func dirAt(t *testing.T, path string) *keyring.Dir {
	t.Helper()
	dir, err := keyring.OpenDir(path, keyring.DirOptions{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// changes tries every change of a store, each of which must fail with target and leave the
// directory as it was.
func changes(t *testing.T, dir *keyring.Dir, k, staged *keyring.PrivateKey, target error) {
	t.Helper()
	other := keyringtest.Key(t)
	file := keyringtest.File(t, other, keyring.Header{Role: "root"})
	before := snapshot(t, dir.Path())
	_, stageErr := dir.Stage(t.Context(), "op2", other, keyringtest.Passphrase("x"), keyring.Header{Role: "root"}, keyringtest.Fast)
	_, trashErr := dir.Trash(t.Context(), k.KeyID(), keyringtest.Day)
	_, discardErr := dir.Discard(t.Context(), "op", staged.KeyID(), keyringtest.Day)
	_, passwdErr := dir.Passwd(t.Context(), k, keyringtest.Passphrase("another"), keyringtest.Fast, keyringtest.Day)
	_, _, importErr := dir.Import(t.Context(), file, keyringtest.Passphrase("passphrase"))
	for what, err := range map[string]error{
		"Passwd": passwdErr, "Import": importErr,
		"Put": dir.Put(t.Context(), string(other.KeyID()), file), "Stage": stageErr, "Trash": trashErr, "Discard": discardErr,
		"Promote": dir.Promote(t.Context(), "op", staged.KeyID()),
	} {
		if !errors.Is(err, target) {
			t.Errorf("%s: %v, want %v", what, err, target)
		}
	}
	if !equal(before, snapshot(t, dir.Path())) {
		t.Error("the directory was changed")
	}
	if rows, err := dir.List(t.Context()); len(rows) != 1 || err != nil {
		t.Errorf("List: %v, %v", rows, err)
	}
	if _, err := dir.Open(t.Context(), k.KeyID(), keyringtest.Passphrase("passphrase")); err != nil {
		t.Error(err)
	}
}

func TestReadOnlyFileSystem(t *testing.T) {
	if !statetest.Namespace(t) {
		return
	}
	mount := statetest.Tmpfs(t, "256k")
	dir := dirAt(t, mount)
	k, staged := put(t, dir, "root"), stage(t, dir, "op")
	statetest.ReadOnly(t, mount)
	changes(t, dir, k, staged, syscall.EROFS)
}

func TestRefusedPermission(t *testing.T) {
	home, ok := statetest.Unprivileged(t)
	if !ok {
		return
	}
	dir := dirAt(t, filepath.Join(home, "trust"))
	k, staged := put(t, dir, "root"), stage(t, dir, "op")
	for _, folder := range []string{"private", "pending", "pending/op", ""} {
		statetest.Refuse(t, filepath.Join(dir.Path(), folder))
	}
	changes(t, dir, k, staged, fs.ErrPermission)
}

func TestUnreadableFiles(t *testing.T) {
	home, ok := statetest.Unprivileged(t)
	if !ok {
		return
	}
	dir := dirAt(t, filepath.Join(home, "trust"))
	k := put(t, dir, "root")
	private := filepath.Join(dir.Path(), "private")
	file := filepath.Join(private, string(k.KeyID())+".key")
	if err := os.Chmod(file, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := os.ReadFile(file); err == nil {
		t.Fatal("the file can be read although it must not")
	}
	rows, err := dir.List(t.Context())
	if err != nil || len(rows) != 1 || rows[0].Problem != "permission denied" || rows[0].KeyID != k.KeyID() {
		t.Errorf("rows %+v, %v", rows, err)
	}
	if _, err := dir.Raw(t.Context(), k.KeyID()); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("Raw: %v", err)
	}
	if err := os.Chmod(private, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(private, 0o700) })
	rows, err = dir.List(t.Context())
	if err != nil || len(rows) != 1 || !strings.Contains(rows[0].Problem, "cannot be read: permission denied") || rows[0].Path != private {
		t.Errorf("rows %+v, %v", rows, err)
	}
}

func TestFullFileSystem(t *testing.T) {
	if !statetest.Namespace(t) {
		return
	}
	mount := statetest.Tmpfs(t, "256k")
	dir := dirAt(t, mount)
	k, staged := put(t, dir, "root"), stage(t, dir, "op")
	statetest.Fill(t, mount)
	before := snapshot(t, filepath.Join(mount, "private"))
	other := keyringtest.Key(t)
	if err := dir.Put(t.Context(), string(other.KeyID()), keyringtest.File(t, other, keyring.Header{Role: "root"})); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Put: %v, want ENOSPC", err)
	}
	_, err := dir.Stage(t.Context(), "op", other, keyringtest.Passphrase("x"), keyring.Header{Role: "root"}, keyringtest.Fast)
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Stage: %v, want ENOSPC", err)
	}
	if _, err := dir.Passwd(t.Context(), k, keyringtest.Passphrase("another"), keyringtest.Fast, keyringtest.Day); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Passwd: %v, want ENOSPC", err)
	}
	if _, _, err := dir.Import(t.Context(), keyringtest.File(t, other, keyring.Header{Role: "root"}), keyringtest.Passphrase("passphrase")); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Import: %v, want ENOSPC", err)
	}
	waiting, err := dir.Pending(t.Context())
	if err != nil || len(waiting) != 1 || waiting[0].KeyID != staged.KeyID() {
		t.Errorf("Pending = %+v, %v", waiting, err)
	}
	after := snapshot(t, filepath.Join(mount, "private"))
	delete(before, filepath.Join(mount, "private")) // the folder's time, which the temporary name moved
	delete(after, filepath.Join(mount, "private"))
	if !equal(before, after) {
		t.Error("private was changed")
	}
	// A rename needs no space.
	if err := dir.Promote(t.Context(), "op", staged.KeyID()); err != nil {
		t.Errorf("Promote: %v", err)
	}
	if _, err := dir.Open(t.Context(), k.KeyID(), keyringtest.Passphrase("passphrase")); err != nil {
		t.Error(err)
	}
}

// A pipe under a key's name must not hold the listing up.
func TestPipe(t *testing.T) {
	dir := newDir(t)
	put(t, dir, "root")
	if err := syscall.Mkfifo(filepath.Join(dir.Path(), "private", strings.Repeat("ab", 32)+".key"), 0o600); err != nil {
		t.Fatal(err)
	}
	rows, err := dir.List(t.Context())
	if err != nil || len(rows) != 2 || rows[1].Problem != "it is not a regular file" {
		t.Errorf("rows %+v, %v", rows, err)
	}
}
