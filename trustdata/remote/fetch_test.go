package remote_test

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/access"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
)

func TestFetch(t *testing.T) {
	w := newWorld(t)
	w.delegate("targets/releases", "1.0", "released")
	w.publish()
	f, dir := w.newFetcher()
	r, asked, err := w.fetch(f)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"root.json", "2.root.json", "timestamp.json", w.named("snapshot"), w.named("targets"), w.named("targets/releases")}
	if !slices.Equal(asked, want) || r.Requests != len(want) {
		t.Errorf("first visit asked %q (%d), want %q", asked, r.Requests, want)
	}
	c := r.Collection
	if c.Server != w.url || c.Source != trustdata.SourceLive || !c.ReadAt.Equal(now) || len(c.Problems) != 0 || !c.Verified() {
		t.Errorf("collection is %+v", c)
	}
	if len(c.Tags) != 2 || !c.Tags[0].Pulled || !slices.Contains(c.Tags[0].Roles, trustdata.RoleReleases) {
		t.Errorf("tags are %+v", c.Tags)
	}
	seen, known, err := f.State.Seen(w.gun)
	wantVersions := map[trustdata.Role]int64{"timestamp": 2, "snapshot": 2, "targets": 3, "targets/releases": 1}
	if err != nil || !known || seen.Root.Version != 1 || seen.Server != w.url || !maps.Equal(seen.Versions, wantVersions) {
		t.Errorf("remembered %+v, %v", seen, err)
	}
	cached, err := f.Cache.Files(w.gun)
	if err != nil || len(cached) != 5 {
		t.Errorf("cached %d files, %v", len(cached), err)
	}
	for role, raw := range r.Files() {
		if string(cached[role]) != string(raw) || string(raw) != string(w.files[string(role)+".json"]) {
			t.Errorf("%s is not cached as the server has it", role)
		}
	}
	before := contents(t, dir)
	if _, asked, err = w.fetch(f); err != nil || !slices.Equal(asked, []string{"timestamp.json"}) {
		t.Errorf("second visit asked %q, %v", asked, err)
	}
	if !maps.Equal(before, contents(t, dir)) {
		t.Error("a visit that found nothing new changed state or cache")
	}
}

