package remote_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keyrite/trustdata"
	"keyrite/trustdata/remote"
)

// TestConflict has servers contradict what was seen: both copies can be had, and nothing is
// stored.
func TestConflict(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(w *world, old map[string][]byte)
		role  trustdata.Role // of which both copies differ
	}{
		{"an old timestamp", func(w *world, old map[string][]byte) { w.files = old }, "timestamp"},
		{"another repository", func(w *world, _ map[string][]byte) {
			other := newWorld(w.t)
			w.files = other.files
		}, "root"},
		{"a root that does not chain", func(w *world, _ map[string][]byte) {
			w.rootBy.Key = nil
			w.rotate(1)
		}, "root"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			f, dir := w.newFetcher()
			old := maps.Clone(w.files)
			w.publish()
			known := w.mustFetch(f).Files()
			before := contents(t, dir)
			tt.spoil(w, old)
			_, _, err := w.fetch(f)
			var c *remote.Conflict
			if !errors.As(err, &c) || !errors.Is(err, remote.ErrHistory) || !errors.Is(err, trustdata.ErrVerify) {
				t.Fatalf("got %v, want a conflict", err)
			}
			if c.GUN != gun || c.Server != w.url || !c.SeenAt.Equal(now) || len(c.Served[tt.role]) == 0 ||
				string(c.Known[tt.role]) != string(known[tt.role]) || string(c.Served[tt.role]) == string(c.Known[tt.role]) {
				t.Errorf("of %q from %q, seen %v: known %d, served %d bytes", c.GUN, c.Server, c.SeenAt, len(c.Known[tt.role]), len(c.Served[tt.role]))
			}
			if !maps.Equal(before, contents(t, dir)) {
				t.Error("state or cache moved")
			}
			exported(t, c, tt.role)
		})
	}
}

func exported(t *testing.T, c *remote.Conflict, role trustdata.Role) {
	t.Helper()
	to := filepath.Join(t.TempDir(), "both")
	if err := c.Export(to); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]byte{"known": c.Known[role], "served": c.Served[role]} {
		if got, err := os.ReadFile(filepath.Join(to, name, string(role)+".json")); err != nil || string(got) != string(want) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	text, err := os.ReadFile(filepath.Join(to, "conflict.json"))
	var about map[string]any
	if err != nil || json.Unmarshal(text, &about) != nil || about["gun"] != string(gun) || !strings.Contains(string(text), "refused") {
		t.Errorf("%v: %s", err, text)
	}
	if err := c.Export(to); !errors.Is(err, fs.ErrExist) {
		t.Errorf("exported twice: %v", err)
	}
}

// TestNoConflict are refusals that say nothing about what was seen.
func TestNoConflict(t *testing.T) {
	w := newWorld(t)
	f, _ := w.newFetcher()
	w.mustFetch(f)
	w.expires["timestamp"] = now.Add(-1)
	w.publish()
	_, _, err := w.fetch(f)
	expectRefusal(t, err, "timestamp", trustdata.ReasonExpired)
	if errors.Is(err, remote.ErrHistory) {
		t.Errorf("%v is a conflict", err)
	}
}
