package app_test

import (
	"context"
	"maps"
	"path/filepath"
	"testing"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui"
	"keyrite/ui/rotate"
	"keyrite/ui/uitest"
)

func (w *trustWorld) enter(role trustdata.Role) *uitest.Driver {
	w.t.Helper()
	return enter(w.t, 100, 30, func(st *ui.Styles, clock ui.Clock) ui.Screen {
		return rotate.New(rotate.Options{Context: context.Background(), Styles: st, Clock: clock, GUN: realGUN, Role: role, Profile: "PROD acme", Service: w})
	})
}

// passphrases types what the wizard asks for, a wrong one first.
func passphrases(d *uitest.Driver) *uitest.Driver {
	d.Press("enter").Has("PASSPHRASE OF THE").Type("not the one").Press("enter").Has("Second try. Nothing has changed.")
	return d.Type(oldPass).Press("enter").Has("NEW PASSPHRASE").Type(newPass).Press("enter").Type(newPass).Press("enter")
}

func TestRotateRepositoryKeyForReal(t *testing.T) {
	w := newTrustWorld(t)
	before := w.files()
	d := passphrases(w.enter(trustdata.RoleTargets).Has("root.json: version 1 to 2", "the same 1 tags")).Has("[3 Review]")
	if !maps.Equal(before, w.files()) || len(w.pending()) != 0 {
		t.Fatalf("before the confirmation: files %v, before %v, pending %v", w.files(), before, w.pending())
	}
	d.Press("enter").Advance(time.Second).Type(string(realGUN)).Press("tab", "enter").Fits().Has("[5 Close]", "version 2", "in the trash, and can be put back")
	col, after := w.collection(), w.files()
	view, _ := col.Role(trustdata.RoleTargets)
	name := string(view.Keys[0].KeyID) + ".key"
	if _, ok := after[name]; !ok || before[name] != "" || len(after) != len(before) || len(w.pending()) != 0 {
		t.Errorf("files %v, before %v, pending %v; the server lists %s", after, before, w.pending(), name)
	}
	if len(col.Tags) != 1 {
		t.Errorf("tags %v", col.Tags)
	}
	k, err := w.dir.Open(context.Background(), view.Keys[0].KeyID, keyring.NewPassphrase([]byte(newPass)))
	if err != nil {
		t.Fatalf("the new key does not open with the passphrase that was typed: %v", err)
	}
	k.Wipe()
}

// TestRenewRootCertificateForReal: no key is made, and none has to be backed up.
func TestRenewRootCertificateForReal(t *testing.T) {
	w := newTrustWorld(t)
	before := w.files()
	was, _ := w.collection().Role(trustdata.RoleRoot)
	d := enter(t, 100, 40, func(st *ui.Styles, clock ui.Clock) ui.Screen {
		return rotate.New(rotate.Options{Context: context.Background(), Styles: st, Clock: clock, GUN: realGUN, Role: trustdata.RoleRoot, SameKey: true, Profile: "PROD acme", Service: w})
	}).Has("gets a new certificate", "ends on 2036-11-19", "--same-key").Lacks("pen, paper")
	d.Press("enter").Has("PASSPHRASE OF THE").Type(oldPass).Press("enter").Has("[3 Review]", "RENEW THE ROOT CERTIFICATE").Lacks("Back up")
	d.Press("enter").Advance(time.Second).Type(string(realGUN)).Press("tab", "enter").Fits().Has("[5 Close]", "the same key, by a new certificate").Lacks("KEEP IT", "made and held by the server")
	is, _ := w.collection().Role(trustdata.RoleRoot)
	if is.Keys[0].KeyID != was.Keys[0].KeyID || is.Keys[0].CertificateID == was.Keys[0].CertificateID || !maps.Equal(before, w.files()) || len(w.pending()) != 0 {
		t.Errorf("root lists %+v, before %+v; files %v, before %v", is.Keys, was.Keys, w.files(), before)
	}
}

