package rotation_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/rotation/ceremony"
	"keyrite/trustdata/state"
)

// apart is a repository whose root key is on another machine, which has seen nothing.
func apart(t *testing.T, local bool) (online, offline *world) {
	t.Helper()
	w := newWorld(t)
	w.publish(local)
	away := *w
	folder := t.TempDir()
	private := filepath.Join(folder, "trust", "private")
	if err := os.MkdirAll(private, 0o700); err != nil {
		t.Fatal(err)
	}
	root, _ := w.collection().Role(trustdata.RoleRoot)
	name := string(root.Keys[0].KeyID) + ".key"
	if err := os.Rename(filepath.Join(w.dir.Path(), "private", name), filepath.Join(private, name)); err != nil {
		t.Fatal(err)
	}
	away.remember(folder)
	return w, &away
}

// deaf is the offline machine's rotator: it asks nobody.
func (w *world) deaf() *rotation.Rotator {
	r := w.rotator()
	none := func(context.Context, trustdata.GUN) (*remote.Result, error) {
		w.t.Error("the offline machine asks a server")
		return nil, errors.New("no network")
	}
	r.Fetch, r.Fresh, r.Server = none, none, nil
	return r
}

func (w *world) prepare(role trustdata.Role, change ceremony.Change) *ceremony.Bundle {
	w.t.Helper()
	ctx, r := context.Background(), w.rotator()
	plan, err := r.PlanCeremony(ctx, []rotation.CeremonyRequest{{Request: rotation.Request{GUN: gun, Role: role}, Change: change}}, 1)
	if err != nil {
		w.t.Fatal(err)
	}
	if len(plan.Left) > 0 {
		w.t.Fatal(plan.Left[0].Why)
	}
	b, err := r.PrepareCeremony(ctx, plan, keyring.NewPassphrase([]byte(pass)), "a test")
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

func nowhere(trustdata.GUN) ([]remote.Local, error) { return nil, nil }

// firstUse believes what is in a file.
var firstUse = rotation.CeremonyTrust{Local: nowhere, FirstUse: true}

// signAway signs a file away from the network. What write answers is what becomes of the file.
func (w *world) signAway(b *ceremony.Bundle, write func(*ceremony.Bundle) error) (*ceremony.Bundle, error) {
	w.t.Helper()
	ctx, r := context.Background(), w.deaf()
	plan, err := r.PlanSigning(ctx, b, firstUse)
	if err != nil {
		return nil, err
	}
	if plan.Signed != nil {
		_, err := r.SignedAgain(ctx, plan, write)
		return plan.Signed, err
	}
	keys := w.openAll(plan.Need)
	prep, err := r.PrepareSigning(ctx, plan, keys, keyring.NewPassphrase([]byte(pass)))
	if err != nil {
		return nil, err
	}
	signed, _, err := r.SignCeremony(ctx, plan, prep, keys, "a test", write)
	return signed, err
}

func written(*ceremony.Bundle) error { return nil }

func (w *world) openAll(needs []rotation.Need) rotation.Keys {
	w.t.Helper()
	keys := rotation.Keys{}
	for _, n := range needs {
		if n.New {
			continue
		}
		var store keyring.Store = w.dir
		if n.Staged != "" {
			store = rotation.WithStaged{Store: w.dir, Op: n.Staged}
		}
		k, err := store.Open(context.Background(), n.KeyID, keyring.NewPassphrase([]byte(pass)))
		if err != nil {
			w.t.Fatal(err)
		}
		keys[n.KeyID] = k
	}
	return keys
}

// send publishes what was signed and gives what became of it.
func (w *world) send(signed *ceremony.Bundle) (*rotation.Result, error) {
	w.t.Helper()
	ctx, r := context.Background(), w.rotator()
	plan, err := r.PlanPublishing(ctx, signed, 1)
	if err != nil {
		return nil, err
	}
	if len(plan.Left) > 0 {
		return nil, plan.Left[0].Why
	}
	out, err := r.PublishCeremony(ctx, plan, w.openAll(plan.Need), 1, func(trustdata.GUN, string) {})
	if err != nil {
		return nil, err
	}
	return out[0].Result, out[0].Err
}

func TestCeremony(t *testing.T) {
	for name, c := range map[string]struct {
		local  bool // the snapshot key lies on the online machine
		role   trustdata.Role
		change ceremony.Change
		makes  bool // a root key, on the offline machine
	}{
		"root":                             {role: trustdata.RoleRoot, change: ceremony.NewKey, makes: true},
		"root, snapshot key here":          {local: true, role: trustdata.RoleRoot, change: ceremony.NewKey, makes: true},
		"certificate":                      {role: trustdata.RoleRoot, change: ceremony.NewCertificate},
		"refresh, snapshot key here":       {local: true, role: trustdata.RoleRoot, change: ceremony.Refresh},
		"targets":                          {role: trustdata.RoleTargets, change: ceremony.NewKey},
		"targets, snapshot key here":       {local: true, role: trustdata.RoleTargets, change: ceremony.NewKey},
		"snapshot, its key is made online": {local: true, role: trustdata.RoleSnapshot, change: ceremony.NewKey},
		"timestamp":                        {role: trustdata.RoleTimestamp, change: ceremony.NewKey},
	} {
		t.Run(name, func(t *testing.T) {
			online, offline := apart(t, c.local)
			before, _ := online.collection().Role(c.role)
			signed, err := offline.signAway(online.prepare(c.role, c.change), written)
			if err != nil {
				t.Fatal(err)
			}
			res, err := online.send(signed)
			if err != nil || !res.Verified || res.RootVersion != 2 {
				t.Fatalf("%+v, %v", res, err)
			}
			after, _ := online.collection().Role(c.role)
			if same := after.Keys[0].KeyID == before.Keys[0].KeyID; same != (c.change != ceremony.NewKey) {
				t.Errorf("keys of %s: %v, before %v", c.role, after.Keys, before.Keys)
			}
			if n := len(offline.files()); n != map[bool]int{false: 1, true: 2}[c.makes] || offline.pending()+online.pending() != 0 {
				t.Errorf("%d keys on the offline machine, %d pending there, %d here", n, offline.pending(), online.pending())
			}
			_, err = online.send(signed)
			is(t, err, rotation.ErrCeremony)
			if _, err := offline.signAway(online.prepare(trustdata.RoleRoot, ceremony.Refresh), written); err != nil {
				t.Errorf("the next ceremony, from what the offline machine remembers: %v", err)
			}
		})
	}
}

// TestCeremonyCutShort stops between any two steps and goes on.
func TestCeremonyCutShort(t *testing.T) {
	online, offline := apart(t, true)
	b := online.prepare(trustdata.RoleRoot, ceremony.NewKey)
	recoverAll := func(w *world) {
		t.Helper()
		if _, err := w.rotator().Recover(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	recoverAll(online)
	// The stick is full: the new key waits, and nothing is signed twice.
	full := errors.New("no space left")
	_, err := offline.signAway(b, func(*ceremony.Bundle) error { return full })
	is(t, err, full)
	if offline.pending() != 1 {
		t.Fatalf("%d pending", offline.pending())
	}
	recoverAll(offline)
	ops, err := offline.journal.Unfinished()
	if err != nil || len(ops) != 1 {
		t.Fatalf("%v, %v", ops, err)
	}
	_, err = offline.rotator().GiveUp(context.Background(), ops[0])
	is(t, err, rotation.ErrUsage) // the file may be out, so the key must not go
	var first *ceremony.Bundle
	signed, err := offline.signAway(b, func(f *ceremony.Bundle) error { first = f; return nil })
	if err != nil || offline.pending() != 0 || len(offline.files()) != 2 || first.SHA256 != signed.SHA256 {
		t.Fatalf("signed on: %v, %d pending", err, offline.pending())
	}
	again, err := offline.signAway(b, written)
	if err != nil || again.SHA256 != signed.SHA256 {
		t.Errorf("signed once more: %v", err)
	}
	// The answer to the upload is lost, and so is the upload.
	online.meddle = func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method == http.MethodPost {
			rw.WriteHeader(http.StatusInternalServerError)
			return
		}
		next.ServeHTTP(rw, r)
	}
	_, err = online.send(signed)
	is(t, err, rotation.ErrUnknown)
	online.meddle = nil
	plan, err := online.rotator().PlanPublishing(context.Background(), signed, 1)
	if err != nil || len(plan.Again) != 1 || len(plan.GUNs()) != 0 {
		t.Fatalf("plan %+v, %v", plan, err)
	}
	if _, err := online.rotator().Again(context.Background(), plan.Op, func(trustdata.GUN, string) {}); err != nil {
		t.Fatal(err)
	}
	if role, _ := online.collection().Role(trustdata.RoleRoot); role.Version != 2 {
		t.Errorf("root is version %d", role.Version)
	}
}

// TestCeremonyLeavesBehind: what is said of roles with several keys is not said of one.
func TestCeremonyLeavesBehind(t *testing.T) {
	online, _ := apart(t, false)
	for _, change := range []ceremony.Change{ceremony.NewKey, ceremony.NewCertificate, ceremony.Refresh} {
		plan, err := online.rotator().PlanCeremony(context.Background(), []rotation.CeremonyRequest{{Request: rotation.Request{GUN: gun, Role: trustdata.RoleRoot}, Change: change}}, 1)
		if err != nil || len(plan.Left) > 0 {
			t.Fatal(err, plan.Left)
		}
		behind := strings.Join(plan.WillNotFollow, "\n")
		if strings.Contains(behind, "several keys") || strings.Contains(behind, "--legacy") || strings.Contains(behind, "pin the old root certificate") == (change == ceremony.Refresh) {
			t.Errorf("%s leaves behind:\n%s", change, behind)
		}
	}
}

// TestCeremonyTakenUpAgain gives up what was begun, and goes on with the same plan.
func TestCeremonyTakenUpAgain(t *testing.T) {
	online, offline := apart(t, false)
	ctx, secret := context.Background(), keyring.NewPassphrase([]byte(pass))
	plan, err := online.rotator().PlanCeremony(ctx, []rotation.CeremonyRequest{{Request: rotation.Request{GUN: gun, Role: trustdata.RoleRoot}, Change: ceremony.NewKey}}, 1)
	if err != nil {
		t.Fatal(err)
	}
	b, err := online.rotator().PrepareCeremony(ctx, plan, secret, "a test")
	if err != nil {
		t.Fatal(err)
	}
	r := offline.deaf()
	signing, err := r.PlanSigning(ctx, b, firstUse)
	if err != nil {
		t.Fatal(err)
	}
	keys := offline.openAll(signing.Need)
	prep, err := r.PrepareSigning(ctx, signing, keys, secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Abandon(ctx, prep); err != nil || offline.pending() != 0 {
		t.Fatalf("%v, %d pending", err, offline.pending())
	}
	if prep, err = r.PrepareSigning(ctx, signing, keys, secret); err != nil {
		t.Fatal(err)
	}
	// Beside that nothing else is begun, and what is signed is found again.
	other := *signing
	_, err = offline.deaf().PrepareSigning(ctx, &other, keys, secret)
	is(t, err, rotation.ErrMoved)
	signed, _, err := r.SignCeremony(ctx, signing, prep, keys, "a test", written)
	if err != nil {
		t.Fatal(err)
	}
	again, err := offline.signAway(b, written)
	if err != nil || again.SHA256 != signed.SHA256 {
		t.Errorf("another file was signed: %v", err)
	}
	// A preparation that was given up is another one when it is taken up again.
	ops, err := online.journal.Unfinished()
	if err != nil || len(ops) != 1 {
		t.Fatalf("%v, %v", ops, err)
	}
	if _, err := online.rotator().GiveUp(ctx, ops[0]); err != nil {
		t.Fatal(err)
	}
	if b, err = online.rotator().PrepareCeremony(ctx, plan, secret, "a test"); err != nil {
		t.Fatal(err)
	}
	if ops, err = online.journal.Unfinished(); err != nil || len(ops) != 1 || ops[0].ID != b.ID {
		t.Errorf("the file is of ceremony %s, and the journal has %v, %v", b.ID, ops, err)
	}
}

// dying is a store whose machine loses its power as soon as a key is staged.
type dying struct{ keyring.Store }

func (d dying) Stage(ctx context.Context, op string, k *keyring.PrivateKey, p keyring.Passphrase, h keyring.Header, f keyring.Format) (keyring.Staged, error) {
	if _, err := d.Store.Stage(ctx, op, k, p, h, f); err != nil {
		return keyring.Staged{}, err
	}
	panic("power cut")
}

// TestCeremonyPowerCut loses the power after a new key is staged. Online no file can have
// left, so the next start gives up what was begun; offline the key waits, and is named.
func TestCeremonyPowerCut(t *testing.T) {
	online, offline := apart(t, false)
	ctx, secret := context.Background(), keyring.NewPassphrase([]byte(pass))
	cut := func(do func()) {
		t.Helper()
		defer func() {
			if recover() != "power cut" {
				t.Error("the power was not cut")
			}
		}()
		do()
	}
	r := online.rotator()
	r.Keys = dying{online.dir}
	plan, err := r.PlanCeremony(ctx, []rotation.CeremonyRequest{{Request: rotation.Request{GUN: gun, Role: trustdata.RoleTargets}, Change: ceremony.NewKey}}, 1)
	if err != nil {
		t.Fatal(err)
	}
	cut(func() { r.PrepareCeremony(ctx, plan, secret, "a test") })
	rec, err := online.rotator().Recover(ctx)
	if err != nil || len(rec) != 1 || rec[0].Op.State() != rotation.StateAbandoned || online.pending() != 0 {
		t.Errorf("%+v, %v, %d pending", rec, err, online.pending())
	}

	b := online.prepare(trustdata.RoleRoot, ceremony.NewKey)
	away := offline.deaf()
	away.Keys = dying{offline.dir}
	signing, err := away.PlanSigning(ctx, b, firstUse)
	if err != nil {
		t.Fatal(err)
	}
	cut(func() { away.PrepareSigning(ctx, signing, offline.openAll(signing.Need), secret) })
	if _, err := offline.deaf().Recover(ctx); err != nil || offline.pending() != 1 {
		t.Errorf("%v, %d pending", err, offline.pending())
	}
	signed, err := offline.signAway(b, written)
	if err != nil {
		t.Fatal(err)
	}
	if res, err := online.send(signed); err != nil || !res.Verified || offline.pending() != 0 {
		t.Errorf("%+v, %v, %d pending", res, err, offline.pending())
	}
}

// TestCeremonyRefused are files that are sound and not to be used.
func TestCeremonyRefused(t *testing.T) {
	online, offline := apart(t, false)
	b := online.prepare(trustdata.RoleRoot, ceremony.NewKey)
	signed, err := offline.signAway(b, written)
	if err != nil {
		t.Fatal(err)
	}
	_, err = offline.signAway(signed, written)
	is(t, err, rotation.ErrUsage)
	_, err = online.send(b)
	is(t, err, rotation.ErrUsage)
	_, err = offline.send(signed)
	is(t, err, rotation.ErrCeremony)
	other, _ := apart(t, false)
	_, err = other.send(signed)
	is(t, err, rotation.ErrCeremony)

	// Signed for another preparation under the same name.
	twin := b.Prepared
	twin.Tool = "somebody else"
	raw, err := twin.Encode()
	if err != nil {
		t.Fatal(err)
	}
	forged, err := ceremony.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	_, err = offline.signAway(forged, written)
	is(t, err, rotation.ErrCeremony)
	lie := *signed.Signed
	if raw, err = lie.Encode(forged); err != nil {
		t.Fatal(err)
	}
	if forged, err = ceremony.Parse(raw); err != nil {
		t.Fatal(err)
	}
	_, err = online.send(forged)
	is(t, err, rotation.ErrCeremony)
	if err == nil || !strings.Contains(err.Error(), "another preparation") {
		t.Errorf("%v", err)
	}

	// Tags move on meanwhile: that is no matter. Root does: it is.
	both := online.elsewhere()
	root, _ := online.collection().Role(trustdata.RoleRoot)
	name := filepath.Join("private", string(root.Keys[0].KeyID)+".key")
	raw, err = os.ReadFile(filepath.Join(offline.dir.Path(), name))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(both.dir.Path(), name), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := both.rotate(trustdata.RoleTimestamp, rotation.Same); err != nil {
		t.Fatal(err)
	}
	_, err = online.send(signed)
	is(t, err, rotation.ErrMoved)
}

// TestCeremonyTrust is what an offline machine believes roots by.
func TestCeremonyTrust(t *testing.T) {
	online, offline := apart(t, false)
	b := online.prepare(trustdata.RoleRoot, ceremony.NewKey)
	raw := b.Repositories[0].Roots()[0]
	other, _ := apart(t, false)
	foreign := other.prepare(trustdata.RoleRoot, ceremony.NewKey).Repositories[0].Roots()[0]
	holds := func(raw []byte) func(trustdata.GUN) ([]remote.Local, error) {
		return func(trustdata.GUN) ([]remote.Local, error) {
			return []remote.Local{{Path: "tuf", Files: map[trustdata.Role][]byte{trustdata.RoleRoot: raw}}}, nil
		}
	}
	given := func(sum string) map[trustdata.GUN]string { return map[trustdata.GUN]string{gun: sum} }
	for name, c := range map[string]struct {
		trust   rotation.CeremonyTrust
		seen    *state.RootSeen
		refused bool
		unknown int
	}{
		"nothing":                  {rotation.CeremonyTrust{Local: nowhere}, nil, false, 1},
		"first use":                {firstUse, nil, false, 0},
		"docker's":                 {rotation.CeremonyTrust{Local: holds(raw)}, nil, false, 0},
		"docker's other":           {rotation.CeremonyTrust{Local: holds(foreign), FirstUse: true}, nil, true, 0},
		"given":                    {rotation.CeremonyTrust{Local: nowhere, Given: given(sha(raw))}, nil, false, 0},
		"given another":            {rotation.CeremonyTrust{Local: nowhere, Given: given(sha(foreign)), FirstUse: true}, nil, true, 0},
		"seen":                     {rotation.CeremonyTrust{Local: nowhere}, &state.RootSeen{Version: 1, SHA256: sha(raw)}, false, 0},
		"seen another":             {firstUse, &state.RootSeen{Version: 1, SHA256: sha(foreign)}, true, 0},
		"seen a newer one":         {firstUse, &state.RootSeen{Version: 2, SHA256: sha(raw)}, true, 0},
		"seen, and docker's other": {rotation.CeremonyTrust{Local: holds(foreign)}, &state.RootSeen{Version: 1, SHA256: sha(raw)}, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := offline.deaf()
			var err error
			if r.State, err = state.OpenStore(t.TempDir(), offline.now); err != nil {
				t.Fatal(err)
			}
			if c.seen != nil {
				if err := r.State.Remember(state.Seen{GUN: gun, Root: *c.seen}); err != nil {
					t.Fatal(err)
				}
			}
			plan, err := r.PlanSigning(context.Background(), b, c.trust)
			if c.refused {
				is(t, err, trustdata.ErrVerify)
				if errors.Is(err, rotation.ErrOutdated) != (name == "seen a newer one") {
					t.Errorf("out of date: %v", err)
				}
			} else if err != nil || len(plan.Unknown) != c.unknown {
				t.Errorf("%v, unknown %v", err, plan)
			}
		})
	}
	offline.clock = online.clock.AddDate(0, 0, -1)
	_, err := offline.deaf().PlanSigning(context.Background(), b, firstUse)
	is(t, err, rotation.ErrCeremony)
	if problems := rotation.CheckCeremony(b, notary.Policy{Now: online.clock}); len(problems) > 0 {
		t.Errorf("%q", problems)
	}
}
