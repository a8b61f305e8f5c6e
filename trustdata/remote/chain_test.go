package remote_test

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
)

// rotate makes n new roots, each with a key of its own, and publishes under the last.
func (w *world) rotate(n int) {
	for range n {
		w.keys[trustdata.RoleRoot] = newKey(w.t)
		w.newRoot(w.keys[trustdata.RoleRoot])
	}
	w.publish()
}

func TestRootChain(t *testing.T) {
	w := newWorld(t)
	f, _ := w.newFetcher()
	w.mustFetch(f)
	w.expires[trustdata.RoleRoot] = now.Add(-time.Hour)
	w.rotate(2) // their end does not matter
	w.expires[trustdata.RoleRoot] = now.Add(time.Hour)
	w.rotate(1)
	r, asked, err := w.fetch(f)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"timestamp.json", "2.root.json", "3.root.json", "4.root.json", "5.root.json"}; !slices.Equal(asked[:5], want) || r.Repo.Root.Body.Version != 4 {
		t.Errorf("asked %q for root version %d", asked, r.Repo.Root.Body.Version)
	}
	if seen, _, _ := f.State.Seen(gun); seen.Root.Version != 4 {
		t.Errorf("remembered root version %d", seen.Root.Version)
	}
	if _, asked, err = w.fetch(f); err != nil || !slices.Equal(asked, []string{"timestamp.json"}) {
		t.Errorf("next visit asked %q, %v", asked, err)
	}
}

func TestRootChainBroken(t *testing.T) {
	for _, tt := range []struct {
		name   string
		spoil  func(w *world)
		reason trustdata.Reason
		want   string
	}{
		{"not signed by the old key", func(w *world) {
			w.rootBy = notary.Signer{}
			w.rotate(1)
		}, trustdata.ReasonChain, "not signed by the root keys of version 1"},
		{"not signed by its own key", func(w *world) {
			old := w.rootBy
			w.rotate(1)
			w.serveRoot(must[*notary.File[notary.Root]](w.t)(notary.SignRoot(w.root, []notary.Signer{old})).Raw)
			w.publish()
		}, trustdata.ReasonSignature, "not signed by its own root keys"},
		{"a version is missing", func(w *world) {
			w.rotate(2)
			delete(w.files, "2.root.json")
		}, trustdata.ReasonChain, "no version 2, so version 3 is not vouched for"},
		{"a version stands for another", func(w *world) {
			w.rotate(2)
			w.files["2.root.json"] = w.files["3.root.json"]
		}, trustdata.ReasonChain, "version 3 does not follow version 1"},
		{"the old one again", func(w *world) {
			w.publish()
			w.files["2.root.json"] = w.files["1.root.json"]
		}, trustdata.ReasonChain, ""},
		{"repository made anew", func(w *world) {
			w.root, w.rootBy = notary.Root{}, notary.Signer{}
			w.newRoot(w.keys["root"])
			w.publish()
		}, trustdata.ReasonChain, "version 1 has other content"},
		{"repository made anew with new keys", func(w *world) {
			other := newWorld(w.t)
			w.files = other.files
		}, trustdata.ReasonChain, "version 1 has other content"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			f, dir := w.newFetcher()
			w.mustFetch(f)
			before := contents(t, dir)
			tt.spoil(w)
			_, _, err := w.fetch(f)
			expectRefusal(t, err, trustdata.RoleRoot, tt.reason)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if !maps.Equal(before, contents(t, dir)) {
				t.Error("state or cache moved")
			}
		})
	}
}

// TestRootTakenBack has a server deny the root that was seen, which no cache holds.
func TestRootTakenBack(t *testing.T) {
	w := newWorld(t)
	f, _ := w.newFetcher()
	old := maps.Clone(w.files)
	w.rotate(1)
	w.mustFetch(f)
	w.files, f.Cache = old, nil
	_, _, err := w.fetch(f)
	expectRefusal(t, err, trustdata.RoleRoot, trustdata.ReasonChain)
	if !errors.Is(err, remote.ErrNotFound) || !strings.Contains(err.Error(), "version 2, which was seen before, is not there") {
		t.Errorf("got %v", err)
	}
}

// TestSnapshotNamesOlderRoot has a new snapshot name the root before the trusted one.
func TestSnapshotNamesOlderRoot(t *testing.T) {
	w := newWorld(t)
	f, dir := w.newFetcher()
	old := w.files["root.json"]
	w.rotate(1)
	w.mustFetch(f)
	before := contents(t, dir)
	w.files["root.json"] = old
	w.publish()
	_, _, err := w.fetch(f)
	expectRefusal(t, err, trustdata.RoleRoot, trustdata.ReasonRollback)
	if err == nil || !strings.Contains(err.Error(), "version 1 is lower than version 2") {
		t.Errorf("got %v, want both versions named", err)
	}
	if !maps.Equal(before, contents(t, dir)) {
		t.Error("state or cache moved")
	}
}

