package app_test

import (
	"context"
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/access"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/state"
	"keyrite/trustdata/trustserver"
)

const realGUN = trustdata.GUN("registry.acme.example/pay/web")

// trustWorld is a real trust directory and a real trust server behind the wizard.
type trustWorld struct {
	*rotation.Rotator
	t      *testing.T
	dir    *keyring.Dir
	config access.Config
	clock  time.Time
	refuse bool // the server takes no upload
	root   *keyring.PrivateKey
	// fault answers an upload in the server's place where it returns true.
	fault func(rw http.ResponseWriter, r *http.Request) bool
}

var quick = keyring.Format{Iterations: keyring.MinIterations}

// newTrustWorld has realGUN, and more repositories under the same root key.
func newTrustWorld(t *testing.T, more ...trustdata.GUN) *trustWorld {
	t.Helper()
	w := &trustWorld{t: t, clock: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	server := trustserver.New(trustserver.Options{Now: w.now})
	web := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		upload := r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/tuf/")
		if w.refuse && upload {
			http.Error(rw, `{"errors":[{"code":"UNAUTHORIZED","message":"no push","detail":null}]}`, http.StatusForbidden)
			return
		}
		if w.fault != nil && upload && w.fault(rw, r) {
			return
		}
		server.ServeHTTP(rw, r)
	}))
	t.Cleanup(web.Close)
	w.config = access.Config{Server: web.URL, Timeout: 5 * time.Second}
	folder := t.TempDir()
	dir, err := keyring.OpenDir(filepath.Join(folder, "trust"), keyring.DirOptions{Create: true})
	w.must(err)
	store, err := state.OpenStore(filepath.Join(folder, "state"), w.now)
	w.must(err)
	journal, err := rotation.OpenJournal(filepath.Join(folder, "state"), w.now)
	w.must(err)
	t.Cleanup(func() { journal.Close() })
	w.dir = dir
	known := &remote.Fetcher{Config: w.config, Cache: remote.NewCache(filepath.Join(folder, "cache")), State: store, Now: w.now}
	w.Rotator = &rotation.Rotator{Fetch: known.Fetch, Fresh: (&remote.Fetcher{Config: w.config, State: store, Now: w.now}).Fetch,
		Known: func(ctx context.Context, read *remote.Result, _ trustdata.ListedID) (*remote.Result, error) {
			return known.Reread(ctx, read)
		},
		Server: func(gun trustdata.GUN) (rotation.TrustServer, error) { return w.serverOf(gun).NoCache(), nil },
		Keys:   dir, State: store, Journal: journal, Now: w.now, Format: quick,
		StillListed: func(context.Context, trustdata.KeyID, trustdata.GUN) ([]trustdata.GUN, error) { return nil, nil }}
	w.root = w.key(trustdata.RoleRoot, realGUN)
	for _, gun := range append([]trustdata.GUN{realGUN}, more...) {
		w.publish(gun)
	}
	return w
}

func (w *trustWorld) now() time.Time { return w.clock }

func (w *trustWorld) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *trustWorld) serverOf(gun trustdata.GUN) *remote.Client {
	w.t.Helper()
	ep, err := w.config.TrustServer(gun)
	w.must(err)
	return remote.New(ep, gun)
}

// key makes a key, locks it with oldPass and puts it among the others.
func (w *trustWorld) key(role trustdata.Role, gun trustdata.GUN) *keyring.PrivateKey {
	w.t.Helper()
	k, err := keyring.Generate(trustdata.KeyECDSA)
	w.must(err)
	enc, err := keyring.Encode(k, keyring.NewPassphrase([]byte(oldPass)), keyring.Header{Role: string(role), GUN: gun}, quick)
	w.must(err)
	w.must(w.dir.Put(context.Background(), string(k.KeyID()), enc))
	return k
}

