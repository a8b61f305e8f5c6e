package remote_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/access"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
	"keyrite/trustdata/state"
)

// testKey is a P-256 key that signs as metadata wants it.
type testKey struct {
	private *ecdsa.PrivateKey
	public  trustdata.PublicKey
}

func newKey(t *testing.T) *testKey {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	return &testKey{private, trustdata.PublicKey{Type: trustdata.KeyECDSA, Value: der}}
}

func (k *testKey) Public() trustdata.PublicKey { return k.public }

func (k *testKey) Sign(message []byte) (trustdata.Signature, error) {
	digest := sha256.Sum256(message)
	r, s, err := ecdsa.Sign(rand.Reader, k.private, digest[:])
	if err != nil {
		return trustdata.Signature{}, err
	}
	sig := make([]byte, 64)
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	return trustdata.Signature{Method: "ecdsa", Bytes: sig}, nil
}

func (k *testKey) signer() []notary.Signer {
	return []notary.Signer{{Key: k, Listed: k.public.ListedID()}}
}

// now is the time of reference of every test.
var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// world is a repository as its owner sees it, and the server that serves it.
type world struct {
	t       *testing.T
	gun     trustdata.GUN
	keys    map[trustdata.Role]*testKey // of base roles and of delegations
	root    notary.Root
	rootBy  notary.Signer // the current root key under its certificate
	targets map[trustdata.Role]notary.Targets
	version map[trustdata.Role]int64 // of snapshot and timestamp
	expires map[trustdata.Role]time.Time

	url    string
	files  map[string][]byte // what the server has, by the name in its URL
	mu     sync.Mutex        // for what follows, as a handler may outlive its request
	asked  []string
	header http.Header // of the last request
	hook   func(w http.ResponseWriter, r *http.Request, name string) bool
}

func newWorld(t *testing.T) *world { return newWorldOf(t, gun) }

func newWorldOf(t *testing.T, gun trustdata.GUN) *world {
	t.Helper()
	w := &world{
		t: t, gun: gun, keys: map[trustdata.Role]*testKey{}, files: map[string][]byte{},
		targets: map[trustdata.Role]notary.Targets{},
		version: map[trustdata.Role]int64{}, expires: map[trustdata.Role]time.Time{},
	}
	for _, role := range trustdata.BaseRoles {
		w.keys[role] = newKey(t)
		w.expires[role] = now.Add(30 * 24 * time.Hour)
	}
	w.targets[trustdata.RoleTargets] = notary.Targets{Version: 1, Targets: notary.EntriesOf(map[string]notary.Entry{"1.0": entry("one")})}
	w.newRoot(w.keys[trustdata.RoleRoot])
	w.publish()
	server := httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(server.Close)
	w.url = server.URL
	return w
}

func entry(content string) notary.Entry {
	m := notary.MetaOf([]byte(content))
	return notary.Entry{Hashes: notary.Hashes{SHA256: m.Hashes["sha256"]}, Length: m.Length}
}

