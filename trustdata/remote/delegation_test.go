package remote_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// TestSkippedDelegation spoils targets/bob, which stands between two good ones and has
// one below itself. Nothing else may suffer.
func TestSkippedDelegation(t *testing.T) {
	const bob trustdata.Role = "targets/bob"
	resign := func(w *world, change func(b *notary.Targets)) {
		body := w.targets[bob].Clone()
		change(&body)
		w.targets[bob] = body
		w.publish()
	}
	for _, tt := range []struct {
		name   string
		spoil  func(w *world)
		reason trustdata.Reason
		want   string
	}{
		{"expired", func(w *world) { w.expires[bob] = now.Add(-time.Hour); w.publish() }, trustdata.ReasonExpired, "expired at 2026-11-22 11:00 UTC"},
		{"badly signed", func(w *world) { w.keys[bob] = newKey(w.t); w.publish() }, trustdata.ReasonSignature, ""},
		{"wrong bytes", func(w *world) {
			w.publish()
			name := w.named(bob)
			w.files[name] = []byte(strings.Replace(string(w.files[name]), `"b"`, `"x"`, 1))
		}, trustdata.ReasonChecksum, ""},
		{"longer", func(w *world) { w.publish(); w.files[w.named(bob)] = make([]byte, 1<<20) }, trustdata.ReasonChecksum, "longer than"},
		{"garbage", func(w *world) { w.publish(); w.files[w.named(bob)] = []byte("garbage") }, trustdata.ReasonChecksum, ""},
		{"missing", func(w *world) { w.publish(); delete(w.files, w.named(bob)) }, trustdata.ReasonMissing, "is not there"},
		{"older", func(w *world) { resign(w, func(b *notary.Targets) { b.Version = 0 }) }, trustdata.ReasonRollback, "version 1 is older than version 2"},
		{"no longer in the snapshot", func(w *world) {
			meta := map[trustdata.Role]notary.Meta{}
			for _, role := range []trustdata.Role{"root", "targets", "targets/alice", "targets/carol", "targets/bob/helper"} {
				meta[role] = notary.MetaOf(w.files[string(role)+".json"])
			}
			w.publishSnapshot(meta)
		}, trustdata.ReasonMissing, "version 2 was seen before"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.delegate("targets/alice", "a", "a")
			w.delegate(bob, "b", "b")
			w.delegate("targets/bob/helper", "h", "h")
			w.delegate("targets/carol", "c", "c")
			w.publish()
			w.publish()
			f, _ := w.newFetcher()
			if r := w.mustFetch(f); len(r.Repo.Targets) != 5 || len(r.Repo.Skipped) != 0 {
				t.Fatalf("verified %v, skipped %v", slices.Collect(maps.Keys(r.Repo.Targets)), r.Repo.Skipped)
			}
			old, _ := f.Cache.Files(gun)
			tt.spoil(w)
			r := w.mustFetch(f)
			p, skipped := r.Repo.Skipped[bob]
			if !skipped || len(r.Repo.Skipped) != 1 || p.Role != bob || p.Reason != tt.reason || !strings.Contains(p.Detail, tt.want) {
				t.Errorf("skipped %+v, want %s with %q", r.Repo.Skipped, tt.reason, tt.want)
			}
			if want := []trustdata.Role{"targets", "targets/alice", "targets/carol"}; !slices.Equal(r.Repo.Order(), want) {
				t.Errorf("verified %q, want %q", r.Repo.Order(), want)
			}
			if r.Collection.Verified() || len(r.Collection.Problems) != 1 {
				t.Errorf("the collection's problems are %+v", r.Collection.Problems)
			}
			if seen, _, _ := f.State.Seen(gun); seen.Versions[bob] != 2 {
				t.Errorf("version %d of the skipped role is remembered", seen.Versions[bob])
			}
			if cached, _ := f.Cache.Files(gun); string(cached[bob]) != string(old[bob]) {
				t.Error("the refused file is cached")
			}
		})
	}
}

// TestUnpublishedDelegation is a role without a file yet: nothing is wrong with it.
func TestUnpublishedDelegation(t *testing.T) {
	w := newWorld(t)
	w.delegate("targets/new", "n", "n")
	delete(w.targets, "targets/new")
	w.publish()
	f, _ := w.newFetcher()
	r := w.mustFetch(f)
	if len(r.Repo.Skipped) != 0 || !r.Collection.Verified() || len(r.Collection.Problems) != 0 {
		t.Errorf("skipped %v, problems %v", r.Repo.Skipped, r.Collection.Problems)
	}
	if v, ok := r.Collection.Role("targets/new"); !ok || v.Version != 0 {
		t.Errorf("the role is shown as %+v", v)
	}
}

// TestDelegationServerError is the server's trouble, not the delegation's: nothing may
// look skipped that was only not to be had.
func TestDelegationServerError(t *testing.T) {
	w := newWorld(t)
	w.delegate("targets/alice", "a", "a")
	w.publish()
	f, dir := w.newFetcher()
	w.hook = func(rw http.ResponseWriter, _ *http.Request, asked string) bool {
		if strings.HasPrefix(asked, "targets/alice") {
			rw.WriteHeader(http.StatusBadGateway)
			return true
		}
		return false
	}
	if r, _, err := w.fetch(f); err == nil || !strings.Contains(err.Error(), "502") {
		t.Errorf("got %v, %v", r, err)
	}
	if len(contents(t, dir)) != 0 {
		t.Error("state or cache moved")
	}
}
