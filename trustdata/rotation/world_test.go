package rotation_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/access"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/state"
	"keyrite/trustdata/trustserver"
)

// gun is the repository of most tests.
const gun = trustdata.GUN("registry.acme.example/pay/web")

// pass locks every key of a test.
const pass = "correct horse"

// quick are the fewest rounds that a key may have: tests make many.
var quick = keyring.Format{Iterations: keyring.MinIterations}

// world is one trust directory, one server and one memory.
type world struct {
	t       *testing.T
	dir     *keyring.Dir
	state   *state.Store
	cache   *remote.Cache
	config  access.Config
	journal *rotation.Journal
	// meddle, when set, sees every request before the server does.
	meddle func(w http.ResponseWriter, r *http.Request, next http.Handler)
	clock  time.Time
	// handed are keys that are handed over with the next change.
	handed rotation.Keys
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clock: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	server := trustserver.New(trustserver.Options{Now: w.now})
	web := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if w.meddle != nil {
			w.meddle(rw, r, server)
			return
		}
		server.ServeHTTP(rw, r)
	}))
	t.Cleanup(web.Close)
	w.config = access.Config{Server: web.URL, Timeout: 5 * time.Second}
	w.remember(t.TempDir())
	return w
}

// remember puts trust directory, state, cache and journal into a folder.
func (w *world) remember(folder string) {
	w.t.Helper()
	var err error
	if w.dir, err = keyring.OpenDir(filepath.Join(folder, "trust"), keyring.DirOptions{Create: true}); err != nil {
		w.t.Fatal(err)
	}
	if w.state, err = state.OpenStore(filepath.Join(folder, "state"), w.now); err != nil {
		w.t.Fatal(err)
	}
	w.cache = remote.NewCache(filepath.Join(folder, "cache"))
	if w.journal, err = rotation.OpenJournal(filepath.Join(folder, "state"), w.now); err != nil {
		w.t.Fatal(err)
	}
	journal := w.journal
	w.t.Cleanup(func() { journal.Close() })
}

func (w *world) now() time.Time { return w.clock }

func (w *world) rotator() *rotation.Rotator {
	known := &remote.Fetcher{Config: w.config, Cache: w.cache, State: w.state, Now: w.now}
	fresh, late := &remote.Fetcher{Config: w.config, Now: w.now}, *known
	late.Late = true
	return &rotation.Rotator{
		Fetch: known.Fetch, Fresh: fresh.Fetch, Known: knownBefore(known), Late: late.Fetch,
		Server: func(g trustdata.GUN) (rotation.TrustServer, error) {
			ep, err := w.config.TrustServer(g)
			if err != nil {
				return nil, err
			}
			return remote.New(ep, g).NoCache(), nil
		},
		Keys: w.dir, State: w.state, Journal: w.journal, Place: w.dir.Path(),
		StillListed: func(context.Context, trustdata.KeyID, trustdata.GUN) ([]trustdata.GUN, error) { return nil, nil },
		Now:         w.now, Format: quick,
	}
}

// knownBefore verifies what a fresh client has read as f, which knew the repository before.
func knownBefore(f *remote.Fetcher) func(context.Context, *remote.Result, trustdata.ListedID) (*remote.Result, error) {
	return func(ctx context.Context, read *remote.Result, made trustdata.ListedID) (*remote.Result, error) {
		admits := *f
		admits.Pins.Made = made
		return admits.Reread(ctx, read)
	}
}

// key makes a key and puts it among the others.
func (w *world) key(role trustdata.Role) *keyring.PrivateKey {
	w.t.Helper()
	k, err := keyring.Generate(trustdata.KeyECDSA)
	if err != nil {
		w.t.Fatal(err)
	}
	p := keyring.NewPassphrase([]byte(pass))
	enc, err := keyring.Encode(k, p, keyring.Header{Role: string(role), GUN: gun}, quick)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.dir.Put(context.Background(), string(k.KeyID()), enc); err != nil {
		w.t.Fatal(err)
	}
	return k
}

