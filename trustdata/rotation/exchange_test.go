package rotation_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
)

const (
	root    = trustdata.RoleRoot
	targets = trustdata.RoleTargets
)

// must carries a request out and checks that the role then lists these keys, of which so
// many must sign, beside new ones.
func (w *world) must(req rotation.Request, threshold int, listed ...trustdata.KeyID) *rotation.Result {
	w.t.Helper()
	_, res, err := w.change(req)
	if err != nil {
		w.t.Fatalf("%+v: %v", req, err)
	}
	role, _ := w.collection().Role(req.Role)
	var have []trustdata.KeyID
	for _, k := range role.Keys {
		have = append(have, k.KeyID)
	}
	want := slices.Clone(listed)
	if req.Part != rotation.RemoveOnly && len(res.NewKeys) == 1 && !slices.Contains(want, res.NewKeys[0]) {
		want = append(want, res.NewKeys[0])
	}
	slices.Sort(have)
	slices.Sort(want)
	if !res.Verified || !slices.Equal(have, want) || role.Threshold != threshold || w.pending() != 0 {
		w.t.Errorf("%+v: %+v; %s lists %q (threshold %d), want %q (threshold %d); %d pending", req, res, req.Role, have, role.Threshold, want, threshold, w.pending())
	}
	return res
}

func (w *world) lists(role trustdata.Role) []trustdata.KeyID {
	w.t.Helper()
	view, _ := w.collection().Role(role)
	var ids []trustdata.KeyID
	for _, k := range view.Keys {
		ids = append(ids, k.KeyID)
	}
	return ids
}

// TestSeveralRootKeys grows a root to three keys of which two sign, lets one give way and
// shrinks it again: no other key is dropped in passing, and the threshold stays.
func TestSeveralRootKeys(t *testing.T) {
	for _, role := range []trustdata.Role{root, targets} {
		t.Run(string(role), func(t *testing.T) {
			w := newWorld(t)
			w.publish(false)
			first := w.lists(role)[0]
			second := w.must(rotation.Request{Role: role, Part: rotation.AddOnly}, 1, first).NewKeys[0]
			third := w.must(rotation.Request{Role: role, Part: rotation.AddOnly, Threshold: 2}, 2, first, second).NewKeys[0]
			_, _, err := w.change(rotation.Request{Role: role})
			is(t, err, rotation.ErrUsage)
			fourth := w.must(rotation.Request{Role: role, Old: second}, 2, first, third).NewKeys[0]
			if role == root {
				w.must(rotation.Request{Role: role, Old: third, SameKey: true}, 2, first, third, fourth)
			}
			w.must(rotation.Request{Role: targets, Old: w.lists(targets)[0]}, len(w.lists(targets))-boolInt(len(w.lists(targets)) > 1), w.lists(targets)[1:]...)
			left := w.lists(role)
			w.must(rotation.Request{Role: role, Old: left[0], Part: rotation.RemoveOnly}, 2, left[1:]...)
			_, _, err = w.change(rotation.Request{Role: role, Old: left[1], Part: rotation.RemoveOnly})
			is(t, err, rotation.ErrUsage)
			w.must(rotation.Request{Role: role, Old: left[1], Part: rotation.RemoveOnly, Threshold: 1}, 1, left[2:]...)
			if got := len(w.collection().Tags); got != 2 {
				t.Errorf("%d tags", got)
			}
		})
	}
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestMissingRootKey: a key that is not here stops the plan, where it is needed.
func TestMissingRootKey(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	first := w.lists(root)[0]
	second := w.must(rotation.Request{Role: root, Part: rotation.AddOnly, Threshold: 2}, 2, first).NewKeys[0]
	if _, err := w.dir.Trash(context.Background(), second, w.clock); err != nil {
		t.Fatal(err)
	}
	for name, req := range map[string]rotation.Request{
		"root":            {Role: root, Old: second},
		"the same key":    {Role: root, Old: first, SameKey: true},
		"targets":         {Role: targets},
		"fewer must sign": {Role: root, Old: second, Part: rotation.RemoveOnly, Threshold: 1},
	} {
		_, err := w.rotator().Plan(context.Background(), rotation.Request{GUN: gun, Role: req.Role, Old: req.Old, SameKey: req.SameKey, Part: req.Part, Threshold: req.Threshold})
		var missing *rotation.MissingKeyError
		if !asMissing(err, &missing) || missing.Threshold != 2 || missing.Found != 1 {
			t.Errorf("%s: %v, want that one root key of two is missing", name, err)
		}
	}
}

// TestGivenKey lists keys that are on this machine already, and keys that are handed over.
func TestGivenKey(t *testing.T) {
	for name, c := range map[string]struct {
		role   trustdata.Role
		local  bool
		handed bool
	}{
		"root": {role: root}, "root, handed over": {role: root, handed: true},
		"targets": {role: targets}, "targets, handed over": {role: targets, handed: true},
		"snapshot": {role: trustdata.RoleSnapshot, local: true}, "snapshot from the server, handed over": {role: trustdata.RoleSnapshot, handed: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.publish(c.local)
			old := w.lists(c.role)[0]
			var key *keyring.PrivateKey
			if c.handed {
				key = w.hand(c.role)
			} else {
				key = w.key(c.role)
			}
			to := rotation.Same
			if c.role == trustdata.RoleSnapshot {
				to = rotation.Local
			}
			w.must(rotation.Request{Role: c.role, To: to, Key: key.KeyID(), Import: c.handed}, 1, key.KeyID())
			if _, err := w.dir.Open(context.Background(), key.KeyID(), keyring.NewPassphrase([]byte(pass))); err != nil {
				t.Errorf("the given key: %v", err)
			}
			_, err := w.dir.Raw(context.Background(), old)
			if gone := err != nil; gone != (c.role != root) {
				t.Errorf("the old key is gone from private/: %v", gone)
			}
		})
	}
}

