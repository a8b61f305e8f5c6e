package tufrepo

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/theupdateframework/go-tuf/v2/metadata"

	"keyrite/trustdata"
	"keyrite/trustdata/access"
)

// site is a server of a world's folder that notes what it is asked for.
type site struct {
	*world
	url, cacheDir string
	client        *http.Client
	asked         []string
	down          bool
}

// newSite serves a repository of two versions of root, with a delegation.
func newSite(t *testing.T, hashes bool) *site {
	w := newWorld(t)
	w.hashes = hashes
	w.delegate("targets", metadata.DelegatedRole{Name: "team/alice", Paths: []string{"*"}})
	w.tag("team/alice", "2.0")
	w.replaceKey("targets", edKey(t))
	w.bump()
	w.publish()
	s := &site{world: w, cacheDir: t.TempDir()}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.EscapedPath(), "/")
		s.asked = append(s.asked, name)
		if s.down {
			rw.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		raw, err := os.ReadFile(filepath.Join(w.dir, name))
		if err != nil {
			rw.WriteHeader(http.StatusNotFound)
			return
		}
		rw.Write(raw)
	}))
	t.Cleanup(server.Close)
	s.url, s.client = server.URL, server.Client()
	return s
}

func (s *site) look(offline bool) (*Result, error) {
	s.asked = nil
	o := Options{Base: s.url, Root: s.firstRoot, Client: s.client, State: s.state, Cache: NewCache(s.cacheDir), Offline: offline, Now: func() time.Time { return s.now }}
	if offline {
		o.Client = nil
	}
	return Open(s.Context(), o)
}

func (s *site) mustLook(offline bool) *Result {
	s.Helper()
	res, err := s.look(offline)
	if err != nil {
		s.Fatal(err)
	}
	return res
}

// files are the names in the base's folder of the cache.
func (s *site) files() []string {
	s.Helper()
	entries, err := os.ReadDir(NewCache(s.cacheDir).folder(s.url))
	if err != nil {
		s.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// spoil writes into a cached file.
func (s *site) spoil(name string, raw []byte) {
	s.Helper()
	path := filepath.Join(NewCache(s.cacheDir).folder(s.url), name)
	if _, err := os.Stat(path); err != nil {
		s.Fatal(err)
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		s.Fatal(err)
	}
}

// TestCacheRequests: an unchanged repository costs the two requests that nothing can save,
// and of a changed one only what has changed is asked for.
func TestCacheRequests(t *testing.T) {
	for name, hashes := range map[string]bool{"with hashes": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, hashes)
			first := s.mustLook(false)
			want := []string{"2.root.json", "3.root.json", "timestamp.json", "2.snapshot.json", "2.targets.json", "2.team%2Falice.json"}
			if diff := cmp.Diff(want, s.asked); diff != "" {
				t.Errorf("first (-want +got):\n%s", diff)
			}
			s.now = s.now.Add(time.Hour)
			second := s.mustLook(false)
			if diff := cmp.Diff([]string{"3.root.json", "timestamp.json"}, s.asked); diff != "" {
				t.Errorf("unchanged (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(first.Files, second.Files); diff != "" || !second.Collection.ReadAt.Equal(s.now) || second.Collection.Source != trustdata.SourceLive {
				t.Errorf("source %q, read at %s, files:\n%s", second.Collection.Source, second.Collection.ReadAt, diff)
			}
			s.tag("team/alice", "3.0")
			s.targets["team/alice"].Signed.Version++
			s.snapshot.Signed.Version++
			s.timestamp.Signed.Version++
			s.publish()
			if c := s.mustLook(false).Collection; !slices.Contains(names(c), "3.0") {
				t.Errorf("tags %q", names(c))
			}
			// Everything is signed anew in this world, so without hashes the same version stands.
			if got := strings.Join(s.asked, " "); !strings.HasPrefix(got, "3.root.json timestamp.json 3.snapshot.json") || !strings.HasSuffix(got, "3.team%2Falice.json") {
				t.Errorf("changed: asked for %q", got)
			}
			if got := s.files(); len(got) != 5 || got[0] != "2.root.json" || !strings.HasPrefix(got[1], "delegation-") {
				t.Errorf("cached %q", got)
			}
		})
	}
}

