package tufrepo

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"keyrite/keyring"
	"keyrite/trustdata"
)

// heldKeys gives the base roles of a world keys of this program, of one kind each.
func (w *world) heldKeys(kinds map[string]trustdata.KeyType) map[trustdata.KeyID]trustdata.SigningKey {
	w.Helper()
	keys := map[trustdata.KeyID]trustdata.SigningKey{}
	for _, role := range []string{"timestamp", "snapshot", "targets", "root"} {
		k, err := keyring.Generate(kinds[role])
		if err != nil {
			w.Fatal(err)
		}
		listed, id, err := listing(k)
		if err != nil {
			w.Fatal(err)
		}
		w.replaceKey(role, testKey{signer{k}, listed, id})
		keys[k.KeyID()] = k
	}
	w.bump()
	w.publish()
	return keys
}

var someKinds = map[string]trustdata.KeyType{"root": trustdata.KeyECDSA, "targets": trustdata.KeyED25519, "snapshot": trustdata.KeyED25519, "timestamp": trustdata.KeyECDSA}

func (w *world) options() Options {
	return Options{Base: w.dir, Root: w.firstRoot, State: w.state, Now: func() time.Time { return w.now }}
}

// plan plans with all of keys at hand.
func (w *world) plan(role trustdata.Role, keys map[trustdata.KeyID]trustdata.SigningKey) (*Rotation, error) {
	w.Helper()
	return PlanRotation(w.mustOpen(), w.options(), role, "", func(id trustdata.KeyID) bool { return keys[id] != nil })
}

func (w *world) build(role trustdata.Role, keys map[trustdata.KeyID]trustdata.SigningKey, kind trustdata.KeyType) (*Change, *keyring.PrivateKey) {
	w.Helper()
	p, err := w.plan(role, keys)
	if err != nil {
		w.Fatal(err)
	}
	next, err := keyring.Generate(kind)
	if err != nil {
		w.Fatal(err)
	}
	c, err := p.Build(w.Context(), keys, next, w.now)
	if err != nil {
		w.Fatal(err)
	}
	return c, next
}

// TestRotate rotates root and targets of repositories with and without consistent
// snapshots. The stock client follows from its cache of before, and the memory does too.
func TestRotate(t *testing.T) {
	for _, consistent := range []bool{true, false} {
		for _, role := range []trustdata.Role{"root", "targets"} {
			for _, kind := range []trustdata.KeyType{trustdata.KeyECDSA, trustdata.KeyED25519, trustdata.KeyRSA} {
				if kind == trustdata.KeyRSA && !consistent {
					continue // such a key takes its time
				}
				t.Run(fmt.Sprintf("%s %s consistent %v", role, kind, consistent), func(t *testing.T) {
					w := newWorld(t)
					w.root.Signed.ConsistentSnapshot = consistent
					w.delegate("targets", metadata.DelegatedRole{Name: "alice", Paths: []string{"a"}})
					w.tag("alice", "a")
					keys := w.heldKeys(someKinds)
					before := w.mustOpen().Collection
					if _, err := w.stock("1.0", "a"); err != nil {
						t.Fatal(err)
					}
					c, next := w.build(role, keys, kind)
					res, err := c.Write(t.Context(), w.now)
					if err != nil {
						t.Fatal(err)
					}
					old, _ := before.Role(role)
					got, _ := res.Collection.Role(role)
					if len(got.Keys) != 1 || got.Keys[0].KeyID != next.KeyID() || got.Keys[0].KeyID == old.Keys[0].KeyID || !got.Expires.Equal(old.Expires) {
						t.Errorf("%+v after %+v", got, old)
					}
					if fmt.Sprint(res.Collection.Tags) != fmt.Sprint(before.Tags) {
						t.Errorf("tags %v, were %v", res.Collection.Tags, before.Tags)
					}
					w.mustOpen() // with everything remembered
					if _, err := w.stock("1.0", "a"); err != nil {
						t.Errorf("the stock client: %v", err)
					}
					entries, _ := os.ReadDir(w.dir)
					if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return strings.HasPrefix(e.Name(), ".") }) {
						t.Errorf("left behind: %v", entries)
					}
				})
			}
		}
	}
}