// hand has a key handed over with the next change.
func (w *world) hand(role trustdata.Role) *keyring.PrivateKey {
	w.t.Helper()
	k, err := keyring.Generate(trustdata.KeyECDSA)
	if err != nil {
		w.t.Fatal(err)
	}
	w.handed = rotation.Keys{k.KeyID(): k}
	return k
}

// TestGivenKeysThatDoNotFit: each is refused while nothing has happened.
func TestGivenKeysThatDoNotFit(t *testing.T) {
	w := newWorld(t)
	w.publish(true)
	before := w.files()
	for name, req := range map[string]rotation.Request{
		"of another role":       {Role: root, Key: w.lists(targets)[0]},
		"listed already":        {Role: targets, Key: w.lists(targets)[0]},
		"the root key again":    {Role: root, Key: w.lists(root)[0]},
		"for the server":        {Role: trustdata.RoleSnapshot, To: rotation.Server, Key: w.lists(root)[0]},
		"for the timestamp":     {Role: trustdata.RoleTimestamp, Key: w.lists(root)[0]},
		"a threshold too high":  {Role: root, Threshold: 2},
		"no key is left":        {Role: root, Part: rotation.RemoveOnly},
		"a second snapshot key": {Role: trustdata.RoleSnapshot, Part: rotation.AddOnly},
		"added and given way":   {Role: root, Part: rotation.AddOnly, Old: w.lists(root)[0]},
		"removed and given":     {Role: root, Part: rotation.RemoveOnly, Key: w.lists(root)[0]},
		"a stranger's key":      {Role: root, Old: w.lists(targets)[0]},
		"certified targets":     {Role: targets, Chain: "x"},
	} {
		req.GUN = gun
		if _, err := w.rotator().Plan(context.Background(), req); !errors.Is(err, rotation.ErrUsage) {
			t.Errorf("%s: %v, want a refusal as usage", name, err)
		}
	}
	nobody := rotation.Request{GUN: gun, Role: targets, Key: trustdata.KeyID("00" + string(w.lists(targets)[0][2:]))}
	if _, err := w.rotator().Plan(context.Background(), nobody); err == nil {
		t.Error("a key that is nowhere is planned with")
	}
	if !maps.Equal(before, w.files()) || w.pending() != 0 {
		t.Error("planning has changed the keys")
	}
	// Not handed over after all: the operation is given up before anything is sent.
	w.hand(targets)
	id := slices.Collect(maps.Keys(w.handed))[0]
	w.handed = nil
	if _, _, err := w.change(rotation.Request{Role: targets, Key: id, Import: true}); err == nil || !maps.Equal(before, w.files()) || w.pending() != 0 {
		t.Errorf("%v; %d pending", err, w.pending())
	}
}