// TestFetchRefuses has a good visit behind it in half of its runs, and is the first in
// the others. Whatever the server does then, state and cache stay as they are.
func TestFetchRefuses(t *testing.T) {
	status := func(code int, name string) func(*world) {
		return func(w *world) {
			w.hook = func(rw http.ResponseWriter, r *http.Request, asked string) bool {
				if asked == name || name == "" {
					rw.WriteHeader(code)
					io.WriteString(rw, `{"errors":[{"code":"SAID","message":"so it is"}]}`)
				}
				return asked == name || name == ""
			}
		}
	}
	body := func(name, kind, text string) func(*world) {
		return func(w *world) {
			w.hook = func(rw http.ResponseWriter, r *http.Request, asked string) bool {
				if asked == name {
					rw.Header().Set("Content-Type", kind)
					io.WriteString(rw, text)
				}
				return asked == name
			}
		}
	}
	expire := func(role trustdata.Role) func(*world) {
		return func(w *world) {
			w.expires[role] = now.Add(-time.Second)
			if role == trustdata.RoleRoot {
				w.newRoot(w.keys[role])
			}
			w.publish()
		}
	}
	for _, tt := range []struct {
		name   string
		spoil  func(w *world)
		role   trustdata.Role // of a VerifyError, "" for another error
		reason trustdata.Reason
		is     error
		want   string
	}{
		{name: "401", spoil: status(401, ""), is: remote.ErrUnauthorized, want: "SAID: so it is"},
		{name: "403", spoil: status(403, ""), is: remote.ErrUnauthorized, want: "SAID: so it is"},
		{name: "404", spoil: func(w *world) { w.files = nil }, is: remote.ErrNotFound, want: "METADATA_NOT_FOUND"},
		{name: "500", spoil: status(500, ""), want: "SAID: so it is"},
		{name: "503 for the timestamp", spoil: status(503, "timestamp.json"), want: "503 Service Unavailable"},
		{name: "401 for the timestamp", spoil: status(401, "timestamp.json"), is: remote.ErrUnauthorized, want: "401"},
		{name: "404 for the timestamp", spoil: status(404, "timestamp.json"), is: remote.ErrNotFound, want: "timestamp.json"},
		{name: "500 in the chain of roots", spoil: func(w *world) { w.publish(); status(500, "2.root.json")(w) }, want: "500"},
		{name: "web page", spoil: body("timestamp.json", "text/html", "<html>"), is: remote.ErrNotTrustServer, want: "web page"},
		{name: "truncated JSON", spoil: body("timestamp.json", "text/plain", `{"signed":{"_type":"Timestamp"`), role: "timestamp", reason: trustdata.ReasonFormat},
		{name: "wrong type", spoil: func(w *world) { w.files["timestamp.json"] = w.files["snapshot.json"] }, role: "timestamp", reason: trustdata.ReasonFormat},
		{name: "member twice", spoil: func(w *world) {
			w.files["timestamp.json"] = []byte(strings.Replace(string(w.files["timestamp.json"]), `"version":`, `"version":9,"version":`, 1))
		}, role: "timestamp", reason: trustdata.ReasonFormat},
		{name: "huge", spoil: func(w *world) { w.files["timestamp.json"] = make([]byte, 2<<20) }, is: remote.ErrTooLarge, want: "more than the expected"},
		{name: "hangs", spoil: func(w *world) {
			w.hook = func(rw http.ResponseWriter, r *http.Request, asked string) bool {
				if asked == "timestamp.json" {
					<-r.Context().Done()
				}
				return asked == "timestamp.json"
			}
		}, is: access.ErrSilent, want: "sent nothing of use"},
		{name: "cut short", spoil: func(w *world) {
			w.hook = func(rw http.ResponseWriter, r *http.Request, asked string) bool {
				if asked == "timestamp.json" {
					cut("Content-Length: 9999\r\n\r\n"+string(w.files[asked]))(rw, r)
				}
				return asked == "timestamp.json"
			}
		}, is: remote.ErrTruncated, want: "cut short"},
		{name: "tampered timestamp", spoil: func(w *world) {
			w.files["timestamp.json"] = []byte(strings.Replace(string(w.files["timestamp.json"]), `"version":1`, `"version":9`, 1))
		}, role: "timestamp", reason: trustdata.ReasonSignature},
		{name: "tampered targets", spoil: func(w *world) {
			w.publish() // so that no cache has it
			name := w.named("targets")
			w.files[name] = []byte(strings.Replace(string(w.files[name]), `"1.0"`, `"6.6"`, 1))
		}, role: "targets", reason: trustdata.ReasonChecksum},
		{name: "longer targets", spoil: func(w *world) {
			w.publish()
			w.files[w.named("targets")] = append(slices.Clone(w.files["targets.json"]), ' ')
		}, role: "targets", reason: trustdata.ReasonChecksum},
		{name: "garbage for the snapshot", spoil: func(w *world) {
			w.publish()
			w.files[w.named("snapshot")] = []byte("garbage")
		}, role: "snapshot", reason: trustdata.ReasonChecksum},
		{name: "targets missing", spoil: func(w *world) { w.publish(); delete(w.files, w.named("targets")) }, is: remote.ErrNotFound, want: "targets."},
		{name: "targets by another key", spoil: func(w *world) { w.keys["targets"] = newKey(w.t); w.publish() }, role: "targets", reason: trustdata.ReasonSignature},
		{name: "timestamp by another key", spoil: func(w *world) { w.keys["timestamp"] = newKey(w.t); w.publish() }, role: "timestamp", reason: trustdata.ReasonSignature},
		{name: "expired timestamp", spoil: expire("timestamp"), role: "timestamp", reason: trustdata.ReasonExpired},
		{name: "expired snapshot", spoil: expire("snapshot"), role: "snapshot", reason: trustdata.ReasonExpired},
		{name: "expired targets", spoil: expire("targets"), role: "targets", reason: trustdata.ReasonExpired},
		{name: "expired root", spoil: expire("root"), role: "root", reason: trustdata.ReasonExpired},
		{name: "snapshot of another root", spoil: func(w *world) {
			w.root.Version = 0
			w.rootBy = notary.Signer{}
			held := w.files["root.json"]
			w.newRoot(w.keys["root"]) // the same version with a new certificate
			w.publish()
			w.files["root.json"], w.files["1.root.json"] = held, held
		}, role: "root", reason: trustdata.ReasonChain, want: "version 1 has other content"},
	} {
		for _, first := range []bool{false, true} {
			name := tt.name
			if first {
				name += ", first contact"
			}
			t.Run(name, func(t *testing.T) {
				w := newWorld(t)
				f, dir := w.newFetcher()
				f.Config.Timeout = 300 * time.Millisecond
				if !first {
					w.mustFetch(f)
				}
				before := contents(t, dir)
				tt.spoil(w)
				r, _, err := w.fetch(f)
				if r != nil || err == nil {
					t.Fatalf("got %v, %v", r, err)
				}
				expectRefusal(t, err, tt.role, tt.reason)
				if tt.is != nil && !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v, want %v with %q", err, tt.is, tt.want)
				}
				if !maps.Equal(before, contents(t, dir)) {
					t.Error("state or cache moved")
				}
			})
		}
	}
}

// expectRefusal compares a VerifyError; role "" stands for any other error.
func expectRefusal(t *testing.T, err error, role trustdata.Role, reason trustdata.Reason) {
	t.Helper()
	var refused *trustdata.VerifyError
	if !errors.As(err, &refused) {
		if role != "" {
			t.Errorf("got %v, want %s refused for %s", err, role, reason)
		}
		return
	}
	if refused.Role != role || refused.Reason != reason || !errors.Is(err, trustdata.ErrVerify) {
		t.Errorf("%s refused for %s: %v; want %s for %s", refused.Role, refused.Reason, err, role, reason)
	}
}