// TestOffline reads the cache, dated by its last reading, and asks nobody.
func TestOffline(t *testing.T) {
	s := newSite(t, true)
	if _, err := s.look(true); !errors.Is(err, access.ErrNotCached) || errors.Is(err, trustdata.ErrVerify) {
		t.Fatalf("with an empty cache: %v", err)
	}
	live := s.mustLook(false)
	read := s.now
	s.now = s.now.Add(time.Hour)
	before := s.remembered()
	c := s.mustLook(true).Collection
	if c.Source != trustdata.SourceCache || !c.ReadAt.Equal(read) || len(s.asked) != 0 || !c.Verified() {
		t.Errorf("source %q, read at %s, asked %q, problems %v", c.Source, c.ReadAt, s.asked, c.Problems)
	}
	if diff := cmp.Diff(live.Collection.Tags, c.Tags); diff != "" {
		t.Errorf("tags (-live +cache):\n%s", diff)
	}
	if !sameMap(before, s.remembered()) {
		t.Error("the cache moved the memory")
	}

	// A delegation that is not there hides its tags, and is named.
	for _, name := range s.files() {
		if strings.HasPrefix(name, "delegation-") {
			os.Remove(filepath.Join(NewCache(s.cacheDir).folder(s.url), name))
		}
	}
	c = s.mustLook(true).Collection
	if view, _ := c.Role("team/alice"); !strings.Contains(view.Problem, "not in the cache") || slices.Contains(names(c), "2.0") {
		t.Errorf("role %+v, tags %q", view, names(c))
	}

	// What is cached ends as ever, and an older copy than was seen does not pass.
	s.mustLook(false)
	old := live.Files[trustdata.RoleTimestamp]
	s.timestamp.Signed.Version++
	s.publishTimestamp()
	s.mustLook(false)
	s.spoil("timestamp.json", old)
	var refused *trustdata.VerifyError
	if _, err := s.look(true); !errors.As(err, &refused) || refused.Reason != trustdata.ReasonRollback {
		t.Errorf("an old timestamp: %v", err)
	}
	s.mustLook(false)
	s.now = s.now.AddDate(0, 0, 3)
	if _, err := s.look(true); !errors.As(err, &refused) || refused.Reason != trustdata.ReasonExpired {
		t.Errorf("after its end: %v", err)
	}
}

// TestSpoiledCache: whatever stands in the cache, the server has the last word, and what it
// says heals the cache.
func TestSpoiledCache(t *testing.T) {
	for _, hashes := range []bool{true, false} {
		s := newSite(t, hashes)
		want := s.mustLook(false)
		other := newSite(t, hashes)
		other.mustLook(false)
		for _, name := range s.files() {
			foreign, err := os.ReadFile(filepath.Join(NewCache(other.cacheDir).folder(other.url), name))
			if err != nil {
				t.Fatal(err)
			}
			good, err := os.ReadFile(filepath.Join(NewCache(s.cacheDir).folder(s.url), name))
			if err != nil {
				t.Fatal(err)
			}
			for what, raw := range map[string][]byte{"nothing": {}, "no JSON": []byte("x"), "half": good[:len(good)/2], "of another repository": foreign} {
				s.spoil(name, raw)
				res, err := s.look(false)
				if err != nil {
					t.Errorf("%s %s: %v", name, what, err)
					continue
				}
				if diff := cmp.Diff(want.Collection, res.Collection); diff != "" {
					t.Errorf("%s %s (-want +got):\n%s", name, what, diff)
				}
				if healed, _ := os.ReadFile(filepath.Join(NewCache(s.cacheDir).folder(s.url), name)); string(healed) != string(good) {
					t.Errorf("%s %s: it stays spoiled", name, what)
				}
			}
		}
	}
}

// TestCacheIsNoServer: a server that cannot be asked is an error, whatever is cached.
func TestCacheIsNoServer(t *testing.T) {
	s := newSite(t, true)
	s.mustLook(false)
	s.down = true
	var answer *access.StatusError
	if _, err := s.look(false); !errors.As(err, &answer) || answer.Status != http.StatusServiceUnavailable {
		t.Errorf("%v", err)
	}
	s.mustLook(true)
}

// TestCacheNotWritten: reading goes on and says so.
func TestCacheNotWritten(t *testing.T) {
	s := newSite(t, true)
	s.cacheDir = filepath.Join(s.cacheDir, "file")
	if err := os.WriteFile(s.cacheDir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c := s.mustLook(false).Collection
	if len(c.Problems) != 1 || c.Problems[0].Reason != trustdata.ReasonNotKept || !strings.Contains(c.Problems[0].Detail, "not cached") {
		t.Errorf("problems %v", c.Problems)
	}
}