// TestEd25519RootIsRefused: there are no certificates for such keys.
func TestEd25519RootIsRefused(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	k, err := keyring.Generate(trustdata.KeyED25519)
	if err != nil {
		t.Fatal(err)
	}
	w.handed = rotation.Keys{k.KeyID(): k}
	if _, _, err := w.change(rotation.Request{Role: root, Key: k.KeyID(), Import: true}); err == nil || w.pending() != 0 {
		t.Errorf("%v; %d pending", err, w.pending())
	}
}

// TestResumeAGivenKey: the key that waits in pending/ is the one that is listed.
func TestResumeAGivenKey(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	key := w.hand(targets)
	ctx, r, p := context.Background(), w.rotator(), keyring.NewPassphrase([]byte(pass))
	plan, err := r.Plan(ctx, rotation.Request{GUN: gun, Role: targets, Key: key.KeyID(), Import: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.PrepareWith(ctx, plan, w.handed, p); err != nil {
		t.Fatal(err)
	}
	// The program ends here, and starts again.
	ops, err := w.journal.Unfinished()
	if err != nil || len(ops) != 1 {
		t.Fatalf("%v, %v", ops, err)
	}
	batch, err := r.PlanResume(ctx, ops[0], 1)
	if err != nil || len(batch.Plans) != 1 {
		t.Fatalf("%+v, %v", batch, err)
	}
	keys := rotation.Keys{}
	for _, n := range batch.Needs() {
		if n.New || n.Given {
			t.Errorf("resuming wants %+v", n)
		}
		k, err := rotation.WithStaged{Store: w.dir, Op: ops[0].ID}.Open(ctx, n.KeyID, p)
		if err != nil {
			t.Fatal(err)
		}
		keys[n.KeyID] = k
	}
	prep, err := r.PrepareBatch(ctx, batch, keys, p)
	if err != nil {
		t.Fatal(err)
	}
	out, err := r.PublishBatch(ctx, prep, keys, 1, func(trustdata.GUN, string) {})
	if err != nil || out[0].Err != nil || !slices.Equal(w.lists(targets), []trustdata.KeyID{key.KeyID()}) || w.pending() != 0 {
		t.Errorf("%+v, %v; listed %q", out, err, w.lists(targets))
	}
}

// TestLegacy: every earlier root key that is here signs along, and only when that is asked for.
func TestLegacy(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	signers := func() int {
		res, err := w.rotator().Fresh(context.Background(), gun)
		if err != nil {
			t.Fatal(err)
		}
		return len(res.Repo.Root.Signatures)
	}
	for i, c := range []struct {
		legacy bool
		want   int
	}{{false, 2}, {false, 2}, {true, 4}, {false, 2}} {
		if _, _, err := w.change(rotation.Request{Role: root, Legacy: c.legacy}); err != nil {
			t.Fatal(err)
		}
		if got := signers(); got != c.want {
			t.Errorf("rotation %d: %d signatures, want %d", i+1, got, c.want)
		}
	}
	_, err := w.rotator().Plan(context.Background(), rotation.Request{GUN: gun, Role: targets, Legacy: true})
	is(t, err, rotation.ErrUsage)
}
