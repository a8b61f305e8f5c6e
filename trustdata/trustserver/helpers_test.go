package trustserver_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/trustserver"
)

// start is when the clock of every test begins.
var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const gun = trustdata.GUN("registry.acme.example/pay/web")

// clock is a clock that tests move.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// peer is a server and what a client does to it over HTTP.
type peer struct {
	t      *testing.T
	clock  *clock
	server *trustserver.Server
	url    string
}

func newPeer(t *testing.T) *peer {
	t.Helper()
	c := &clock{t: start}
	s := trustserver.New(trustserver.Options{Now: c.now})
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	return &peer{t: t, clock: c, server: s, url: web.URL}
}

// answer is a response with its body read.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (p *peer) do(method, path, contentType string, body []byte) answer {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	read, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, read}
}

func tuf(g trustdata.GUN, name string) string { return "/v2/" + string(g) + "/_trust/tuf/" + name }

func (p *peer) get(path string) answer {
	p.t.Helper()
	return p.do(http.MethodGet, path, "", nil)
}

func (p *peer) mustGet(path string) []byte {
	p.t.Helper()
	a := p.get(path)
	if a.status != http.StatusOK {
		p.t.Fatalf("GET %s: %d %s", path, a.status, a.body)
	}
	return a.body
}

const boundary = "parts-of-the-test"

// multipartBody writes one part per role as the stock client does.
func multipartBody(files map[trustdata.Role][]byte) []byte {
	var b bytes.Buffer
	for _, role := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(&b, "--%s\r\nContent-Disposition: form-data; name=\"files\"; filename=%q\r\nContent-Type: application/octet-stream\r\n\r\n%s\r\n", boundary, string(role), files[role])
	}
	fmt.Fprintf(&b, "--%s--\r\n", boundary)
	return b.Bytes()
}

func (p *peer) post(g trustdata.GUN, files map[trustdata.Role][]byte) answer {
	p.t.Helper()
	return p.do(http.MethodPost, tuf(g, ""), "multipart/form-data; boundary="+boundary, multipartBody(files))
}

func (p *peer) mustPost(g trustdata.GUN, files map[trustdata.Role][]byte) {
	p.t.Helper()
	if a := p.post(g, files); a.status != http.StatusOK || len(a.body) != 0 {
		p.t.Fatalf("publish: %d %s", a.status, a.body)
	}
}

// serverKey asks for a public key, by GET or POST.
func (p *peer) serverKey(method string, role trustdata.Role) trustdata.PublicKey {
	p.t.Helper()
	a := p.do(method, tuf(gun, string(role)+".key"), "", nil)
	var key struct {
		Keytype trustdata.KeyType
		Keyval  struct{ Public []byte }
	}
	if err := json.Unmarshal(a.body, &key); a.status != http.StatusOK || err != nil {
		p.t.Fatalf("%s %s.key: %d %s", method, role, a.status, a.body)
	}
	return trustdata.PublicKey{Type: key.Keytype, Value: key.Keyval.Public}
}

// wrong is the one error that an answer carries.
type wrong struct {
	Code    string
	Message string
	Detail  json.RawMessage
}

func (p *peer) wrong(a answer) wrong {
	p.t.Helper()
	var body struct{ Errors []wrong }
	if err := json.Unmarshal(a.body, &body); err != nil || len(body.Errors) != 1 {
		p.t.Fatalf("no single error in %d %q", a.status, a.body)
	}
	return body.Errors[0]
}

// published is a server with one repository whose snapshot it manages: root and targets
// stand at version 1.
func published(t *testing.T) (*peer, *owner) {
	t.Helper()
	p := newPeer(t)
	o := newOwner(t, gun, p.serverKey(http.MethodGet, trustdata.RoleTimestamp), p.serverKey(http.MethodGet, trustdata.RoleSnapshot))
	p.mustPost(gun, map[trustdata.Role][]byte{trustdata.RoleRoot: o.rootFile(), trustdata.RoleTargets: o.targetsFile()})
	return p, o
}

// versions fetches and verifies the repository as a fresh client does, and returns the
// version of each base role.
func (p *peer) versions(g trustdata.GUN) map[trustdata.Role]int64 {
	p.t.Helper()
	policy := notary.Policy{GUN: g, Now: p.clock.now()}
	root, err := policy.FirstRoot(p.mustGet(tuf(g, "root.json")))
	must(p.t, err)
	timestamp, err := policy.Timestamp(root, p.mustGet(tuf(g, "timestamp.json")))
	must(p.t, err)
	snapshot, err := policy.Snapshot(root, timestamp, p.mustGet(tuf(g, "snapshot."+hexSum(timestamp.Body.Snapshot)+".json")))
	must(p.t, err)
	targets, err := policy.Targets(root, snapshot, p.mustGet(tuf(g, "targets."+hexSum(snapshot.Body.Meta[trustdata.RoleTargets])+".json")))
	must(p.t, err)
	for _, d := range targets.Body.Delegations {
		if meta, ok := snapshot.Body.Meta[d.Role]; ok {
			_, err := policy.Delegation(targets, d, snapshot, p.mustGet(tuf(g, string(d.Role)+"."+hexSum(meta)+".json")))
			must(p.t, err)
		}
	}
	return map[trustdata.Role]int64{
		trustdata.RoleRoot: root.Body.Version, trustdata.RoleTargets: targets.Body.Version,
		trustdata.RoleSnapshot: snapshot.Body.Version, trustdata.RoleTimestamp: timestamp.Body.Version,
	}
}

func hexSum(m notary.Meta) string { return hex.EncodeToString(m.Hashes["sha256"]) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
