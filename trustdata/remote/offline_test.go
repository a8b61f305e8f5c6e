package remote_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
)

func TestOffline(t *testing.T) {
	w := newWorld(t)
	w.delegate("targets/alice", "a", "a")
	w.publish()
	f, dir := w.newFetcher()
	w.mustFetch(f)
	w.publish() // which an offline fetch cannot know
	before := contents(t, dir)
	f.Offline = true
	f.Now = func() time.Time { return now.Add(24 * time.Hour) }
	r, asked, err := w.fetch(f)
	if err != nil || len(asked) != 0 || r.Requests != 0 {
		t.Fatalf("asked %q, %v", asked, err)
	}
	if c := r.Collection; c.Source != trustdata.SourceCache || !c.ReadAt.Equal(now) || c.Server != w.url || len(c.Tags) != 2 {
		t.Errorf("collection is %+v", c)
	}
	if !maps.Equal(before, contents(t, dir)) {
		t.Error("an offline fetch changed state or cache")
	}
	f.Now = func() time.Time { return now.Add(31 * 24 * time.Hour) }
	_, _, err = w.fetch(f)
	expectRefusal(t, err, trustdata.RoleRoot, trustdata.ReasonExpired)
}

func TestOfflineRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		data       func(w *world, old string) string
		role       trustdata.Role
		reason     trustdata.Reason
		is         error
	}{
		{"no timestamp", "timestamp.json", nil, "", "", remote.ErrNotCached},
		{"no targets", "targets.json", nil, "", "", remote.ErrNotCached},
		{"no root", "root.json", nil, "", "", remote.ErrNotCached},
		{"other root", "root.json", func(w *world, _ string) string { return string(newWorld(w.t).files["root.json"]) }, "root", trustdata.ReasonChain, nil},
		{"tampered timestamp", "timestamp.json", func(_ *world, s string) string { return strings.Replace(s, `"version":2`, `"version":3`, 1) }, "timestamp", trustdata.ReasonSignature, nil},
		{"older timestamp", "timestamp.json", func(w *world, _ string) string {
			f, _ := notary.SignTimestamp(notary.Timestamp{Version: 1, Expires: now.Add(time.Hour), Snapshot: notary.MetaOf(w.files["snapshot.json"])}, w.keys["timestamp"].signer())
			return string(f.Raw)
		}, "timestamp", trustdata.ReasonRollback, nil},
		{"tampered targets", "targets.json", func(_ *world, s string) string { return strings.Replace(s, `"1.0"`, `"6.6"`, 1) }, "targets", trustdata.ReasonChecksum, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.publish()
			f, dir := w.newFetcher()
			w.mustFetch(f)
			paths, _ := filepath.Glob(filepath.Join(dir, "cache", "*", tt.file))
			if len(paths) != 1 {
				t.Fatalf("cached as %q", paths)
			}
			old, err := os.ReadFile(paths[0])
			if err == nil && tt.data == nil {
				err = os.Remove(paths[0])
			} else if err == nil {
				err = os.WriteFile(paths[0], []byte(tt.data(w, string(old))), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			f.Offline = true
			r, asked, err := w.fetch(f)
			if r != nil || len(asked) != 0 || tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("got %v, %v with requests %q", r, err, asked)
			}
			expectRefusal(t, err, tt.role, tt.reason)
		})
	}
}

// TestOfflineFromDocker reads what docker or notary has where keyrite's cache is empty.
func TestOfflineFromDocker(t *testing.T) {
	w := newWorld(t)
	f, dir := w.newFetcher()
	f.Offline = true
	if _, _, err := w.fetch(f); !errors.Is(err, remote.ErrNotCached) {
		t.Errorf("an empty cache gives %v", err)
	}
	files := map[trustdata.Role][]byte{}
	for _, role := range trustdata.BaseRoles {
		files[role] = w.files[string(role)+".json"]
	}
	read := now.Add(-time.Hour)
	f.Local = func(trustdata.GUN) ([]remote.Local, error) {
		return []remote.Local{{Path: "/x", Files: files, ReadAt: read}}, nil
	}
	r, _, err := w.fetch(f)
	if err != nil || r.Collection.Source != trustdata.SourceCache || !r.Collection.ReadAt.Equal(read) || len(r.Collection.Tags) != 1 {
		t.Errorf("got %+v, %v", r, err)
	}
	if len(contents(t, dir)) != 0 {
		t.Error("an offline fetch changed state or cache")
	}
}
