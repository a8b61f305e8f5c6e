package remote_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"keyrite/trustdata"
)

// TestDamagedCache has every cached file spoilt: each is asked for again.
func TestDamagedCache(t *testing.T) {
	w := newWorld(t)
	f, dir := w.newFetcher()
	w.mustFetch(f)
	good := contents(t, dir)
	for path := range good {
		if strings.HasSuffix(path, ".json") {
			if err := os.WriteFile(path, []byte("spoilt"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, asked, err := w.fetch(f)
	want := []string{"timestamp.json", "1.root.json", "2.root.json", w.named("snapshot"), w.named("targets")}
	if err != nil || !slices.Equal(asked, want) {
		t.Errorf("asked %q, %v, want %q", asked, err, want)
	}
	if !maps.Equal(good, contents(t, dir)) {
		t.Error("the cache was not made good")
	}
}

// TestDamagedBelowTheTimestamp has one cached file spoilt of a repository that has not changed:
// it is found out, though only the timestamp had to be asked for, and asked for again.
func TestDamagedBelowTheTimestamp(t *testing.T) {
	for role, names := range map[trustdata.Role]func(*world) string{
		trustdata.RoleRoot:     func(*world) string { return "2.root.json" },
		trustdata.RoleSnapshot: func(w *world) string { return w.named("snapshot") },
		trustdata.RoleTargets:  func(w *world) string { return w.named("targets") },
	} {
		t.Run(string(role), func(t *testing.T) {
			w := newWorld(t)
			f, dir := w.newFetcher()
			w.mustFetch(f)
			if _, asked, err := w.fetch(f); err != nil || !slices.Equal(asked, []string{"timestamp.json"}) {
				t.Fatalf("unchanged: asked %q, %v", asked, err)
			}
			good := contents(t, dir)
			for path, text := range good {
				if filepath.Base(path) == string(role)+".json" {
					spoilt := []byte(text)
					spoilt[len(spoilt)/2] ^= 1
					if err := os.WriteFile(path, spoilt, 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
			r, asked, err := w.fetch(f)
			if err != nil || !slices.Contains(asked, names(w)) || !r.Collection.Verified() {
				t.Errorf("asked %q, %v, want %q among them", asked, err, names(w))
			}
			if !maps.Equal(good, contents(t, dir)) {
				t.Error("the cache was not made good")
			}
		})
	}
}
