package app_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
	"keyrite/ui/rotate"
	"keyrite/ui/uitest"
)

// choosing opens the choice of the kinds for one repository, at the one of that name.
func (w *trustWorld) choosing(kind string, delegations ...trustdata.Role) *uitest.Driver {
	d := enter(w.t, 100, 30, func(st *ui.Styles, clock ui.Clock) ui.Screen {
		return rotate.New(rotate.Options{Context: context.Background(), Styles: st, Clock: clock, GUN: realGUN, Delegations: delegations, Profile: "PROD acme", Service: w})
	})
	return d.Press("/").Type(kind).Press("enter").Has(kind).Press("enter")
}

// letSign lists a key of this machine for a signer.
func (w *trustWorld) letSign(name string, k *keyring.PrivateKey) {
	w.t.Helper()
	ctx := context.Background()
	e, err := w.PlanAddSigner(ctx, rotation.SignerRequest{GUN: realGUN, Name: name, Keys: []trustdata.PublicKey{k.Public()}, Releases: true})
	w.must(err)
	keys := rotation.Keys{}
	for _, n := range e.Need {
		keys[n.KeyID], err = w.dir.Open(ctx, n.KeyID, keyring.NewPassphrase([]byte(oldPass)))
		w.must(err)
	}
	_, err = w.ApplyEdit(ctx, e, keys, func(string) {})
	w.must(err)
}

// openAll answers every question for a passphrase, of keys that there are and of a new one.
func openAll(d *uitest.Driver) *uitest.Driver {
	d.Press("enter")
	for {
		switch text := d.Text(); {
		case strings.Contains(text, "NEW PASSPHRASE"):
			d.Type(newPass).Press("enter").Type(newPass).Press("enter")
		case strings.Contains(text, "PASSPHRASE OF"):
			d.Type(oldPass).Press("enter")
		default:
			return d
		}
	}
}

func (w *trustWorld) keysOf(role trustdata.Role) (ids []trustdata.KeyID, threshold int) {
	v, _ := w.collection().Role(role)
	for _, k := range v.Keys {
		ids = append(ids, k.KeyID)
	}
	return ids, v.Threshold
}

// TestRotateSignersKeyForReal: a signer's key is one of the choices, and wants the name typed.
func TestRotateSignersKeyForReal(t *testing.T) {
	w := newTrustWorld(t)
	alice := w.key("alice", "")
	w.letSign("alice", alice)
	d := w.choosing("targets/alice", "targets/alice", "targets/releases").Fits().Has("[1 Check]", "targets/alice")
	openAll(d).Has("[3 Review]", "ROTATE THE TARGETS/ALICE KEY OF 1 REPO").Press("enter").Advance(time.Second).Fits().Press("tab", "enter").Has("Locked")
	d.Press("tab").Type(string(realGUN)).Press("tab", "enter").Fits().Has("[5 Close]")
	if ids, _ := w.keysOf("targets/alice"); len(ids) != 1 || ids[0] == alice.KeyID() {
		t.Errorf("targets/alice lists %v, before %v", ids, alice.KeyID())
	}
}

// TestRotateToKeyThatIsHere: a key of this machine takes the place of the repository key.
func TestRotateToKeyThatIsHere(t *testing.T) {
	w := newTrustWorld(t)
	own := w.key(trustdata.RoleTargets, realGUN)
	d := w.choosing("repository key that is here").Has("WHICH KEY BECOMES").Type("7f").Press("enter").Has("seven or more")
	d.Press("backspace", "backspace").Type(string(own.KeyID())).Press("enter").Fits().Has("[1 Check]", "gives way to the key "+own.KeyID().Short())
	openAll(d).Has("[3 Review]").Press("enter").Advance(time.Second).Type(string(realGUN)).Press("tab", "enter").Fits().Has("[5 Close]")
	if ids, _ := w.keysOf(trustdata.RoleTargets); len(ids) != 1 || ids[0] != own.KeyID() {
		t.Errorf("targets lists %v, want %v", ids, own.KeyID())
	}
}

// TestRotateOneRootKeyMore: the old root key stays, and as many as were asked for must sign.
func TestRotateOneRootKeyMore(t *testing.T) {
	w := newTrustWorld(t)
	d := w.choosing("one root key more").Has("HOW MANY ROOT KEYS MUST SIGN").Type("many").Press("enter").Has("type a number")
	d.Press("backspace", "backspace", "backspace", "backspace").Type("2").Press("enter").Fits().Has("comes in as one more root key", "2 keys listed, 2 of which must sign")
	passphrases(d).Has("[3 New key]").Press("N").Has("WRITE DOWN")
	paper := string(w.pending()[0].KeyID[:8])
	d.Press("enter", "B").Type(filepath.Join(t.TempDir(), "stick")).Press("enter").Paste(recipient).Press("enter").Type(recipientEnd).Press("enter").Has("the new one too").Press("enter")
	d.Fits().Has("1 REPO WILL TRUST ONE ROOT KEY MORE", "2 of which must sign")
	d.Press("enter").Has("every root key that there is").Press("esc")
	typeDigits(d, paper).Fits().Has("[7 Close]")
	if ids, threshold := w.keysOf(trustdata.RoleRoot); len(ids) != 2 || threshold != 2 {
		t.Errorf("root lists %v and wants %d", ids, threshold)
	}
}
