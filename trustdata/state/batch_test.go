package state

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// content is every file below a folder, by its name in it, and each folder or link as "".
func content(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		all[filepath.ToSlash(name)] = ""
		if !e.Type().IsRegular() {
			return nil
		}
		data, err := os.ReadFile(path)
		all[filepath.ToSlash(name)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// batchOf makes a batch with these files, each of which holds its name.
func batchOf(t *testing.T, root *os.Root, names ...string) *Batch {
	t.Helper()
	b, err := NewBatch(root)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, b, names...)
	return b
}

func fill(t *testing.T, b *Batch, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := b.Add(name, []byte(name)); err != nil {
			t.Fatal(err)
		}
	}
}

func put(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBatch(t *testing.T) {
	for name, tt := range map[string]struct {
		here           map[string]string
		files, folders []string
	}{
		"into nothing":          {nil, []string{"a", "d/b", "d/e/c"}, []string{"d", "d/e"}},
		"beside others":         {map[string]string{"d/old": "x", "z": "y"}, []string{"a", "d/b", "d/e/c"}, []string{"d/e"}},
		"where all folders are": {map[string]string{"d/e/old": "x"}, []string{"a", "d/b", "d/e/c"}, nil},
		"nothing":               {map[string]string{"d/old": "x"}, nil, nil},
	} {
		for _, alone := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, each by itself %v", name, alone), func(t *testing.T) {
				dir := t.TempDir()
				put(t, dir, tt.here)
				want := content(t, dir)
				b, err := NewBatch(openRoot(t, dir))
				if err == nil && alone {
					err = b.begin()
					b.disk.together = false
				}
				if err != nil {
					t.Fatal(err)
				}
				fill(t, b, tt.files...)
				now := content(t, dir)
				maps.DeleteFunc(now, func(name, _ string) bool { return IsBatch(topOf(name)) })
				if diff := cmp.Diff(want, now); diff != "" {
					t.Error("before they are placed:\n", diff)
				}
				if err := b.Place(); err != nil {
					t.Fatal(err)
				}
				files, folders := b.Placed()
				if err := b.Drop(); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(files, tt.files) || !slices.Equal(folders, tt.folders) {
					t.Errorf("placed %q, made %q", files, folders)
				}
				for _, name := range tt.folders {
					want[name] = ""
				}
				for _, name := range tt.files {
					want[name] = name
				}
				if diff := cmp.Diff(want, content(t, dir)); diff != "" {
					t.Error(diff)
				}
				for name := range content(t, dir) {
					info, err := os.Lstat(filepath.Join(dir, name))
					if err != nil || info.Mode().Perm()&0o077 != 0 {
						t.Errorf("%q has the mode %v, %v", name, info.Mode(), err)
					}
				}
			})
		}
	}
}

// Files that come in the way before or while a batch is placed are never replaced, and what
// stands for a folder is not written through.
func TestBatchReplacesNothing(t *testing.T) {
	for name, tt := range map[string]struct {
		came   func(t *testing.T, dir string)
		taken  bool
		placed []string
	}{
		"a file":              {func(t *testing.T, dir string) { put(t, dir, map[string]string{"d/c": "theirs"}) }, true, []string{"a", "d/b"}},
		"a folder":            {func(t *testing.T, dir string) { put(t, dir, map[string]string{"d/c/x": "theirs"}) }, true, []string{"a", "d/b"}},
		"a file for a folder": {func(t *testing.T, dir string) { put(t, dir, map[string]string{"d": "theirs"}) }, false, []string{"a"}},
		"a link for a folder": {func(t *testing.T, dir string) {
			if err := os.Symlink(t.TempDir(), filepath.Join(dir, "d")); err != nil {
				t.Fatal(err)
			}
		}, false, []string{"a"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			b := batchOf(t, openRoot(t, dir), "a", "d/b", "d/c", "e/f")
			tt.came(t, dir)
			err := b.Place()
			if err == nil || errors.Is(err, fs.ErrExist) != tt.taken {
				t.Errorf("error %v", err)
			}
			if files, _ := b.Placed(); !slices.Equal(files, tt.placed) {
				t.Errorf("placed %q", files)
			}
			if err := b.Drop(); err != nil {
				t.Error(err)
			}
			now := content(t, dir)
			if now["d/c"] == "d/c" || now["d/b"] != "" && now["d/b"] != "d/b" || now["e/f"] != "" {
				t.Errorf("there is %v", now)
			}
		})
	}
}

func TestBatchTakesANameOnce(t *testing.T) {
	dir := t.TempDir()
	b := batchOf(t, openRoot(t, dir), "d/a")
	err := b.Add("d/a", []byte("another"))
	if err == nil {
		err = b.Place()
	}
	if !errors.Is(err, fs.ErrExist) {
		t.Errorf("error %v", err)
	}
	if err := b.Drop(); err != nil || len(names(t, dir)) != 0 {
		t.Errorf("left %q, %v", names(t, dir), err)
	}
	for _, name := range []string{"../x", "/x", "d/../../x"} {
		b := batchOf(t, openRoot(t, dir))
		if err := b.Add(name, nil); err == nil {
			t.Errorf("%q was taken", name)
		}
		if err := b.Drop(); err != nil || len(names(t, dir)) != 0 {
			t.Errorf("left %q, %v", names(t, dir), err)
		}
	}
}

// A batch that is cut short anywhere leaves whole files or none in their places, and the
// next one takes away the rest.
func TestBatchIsCutShort(t *testing.T) {
	many := make([]string, batchFlush+200)
	for i := range many {
		many[i] = fmt.Sprintf("d%d/%d", i%2, i)
	}
	for name, cut := range map[string]func(t *testing.T, b *Batch, dir string){
		"while it is written": func(*testing.T, *Batch, string) {},
		"once it is written": func(t *testing.T, b *Batch, _ string) {
			if err := errors.Join(b.finish(), b.disk.end()); err != nil {
				t.Fatal(err)
			}
		},
		"while it is placed": func(t *testing.T, b *Batch, dir string) {
			put(t, dir, map[string]string{"d1/1201": "theirs"})
			if err := b.Place(); !errors.Is(err, fs.ErrExist) {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			root := openRoot(t, dir)
			b := batchOf(t, root, many...)
			cut(t, b, dir)
			for name, text := range content(t, dir) {
				if !IsBatch(topOf(name)) && text != "" && text != name && text != "theirs" {
					t.Errorf("%q holds %q", name, text)
				}
			}
			b.finish() // a killed process writes no more
			if len(names(t, dir)) == 0 || !slices.ContainsFunc(names(t, dir), IsBatch) {
				t.Fatal("nothing was left: it was not cut short")
			}
			put(t, dir, map[string]string{".batch.mine": "", "batch.ABCDEFGHIJ.tmp/x": "x"})
			if _, err := NewBatch(root); err != nil {
				t.Fatal(err)
			}
			if left := names(t, dir); slices.ContainsFunc(left, IsBatch) || !slices.Contains(left, ".batch.mine") || !slices.Contains(left, "batch.ABCDEFGHIJ.tmp") {
				t.Errorf("there is %q", left)
			}
		})
	}
}

func topOf(name string) string {
	top, _, _ := strings.Cut(name, "/")
	return top
}