// TestLongChain is longer than what one run follows: the next goes on where it ended.
func TestLongChain(t *testing.T) {
	w := newWorld(t)
	f, dir := w.newFetcher()
	w.mustFetch(f)
	cached, _ := f.Cache.Files(gun)
	for range 300 { // one key throughout, a new certificate each
		w.newRoot(w.keys["root"])
	}
	w.publish()
	_, asked, err := w.fetch(f)
	expectRefusal(t, err, trustdata.RoleRoot, trustdata.ReasonChain)
	if len(asked) != 1+256 || !strings.Contains(err.Error(), "goes on from version 257") {
		t.Errorf("asked %d times: %v", len(asked), err)
	}
	if seen, _, _ := f.State.Seen(gun); seen.Root.Version != 257 || seen.Versions["targets"] != 2 {
		t.Errorf("remembered %+v", seen)
	}
	if after, _ := f.Cache.Files(gun); !maps.EqualFunc(cached, after, slices.Equal[[]byte]) {
		t.Errorf("the cache of %q moved", dir)
	}
	if r := w.mustFetch(f); r.Repo.Root.Body.Version != 301 {
		t.Errorf("the second run ends at version %d", r.Repo.Root.Body.Version)
	}
}

// TestRotatedMeanwhile publishes a new root just after the client looked for one.
func TestRotatedMeanwhile(t *testing.T) {
	w := newWorld(t)
	f, _ := w.newFetcher()
	w.mustFetch(f)
	w.hook = func(_ http.ResponseWriter, _ *http.Request, asked string) bool {
		if asked == "timestamp.json" {
			w.hook = nil
			w.rotate(1)
		}
		return false
	}
	if r := w.mustFetch(f); r.Repo.Root.Body.Version != 2 {
		t.Errorf("root version %d, want the one published meanwhile", r.Repo.Root.Body.Version)
	}
}

// TestStaleCopies has a cache in front of the server that gives an old timestamp and
// denies the new root until it is told to look again.
func TestStaleCopies(t *testing.T) {
	w := newWorld(t)
	f, _ := w.newFetcher()
	old := maps.Clone(w.files)
	w.publish()
	w.mustFetch(f)
	w.keys["timestamp"] = newKey(t)
	w.rotate(1)
	w.hook = func(rw http.ResponseWriter, r *http.Request, asked string) bool {
		if r.Header.Get("Cache-Control") == "no-cache" {
			return false
		}
		switch asked {
		case "2.root.json":
			http.Error(rw, "no", http.StatusNotFound)
		case "timestamp.json":
			rw.Write(old[asked])
		default:
			return false
		}
		return true
	}
	if r := w.mustFetch(f); r.Repo.Root.Body.Version != 2 || r.Repo.Timestamp.Body.Version != 3 {
		t.Errorf("root %d and timestamp %d", r.Repo.Root.Body.Version, r.Repo.Timestamp.Body.Version)
	}
}

func TestPins(t *testing.T) {
	newPinned := func(t *testing.T) (w *world, f *remote.Fetcher, dir string, pinned map[trustdata.Role][]byte) {
		w = newWorld(t)
		f, dir = w.newFetcher()
		pinned = map[trustdata.Role][]byte{trustdata.RoleRoot: w.files["root.json"]}
		f.Local = func(trustdata.GUN) ([]remote.Local, error) {
			return []remote.Local{{Path: "/home/me/.docker/trust", Files: pinned}}, nil
		}
		return w, f, dir, pinned
	}
	t.Run("followed", func(t *testing.T) {
		w, f, _, _ := newPinned(t)
		w.rotate(2)
		r, asked, err := w.fetch(f)
		if err != nil || r.Repo.Root.Body.Version != 3 || asked[0] != "2.root.json" {
			t.Errorf("asked %q, %v", asked, err)
		}
	})
	for _, tt := range []struct {
		name   string
		spoil  func(w *world, pinned map[trustdata.Role][]byte)
		reason trustdata.Reason
		want   string
	}{
		{"another repository", func(w *world, _ map[trustdata.Role][]byte) {
			w.root, w.rootBy = notary.Root{}, notary.Signer{}
			w.rotate(1)
		}, trustdata.ReasonChain, "version 1"},
		{"server behind the pin", func(w *world, pinned map[trustdata.Role][]byte) {
			w.rotate(1)
			pinned[trustdata.RoleRoot] = w.files["root.json"]
			delete(w.files, "2.root.json")
			w.files["root.json"] = w.files["1.root.json"]
			w.publish()
		}, trustdata.ReasonRollback, "version 1 is lower than version 2"},
		{"damaged pin", func(w *world, pinned map[trustdata.Role][]byte) {
			pinned[trustdata.RoleRoot] = []byte("{}")
		}, trustdata.ReasonFormat, "/home/me/.docker/trust"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, f, dir, pinned := newPinned(t)
			tt.spoil(w, pinned)
			_, _, err := w.fetch(f)
			expectRefusal(t, err, trustdata.RoleRoot, tt.reason)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if len(contents(t, dir)) != 0 {
				t.Error("state or cache moved")
			}
		})
	}
	t.Run("two that differ", func(t *testing.T) {
		w, f, _, pinned := newPinned(t)
		other := newWorld(t)
		f.Local = func(trustdata.GUN) ([]remote.Local, error) {
			return []remote.Local{{Path: "/a", Files: pinned}, {Path: "/b", Files: map[trustdata.Role][]byte{"root": other.files["root.json"]}}}, nil
		}
		_, asked, err := w.fetch(f)
		expectRefusal(t, err, trustdata.RoleRoot, trustdata.ReasonChain)
		if len(asked) != 0 {
			t.Errorf("the server was asked %q", asked)
		}
	})
}

