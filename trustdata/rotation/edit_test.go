package rotation_test

import (
	"context"
	"maps"
	"net/http"
	"strings"
	"testing"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
)

// found makes an empty repository the way init does.
func (w *world) found(makeRoot bool) (*rotation.EditResult, error) {
	w.t.Helper()
	return w.foundOn(rotation.InitRequest{GUN: gun, MakeRoot: makeRoot})
}

func (w *world) foundOn(req rotation.InitRequest) (*rotation.EditResult, error) {
	w.t.Helper()
	ctx := context.Background()
	r := w.rotator()
	plan, err := r.PlanInit(ctx, req)
	if err != nil {
		return nil, err
	}
	keys := rotation.Keys{}
	for _, n := range plan.Need {
		if !n.New {
			k, err := w.dir.Open(ctx, n.KeyID, keyring.NewPassphrase([]byte(pass)))
			if err != nil {
				w.t.Fatal(err)
			}
			keys[n.KeyID] = k
		}
	}
	p := func() keyring.Passphrase { return keyring.NewPassphrase([]byte(pass)) }
	return r.ApplyInit(ctx, plan, keys, rotation.InitPassphrases{Root: p(), Targets: p()}, func(string) {})
}

func (w *world) apply(e *rotation.Edit) (*rotation.EditResult, error) {
	w.t.Helper()
	ctx := context.Background()
	keys := rotation.Keys{}
	for _, n := range e.Need {
		k, err := w.dir.Open(ctx, n.KeyID, keyring.NewPassphrase([]byte(pass)))
		if err != nil {
			w.t.Fatal(err)
		}
		keys[n.KeyID] = k
	}
	return w.rotator().ApplyEdit(ctx, e, keys, func(string) {})
}

func one(tag string, t rotation.Target) []rotation.TagTarget {
	return []rotation.TagTarget{{Tag: tag, Target: t}}
}

var target = rotation.Target{Digest: strings.Repeat("ab", 32), Length: 528}

func TestInitSignRevoke(t *testing.T) {
	w := newWorld(t)
	res, err := w.found(true)
	if err != nil || !res.Verified {
		t.Fatalf("init: %+v, %v", res, err)
	}
	if len(w.files()) != 2 || w.pending() != 0 {
		t.Errorf("files %v, pending %d; want a root and a repository key", w.files(), w.pending())
	}
	if _, err := w.found(true); err == nil {
		t.Error("a repository was founded twice")
	} else {
		is(t, err, rotation.ErrInitialised)
	}
	ctx := context.Background()
	r := w.rotator()
	e, err := r.PlanSign(ctx, gun, one("1.0", target))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := w.apply(e)
	if err != nil || signed.Versions[trustdata.RoleTargets] != 2 {
		t.Fatalf("sign: %+v, %v", signed, err)
	}
	tags := w.collection().Tags
	if len(tags) != 1 || tags[0].Digest != target.Digest || tags[0].Length != target.Length || !tags[0].Pulled {
		t.Errorf("tags %+v", tags)
	}
	_, err = r.PlanSign(ctx, gun, one("1.0", target))
	is(t, err, rotation.ErrNothing)
	if e, err = r.PlanRevoke(ctx, gun, []string{"1.0"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.apply(e); err != nil {
		t.Fatal(err)
	}
	if tags := w.collection().Tags; len(tags) != 0 {
		t.Errorf("tags after revoking: %+v", tags)
	}
	_, err = r.PlanRevoke(ctx, gun, []string{"1.0"})
	is(t, err, rotation.ErrNothing)
}

func TestSignWhatWasNeverFounded(t *testing.T) {
	w := newWorld(t)
	_, err := w.rotator().PlanSign(context.Background(), gun, one("1.0", target))
	if err == nil || !strings.Contains(err.Error(), "keyrite init") {
		t.Errorf("error %v", err)
	}
}

func TestInitOnPresentRoot(t *testing.T) {
	w := newWorld(t)
	_, err := w.found(false)
	is(t, err, rotation.ErrUsage) // there is none
	root := w.key(trustdata.RoleRoot)
	if _, err := w.found(false); err != nil {
		t.Fatal(err)
	}
	view, _ := w.collection().Role(trustdata.RoleRoot)
	if view.Keys[0].KeyID != root.KeyID() || view.Keys[0].CertificateID == "" {
		t.Errorf("root lists %+v, want the key %s with a certificate", view.Keys, root.KeyID())
	}
	w.key(trustdata.RoleRoot)
	_, err = w.rotator().PlanInit(context.Background(), rotation.InitRequest{GUN: "registry.acme.example/other"})
	var choice *rotation.RootChoiceError
	if !asChoice(err, &choice) || len(choice.Roots) != 2 {
		t.Errorf("with two roots: %v, want to be asked", err)
	}
}

func TestInitRefused(t *testing.T) {
	w := newWorld(t)
	w.meddle = func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method == http.MethodPost {
			rw.WriteHeader(http.StatusForbidden)
			return
		}
		next.ServeHTTP(rw, r)
	}
	before := w.files()
	_, err := w.found(true)
	is(t, err, rotation.ErrRefused)
	if !maps.Equal(before, w.files()) || w.pending() != 0 {
		t.Errorf("files %v, before %v, pending %d", w.files(), before, w.pending())
	}
}

func TestSignRefusesBadTargets(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	for _, bad := range []rotation.Target{{}, {Digest: "ab", Length: 1}, {Digest: target.Digest}, {Digest: target.Digest, Length: -1}, {Digest: strings.Repeat("zz", 32), Length: 1}, {Digest: strings.Repeat("AB", 32), Length: 1}} {
		_, err := w.rotator().PlanSign(context.Background(), gun, one("1.0", bad))
		is(t, err, rotation.ErrUsage)
	}
}

// A repository that the server has lost: nothing is founded by the way, and with the word
// for it the old one is forgotten.
func TestInitAnew(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	ctx := context.Background()
	if _, err := w.rotator().Fetch(ctx, gun); err != nil {
		t.Fatal(err)
	}
	wipe, err := http.NewRequest(http.MethodDelete, w.config.Server+"/v2/"+string(gun)+"/_trust/tuf/", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(wipe)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp, err)
	}
	resp.Body.Close()
	_, err = w.found(false)
	is(t, err, rotation.ErrSeenBefore)
	res, err := w.foundOn(rotation.InitRequest{GUN: gun, Anew: true})
	if err != nil || !res.Verified {
		t.Fatalf("%+v, %v", res, err)
	}
	if got := w.names(trustdata.RoleTargets); got != "" {
		t.Errorf("tags %q", got)
	}
	w.sign(rotation.TagTarget{Tag: "1.0", Target: target})
}

func TestInitOnTheWrongKey(t *testing.T) {
	w := newWorld(t)
	targets := w.key(trustdata.RoleTargets)
	_, err := w.foundOn(rotation.InitRequest{GUN: gun, Root: targets.KeyID()})
	is(t, err, rotation.ErrUsage)
	_, err = w.foundOn(rotation.InitRequest{GUN: gun, Chain: []byte("no certificate")})
	if err == nil || !strings.Contains(err.Error(), "root certificate") {
		t.Errorf("error %v", err)
	}
}
