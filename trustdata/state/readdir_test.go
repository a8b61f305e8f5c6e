package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// A folder's entries are those that package fs gives, with their kinds, and no link leads
// out of it.
func TestReadDir(t *testing.T) {
	dir := t.TempDir()
	root := openRoot(t, dir)
	put(t, dir, map[string]string{"in/b": "1", "in/a": "2", "in/c/d": "3"})
	for name, to := range map[string]string{"in/link": "a", "out": "..", "there": "in"} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{".", "in", "in/c", "there"} {
		want, err := fs.ReadDir(root.FS(), name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ReadDir(root, name)
		if err != nil || len(got) != len(want) {
			t.Errorf("%s: %v, %v; want %v", name, got, err, want)
			continue
		}
		for i := range want {
			if got[i].Name() != want[i].Name() || got[i].Type() != want[i].Type() {
				t.Errorf("%s: %v, want %v", name, got[i], want[i])
			}
		}
	}
	for name, want := range map[string]error{"absent": fs.ErrNotExist, "in/a": nil, "out": nil} {
		if _, err := ReadDir(root, name); err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
