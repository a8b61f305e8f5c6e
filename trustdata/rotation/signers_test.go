package rotation_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
)

// addSigner lists one key and carries that out.
func (w *world) addSigner(name string, key *keyring.PrivateKey) (*rotation.Edit, error) {
	w.t.Helper()
	e, err := w.rotator().PlanAddSigner(context.Background(), rotation.SignerRequest{GUN: gun, Name: name, Keys: []trustdata.PublicKey{key.Public()}, Releases: true})
	if err != nil {
		return nil, err
	}
	res, err := w.apply(e)
	if err == nil && (!res.Verified || !res.Published || res.Changed[0] != "targets") {
		w.t.Errorf("%+v", res)
	}
	return e, err
}

func (w *world) removeSigner(name string) (*rotation.Edit, error) {
	w.t.Helper()
	e, err := w.rotator().PlanRemoveSigner(context.Background(), gun, name)
	if err != nil {
		return nil, err
	}
	_, err = w.apply(e)
	return e, err
}

// keysOf are the keys of a role; nil where there is no such role.
func (w *world) keysOf(role trustdata.Role) []trustdata.KeyID {
	view, ok := w.collection().Role(role)
	if !ok {
		return nil
	}
	ids := []trustdata.KeyID{}
	for _, k := range view.Keys {
		ids = append(ids, k.KeyID)
	}
	return ids
}

// away puts a private key where this machine does not have it.
func (w *world) away(key *keyring.PrivateKey) {
	w.t.Helper()
	if _, err := w.dir.Trash(context.Background(), key.KeyID(), w.clock); err != nil {
		w.t.Fatal(err)
	}
}

func said(e *rotation.Edit) string {
	return strings.Join(slices.Concat(e.Warnings, e.Changes, e.WillNotFollow), "\n")
}

func TestAddAndRemoveSigner(t *testing.T) {
	for name, local := range map[string]bool{"server snapshot": false, "local snapshot": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.publish(local)
			a, b := w.key("alice"), w.key("bob")
			if _, err := w.addSigner("alice", a); err != nil {
				t.Fatal(err)
			}
			if _, err := w.addSigner("bob", b); err != nil {
				t.Fatal(err)
			}
			_, err := w.addSigner("bob", b)
			is(t, err, rotation.ErrNothing)
			if !slices.Equal(w.keysOf(alice), []trustdata.KeyID{a.KeyID()}) || !slices.Equal(w.keysOf(releases), []trustdata.KeyID{a.KeyID(), b.KeyID()}) {
				t.Errorf("alice %v, releases %v", w.keysOf(alice), w.keysOf(releases))
			}
			if view, _ := w.collection().Role(alice); !slices.Equal(view.Paths, []string{""}) || view.Threshold != 1 {
				t.Errorf("%+v", view)
			}
			w.away(b)
			w.sign(rotation.TagTarget{Tag: "3.0", Target: target}) // by alice alone
			if err := w.dir.Put(context.Background(), string(b.KeyID()), mustEncode(t, b)); err != nil {
				t.Fatal(err)
			}
			e, err := w.removeSigner("alice")
			if err != nil {
				t.Fatal(err)
			}
			if text := said(e); !strings.Contains(text, "a key that stays signs its 1 tag again") || !strings.Contains(text, "Repo Admin vouches from now on for 1 tag that only alice vouched for: 3.0") {
				t.Errorf("the plan says %q", text)
			}
			if w.keysOf(alice) != nil || !slices.Equal(w.keysOf(releases), []trustdata.KeyID{b.KeyID()}) || w.names(releases) != "3.0" {
				t.Errorf("alice %v, releases %v with %q", w.keysOf(alice), w.keysOf(releases), w.names(releases))
			}
			_, err = w.removeSigner("alice")
			is(t, err, rotation.ErrNothing)
		})
	}
}

func mustEncode(t *testing.T, key *keyring.PrivateKey) []byte {
	t.Helper()
	enc, err := keyring.Encode(key, keyring.NewPassphrase([]byte(pass)), keyring.Header{Role: "bob"}, quick)
	if err != nil {
		t.Fatal(err)
	}
	return enc
}

