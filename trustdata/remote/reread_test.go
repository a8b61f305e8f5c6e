package remote_test

import (
	"slices"
	"testing"

	"keyrite/trustdata"
	"keyrite/trustdata/remote"
)

// TestReread has a client that knew the repository judge what one without a memory has just
// read. It asks the server for nothing that is known already, and still believes nothing.
func TestReread(t *testing.T) {
	for _, tt := range []struct {
		name string
		// before is done between what the client knows and what the other reads, after
		// between that and the client's own look.
		before func(w *world)
		after  func(w *world, known *remote.Fetcher, read *remote.Result)
		asked  func(w *world) []string
		root   int64
		// role is the one that is refused for reason, "" where nothing is.
		role   trustdata.Role
		reason trustdata.Reason
	}{
		{name: "a new root", before: func(w *world) { w.rotate(1) }, root: 2},
		{name: "new tags", before: func(w *world) { w.publish() }, root: 1},
		{name: "nothing new", before: func(*world) {}, root: 1},
		{name: "a root between", before: func(w *world) { w.rotate(2) }, asked: func(*world) []string { return []string{"2.root.json"} }, root: 3},
		{name: "a root that does not follow", before: func(w *world) {
			w.rootBy.Key = nil
			w.rotate(1)
		}, role: trustdata.RoleRoot, reason: trustdata.ReasonChain},
		{name: "it has seen newer", before: func(w *world) { w.publish() }, after: func(w *world, known *remote.Fetcher, _ *remote.Result) {
			w.publish()
			w.mustFetch(known)
		}, asked: func(w *world) []string { return []string{"2.root.json", "timestamp.json"} }, root: 1},
		{name: "it has seen newer, and the server went back", before: func(w *world) { w.publish() }, after: func(w *world, known *remote.Fetcher, _ *remote.Result) {
			old := w.files["timestamp.json"]
			w.publish()
			w.mustFetch(known)
			w.files["timestamp.json"] = old
		}, role: trustdata.RoleTimestamp, reason: trustdata.ReasonRollback},
		{name: "another server", before: func(w *world) { w.publish() }, after: func(_ *world, _ *remote.Fetcher, read *remote.Result) {
			read.Collection.Server = "https://elsewhere.example"
		}, asked: func(w *world) []string {
			return []string{"timestamp.json", "2.root.json", w.named(trustdata.RoleSnapshot), w.named(trustdata.RoleTargets)}
		}, root: 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			known, _ := w.newFetcher()
			w.mustFetch(known)
			tt.before(w)
			read := w.mustFetch(&remote.Fetcher{Config: known.Config, Now: known.Now})
			if tt.after != nil {
				tt.after(w, known, read)
			}
			w.mu.Lock()
			w.asked = nil
			w.mu.Unlock()
			res, err := known.Reread(t.Context(), read)
			if tt.role != "" {
				expectRefusal(t, err, tt.role, tt.reason)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			if tt.asked != nil {
				want = tt.asked(w)
			}
			if !slices.Equal(w.asked, want) || res.Requests != len(want) || res.Repo.Root.Body.Version != tt.root {
				t.Errorf("asked %q in %d requests for root version %d, want %q and %d", w.asked, res.Requests, res.Repo.Root.Body.Version, want, tt.root)
			}
			if _, asked, err := w.fetch(known); err != nil || !slices.Equal(asked, []string{"timestamp.json"}) {
				t.Errorf("it did not keep that: the next visit asked %q, %v", asked, err)
			}
		})
	}
}
