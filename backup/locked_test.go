package backup

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"keyrite/keyring"
	"keyrite/keyring/keyringtest"
)

// kept is a backup of the rig's three keys, read with those locked that ask does not know.
func kept(t *testing.T, ask Passphrases) *VerifyResult {
	t.Helper()
	r := newRig(t)
	id, to := newIdentity(t)
	got := r.create(t, CreateOptions{Recipients: []Recipient{to}})
	v, err := Verify(context.Background(), got.File, own(id), VerifyOptions{Keep: true, Passphrases: ask})
	check(t, err)
	return v
}

// Keys are opened one after the other, roots first; only with the last one is the backup
// drilled, and what is recorded says how many were.
func TestLockedKeys(t *testing.T) {
	v := kept(t, nil)
	var roles []string
	for _, l := range v.Locked() {
		roles = append(roles, l.Role)
	}
	if diff := cmp.Diff([]string{"root", "targets", "alice"}, roles); diff != "" {
		t.Fatal(diff)
	}
	wrong := keyringtest.Passphrase("another one")
	for i, l := range v.Locked() {
		if v.State != StateProven || v.Drilled != i || v.Record().Drilled != i {
			t.Errorf("before key %d: state %q, %d opened", i, v.State, v.Drilled)
		}
		err := l.Open(wrong)
		if !errors.Is(err, keyring.ErrPassphrase) {
			t.Fatalf("a wrong passphrase: %v", err)
		}
		if v.Tried(l, err); len(v.Locked()) != 3-i || v.Keys[0].Problem != "" || !v.OK {
			t.Errorf("a wrong passphrase left %+v", v)
		}
		pass := keyringtest.Passphrase("phrase-" + l.Role)
		err = l.Open(pass)
		check(t, err)
		if v.Tried(l, nil); pass.IsEmpty() {
			t.Error("the caller's passphrase was wiped")
		}
	}
	if v.State != StateDrilled || v.Drilled != 3 || len(v.Locked()) != 0 || !v.Keys[0].Opened || !v.OK {
		t.Errorf("in the end: %+v", v)
	}
}

// What a passphrase that is set did not open can still be opened; what it opened cannot.
func TestLockedKeysBesideSetOnes(t *testing.T) {
	v := kept(t, func(k Key) (keyring.Passphrase, bool) {
		return keyringtest.Passphrase("phrase-targets"), k.Role != "alice"
	})
	if v.Drilled != 1 || len(v.Locked()) != 2 {
		t.Fatalf("%d opened, %d locked", v.Drilled, len(v.Locked()))
	}
	for _, l := range v.Locked() {
		err := l.Open(keyringtest.Passphrase("phrase-" + l.Role))
		check(t, err)
		v.Tried(l, nil)
	}
	for _, k := range v.Keys {
		if k.Problem != "" || !k.Opened {
			t.Errorf("key %s: %+v", k.Role, k)
		}
	}
	if v.State != StateDrilled {
		t.Errorf("state %q", v.State)
	}
	if not := kept(t, nil); not.Drilled != 0 {
		t.Errorf("%d opened by nobody", not.Drilled)
	}
}

// A file that holds another key than its name says is damage, whenever that is found; and a
// backup that is damaged has no key to open.
func TestLockedKeyThatIsAnother(t *testing.T) {
	r := newRig(t)
	_, other := makeKey(t, keyring.Header{Role: "root"}, "phrase-root")
	path := filepath.Join(r.dir, "private", string(r.ids[0])+".key")
	check(t, os.WriteFile(path, other, 0o600))
	id, to := newIdentity(t)
	got := r.create(t, CreateOptions{Recipients: []Recipient{to}})
	v, err := Verify(context.Background(), got.File, own(id), VerifyOptions{Keep: true})
	check(t, err)
	l := v.Locked()[0]
	err = l.Open(keyringtest.Passphrase("phrase-root"))
	if !errors.Is(err, ErrDamaged) {
		t.Fatalf("another key opens: %v", err)
	}
	v.Tried(l, err)
	if rec := v.Record(); v.OK || v.State != StateUnknown || len(v.Locked()) != 0 || !strings.Contains(rec.Problem, "holds the key") {
		t.Errorf("damage left %+v, recorded as %q", v, rec.Problem)
	}
	if v, err := Verify(context.Background(), got.File, []Identity{ageIdentity(t)}, VerifyOptions{Keep: true}); v != nil || !errors.Is(err, ErrIdentity) {
		t.Errorf("a stranger's identity: %+v, %v", v, err)
	}
	if v, err := Verify(context.Background(), got.File, nil, VerifyOptions{Keep: true}); err != nil || len(v.Locked()) != 0 {
		t.Errorf("not decrypted: %+v, %v", v, err)
	}
}

func ageIdentity(t *testing.T) Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	check(t, err)
	return own(id)[0]
}
