package remote_test

import (
	"errors"
	"net/http"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
)

// TestAhead holds the root back until everything below it was asked for: a fetch that asked
// in turn would come to no end. It asks for no file twice, and finds what any other does.
func TestAhead(t *testing.T) {
	for name, known := range map[string]bool{"first contact": false, "a new root": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			f, _ := w.newFetcher()
			first := "root.json"
			if known {
				w.mustFetch(f)
				w.rotate(1)
				first = "2.root.json"
			}
			f.Ahead = true
			below := make(chan struct{})
			last := w.named(trustdata.RoleTargets)
			w.hook = func(_ http.ResponseWriter, _ *http.Request, name string) bool {
				switch name {
				case last:
					close(below)
				case first:
					<-below
				}
				return false
			}
			r, asked, err := w.fetch(f)
			if err != nil {
				t.Fatal(err)
			}
			want := []string{"3.root.json", "2.root.json", "timestamp.json", w.named(trustdata.RoleSnapshot), last}
			if !known {
				want[0] = "root.json"
			}
			slices.Sort(want)
			slices.Sort(asked)
			if !slices.Equal(asked, want) || r.Repo.Root.Body.Version != w.root.Version {
				t.Errorf("asked %q for root version %d, want %q", asked, r.Repo.Root.Body.Version, want)
			}
		})
	}
}

// TestAheadBelievesNothing has the server answer with what must be refused, or must not be
// asked for by the word of somebody who is not verified.
func TestAheadBelievesNothing(t *testing.T) {
	newer := func(w *world) { w.rotate(1) }
	for name, c := range map[string]struct {
		spoil  func(w *world)
		role   trustdata.Role
		reason trustdata.Reason
		not    func(w *world) string // what is not asked for
	}{
		"timestamp by another key": {spoil: func(w *world) {
			w.keys[trustdata.RoleTimestamp] = newKey(w.t)
			w.publish()
		}, role: trustdata.RoleTimestamp, reason: trustdata.ReasonSignature},
		"snapshot of other content": {spoil: func(w *world) {
			w.files[w.named(trustdata.RoleSnapshot)] = []byte(`{"signed":{}}`)
		}, role: trustdata.RoleSnapshot, reason: trustdata.ReasonChecksum},
		"targets of other content": {spoil: func(w *world) {
			w.files[w.named(trustdata.RoleTargets)] = []byte(`{"signed":{}}`)
		}, role: trustdata.RoleTargets, reason: trustdata.ReasonChecksum},
		"no metadata at all": {spoil: func(w *world) {
			w.put(trustdata.RoleTimestamp, []byte(`{"signed":[`))
		}, role: trustdata.RoleTimestamp, reason: trustdata.ReasonFormat},
		"a large snapshot that nobody has signed for": {spoil: func(w *world) {
			sn := notary.MetaOf(w.files["snapshot.json"])
			sn.Length = 2 << 20
			ts := notary.Timestamp{Version: 9, Expires: w.expires[trustdata.RoleTimestamp], Snapshot: sn}
			w.put(trustdata.RoleTimestamp, must[*notary.File[notary.Timestamp]](w.t)(notary.SignTimestamp(ts, newKey(w.t).signer())).Raw)
		}, role: trustdata.RoleTimestamp, reason: trustdata.ReasonSignature, not: func(w *world) string { return w.named(trustdata.RoleSnapshot) }},
	} {
		t.Run(name, func(t *testing.T) {
			for _, known := range []bool{false, true} {
				w := newWorld(t)
				f, _ := w.newFetcher()
				if known {
					w.mustFetch(f)
				}
				newer(w)
				c.spoil(w)
				f.Ahead = true
				_, asked, err := w.fetch(f)
				expectRefusal(t, err, c.role, c.reason)
				if c.not != nil && slices.Contains(asked, c.not(w)) {
					t.Errorf("asked for %q", c.not(w))
				}
			}
		})
	}
}

// TestAheadEnds has no root at the server: whatever else was asked for is over when the
// fetch is.
func TestAheadEnds(t *testing.T) {
	w := newWorld(t)
	delete(w.files, "root.json")
	var running atomic.Int64 // no WaitGroup: the request may begin while the end is awaited
	w.hook = func(_ http.ResponseWriter, r *http.Request, name string) bool {
		if name == "timestamp.json" {
			running.Add(1)
			defer running.Add(-1)
			<-r.Context().Done() // until the client gives it up
		}
		return false
	}
	f, _ := w.newFetcher()
	f.Ahead, f.Config.Timeout = true, time.Hour
	if _, _, err := w.fetch(f); !errors.Is(err, remote.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	for running.Load() != 0 {
		runtime.Gosched()
	}
}
