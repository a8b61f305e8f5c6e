package media

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, path string) Folder {
	t.Helper()
	f, err := OpenFolder(path, true)
	check(t, err)
	t.Cleanup(func() { check(t, f.Close()) })
	return f
}

// Files of every length around a block come back as they were written.
func TestWriteAndReadBack(t *testing.T) {
	f := open(t, filepath.Join(t.TempDir(), "stick"))
	for _, n := range []int{0, 1, 511, 512, 513, 1 << 20, 1<<20 + 1, 3<<20 - 1} {
		want := make([]byte, n)
		_, _ = rand.Read(want)
		check(t, WriteFile(f, ".part", "file", want))
		r, err := f.Open("file")
		check(t, err)
		got, err := io.ReadAll(r)
		check(t, errors.Join(err, r.Close()))
		if !bytes.Equal(got, want) || r.Size() != int64(n) {
			t.Errorf("%d bytes written, %d read, said to be %d", n, len(got), r.Size())
		}
		check(t, errors.Join(f.Settle(), f.Remove("file")))
	}
	names, err := f.Names()
	if err != nil || len(names) != 0 {
		t.Errorf("left behind: %q, %v", names, err)
	}
}

func TestNothingIsReplaced(t *testing.T) {
	f := open(t, t.TempDir())
	check(t, WriteFile(f, ".part", "file", []byte("old")))
	if err := WriteFile(f, ".part", "file", []byte("new")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("writing over a file: %v", err)
	}
	if _, err := f.Create("file"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("making a file anew: %v", err)
	}
	check(t, WriteFile(f, ".part", "other", []byte("new")))
	if err := f.Place("other", "file"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("renaming over a file: %v", err)
	}
	got, err := ReadFile(f, "file", 100)
	if diff := cmp.Diff("old", string(got)); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestNamesAreSingle(t *testing.T) {
	f := open(t, t.TempDir())
	check(t, os.WriteFile(filepath.Join(f.Path(), "..", "outside"), nil, 0o600))
	for _, name := range []string{"", ".", "..", "../outside", "a/b", "/etc/passwd"} {
		_, created := f.Create(name)
		_, opened := f.Open(name)
		_, looked := f.Lstat(name)
		for _, err := range []error{created, opened, looked, f.Remove(name), f.Place(name, "x"), f.Place("x", name)} {
			if err == nil {
				t.Errorf("%q was taken", name)
			}
		}
	}
}

func TestOnlyRegularFilesAreOpened(t *testing.T) {
	f := open(t, t.TempDir())
	check(t, os.Symlink("/etc/hostname", filepath.Join(f.Path(), "link")))
	check(t, os.Mkdir(filepath.Join(f.Path(), "folder"), 0o700))
	for _, name := range []string{"link", "folder"} {
		if _, err := f.Open(name); err == nil {
			t.Errorf("%q was opened", name)
		}
	}
}
