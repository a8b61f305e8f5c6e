package remote_test

import (
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"keyrite/trustdata"
	"keyrite/trustdata/remote"
)

// TestSentElsewhere has the server point to other places, in themselves harmless: a trust
// server's word is followed nowhere, and what it pointed to is never asked.
func TestSentElsewhere(t *testing.T) {
	var strayed atomic.Int32
	stray := func(http.ResponseWriter, *http.Request) { strayed.Add(1) }
	other := httptest.NewServer(http.HandlerFunc(stray))
	t.Cleanup(other.Close)
	secure := httptest.NewTLSServer(http.HandlerFunc(stray))
	t.Cleanup(secure.Close)
	for name, to := range map[string]string{
		"http": other.URL + "/x", "https": secure.URL + "/x", "file": "file:///etc/passwd", "itself": "", "no scheme": "//" + other.Listener.Addr().String() + "/x",
	} {
		for _, status := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
			for _, asked := range []string{"timestamp", "snapshot", "targets", "2.root"} {
				w := newWorld(t)
				f, dir := w.newFetcher()
				w.mustFetch(f)
				before := contents(t, dir)
				w.rotate(1)
				w.hook = func(rw http.ResponseWriter, r *http.Request, file string) bool {
					if !strings.HasPrefix(file, asked) {
						return false
					}
					where := to
					if where == "" {
						where = r.URL.String()
					}
					http.Redirect(rw, r, where, status)
					return true
				}
				_, requests, err := w.fetch(f)
				if err == nil || !strings.Contains(err.Error(), http.StatusText(status)) || !strings.Contains(err.Error(), asked) {
					t.Errorf("%s, %d for %s: %v", name, status, asked, err)
				}
				if len(requests) > 10 {
					t.Errorf("%s, %d for %s: asked %d times", name, status, asked, len(requests))
				}
				if !maps.Equal(before, contents(t, dir)) {
					t.Errorf("%s, %d for %s: state or cache moved", name, status, asked)
				}
			}
		}
	}
	if n := strayed.Load(); n > 0 {
		t.Errorf("the places it pointed to were asked %d times", n)
	}
}

// TestGoneAndBack has a file vanish and come back. What is gone is neither "never there"
// nor unsigned: it is an error, the cache does not stand in for it, and later all is well.
func TestGoneAndBack(t *testing.T) {
	const alice = trustdata.Role("targets/alice")
	for _, role := range append(trustdata.BaseRoles[:len(trustdata.BaseRoles):len(trustdata.BaseRoles)], alice) {
		t.Run(string(role), func(t *testing.T) {
			w := newWorld(t)
			w.delegate(alice, "1.1", "two")
			w.publish()
			f, dir := w.newFetcher()
			w.mustFetch(f)
			before := contents(t, dir)
			w.rotate(1)
			gone := maps.Clone(w.files)
			name := w.named(role)
			switch role {
			case trustdata.RoleTimestamp:
				name = "timestamp.json"
			case trustdata.RoleRoot:
				name = "2.root.json"
			}
			delete(w.files, name)
			r, _, err := w.fetch(f)
			switch {
			case role == alice:
				if err != nil || r.Collection.Verified() || r.Repo.Skipped[alice].Reason != trustdata.ReasonMissing {
					t.Errorf("got %v, %+v", err, r)
				}
			case role == trustdata.RoleRoot:
				expectRefusal(t, err, role, trustdata.ReasonChain)
			case !errors.Is(err, remote.ErrNotFound) || !strings.Contains(err.Error(), string(role)+"."):
				t.Errorf("got %v", err)
			}
			if role != alice && !maps.Equal(before, contents(t, dir)) {
				t.Error("state or cache moved")
			}
			w.files = gone
			if r := w.mustFetch(f); !r.Collection.Verified() || r.Repo.Root.Body.Version != 2 {
				t.Errorf("when it is back: %+v", r.Collection.Problems)
			}
		})
	}
}