func (w *world) serve(rw http.ResponseWriter, r *http.Request) {
	name, ok := strings.CutPrefix(r.URL.Path, "/v2/"+string(w.gun)+"/_trust/tuf/")
	if !ok {
		w.t.Errorf("the server was asked for %q", r.URL.Path)
	}
	w.mu.Lock()
	w.asked, w.header = append(w.asked, name), r.Header
	w.mu.Unlock()
	if w.hook != nil && w.hook(rw, r, name) {
		return
	}
	raw, ok := w.files[name]
	if !ok {
		rw.Header().Set("Content-Type", "application/json; charset=utf-8")
		rw.WriteHeader(http.StatusNotFound)
		io.WriteString(rw, `{"errors":[{"code":"METADATA_NOT_FOUND","message":"You have requested metadata that does not exist.","detail":null}]}`)
		return
	}
	rw.Write(raw)
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// newRoot makes the next root with this root key. It is signed by it and, where there is
// one, by the key before.
func (w *world) newRoot(key *testKey) {
	w.t.Helper()
	cert := must[trustdata.PublicKey](w.t)(notary.Certificate(key, w.gun, now.Add(-time.Hour)))
	old := w.rootBy
	w.rootBy = notary.Signer{Key: key, Listed: cert.ListedID()}
	next := notary.Root{
		Version: w.root.Version + 1, Expires: w.expires[trustdata.RoleRoot],
		Keys: map[trustdata.ListedID]trustdata.PublicKey{cert.ListedID(): cert}, Roles: map[trustdata.Role]notary.RoleKeys{},
	}
	for _, role := range trustdata.BaseRoles {
		id := w.keys[role].public.ListedID()
		if role == trustdata.RoleRoot {
			id = cert.ListedID()
		} else {
			next.Keys[id] = w.keys[role].public
		}
		next.Roles[role] = notary.RoleKeys{KeyIDs: []trustdata.ListedID{id}, Threshold: 1}
	}
	signers := []notary.Signer{w.rootBy}
	if old.Key != nil {
		next.Keys[old.Listed] = w.root.Keys[old.Listed]
		signers = append(signers, old)
	}
	w.root = next
	w.serveRoot(must[*notary.File[notary.Root]](w.t)(notary.SignRoot(next, signers)).Raw)
}

// serveRoot makes raw the current root, of the version of w.root.
func (w *world) serveRoot(raw []byte) {
	w.files["root.json"] = raw
	w.files[strconv.FormatInt(w.root.Version, 10)+".root.json"] = raw
	w.files["root."+fmt.Sprintf("%x", sha256.Sum256(raw))+".json"] = raw
}

// delegate makes a delegation of targets or of another delegation, with one tag.
func (w *world) delegate(role trustdata.Role, tag, content string) {
	if w.keys[role] == nil {
		w.keys[role] = newKey(w.t)
	}
	id := w.keys[role].public.ListedID()
	parent := w.targets[role.Parent()].Clone()
	if parent.Keys == nil {
		parent.Keys = map[trustdata.ListedID]trustdata.PublicKey{}
	}
	parent.Keys[id] = w.keys[role].public
	parent.Delegations = append(parent.Delegations, notary.Delegation{
		Role: role, Paths: []string{""}, RoleKeys: notary.RoleKeys{KeyIDs: []trustdata.ListedID{id}, Threshold: 1}})
	w.targets[role.Parent()] = parent
	w.targets[role] = notary.Targets{Targets: notary.EntriesOf(map[string]notary.Entry{tag: entry(content)})}
	w.expires[role] = now.Add(30 * 24 * time.Hour)
}

// publish signs everything below the root anew, every version one higher.
func (w *world) publish() {
	w.t.Helper()
	meta := map[trustdata.Role]notary.Meta{trustdata.RoleRoot: notary.MetaOf(w.files["root.json"])}
	for _, role := range slices.Sorted(maps.Keys(w.targets)) {
		body := w.targets[role]
		body.Version++
		body.Expires = w.expires[role]
		w.targets[role] = body
		raw := must[*notary.File[notary.Targets]](w.t)(notary.SignTargets(role, body, w.keys[role].signer())).Raw
		meta[role] = w.put(role, raw)
	}
	w.publishSnapshot(meta)
}

func (w *world) publishSnapshot(meta map[trustdata.Role]notary.Meta) {
	w.t.Helper()
	w.version[trustdata.RoleSnapshot]++
	sn := notary.Snapshot{Version: w.version[trustdata.RoleSnapshot], Expires: w.expires[trustdata.RoleSnapshot], Meta: meta}
	raw := must[*notary.File[notary.Snapshot]](w.t)(notary.SignSnapshot(sn, w.keys[trustdata.RoleSnapshot].signer())).Raw
	named := w.put(trustdata.RoleSnapshot, raw)
	w.version[trustdata.RoleTimestamp]++
	ts := notary.Timestamp{Version: w.version[trustdata.RoleTimestamp], Expires: w.expires[trustdata.RoleTimestamp], Snapshot: named}
	w.put(trustdata.RoleTimestamp, must[*notary.File[notary.Timestamp]](w.t)(notary.SignTimestamp(ts, w.keys[trustdata.RoleTimestamp].signer())).Raw)
}

func (w *world) put(role trustdata.Role, raw []byte) notary.Meta {
	m := notary.MetaOf(raw)
	w.files[string(role)+".json"] = raw
	w.files[fmt.Sprintf("%s.%x.json", role, m.Hashes["sha256"])] = raw
	return m
}

// named is the name by which the current file of a role is asked for.
func (w *world) named(role trustdata.Role) string {
	return fmt.Sprintf("%s.%x.json", role, sha256.Sum256(w.files[string(role)+".json"]))
}

// newFetcher is a fetcher of this world with an empty cache and an empty memory.
func (w *world) newFetcher() (f *remote.Fetcher, dir string) {
	w.t.Helper()
	dir = w.t.TempDir()
	st, err := state.OpenStore(filepath.Join(dir, "state"), func() time.Time { return now })
	if err != nil {
		w.t.Fatal(err)
	}
	return &remote.Fetcher{
		Config: access.Config{Server: w.url, Timeout: time.Second},
		Cache:  remote.NewCache(filepath.Join(dir, "cache")),
		State:  st,
		Now:    func() time.Time { return now },
	}, dir
}

// fetch asks anew and gives what was asked for.
func (w *world) fetch(f *remote.Fetcher) (*remote.Result, []string, error) {
	w.t.Helper()
	w.mu.Lock()
	w.asked = nil
	w.mu.Unlock()
	r, err := f.Fetch(w.t.Context(), w.gun)
	w.mu.Lock()
	defer w.mu.Unlock()
	return r, w.asked, err
}

func (w *world) mustFetch(f *remote.Fetcher) *remote.Result {
	w.t.Helper()
	r, _, err := w.fetch(f)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// contents are all files below dir.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		files[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
