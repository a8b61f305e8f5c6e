package tufrepo

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/theupdateframework/go-tuf/v2/metadata"
	"github.com/theupdateframework/go-tuf/v2/metadata/config"
	"github.com/theupdateframework/go-tuf/v2/metadata/updater"

	"keyrite/trustdata"
	"keyrite/trustdata/state"
)

var testTime = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// testKey is a key as go-tuf signs with it and lists it.
type testKey struct {
	signer signature.Signer
	listed *metadata.Key
	id     string
}

func newKey(t testing.TB, private crypto.Signer) testKey {
	t.Helper()
	signer, err := signature.LoadSigner(private, crypto.SHA256)
	if r, ok := private.(*rsa.PrivateKey); ok {
		signer, err = signature.LoadRSAPSSSigner(r, crypto.SHA256, &rsa.PSSOptions{Hash: crypto.SHA256})
	}
	if err != nil {
		t.Fatal(err)
	}
	listed, err := metadata.KeyFromPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	id, err := listed.ID()
	if err != nil {
		t.Fatal(err)
	}
	return testKey{signer, listed, id}
}

func edKey(t testing.TB) testKey {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return newKey(t, private)
}

func ecKey(t testing.TB, curve elliptic.Curve) testKey {
	private, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return newKey(t, private)
}

func rsaKey(t testing.TB, bits int) testKey {
	private, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return newKey(t, private)
}

// world is a repository that go-tuf makes, and the two clients that look at it.
type world struct {
	testing.TB
	dir       string
	now       time.Time
	state     *state.Store
	stateDir  string
	cache     string // the stock client's
	keys      map[string][]testKey
	root      *metadata.Metadata[metadata.RootType]
	targets   map[string]*metadata.Metadata[metadata.TargetsType]
	snapshot  *metadata.Metadata[metadata.SnapshotType]
	timestamp *metadata.Metadata[metadata.TimestampType]
	firstRoot []byte
	// hashes makes snapshot and timestamp name hashes and lengths.
	hashes bool
}

// newWorld has the four base roles, each with a key of its own, and one tag.
func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{TB: t, dir: t.TempDir(), now: testTime, stateDir: t.TempDir(), cache: t.TempDir(), keys: map[string][]testKey{}, hashes: true}
	w.state = openState(t, w.stateDir)
	w.root = metadata.Root(w.now.AddDate(1, 0, 0))
	w.snapshot = metadata.Snapshot(w.now.AddDate(0, 0, 14))
	w.timestamp = metadata.Timestamp(w.now.AddDate(0, 0, 2))
	w.targets = map[string]*metadata.Metadata[metadata.TargetsType]{metadata.TARGETS: metadata.Targets(w.now.AddDate(0, 3, 0))}
	for _, role := range metadata.TOP_LEVEL_ROLE_NAMES {
		w.giveKey(role, edKey(t))
	}
	w.tag(metadata.TARGETS, "1.0")
	w.publish()
	w.firstRoot = w.read("1.root.json")
	return w
}

func openState(t testing.TB, dir string) *state.Store {
	t.Helper()
	s, err := state.OpenStore(dir, func() time.Time { return testTime })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// giveKey lets a base role be signed by k too.
func (w *world) giveKey(role string, k testKey) {
	w.Helper()
	if err := w.root.Signed.AddKey(k.listed, role); err != nil {
		w.Fatal(err)
	}
	w.keys[role] = append(w.keys[role], k)
}

// replaceKey gives a base role another key in the next root, which the old root keys
// sign as well.
func (w *world) replaceKey(role string, k testKey) {
	w.Helper()
	old := w.keys[role]
	for _, o := range old {
		if err := w.root.Signed.RevokeKey(o.id, role); err != nil {
			w.Fatal(err)
		}
	}
	w.keys[role] = nil
	w.giveKey(role, k)
	w.root.Signed.Version++
	signers := w.keys[metadata.ROOT]
	if role == metadata.ROOT {
		signers = append(slices.Clone(signers), old...)
	}
	w.writeRoot(signers)
}

// tag signs one target, whose bytes are its role and name.
func (w *world) tag(role, name string) {
	w.Helper()
	file, err := metadata.TargetFile().FromBytes(name, []byte(role+name))
	if err != nil {
		w.Fatal(err)
	}
	w.targets[role].Signed.Targets[name] = file
}

func digestOf(role, name string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(role+name))) }

// delegate adds a role below parent with a key of its own.
func (w *world) delegate(parent string, d metadata.DelegatedRole) {
	w.Helper()
	k := edKey(w)
	if known := w.keys[d.Name]; len(known) > 0 {
		k = known[0]
	}
	w.keys[d.Name] = []testKey{k}
	if d.KeyIDs == nil {
		d.KeyIDs = []string{k.id}
	}
	if d.Threshold == 0 {
		d.Threshold = 1
	}
	p := &w.targets[parent].Signed
	if p.Delegations == nil {
		p.Delegations = &metadata.Delegations{Keys: map[string]*metadata.Key{}, Roles: []metadata.DelegatedRole{}}
	}
	p.Delegations.Keys[k.id] = k.listed
	p.Delegations.Roles = append(p.Delegations.Roles, d)
	if w.targets[d.Name] == nil {
		w.targets[d.Name] = metadata.Targets(w.now.AddDate(0, 3, 0))
	}
}

// sign signs anew with these keys.
func sign[T metadata.Roles](w *world, m *metadata.Metadata[T], keys []testKey) []byte {
	w.Helper()
	m.ClearSignatures()
	for _, k := range keys {
		if _, err := m.Sign(k.signer); err != nil {
			w.Fatal(err)
		}
	}
	raw, err := m.ToBytes(false)
	if err != nil {
		w.Fatal(err)
	}
	return raw
}

