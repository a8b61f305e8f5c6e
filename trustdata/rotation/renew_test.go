package rotation_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
)

// change plans a request and carries it out, with what is handed over opened.
func (w *world) change(req rotation.Request) (*rotation.Plan, *rotation.Result, error) {
	w.t.Helper()
	ctx, r := context.Background(), w.rotator()
	req.GUN = gun
	plan, err := r.Plan(ctx, req)
	if err != nil {
		return nil, nil, err
	}
	prep, err := r.PrepareWith(ctx, plan, w.handed, keyring.NewPassphrase([]byte(pass)))
	if err != nil {
		return plan, nil, err
	}
	keys := w.open(plan)
	maps.Copy(keys, w.handed)
	res, err := r.Publish(ctx, prep, keys, func(string) {})
	return plan, res, err
}

func says(t *testing.T, lines []string, want string) {
	t.Helper()
	if !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, want) }) {
		t.Errorf("no line says %q: %q", want, lines)
	}
}

func TestRenewCertificate(t *testing.T) {
	for name, local := range map[string]bool{"snapshot at the server": false, "snapshot key here": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.publish(local)
			before := w.files()
			was, _ := w.collection().Role(trustdata.RoleRoot)
			w.clock = w.clock.AddDate(1, 0, 0)
			plan, res, err := w.change(rotation.Request{Role: trustdata.RoleRoot, SameKey: true})
			if err != nil {
				t.Fatal(err)
			}
			says(t, plan.Changes, "ends on 2036-11-19")
			says(t, plan.Changes, "ends on 2037-11-19")
			if slices.ContainsFunc(plan.Needs(), func(n rotation.Need) bool { return n.New }) {
				t.Errorf("a key is to be made: %+v", plan.Needs())
			}
			is, _ := w.collection().Role(trustdata.RoleRoot)
			if !res.Verified || !slices.Equal(res.OldKeys, res.NewKeys) || is.Keys[0].KeyID != was.Keys[0].KeyID || is.Keys[0].CertificateID == was.Keys[0].CertificateID {
				t.Errorf("result %+v; root %+v, before %+v", res, is, was)
			}
			if !maps.Equal(before, w.files()) || w.pending() != 0 || len(res.Trashed) != 0 {
				t.Errorf("files %v, before %v", w.files(), before)
			}
			if _, _, err := w.rotate(trustdata.RoleRoot, rotation.Same); err != nil {
				t.Errorf("rotating on: %v", err)
			}
		})
	}
}

// TestRenewIsForRoots: no other key has a certificate.
func TestRenewIsForRoots(t *testing.T) {
	w := newWorld(t)
	w.publish(true)
	for _, role := range []trustdata.Role{trustdata.RoleTargets, trustdata.RoleSnapshot, trustdata.RoleTimestamp} {
		_, err := w.rotator().Plan(context.Background(), rotation.Request{GUN: gun, Role: role, SameKey: true})
		is(t, err, rotation.ErrUsage)
	}
}

// TestEndedCertificate: on its last day it is renewed, a day later nothing can be done.
func TestEndedCertificate(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	begin := w.clock
	w.clock = begin.AddDate(0, 0, 3651)
	for _, role := range []trustdata.Role{trustdata.RoleRoot, trustdata.RoleTargets} {
		_, err := w.rotator().Plan(context.Background(), rotation.Request{GUN: gun, Role: role, SameKey: role == trustdata.RoleRoot})
		is(t, err, rotation.ErrEnded)
		is(t, err, trustdata.ErrVerify)
	}
	_, err := w.rotator().PlanRepair(context.Background(), rotation.RepairRequest{GUN: gun})
	is(t, err, rotation.ErrEnded)
	_, err = w.rotator().PlanSign(context.Background(), gun, []rotation.TagTarget{{Tag: "2.0", Target: target}})
	is(t, err, rotation.ErrEnded)
	for _, left := range []string{"keyrite delete " + string(gun), "keyrite init " + string(gun) + " --anew"} {
		if !strings.Contains(err.Error(), left) {
			t.Errorf("error %v does not say %q", err, left)
		}
	}
}

// TestExpiredRootIsRepairedFirst: no new root is made above one that has expired; the command
// that comes first is named, and does it.
func TestExpiredRootIsRepairedFirst(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	w.clock = w.clock.AddDate(9, 1, 0)
	w.unreadable()
	for _, role := range []trustdata.Role{trustdata.RoleRoot, trustdata.RoleTargets} {
		_, err := w.rotator().Plan(context.Background(), rotation.Request{GUN: gun, Role: role})
		is(t, err, trustdata.ErrVerify)
		if err == nil || !strings.Contains(err.Error(), "keyrite repair "+string(gun)+" signs again") {
			t.Errorf("rotating %s: %v", role, err)
		}
	}
	if _, _, err := w.repair(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.rotate(trustdata.RoleRoot, rotation.Same); err != nil {
		t.Error(err)
	}
}