// TestRotateStopped stops after each file that is put in place: clients are served what
// verifies at every moment, and Finish completes it.
func TestRotateStopped(t *testing.T) {
	for stop := range 5 {
		w := newWorld(t)
		keys := w.heldKeys(someKinds)
		w.mustOpen()
		if _, err := w.stock("1.0"); err != nil {
			t.Fatal(err)
		}
		c, next := w.build("targets", keys, trustdata.KeyECDSA)
		dir, err := os.OpenRoot(w.dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := stage(dir, c.files); err != nil {
			t.Fatal(err)
		}
		waiting, err := os.ReadDir(filepath.Join(w.dir, ready))
		if err != nil || len(waiting) != 4 {
			t.Fatalf("%v, %v", waiting, err)
		}
		for _, e := range waiting[:stop] {
			if err := os.Rename(filepath.Join(w.dir, ready, e.Name()), filepath.Join(w.dir, e.Name()[6:])); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.open(); err != nil {
			t.Errorf("stopped after %d files: %v", stop, err)
		}
		if _, err := w.stock("1.0"); err != nil {
			t.Errorf("stopped after %d files: the stock client: %v", stop, err)
		}
		if _, err := c.Write(t.Context(), w.now); !errors.Is(err, ErrUnfinished) {
			t.Errorf("a second rotation: %v", err)
		}
		if done, err := Finish(w.dir); !done || err != nil {
			t.Errorf("finish: %v, %v", done, err)
		}
		if view, _ := w.mustOpen().Collection.Role("targets"); view.Keys[0].KeyID != next.KeyID() {
			t.Errorf("targets %+v", view)
		}
		if done, err := Finish(w.dir); done || err != nil {
			t.Errorf("finish again: %v, %v", done, err)
		}
		dir.Close()
	}
}

// TestRotateStagingStopped: a staging that was not decided changes nothing and is no
// hindrance.
func TestRotateStagingStopped(t *testing.T) {
	w := newWorld(t)
	keys := w.heldKeys(someKinds)
	if err := os.MkdirAll(filepath.Join(w.dir, filling, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	c, _ := w.build("root", keys, trustdata.KeyECDSA)
	if done, err := Finish(w.dir); done || err != nil {
		t.Errorf("finish: %v, %v", done, err)
	}
	if _, err := c.Write(t.Context(), w.now); err != nil {
		t.Error(err)
	}
}

// TestRotateBesideExpired: an expired delegation keeps nobody from replacing a key.
func TestRotateBesideExpired(t *testing.T) {
	w := newWorld(t)
	w.delegate("targets", metadata.DelegatedRole{Name: "alice", Paths: []string{"a"}})
	w.targets["alice"].Signed.Expires = w.now.Add(-time.Hour)
	keys := w.heldKeys(someKinds)
	for _, role := range []trustdata.Role{"targets", "root"} {
		c, next := w.build(role, keys, trustdata.KeyECDSA)
		res, err := c.Write(t.Context(), w.now)
		if err != nil || res.Collection.Verified() {
			t.Fatalf("%s: %v, and alice verifies: %v", role, err, err == nil)
		}
		keys[next.KeyID()] = next
	}
}

func TestRotateRefused(t *testing.T) {
	w := newWorld(t)
	keys := w.heldKeys(someKinds)
	for _, role := range []trustdata.Role{"snapshot", "timestamp", "alice"} {
		if _, err := w.plan(role, keys); !errors.Is(err, ErrRequest) {
			t.Errorf("%s: %v", role, err)
		}
	}
	for id, k := range keys {
		without := map[trustdata.KeyID]trustdata.SigningKey{}
		for other, k := range keys {
			if other != id {
				without[other] = k
			}
		}
		var missing *MissingKeyError
		if _, err := w.plan("targets", without); !errors.As(err, &missing) || !slices.Contains(missing.Listed, k.(*keyring.PrivateKey).KeyID()) {
			t.Errorf("without %s: %v", id.Short(), err)
		}
	}
	o := w.options()
	o.Base = "https://tuf.example"
	if _, err := PlanRotation(w.mustOpen(), o, "root", "", func(trustdata.KeyID) bool { return true }); !errors.Is(err, ErrRequest) {
		t.Errorf("a server: %v", err)
	}

	// A key that was not opened after all, or is another one, is found before anything is
	// written.
	before := w.listing()
	p, err := w.plan("targets", keys)
	if err != nil {
		t.Fatal(err)
	}
	next, err := keyring.Generate(trustdata.KeyECDSA)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Build(t.Context(), nil, next, w.now); !errors.Is(err, trustdata.ErrVerify) {
		t.Errorf("without keys: %v", err)
	}
	c, _ := w.build("targets", keys, trustdata.KeyECDSA)
	if fmt.Sprint(before) != fmt.Sprint(w.listing()) {
		t.Error("planning and building wrote something")
	}
	w.timestamp.Signed.Version++
	w.publishTimestamp()
	if _, err := c.Write(t.Context(), w.now); !errors.Is(err, ErrMoved) {
		t.Errorf("a repository that has changed: %v", err)
	}
}

// listing are the files of the repository with their sums.
func (w *world) listing() map[string]string {
	w.Helper()
	all := map[string]string{}
	entries, err := os.ReadDir(w.dir)
	if err != nil {
		w.Fatal(err)
	}
	for _, e := range entries {
		all[e.Name()] = fmt.Sprintf("%x", sha256.Sum256(w.read(e.Name())))
	}
	return all
}

// TestRotateOneOfTwo replaces one key of a root that two must sign, which other programs
// list under IDs of their own.
func TestRotateOneOfTwo(t *testing.T) {
	w := newWorld(t)
	keys := w.heldKeys(someKinds)
	k, err := keyring.Generate(trustdata.KeyECDSA)
	if err != nil {
		t.Fatal(err)
	}
	keys[k.KeyID()] = k
	listed, _, err := listing(k)
	if err != nil {
		t.Fatal(err)
	}
	listed.Type = metadata.KeyTypeECDSA_SHA2_P256_COMPAT
	const id = "python-tuf-would-have-another-id"
	w.root.Signed.Version++
	w.root.Signed.Keys[id] = listed
	w.root.Signed.Roles["root"].KeyIDs = append(w.root.Signed.Roles["root"].KeyIDs, id)
	w.root.Signed.Roles["root"].Threshold = 2
	sign(w, w.root, w.keys["root"])
	if err := signAs(w.root, id, k); err != nil {
		t.Fatal(err)
	}
	raw, err := w.root.ToBytes(false)
	if err != nil {
		t.Fatal(err)
	}
	w.write(fmt.Sprintf("%d.root.json", w.root.Signed.Version), raw)
	if _, err := w.plan("root", keys); !errors.Is(err, ErrRequest) {
		t.Errorf("which of the two goes was not asked: %v", err)
	}
	p, err := PlanRotation(w.mustOpen(), w.options(), "root", k.KeyID(), func(id trustdata.KeyID) bool { return keys[id] != nil })
	if err != nil {
		t.Fatal(err)
	}
	next, err := keyring.Generate(trustdata.KeyED25519)
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.Build(t.Context(), keys, next, w.now)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Write(t.Context(), w.now)
	if err != nil {
		t.Fatal(err)
	}
	view, _ := res.Collection.Role("root")
	if view.Threshold != 2 || len(view.Keys) != 2 || !slices.Contains(keyIDs(view), next.KeyID()) || slices.Contains(keyIDs(view), k.KeyID()) {
		t.Errorf("%+v", view)
	}
	if _, err := w.stock("1.0"); err != nil {
		t.Errorf("the stock client: %v", err)
	}
}

// TestSigner: what go-tuf gets is what the standard library verifies.
func TestSigner(t *testing.T) {
	for _, kind := range []trustdata.KeyType{trustdata.KeyECDSA, trustdata.KeyED25519, trustdata.KeyRSA} {
		k, err := keyring.Generate(kind)
		if err != nil {
			t.Fatal(err)
		}
		public, err := signer{k}.PublicKey()
		if err != nil {
			t.Fatal(err)
		}
		for i := range 20 { // r and s with leading noughts are rare
			message := fmt.Sprintf("message %d", i)
			sig, err := signer{k}.SignMessage(strings.NewReader(message))
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256([]byte(message))
			ok := false
			switch p := public.(type) {
			case *ecdsa.PublicKey:
				ok = p.Curve == elliptic.P256() && ecdsa.VerifyASN1(p, sum[:], sig)
			case ed25519.PublicKey:
				ok = ed25519.Verify(p, []byte(message), sig)
			case *rsa.PublicKey:
				ok = rsa.VerifyPSS(p, crypto.SHA256, sum[:], sig, nil) == nil
			}
			if !ok {
				t.Fatalf("%s: signature %d does not verify", kind, i)
			}
			if kind == trustdata.KeyRSA {
				break
			}
		}
		listed, _, err := listing(k)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := publicOf(listed); err != nil || back.ListedID() != k.Public().ListedID() {
			t.Errorf("%s: %v, %v", kind, back, err)
		}
	}
}
