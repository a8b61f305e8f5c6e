package rotation_test

import (
	"context"
	"encoding/pem"
	"errors"
	"slices"
	"testing"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/rotation"
)

// signedByAlice is a repository whose signer alice has signed 2.0, in releases too.
func signedByAlice(t *testing.T, local bool) (*world, *keyring.PrivateKey) {
	t.Helper()
	w := newWorld(t)
	w.publish(false)
	key := w.key("alice")
	w.delegate("", map[trustdata.Role]*keyring.PrivateKey{alice: key, releases: key})
	w.sign(rotation.TagTarget{Tag: "2.0", Target: target})
	if local {
		if _, _, err := w.rotate(trustdata.RoleSnapshot, rotation.Local); err != nil {
			t.Fatal(err)
		}
	}
	return w, key
}

func publicPEM(k *keyring.PrivateKey) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: k.Public().Value}))
}

// vouches checks that both roles still verify and vouch for 2.0.
func (w *world) vouches() {
	w.t.Helper()
	for _, role := range []trustdata.Role{alice, releases} {
		if got := w.names(role); got != "2.0" {
			w.t.Errorf("%s vouches for %q", role, got)
		}
	}
}

func TestExchangeDelegationKey(t *testing.T) {
	for name, local := range map[string]bool{"snapshot at the server": false, "snapshot key here": true} {
		t.Run(name, func(t *testing.T) {
			w, old := signedByAlice(t, local)
			plan, res, err := w.change(rotation.Request{Role: alice})
			if err != nil {
				t.Fatal(err)
			}
			w.vouches()
			next := w.lists(alice)
			if !res.Verified || !slices.Equal(next, res.NewKeys) || !slices.Equal(w.lists(releases), next) || next[0] == old.KeyID() || len(res.Trashed) != 1 || w.pending() != 0 {
				t.Errorf("%+v; alice lists %q, releases %q; plan %q", res, next, w.lists(releases), plan.Changes)
			}
			infos, err := w.dir.List(context.Background())
			if at := slices.IndexFunc(infos, func(i keyring.Info) bool { return i.KeyID == next[0] }); err != nil || at < 0 || infos[at].Role != "alice" || infos[at].GUN != "" {
				t.Errorf("the new key's file: %+v, %v", infos, err)
			}
			w.sign(rotation.TagTarget{Tag: "3.0", Target: target})
			if got := w.names(alice); got != "2.0 3.0" {
				t.Errorf("alice vouches for %q", got)
			}
		})
	}
}

// TestDelegationKeyElsewhere: the new key comes in, its holder signs, the old one goes; the
// last step is refused while the holder has not signed.
func TestDelegationKeyElsewhere(t *testing.T) {
	w, old := signedByAlice(t, false)
	holder := w.elsewhere()
	next := holder.key("alice")
	_, res, err := w.change(rotation.Request{Role: alice, Public: publicPEM(next)})
	if err != nil || !res.Verified || w.pending() != 0 || !slices.Equal(res.NewKeys, []trustdata.KeyID{next.KeyID()}) {
		t.Fatalf("%+v, %v", res, err)
	}
	both := []trustdata.KeyID{old.KeyID(), next.KeyID()}
	if !slices.Equal(w.lists(alice), both) || !slices.Equal(w.lists(releases), both) {
		t.Errorf("alice lists %q, releases %q", w.lists(alice), w.lists(releases))
	}
	w.vouches()
	gone := rotation.Request{Role: alice, Old: old.KeyID(), Part: rotation.RemoveOnly}
	_, _, err = w.change(gone)
	var missing *rotation.MissingKeyError
	if !asMissing(err, &missing) {
		t.Errorf("%v, want that the holder must sign first", err)
	}
	holder.sign(rotation.TagTarget{Tag: "3.0", Target: target})
	_, res, err = w.change(gone)
	if err != nil || !res.Verified || len(res.NewKeys) != 0 || len(res.Trashed) != 1 {
		t.Fatalf("%+v, %v", res, err)
	}
	if got := w.names(alice); got != "2.0 3.0" || !slices.Equal(w.lists(alice), []trustdata.KeyID{next.KeyID()}) {
		t.Errorf("alice vouches for %q, by %q", got, w.lists(alice))
	}
}

