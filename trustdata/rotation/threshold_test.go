package rotation_test

import (
	"context"
	"testing"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/rotation"
)

// threshold makes targets/alice need two of its keys.
func (w *world) threshold(keys ...*keyring.PrivateKey) {
	w.t.Helper()
	res, err := w.rotator().Fresh(context.Background(), gun)
	if err != nil {
		w.t.Fatal(err)
	}
	body := res.Repo.Targets[trustdata.RoleTargets].Body.Clone()
	body.Version++
	body.Keys = map[trustdata.ListedID]trustdata.PublicKey{}
	d := notary.Delegation{Role: alice, Paths: []string{""}, RoleKeys: notary.RoleKeys{Threshold: 2}}
	for _, k := range keys {
		id := k.Public().ListedID()
		body.Keys[id] = k.Public()
		d.KeyIDs = append(d.KeyIDs, id)
	}
	body.Delegations = []notary.Delegation{d}
	by := w.only(trustdata.RoleTargets)
	file, err := notary.SignTargets(trustdata.RoleTargets, body, []notary.Signer{{Key: by, Listed: by.Public().ListedID()}})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.server().Publish(context.Background(), map[trustdata.Role][]byte{trustdata.RoleTargets: file.Raw}); err != nil {
		w.t.Fatal(err)
	}
}

// A role that wants two signatures gets two, and with one key here it is not signed at all.
func TestSignWithThreshold(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	a, b := w.key("alice"), w.key("alice2")
	w.threshold(a, b)
	e, err := w.rotator().PlanSign(context.Background(), gun, one("3.0", target))
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Need) != 2 {
		t.Errorf("needs %+v, want both keys", e.Need)
	}
	if res, err := w.apply(e); err != nil || !res.Verified {
		t.Fatalf("%+v, %v", res, err)
	}
	if got := w.names(alice); got != "3.0" {
		t.Errorf("alice vouches for %q", got)
	}
	if _, err := w.dir.Trash(context.Background(), b.KeyID(), w.clock); err != nil {
		t.Fatal(err)
	}
	for name, plan := range map[string]func() (*rotation.Edit, error){
		"sign": func() (*rotation.Edit, error) {
			return w.rotator().PlanSign(context.Background(), gun, one("4.0", target))
		},
		"revoke": func() (*rotation.Edit, error) {
			return w.rotator().PlanRevoke(context.Background(), gun, []string{"3.0"})
		},
	} {
		_, err := plan()
		var missing *rotation.MissingKeyError
		if !asMissing(err, &missing) || missing.Threshold != 2 || missing.Found != 1 {
			t.Errorf("%s: %v, want that one key of two is missing", name, err)
		}
	}
}