// A key that two signers share stays in releases as long as one of them does.
func TestRemoveSignerWithASharedKey(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	key := w.key("both")
	for _, name := range []string{"alice", "bob"} {
		if _, err := w.addSigner(name, key); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.removeSigner("alice"); err != nil {
		t.Fatal(err)
	}
	if got := w.keysOf(releases); !slices.Equal(got, []trustdata.KeyID{key.KeyID()}) {
		t.Errorf("releases lists %v", got)
	}
}

// What nobody who stays has signed is lost, and that comes first in the plan.
func TestRemoveTheSignerOfAllThatIsReleased(t *testing.T) {
	for name, tt := range map[string]struct {
		other bool
		want  string
	}{
		"the last signer":               {false, "THE LAST SIGNER: targets/releases goes too, and its 1 tag (3.0)"},
		"another, whose key is nowhere": {true, "ONLY ALICE HAS SIGNED targets/releases: its 1 tag (3.0)"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.publish(false)
			if _, err := w.addSigner("alice", w.key("alice")); err != nil {
				t.Fatal(err)
			}
			if tt.other {
				b := w.key("bob")
				if _, err := w.addSigner("bob", b); err != nil {
					t.Fatal(err)
				}
				w.away(b)
			}
			w.sign(rotation.TagTarget{Tag: "3.0", Target: target})
			e, err := w.removeSigner("alice")
			if err != nil || len(e.Warnings) != 1 || !strings.Contains(e.Warnings[0], tt.want) || strings.Contains(said(e), "Repo Admin") {
				t.Fatalf("%v, the plan says %q", err, said(e))
			}
			if w.names(releases) != "" {
				t.Errorf("releases vouches for %q", w.names(releases))
			}
		})
	}
}

// A signer who was removed and is added again, with the same key or another, gets none of
// the old tags back; where that cannot be seen to, nothing is done.
func TestAddSignerAgain(t *testing.T) {
	for name, tt := range map[string]struct {
		local, same, here bool
		moved             bool // the snapshot key comes here in between
		want              string
		fails             bool
		version           int64
	}{
		"same key, here":                     {same: true, here: true, want: "starts afresh with version 2", version: 2},
		"same key, elsewhere":                {same: true, want: "would bring back for targets/alice", fails: true},
		"another key, elsewhere":             {want: "does not verify until one of its keys signs"},
		"another key, here":                  {here: true, want: "starts afresh with version 2", version: 2},
		"same key, elsewhere, snapshot here": {local: true, same: true, want: "has no file, until one of its keys signs"},
		"another key and the snapshot here":  {local: true, here: true, want: "starts afresh with version 2", version: 2},
		"same key, elsewhere, snapshot came": {moved: true, same: true, want: "the snapshot no longer names its old file on the server, version 1 with 1 tag (old)"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.publish(tt.local)
			a := w.key("alice")
			if _, err := w.addSigner("alice", a); err != nil {
				t.Fatal(err)
			}
			w.sign(rotation.TagTarget{Tag: "old", Target: target})
			if _, err := w.removeSigner("alice"); err != nil {
				t.Fatal(err)
			}
			again := a
			if !tt.same {
				again = w.key("alice2")
			}
			if !tt.here {
				w.away(again)
			}
			if tt.moved {
				if _, _, err := w.rotate(trustdata.RoleSnapshot, rotation.Local); err != nil {
					t.Fatal(err)
				}
			}
			before := w.collection()
			e, err := w.addSigner("alice", again)
			if tt.fails {
				if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "(old)") {
					t.Errorf("error %v", err)
				}
				if after := w.collection(); len(after.Roles) != len(before.Roles) {
					t.Errorf("roles %+v", after.Roles)
				}
				return
			}
			if err != nil || !strings.Contains(said(e), tt.want) {
				t.Fatalf("%v, the plan says %q", err, said(e))
			}
			view, _ := w.collection().Role(alice)
			if w.names(alice) != "" || w.names(releases) != "" || view.Version != tt.version {
				t.Errorf("alice %q, releases %q, version %d", w.names(alice), w.names(releases), view.Version)
			}
			if tt.here {
				if res := w.sign(rotation.TagTarget{Tag: "new", Target: target}); res.Versions[alice] < 2 {
					t.Errorf("%+v", res)
				}
				if w.names(alice) != "new" {
					t.Errorf("alice %q", w.names(alice))
				}
			}
		})
	}
}

func TestSignersThatCannotBe(t *testing.T) {
	w := newWorld(t)
	ctx, key := context.Background(), w.key("alice")
	req := rotation.SignerRequest{GUN: gun, Name: "alice", Keys: []trustdata.PublicKey{key.Public()}, Releases: true}
	_, err := w.rotator().PlanAddSigner(ctx, req)
	if err == nil || !strings.Contains(err.Error(), "keyrite init") {
		t.Errorf("not founded: %v", err)
	}
	w.publish(false)
	before := w.files()
	for _, bad := range []string{"", "releases", "Alice", "a/b", "../x", "-a", "a b"} {
		req.Name = bad
		_, err := w.rotator().PlanAddSigner(ctx, req)
		is(t, err, rotation.ErrUsage)
	}
	_, err = w.rotator().PlanAddSigner(ctx, rotation.SignerRequest{GUN: gun, Name: "alice"})
	is(t, err, rotation.ErrUsage)
	w.away(w.only(trustdata.RoleTargets))
	req.Name = "alice"
	_, err = w.rotator().PlanAddSigner(ctx, req)
	var missing *rotation.MissingKeyError
	if !errors.As(err, &missing) || missing.Role != trustdata.RoleTargets {
		t.Errorf("error %v", err)
	}
	if maps.Equal(before, w.files()) {
		t.Error("the key is still here")
	}
}