func (w *world) metaOf(version int64, raw []byte) *metadata.MetaFiles {
	m := metadata.MetaFile(version)
	if w.hashes {
		sum := sha256.Sum256(raw)
		m.Length, m.Hashes = int64(len(raw)), metadata.Hashes{"sha256": sum[:]}
	}
	return m
}

func (w *world) writeRoot(keys []testKey) {
	w.Helper()
	w.write(fmt.Sprintf("%d.root.json", w.root.Signed.Version), sign(w, w.root, keys))
}

// publish signs and writes everything as it stands.
func (w *world) publish() {
	w.Helper()
	if _, err := os.Stat(filepath.Join(w.dir, fmt.Sprintf("%d.root.json", w.root.Signed.Version))); err != nil {
		w.writeRoot(w.keys[metadata.ROOT])
	}
	for role, m := range w.targets {
		w.writeTargets(role, sign(w, m, w.keys[role]))
	}
	w.publishSnapshot()
}

// writeTargets writes a role's file and names it in the snapshot.
func (w *world) writeTargets(role string, raw []byte) {
	w.Helper()
	version := w.targets[role].Signed.Version
	w.snapshot.Signed.Meta[role+".json"] = w.metaOf(version, raw)
	w.write(w.name(role, version), raw)
}

func (w *world) name(role string, version int64) string {
	return fileName(role, version, w.root.Signed.ConsistentSnapshot)
}

func (w *world) publishSnapshot() {
	w.Helper()
	w.writeSnapshot(sign(w, w.snapshot, w.keys[metadata.SNAPSHOT]))
}

func (w *world) writeSnapshot(raw []byte) {
	w.Helper()
	w.write(w.name(metadata.SNAPSHOT, w.snapshot.Signed.Version), raw)
	w.timestamp.Signed.Meta["snapshot.json"] = w.metaOf(w.snapshot.Signed.Version, raw)
	w.publishTimestamp()
}

func (w *world) publishTimestamp() {
	w.Helper()
	w.write("timestamp.json", sign(w, w.timestamp, w.keys[metadata.TIMESTAMP]))
}

// bump raises the versions of everything below root.
func (w *world) bump() {
	for _, m := range w.targets {
		m.Signed.Version++
	}
	w.snapshot.Signed.Version++
	w.timestamp.Signed.Version++
}

func (w *world) write(name string, raw []byte) {
	w.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), raw, 0o600); err != nil {
		w.Fatal(err)
	}
}

func (w *world) read(name string) []byte {
	w.Helper()
	raw, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil {
		w.Fatal(err)
	}
	return raw
}

// open looks at the repository as keyrite does.
func (w *world) open() (*Result, error) {
	return Open(w.Context(), Options{Base: w.dir, Root: w.firstRoot, State: w.state, Now: func() time.Time { return w.now }})
}

func (w *world) mustOpen() *Result {
	w.Helper()
	res, err := w.open()
	if err != nil {
		w.Fatal(err)
	}
	return res
}

// remembered are the bytes of everything in the state folder.
func (w *world) remembered() map[string]string {
	w.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(w.stateDir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		all[path] = string(raw)
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	return all
}

// folder lets the stock client read the repository's folder.
type folder struct{ dir string }

func (f folder) DownloadFile(url string, limit int64, _ time.Duration) ([]byte, error) {
	raw, err := os.ReadFile(filepath.Join(f.dir, strings.TrimPrefix(url, "stock:/")))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &metadata.ErrDownloadHTTP{StatusCode: 404, URL: url}
	}
	if int64(len(raw)) > limit {
		return nil, &metadata.ErrDownloadLengthMismatch{Msg: url}
	}
	return raw, err
}

// stock is go-tuf's own client with its cache, looking for targets. A panic is an error
// that begins with "panic".
func (w *world) stock(names ...string) (found map[string]*metadata.TargetFiles, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	root := w.firstRoot
	if cached, err := os.ReadFile(filepath.Join(w.cache, "root.json")); err == nil {
		root = cached
	}
	cfg, err := config.New("stock:/", root)
	if err != nil {
		return nil, err
	}
	cfg.LocalMetadataDir, cfg.LocalTargetsDir, cfg.Fetcher = w.cache, w.cache, folder{w.dir}
	up, err := updater.New(cfg)
	if err != nil {
		return nil, err
	}
	up.UnsafeSetRefTime(w.now)
	if err := up.Refresh(); err != nil {
		return nil, err
	}
	found = map[string]*metadata.TargetFiles{}
	for _, name := range names {
		file, err := up.GetTargetInfo(name)
		if err != nil {
			return nil, err
		}
		found[name] = file
	}
	return found, nil
}

// verdict puts an outcome of the stock client into a word.
func verdict(err error) string {
	switch {
	case err == nil:
		return "accepts"
	case strings.HasPrefix(err.Error(), "panic"):
		return "panics"
	}
	return "refuses"
}

func names(c *trustdata.Collection) []string {
	var all []string
	for _, tag := range c.Tags {
		all = append(all, tag.Name)
	}
	return all
}

func sameMap(a, b map[string]string) bool { return maps.Equal(a, b) }

// replaceIn changes raw, which must have what is replaced.
func (w *world) replaceIn(raw []byte, old, new string) []byte {
	w.Helper()
	if !bytes.Contains(raw, []byte(old)) {
		w.Fatalf("%s has no %s", raw, old)
	}
	return bytes.Replace(raw, []byte(old), []byte(new), 1)
}