// TestRollback goes back to an older state of the server after a newer one was seen.
func TestRollback(t *testing.T) {
	for _, tt := range []struct {
		role trustdata.Role
		back func(w *world, old map[string][]byte)
		want []string
	}{
		{"timestamp", func(w *world, old map[string][]byte) { w.files = old }, []string{"version 1 ", "version 2"}},
		{"snapshot", func(w *world, old map[string][]byte) {
			w.version["snapshot"] = 0
			w.publish()
		}, []string{"version 1 ", "version 2"}},
		{"targets", func(w *world, old map[string][]byte) {
			body := w.targets["targets"]
			body.Version = 0
			w.targets["targets"] = body
			w.publish()
		}, []string{"version 1 ", "version 3"}},
	} {
		t.Run(string(tt.role), func(t *testing.T) {
			w := newWorld(t)
			f, dir := w.newFetcher()
			old := maps.Clone(w.files)
			w.publish()
			w.mustFetch(f)
			before := contents(t, dir)
			tt.back(w, old)
			_, _, err := w.fetch(f)
			expectRefusal(t, err, tt.role, trustdata.ReasonRollback)
			for _, version := range tt.want {
				if err != nil && !strings.Contains(err.Error(), version) {
					t.Errorf("%v does not name %q", err, version)
				}
			}
			if !maps.Equal(before, contents(t, dir)) {
				t.Error("state or cache moved")
			}
		})
	}
}

func TestOtherGUN(t *testing.T) {
	other := newWorldOf(t, "reg.example:5000/acme/other")
	w := newWorld(t)
	w.files = other.files
	f, dir := w.newFetcher()
	_, _, err := w.fetch(f)
	expectRefusal(t, err, trustdata.RoleRoot, trustdata.ReasonCertificate)
	if len(contents(t, dir)) != 0 {
		t.Error("state or cache moved")
	}
}

// TestNotKept lets neither state nor cache be written: a file is where a folder belongs.
func TestNotKept(t *testing.T) {
	w := newWorld(t)
	f, dir := w.newFetcher()
	if err := os.MkdirAll(filepath.Join(dir, "state"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "nowhere"), filepath.Join(dir, "state", "seen")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "cache"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r := w.mustFetch(f)
	var said []string
	for _, p := range r.Collection.Problems {
		if p.Reason == trustdata.ReasonNotKept {
			said = append(said, strings.SplitAfter(p.Detail, ":")[0])
		}
	}
	if !slices.Equal(said, []string{"not remembered:", "not cached:"}) {
		t.Errorf("problems are %+v", r.Collection.Problems)
	}
}

// TestNothingRemembered fetches as a program would that runs for the first time.
func TestNothingRemembered(t *testing.T) {
	w := newWorld(t)
	f, dir := w.newFetcher()
	f.Cache, f.State = nil, nil
	for range 2 {
		r, asked, err := w.fetch(f)
		if err != nil || len(asked) != 5 || len(r.Collection.Problems) != 0 {
			t.Errorf("asked %q, %v", asked, err)
		}
		if w.header.Get("Cache-Control") != "no-cache" {
			t.Errorf("sent Cache-Control %q", w.header.Get("Cache-Control"))
		}
	}
	if len(contents(t, dir)) != 0 {
		t.Error("something was written")
	}
}

// TestBearer has the trust server ask for a token: the scope is the whole GUN, and no
// other path of the server is touched (world.serve reports it).
func TestBearer(t *testing.T) {
	w := newWorld(t)
	var scopes []string
	tokens := serve(t, func(rw http.ResponseWriter, r *http.Request) {
		scopes = append(scopes, r.URL.Query().Get("scope"))
		io.WriteString(rw, `{"token":"tok"}`)
	})
	w.hook = func(rw http.ResponseWriter, r *http.Request, _ string) bool {
		if r.Header.Get("Authorization") == "Bearer tok" {
			return false
		}
		rw.Header().Set("Www-Authenticate", `Bearer realm="`+tokens+`",service="s"`)
		rw.WriteHeader(http.StatusUnauthorized)
		return true
	}
	f, _ := w.newFetcher()
	w.mustFetch(f)
	if want := []string{"repository:" + string(gun) + ":pull"}; !slices.Equal(scopes, want) {
		t.Errorf("tokens for %q, want %q", scopes, want)
	}
}

// TestUnchangedIsVerified serves the cached timestamp again after its day: it must not be
// believed because it is known.
func TestUnchangedIsVerified(t *testing.T) {
	w := newWorld(t)
	w.expires[trustdata.RoleTimestamp] = now.Add(24 * time.Hour)
	w.publish()
	f, _ := w.newFetcher()
	w.mustFetch(f)
	f.Now = func() time.Time { return now.Add(48 * time.Hour) }
	_, _, err := w.fetch(f)
	expectRefusal(t, err, trustdata.RoleTimestamp, trustdata.ReasonExpired)
}