// TestBothMemories has keyrite remember one root and docker another: both must lead to
// what is served.
func TestBothMemories(t *testing.T) {
	newBoth := func(t *testing.T) (w *world, f *remote.Fetcher, dir string, pinned map[trustdata.Role][]byte) {
		w = newWorld(t)
		w.rotate(1)
		pinned = map[trustdata.Role][]byte{}
		f, dir = w.newFetcher()
		f.Local = func(trustdata.GUN) ([]remote.Local, error) {
			return []remote.Local{{Path: "/home/me/.docker/trust", Files: pinned}}, nil
		}
		return w, f, dir, pinned
	}
	t.Run("joined once", func(t *testing.T) {
		w, f, _, pinned := newBoth(t)
		w.rotate(2)
		w.mustFetch(f)
		pinned[trustdata.RoleRoot] = w.files["1.root.json"]
		_, asked, err := w.fetch(f)
		if err != nil || !slices.Contains(asked, "2.root.json") || !slices.Contains(asked, "3.root.json") {
			t.Errorf("asked %q, %v", asked, err)
		}
		if _, asked, err = w.fetch(f); err != nil || !slices.Equal(asked, []string{"timestamp.json"}) {
			t.Errorf("then asked %q, %v", asked, err)
		}
		pinned[trustdata.RoleRoot] = w.files["4.root.json"]
		if _, asked, err = w.fetch(f); err != nil || len(asked) != 1 {
			t.Errorf("with the same root asked %q, %v", asked, err)
		}
		w.rotate(1)
		w.mustFetch(f)
		if _, asked, err = w.fetch(f); err != nil || len(asked) != 1 {
			t.Errorf("with the root remembered before asked %q, %v", asked, err)
		}
	})
	for _, tt := range []struct {
		name   string
		pin    func(w *world) []byte
		reason trustdata.Reason
		want   string
	}{
		{"docker knows another repository", func(w *world) []byte { return newWorld(w.t).files["root.json"] }, trustdata.ReasonChain, "/home/me/.docker/trust"},
		{"docker knows another one of the same version", func(w *world) []byte {
			other := newWorld(w.t)
			other.rotate(3)
			return other.files["root.json"]
		}, trustdata.ReasonChain, "other content than the one that"},
		{"docker has seen a newer one", func(w *world) []byte {
			old := maps.Clone(w.files)
			w.rotate(1)
			newer := w.files["root.json"]
			w.files = old
			return newer
		}, trustdata.ReasonRollback, "version 4 is lower than version 5"},
		{"docker's is damaged", func(w *world) []byte { return []byte("{}") }, trustdata.ReasonFormat, "/home/me/.docker/trust"},
		{"one in between is gone", func(w *world) []byte {
			delete(w.files, "3.root.json")
			return w.files["2.root.json"]
		}, trustdata.ReasonChain, "does not lead to version 4"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, f, dir, pinned := newBoth(t)
			w.rotate(2)
			w.mustFetch(f)
			before := contents(t, dir)
			pinned[trustdata.RoleRoot] = tt.pin(w)
			_, _, err := w.fetch(f)
			expectRefusal(t, err, trustdata.RoleRoot, tt.reason)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if !maps.Equal(before, contents(t, dir)) {
				t.Error("state or cache moved")
			}
		})
	}
}

// TestFastForward has a thief of a role's key sign a version that no honest one reaches. A new
// key of the role gets out of it, and nothing else does.
func TestFastForward(t *testing.T) {
	for _, role := range []trustdata.Role{"timestamp", "snapshot", "targets"} {
		t.Run(string(role), func(t *testing.T) {
			w := newWorld(t)
			f, _ := w.newFetcher()
			w.mustFetch(f)
			set := func(v int64) {
				w.version[role] = v
				if role == trustdata.RoleTargets {
					body := w.targets[role]
					body.Version = v
					w.targets[role] = body
				}
			}
			set(1_000_000)
			w.publish()
			w.mustFetch(f)
			set(5)
			w.rotate(1) // another root key alone
			_, _, err := w.fetch(f)
			expectRefusal(t, err, role, trustdata.ReasonRollback)
			set(5)
			w.keys[role] = newKey(t)
			w.rotate(1)
			w.mustFetch(f)
			if seen, _, _ := f.State.Seen(gun); seen.Versions[role] != 6 || seen.Root.Version != 3 {
				t.Errorf("remembered %+v", seen)
			}
			set(2)
			w.publish() // and from here it counts again
			_, _, err = w.fetch(f)
			expectRefusal(t, err, role, trustdata.ReasonRollback)
		})
	}
}