func TestRotateRootKeyForReal(t *testing.T) {
	w := newTrustWorld(t)
	before := w.files()
	stick := filepath.Join(t.TempDir(), "stick")
	d := passphrases(w.enter(trustdata.RoleRoot)).Has("[3 New key]").Press("N").Has("WRITE DOWN THE FIRST EIGHT DIGITS")
	staged := w.pending()
	if len(staged) != 1 || !maps.Equal(before, w.files()) {
		t.Fatalf("pending %v, files %v, before %v", staged, w.files(), before)
	}
	paper := string(staged[0].KeyID[:8])
	d.Press("enter", "B").Type(stick).Press("enter").Paste(recipient).Press("enter").Type(recipientEnd).Press("enter").Fits().Has("3 keys, the new one too", "nobody has decrypted it")
	if found, err := filepath.Glob(filepath.Join(stick, "*.age")); err != nil || len(found) != 1 {
		t.Fatalf("the backup is not there: %v, %v", found, err)
	}
	d.Press("enter", "enter").Lacks(paper[:4]+" "+paper[4:]).Advance(time.Second).Type(paper).Press("tab", "enter").Fits().Has("[7 Close]", "KEEP IT", "proof: nobody has decrypted the backup")
	view, _ := w.collection().Role(trustdata.RoleRoot)
	after := w.files()
	if view.Keys[0].KeyID != staged[0].KeyID || len(after) != len(before)+1 || len(w.pending()) != 0 {
		t.Errorf("the server lists %v, want %s; files %v, pending %v", view.Keys, staged[0].KeyID, after, w.pending())
	}
	for name, sum := range before {
		if after[name] != sum {
			t.Errorf("%s is not as before", name)
		}
	}
}

// TestRotateLeftForReal: giving up after the new key was made leaves it in the trash, and
// the repository as it was.
func TestRotateLeftForReal(t *testing.T) {
	w := newTrustWorld(t)
	before := w.files()
	d := passphrases(w.enter(trustdata.RoleRoot)).Press("N")
	id := w.pending()[0].KeyID
	d.Press("esc").Has("Given up before anything was sent", id.Short())
	if !maps.Equal(before, w.files()) || len(w.pending()) != 0 {
		t.Errorf("files %v, before %v, pending %v", w.files(), before, w.pending())
	}
	trash, err := filepath.Glob(filepath.Join(w.dir.Path(), "trash", "*", string(id)+".key"))
	if err != nil || len(trash) != 1 {
		t.Errorf("the new key is not in the trash: %v, %v", trash, err)
	}
	if v, _ := w.collection().Role(trustdata.RoleRoot); v.Version != 1 {
		t.Errorf("root.json has version %d", v.Version)
	}
	// The same plan, taken up again, is another operation.
	passphrases(d).Press("N")
	paper := string(w.pending()[0].KeyID[:8])
	d.Press("enter", "x").Type("a drill").Press("enter", "enter", "enter").Advance(time.Second).Type(paper).Press("tab", "enter").Has("[7 Close]").Lacks("NOT AS PLANNED")
	if past, err := w.Journal.Past(); err != nil || len(past) != 2 || past[0].ID == past[1].ID {
		t.Errorf("the journal has %+v, %v", past, err)
	}
}

func TestRotateRefusedForReal(t *testing.T) {
	w := newTrustWorld(t)
	before := w.files()
	d := passphrases(w.enter(trustdata.RoleTargets))
	w.refuse = true
	d.Press("enter").Advance(time.Second).Type(string(realGUN)).Press("tab", "enter").Fits().
		Has("THE SERVER DID NOT TAKE THE CHANGE. NOTHING HAS CHANGED.", "What happened", "Every key is where it was")
	if !maps.Equal(before, w.files()) || len(w.pending()) != 0 {
		t.Errorf("files %v, before %v, pending %v", w.files(), before, w.pending())
	}
	w.refuse = false
	passphrases(d.Press("enter").Has("[1 Check]")).Press("enter").Advance(time.Second).Type(string(realGUN)).Press("tab", "enter").Has("[5 Close]")
}

// TestRotateChangedUnderneath: somebody else publishes between the plan and the question.
func TestRotateChangedUnderneath(t *testing.T) {
	w := newTrustWorld(t)
	d := passphrases(w.enter(trustdata.RoleTargets))
	before := w.files()
	w.rotate(trustdata.RoleTimestamp)
	d.Press("enter").Advance(time.Second).Type(string(realGUN)).Press("tab", "enter").Has("THE REPOSITORY HAS CHANGED SINCE THE PLAN. NOTHING WAS SENT.")
	if !maps.Equal(before, w.files()) || len(w.pending()) != 0 {
		t.Errorf("files %v, before %v, pending %v", w.files(), before, w.pending())
	}
}