// TestExchangeNestedDelegation: targets/alice/ci is signed again, and alice's own file
// which lists it; targets.json is left alone.
func TestExchangeNestedDelegation(t *testing.T) {
	const ci = trustdata.Role("targets/alice/ci")
	w, key := signedByAlice(t, false)
	nested := w.key("ci")
	file, err := w.rotator().Fresh(context.Background(), gun)
	if err != nil {
		t.Fatal(err)
	}
	body := file.Repo.Targets[alice].Body.Clone()
	id := nested.Public().ListedID()
	body.Version++
	body.Keys = map[trustdata.ListedID]trustdata.PublicKey{id: nested.Public()}
	body.Delegations = []notary.Delegation{{Role: ci, Paths: []string{""}, RoleKeys: notary.RoleKeys{KeyIDs: []trustdata.ListedID{id}, Threshold: 1}}}
	parent, err := notary.SignTargets(alice, body, []notary.Signer{{Key: key, Listed: key.Public().ListedID()}})
	if err != nil {
		t.Fatal(err)
	}
	child, err := notary.SignTargets(ci, notary.Targets{Version: 1, Expires: w.clock.AddDate(1, 0, 0)}, []notary.Signer{{Key: nested, Listed: id}})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.server().Publish(context.Background(), map[trustdata.Role][]byte{alice: parent.Raw, ci: child.Raw}); err != nil {
		t.Fatal(err)
	}
	was := file.Repo.Targets[targets].Body.Version
	plan, res, err := w.change(rotation.Request{Role: ci})
	if err != nil || !res.Verified || !slices.Equal(w.lists(ci), res.NewKeys) || res.NewKeys[0] == nested.KeyID() {
		t.Fatalf("%+v, %v, plan %+v", res, err, plan)
	}
	w.vouches()
	if after, err := w.rotator().Fresh(context.Background(), gun); err != nil || after.Repo.Targets[targets].Body.Version != was || after.Repo.Targets[ci].Body.Version != 2 {
		t.Errorf("%v", err)
	}
}

// TestDelegationKeysThatStay: a key that another role lists is no trash.
func TestDelegationKeysThatStay(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	a, b := w.key("alice"), w.key("alice2")
	w.threshold(a, b)
	w.sign(rotation.TagTarget{Tag: "2.0", Target: target})
	_, _, err := w.change(rotation.Request{Role: alice})
	is(t, err, rotation.ErrUsage)
	_, res, err := w.change(rotation.Request{Role: alice, Old: a.KeyID()})
	if err != nil || !res.Verified || w.names(alice) != "2.0" || !slices.Contains(w.lists(alice), b.KeyID()) || len(w.lists(alice)) != 2 {
		t.Errorf("%+v, %v; lists %q", res, err, w.lists(alice))
	}
}

func TestExpiredDelegationIsRepairedFirst(t *testing.T) {
	w, key := signedByAlice(t, false)
	before := w.files()
	w.clock = w.clock.AddDate(1, 0, 0)
	w.delegate("", map[trustdata.Role]*keyring.PrivateKey{alice: key, releases: key}) // targets.json lives longer
	w.clock = w.clock.AddDate(2, 1, 0)
	_, err := w.rotator().Plan(context.Background(), rotation.Request{GUN: gun, Role: alice})
	if !errors.Is(err, trustdata.ErrVerify) || len(before) != len(w.files()) {
		t.Errorf("%v, want that it has expired", err)
	}
	says(t, []string{err.Error()}, "targets/alice metadata refused: expired")
	says(t, []string{err.Error()}, "keyrite repair "+string(gun))
}

func TestDelegationRequestsThatCannotBe(t *testing.T) {
	w, key := signedByAlice(t, false)
	for name, req := range map[string]rotation.Request{
		"nobody's":           {Role: "targets/nobody"},
		"to the server":      {Role: alice, To: rotation.Server},
		"with a threshold":   {Role: alice, Threshold: 2},
		"the same key":       {Role: alice, SameKey: true},
		"the root key":       {Role: alice, Key: w.lists(root)[0]},
		"its own key":        {Role: alice, Key: key.KeyID()},
		"its own public key": {Role: alice, Public: publicPEM(key)},
		"none is left":       {Role: alice, Part: rotation.RemoveOnly},
		"public for targets": {Role: targets, Public: publicPEM(key)},
	} {
		req.GUN = gun
		if _, err := w.rotator().Plan(context.Background(), req); !errors.Is(err, rotation.ErrUsage) {
			t.Errorf("%s: %v, want a refusal as usage", name, err)
		}
	}
	if _, err := w.rotator().Plan(context.Background(), rotation.Request{GUN: gun, Role: alice, Public: "not a key"}); err == nil {
		t.Error("a public key that is none is planned with")
	}
}