// publish makes a repository with two tags. Its snapshot key is here if local is true.
func (w *world) publish(local bool) {
	w.t.Helper()
	root, targets := w.key(trustdata.RoleRoot), w.key(trustdata.RoleTargets)
	cert, err := notary.Certificate(root, gun, w.clock)
	if err != nil {
		w.t.Fatal(err)
	}
	server := w.server()
	stamp := w.serverKey(server, trustdata.RoleTimestamp)
	snap := trustdata.PublicKey{}
	var snapKey *keyring.PrivateKey
	if local {
		snapKey = w.key(trustdata.RoleSnapshot)
		snap = snapKey.Public()
	} else {
		snap = w.serverKey(server, trustdata.RoleSnapshot)
	}
	body := notary.Root{Version: 1, Expires: w.clock.AddDate(9, 0, 0), Keys: map[trustdata.ListedID]trustdata.PublicKey{}, Roles: map[trustdata.Role]notary.RoleKeys{}}
	for role, k := range map[trustdata.Role]trustdata.PublicKey{trustdata.RoleRoot: cert, trustdata.RoleTargets: targets.Public(), trustdata.RoleSnapshot: snap, trustdata.RoleTimestamp: stamp} {
		body.Keys[k.ListedID()] = k
		body.Roles[role] = notary.RoleKeys{KeyIDs: []trustdata.ListedID{k.ListedID()}, Threshold: 1}
	}
	rootFile, err := notary.SignRoot(body, []notary.Signer{{Key: root, Listed: cert.ListedID()}})
	if err != nil {
		w.t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("manifest"))
	tf, err := notary.SignTargets(trustdata.RoleTargets, notary.Targets{Version: 2, Expires: w.clock.AddDate(3, 0, 0),
		Targets: notary.EntriesOf(map[string]notary.Entry{"1.0": {Hashes: notary.Hashes{SHA256: sum[:]}, Length: 8}, "a<b>&": {Hashes: notary.Hashes{SHA256: sum[:]}, Length: 8}}),
	}, []notary.Signer{{Key: targets, Listed: targets.Public().ListedID()}})
	if err != nil {
		w.t.Fatal(err)
	}
	files := map[trustdata.Role][]byte{trustdata.RoleRoot: rootFile.Raw, trustdata.RoleTargets: tf.Raw}
	if local {
		sf, err := notary.SignSnapshot(notary.Snapshot{Version: 1, Expires: w.clock.AddDate(3, 0, 0), Meta: map[trustdata.Role]notary.Meta{
			trustdata.RoleRoot: notary.MetaOf(rootFile.Raw), trustdata.RoleTargets: notary.MetaOf(tf.Raw)}},
			[]notary.Signer{{Key: snapKey, Listed: snapKey.Public().ListedID()}})
		if err != nil {
			w.t.Fatal(err)
		}
		files[trustdata.RoleSnapshot] = sf.Raw
	}
	if err := server.Publish(context.Background(), files); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) server() *remote.Client {
	w.t.Helper()
	ep, err := w.config.TrustServer(gun)
	if err != nil {
		w.t.Fatal(err)
	}
	return remote.New(ep, gun)
}

func (w *world) serverKey(c *remote.Client, role trustdata.Role) trustdata.PublicKey {
	w.t.Helper()
	k, err := c.ServerKey(context.Background(), role)
	if err != nil {
		w.t.Fatal(err)
	}
	return k
}

// open opens every key that a plan needs.
func (w *world) open(p *rotation.Plan) rotation.Keys {
	w.t.Helper()
	keys := rotation.Keys{}
	for _, n := range p.Needs() {
		if n.New || n.Given {
			continue
		}
		k, err := w.dir.Open(context.Background(), n.KeyID, keyring.NewPassphrase([]byte(pass)))
		if err != nil {
			w.t.Fatal(err)
		}
		keys[n.KeyID] = k
	}
	return keys
}

// elsewhere is the same company on another machine, with copies of the keys.
func (w *world) elsewhere() *world {
	w.t.Helper()
	other := *w
	folder := w.t.TempDir()
	if err := os.CopyFS(filepath.Join(folder, "trust"), os.DirFS(w.dir.Path())); err != nil {
		w.t.Fatal(err)
	}
	other.remember(folder)
	return &other
}

// giveUp gives up the one operation that is unfinished.
func (w *world) giveUp() {
	w.t.Helper()
	ops, err := w.journal.Unfinished()
	if err != nil || len(ops) != 1 {
		w.t.Fatalf("unfinished: %v, %v", ops, err)
	}
	rec, err := w.rotator().GiveUp(context.Background(), ops[0])
	if err != nil || !rec.Op.Closed || w.pending() != 0 {
		w.t.Errorf("giving up: %+v, %v, %d pending", rec, err, w.pending())
	}
}

// rotate runs one rotation to its end.
func (w *world) rotate(role trustdata.Role, to rotation.Manager) (*rotation.Plan, *rotation.Result, error) {
	w.t.Helper()
	ctx := context.Background()
	r := w.rotator()
	plan, err := r.Plan(ctx, rotation.Request{GUN: gun, Role: role, To: to})
	if err != nil {
		return nil, nil, err
	}
	prep, err := r.Prepare(ctx, plan, keyring.NewPassphrase([]byte(pass)))
	if err != nil {
		return plan, nil, err
	}
	res, err := r.Publish(ctx, prep, w.open(plan), func(string) {})
	return plan, res, err
}

// files are the key files by folder, with the hash of each: what must not change when a
// rotation fails.
func (w *world) files() map[string]string {
	w.t.Helper()
	infos, err := w.dir.List(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[string]string{}
	for _, i := range infos {
		out[filepath.Base(i.Path)] = i.SHA256
	}
	return out
}

func (w *world) pending() int {
	w.t.Helper()
	staged, err := w.dir.Pending(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	return len(staged)
}

// collection reads the repository as a client that knows nothing.
func (w *world) collection() *trustdata.Collection {
	w.t.Helper()
	f := &remote.Fetcher{Config: w.config, Now: w.now}
	st, err := state.OpenStore(w.t.TempDir(), w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	f.State = st
	res, err := f.Fetch(context.Background(), gun)
	if err != nil {
		w.t.Fatal(err)
	}
	return res.Collection
}

func sha(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func is(t *testing.T, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("error %v, want one that is %v", err, target)
	}
}

func asMissing(err error, target **rotation.MissingKeyError) bool { return errors.As(err, target) }

func asChoice(err error, target **rotation.RootChoiceError) bool { return errors.As(err, target) }
