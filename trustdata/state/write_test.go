package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func openRoot(t *testing.T, dir string) *os.Root {
	t.Helper()
	root, err := OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

// names are the files of a folder, hidden ones too.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func wantFile(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("%s = %q, %v; want %q", path, got, err, want)
	}
}

func TestWriteFileReplacesWhole(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	root := openRoot(t, dir)
	if err := MakeDir(root, "sub/deep"); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"first, and longer", "second"} {
		if err := WriteFile(root, "sub/deep/f.key", []byte(text)); err != nil {
			t.Fatal(err)
		}
		wantFile(t, filepath.Join(dir, "sub/deep/f.key"), text)
	}
	if got := names(t, filepath.Join(dir, "sub/deep")); len(got) != 1 {
		t.Errorf("left behind: %q", got)
	}
	for path, want := range map[string]fs.FileMode{"": 0o700, "sub": 0o700, "sub/deep": 0o700, "sub/deep/f.key": 0o600} {
		info, err := os.Stat(filepath.Join(dir, path))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%q: mode %v, %v; want %v", path, info.Mode(), err, want)
		}
	}
}

func TestCreateFileNeverReplaces(t *testing.T) {
	dir := t.TempDir()
	root := openRoot(t, dir)
	if err := CreateFile(root, "f", []byte("old")); err != nil {
		t.Fatal(err)
	}
	if err := CreateFile(root, "f", []byte("new")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("error = %v, want fs.ErrExist", err)
	}
	// The name that is taken between the look and the rename.
	err := disk{(*os.File).Sync, SyncDir}.write(root, "f", []byte("new"), func(from, to string) error {
		return renameNoReplace(root, from, to)
	})
	if !errors.Is(err, fs.ErrExist) {
		t.Errorf("error = %v, want fs.ErrExist", err)
	}
	wantFile(t, filepath.Join(dir, "f"), "old")
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("left behind: %q", got)
	}
}

func TestFailedSyncIsFinal(t *testing.T) {
	fault := errors.New("input/output error")
	calls := 0
	fail := func(*os.File) error { calls++; return fault }
	dir := t.TempDir()
	root := openRoot(t, dir)
	if err := WriteFile(root, "f", []byte("old")); err != nil {
		t.Fatal(err)
	}
	err := disk{fail, SyncDir}.write(root, "f", []byte("new"), root.Rename)
	if !errors.Is(err, fault) || calls != 1 {
		t.Errorf("error %v after %d syncs, want the fault after one", err, calls)
	}
	wantFile(t, filepath.Join(dir, "f"), "old")
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("left behind: %q", got)
	}
	failDir := func(*os.Root, string) error { return fault }
	if err := (disk{(*os.File).Sync, failDir}).write(root, "f", []byte("new"), root.Rename); !errors.Is(err, fault) {
		t.Errorf("a folder that does not sync gives %v", err)
	}
}

func TestRenameNeverReplaces(t *testing.T) {
	for name, rename := range map[string]func(*os.Root, string, string) error{
		"exported": Rename, "in one call": renameNoReplace, "portable": renamePortably,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			root := openRoot(t, dir)
			for file, text := range map[string]string{"a/one": "1", "b/two": "2"} {
				if err := MakeDir(root, parentOf(file)); err != nil {
					t.Fatal(err)
				}
				if err := CreateFile(root, file, []byte(text)); err != nil {
					t.Fatal(err)
				}
			}
			if err := rename(root, "a/one", "b/two"); !errors.Is(err, fs.ErrExist) {
				t.Errorf("onto another: %v, want fs.ErrExist", err)
			}
			wantFile(t, filepath.Join(dir, "a/one"), "1")
			wantFile(t, filepath.Join(dir, "b/two"), "2")
			if err := rename(root, "a/none", "b/none"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("of nothing: %v, want fs.ErrNotExist", err)
			}
			if err := rename(root, "a/one", "b/one"); err != nil {
				t.Error(err)
			}
			wantFile(t, filepath.Join(dir, "b/one"), "1")
			if got := names(t, filepath.Join(dir, "a")); len(got) != 0 {
				t.Errorf("the old name is still there: %q", got)
			}
		})
	}
}

func TestReplace(t *testing.T) {
	dir := t.TempDir()
	root := openRoot(t, dir)
	for _, sub := range []string{"a", "b"} {
		if err := MakeDir(root, sub); err != nil {
			t.Fatal(err)
		}
		if err := CreateFile(root, sub+"/f", []byte(sub)); err != nil {
			t.Fatal(err)
		}
	}
	if err := Replace(root, "a/f", "b/f"); err != nil {
		t.Fatal(err)
	}
	wantFile(t, filepath.Join(dir, "b/f"), "a")
	if got := names(t, filepath.Join(dir, "a")); len(got) != 0 {
		t.Errorf("left behind: %q", got)
	}
	if err := Replace(root, "a/f", "b/f"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	wantFile(t, filepath.Join(dir, "b/f"), "a")
}

func TestNothingLeavesTheRoot(t *testing.T) {
	base := t.TempDir()
	dir := filepath.Join(base, "store")
	root := openRoot(t, dir)
	outside := filepath.Join(base, "outside")
	if err := os.Mkdir(outside, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(root, "in", []byte("x")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"../outside/f", "link/f", "../store2/f"} {
		if err := WriteFile(root, name, []byte("x")); err == nil {
			t.Errorf("WriteFile(%q) succeeded", name)
		}
		if err := CreateFile(root, name, []byte("x")); err == nil {
			t.Errorf("CreateFile(%q) succeeded", name)
		}
		if err := Rename(root, "in", name); err == nil {
			t.Errorf("Rename to %q succeeded", name)
		}
	}
	if err := MakeDir(root, "link"); err == nil {
		t.Error("a symbolic link was taken for a folder")
	}
	if got := names(t, outside); len(got) != 0 {
		t.Errorf("written outside: %q", got)
	}
	wantFile(t, filepath.Join(dir, "in"), "x")
}

func TestLock(t *testing.T) {
	dir := t.TempDir()
	first, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(dir); !errors.Is(err, ErrLocked) {
		t.Errorf("second lock: %v, want ErrLocked", err)
	}
	if err := first.Unlock(); err != nil {
		t.Fatal(err)
	}
	again, err := Lock(dir)
	if err != nil {
		t.Fatalf("after Unlock: %v", err)
	}
	defer again.Unlock()
	if got := names(t, dir); len(got) != 0 {
		t.Errorf("the lock wrote into the folder: %q", got)
	}
	if _, err := Lock(filepath.Join(dir, "absent")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("lock on nothing: %v, want fs.ErrNotExist", err)
	}
}