// publish makes a repository with one tag.
func (w *trustWorld) publish(gun trustdata.GUN) {
	w.t.Helper()
	ctx, root, targets, server := context.Background(), w.root, w.key(trustdata.RoleTargets, gun), w.serverOf(gun)
	cert, err := notary.Certificate(root, gun, w.clock)
	w.must(err)
	stamp, err := server.ServerKey(ctx, trustdata.RoleTimestamp)
	w.must(err)
	snap, err := server.ServerKey(ctx, trustdata.RoleSnapshot)
	w.must(err)
	body := notary.Root{Version: 1, Expires: w.clock.AddDate(9, 0, 0), Keys: map[trustdata.ListedID]trustdata.PublicKey{}, Roles: map[trustdata.Role]notary.RoleKeys{}}
	for role, k := range map[trustdata.Role]trustdata.PublicKey{trustdata.RoleRoot: cert, trustdata.RoleTargets: targets.Public(), trustdata.RoleSnapshot: snap, trustdata.RoleTimestamp: stamp} {
		body.Keys[k.ListedID()] = k
		body.Roles[role] = notary.RoleKeys{KeyIDs: []trustdata.ListedID{k.ListedID()}, Threshold: 1}
	}
	rootFile, err := notary.SignRoot(body, []notary.Signer{{Key: root, Listed: cert.ListedID()}})
	w.must(err)
	sum := sha256.Sum256([]byte("manifest"))
	targetsFile, err := notary.SignTargets(trustdata.RoleTargets, notary.Targets{Version: 1, Expires: w.clock.AddDate(3, 0, 0),
		Targets: notary.EntriesOf(map[string]notary.Entry{"1.0": {Hashes: notary.Hashes{SHA256: sum[:]}, Length: 8}})}, []notary.Signer{{Key: targets, Listed: targets.Public().ListedID()}})
	w.must(err)
	w.must(server.Publish(ctx, map[trustdata.Role][]byte{trustdata.RoleRoot: rootFile.Raw, trustdata.RoleTargets: targetsFile.Raw}))
}

// files are the key files by name, with the hash of each.
func (w *trustWorld) files() map[string]string {
	w.t.Helper()
	infos, err := w.dir.List(context.Background())
	w.must(err)
	out := map[string]string{}
	for _, i := range infos {
		out[filepath.Base(i.Path)] = i.SHA256
	}
	return out
}

func (w *trustWorld) pending() []keyring.Staged {
	w.t.Helper()
	staged, err := w.dir.Pending(context.Background())
	w.must(err)
	return staged
}

// collection is realGUN as a client that knows nothing reads it.
func (w *trustWorld) collection() *trustdata.Collection { return w.collectionOf(realGUN) }

func (w *trustWorld) collectionOf(gun trustdata.GUN) *trustdata.Collection {
	w.t.Helper()
	store, err := state.OpenStore(w.t.TempDir(), w.now)
	w.must(err)
	res, err := (&remote.Fetcher{Config: w.config, State: store, Now: w.now}).Fetch(context.Background(), gun)
	w.must(err)
	return res.Collection
}

// rotate rotates without the console.
func (w *trustWorld) rotate(role trustdata.Role) {
	w.t.Helper()
	ctx := context.Background()
	plan, err := w.Plan(ctx, rotation.Request{GUN: realGUN, Role: role})
	w.must(err)
	prep, err := w.Prepare(ctx, plan, keyring.NewPassphrase([]byte(newPass)))
	w.must(err)
	keys := rotation.Keys{}
	for _, n := range plan.Needs() {
		keys[n.KeyID], err = w.dir.Open(ctx, n.KeyID, keyring.NewPassphrase([]byte(oldPass)))
		w.must(err)
	}
	_, err = w.Publish(ctx, prep, keys, func(string) {})
	w.must(err)
}

// The rest of what the wizard needs; the rotator itself has the other methods.

func (w *trustWorld) Unlocked(context.Context, trustdata.KeyID) (*keyring.PrivateKey, error) {
	return nil, nil
}

func (w *trustWorld) Open(ctx context.Context, id trustdata.KeyID, p keyring.Passphrase) (*keyring.PrivateKey, error) {
	return w.dir.Open(ctx, id, p)
}

func (w *trustWorld) BackUp(ctx context.Context, prep *rotation.Prepared, folder string, recipients []string) (*backup.CreateResult, error) {
	to, err := backup.ParseRecipients(recipients)
	if err != nil {
		return nil, err
	}
	plan, err := backup.PlanCreate(ctx, backup.Source{Dirs: []*keyring.Dir{w.dir}, Tool: "test", Staged: prep.Staged},
		backup.CreateOptions{Dir: folder, Recipients: to, Now: w.now()})
	if err != nil {
		return nil, err
	}
	return plan.Apply(ctx, nil)
}

func (w *trustWorld) Waive(context.Context, *rotation.Plan, string) error { return nil }
