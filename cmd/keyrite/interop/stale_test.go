package interop_test

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"keyrite/cmd/keyrite/interop"
)

// A cdn is a cache before a trust server, as busy servers have one: it gives again what it
// has given before, and that something was not there as well.
type cdn struct {
	server string // the server's URL
	mu     sync.Mutex
	deaf   bool // gives copies to those who ask for none, too
	copies map[string]*answer
	asked  []string // what was asked past the copies
}

// age ends every copy, and the deafness.
func (c *cdn) age() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deaf, c.copies = false, map[string]*answer{}
}

func (c *cdn) past() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.asked)
}

type answer struct {
	status int
	kind   string
	body   []byte
}

func (c *cdn) answer(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodGet {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	copied := c.copies[r.URL.Path]
	if past := r.Header.Get("Cache-Control") == "no-cache"; copied == nil || past && !c.deaf {
		if past {
			c.asked = append(c.asked, r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:])
		}
		resp, err := http.Get(c.server + r.URL.Path)
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			return false
		}
		copied = &answer{resp.StatusCode, resp.Header.Get("Content-Type"), body}
		c.copies[r.URL.Path] = copied
	}
	w.Header().Set("Content-Type", copied.kind)
	w.WriteHeader(copied.status)
	io.Copy(w, bytes.NewReader(copied.body))
	return true
}

// warm lets a client of the cache see the repository, and that there is no next root.
func warm(t *testing.T, c *cdn) (*interop.Notary, *interop.Keyrite) {
	t.Helper()
	s := interop.StartServer(t, interop.ServerOptions{})
	front := interop.StartFront(t, s.URL, s.CA)
	c.server, c.copies = s.URL, map[string]*answer{}
	front.Answer(c.answer)
	n := s.Notary(t)
	n.InitServerSnapshot(app)
	n.Sign(app, "v1", digest1, 1)
	n.Fresh().List(app)
	k := n.Keyrite()
	k.Args = append(k.Args, "--server", front.URL)
	k.Run("tags", app)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.copies["/v2/"+app+"/_trust/tuf/timestamp.json"] == nil {
		t.Fatalf("the cache has no copies: %q", slices.Sorted(maps.Keys(c.copies)))
	}
	return n, k
}

// A cache before the server goes on giving the old root, and says that there is no newer
// one. What was published is read back past it, by its version.
func TestKeyriteReadsBackPastACache(t *testing.T) {
	t.Parallel()
	c := &cdn{}
	n, k := warm(t, c)
	r := interop.JSON[rotateJSON](k, "rotate", app, "targets", "--yes", "--kdf-iterations", "2048")
	if !r.Verified || r.Published == nil || !*r.Published || !n.HasKey(r.NewKeys[0]) {
		t.Errorf("%+v", r)
	}
	if asked := c.past(); !slices.Contains(asked, "3.root.json") {
		t.Errorf("the new version of the root was not asked for past the cache: %q", asked)
	}
	n.Sign(app, "v2", digest2, 2)
}

// A cache that gives its copies whatever one asks for: then nothing is called done, the new
// key waits, and once the copies have aged the next change brings it in.
func TestKeyriteWaitsForACache(t *testing.T) {
	t.Parallel()
	c := &cdn{deaf: true}
	n, k := warm(t, c)
	before := tree(t, n.TrustDir)
	r := k.Try("--json", "rotate", app, "targets", "--yes", "--kdf-iterations", "2048")
	if r.Code != 1 || r.Stdout != "" || !strings.Contains(r.Stderr, "pending/") {
		t.Fatalf("exit %d\n%s", r.Code, r.Output())
	}
	after := tree(t, n.TrustDir)
	nothingLost(t, before, after)
	if len(below(after, "pending/")) != 1 || !slices.Equal(below(before, "private/"), below(after, "private/")) {
		t.Errorf("before %q, after %q", slices.Sorted(maps.Keys(before)), slices.Sorted(maps.Keys(after)))
	}
	c.age()
	waiting := strings.TrimSuffix(path.Base(below(after, "pending/")[0]), ".key")
	k.Run("rotate", app, "timestamp", "--yes")
	if after = tree(t, n.TrustDir); len(below(after, "pending/")) != 0 || !n.HasKey(waiting) {
		t.Errorf("afterwards %q", slices.Sorted(maps.Keys(after)))
	}
	n.Sign(app, "v2", digest2, 2)
}
