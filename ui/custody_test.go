package ui_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

var (
	rootNeed  = rotation.Need{KeyID: keyID("7f3a"), Role: trustdata.RoleRoot, Why: "it signs root.json"}
	tagsNeed  = rotation.Need{KeyID: keyID("b771"), Role: trustdata.RoleTargets, Why: "it signs the tags"}
	newNeed   = rotation.Need{Role: trustdata.RoleRoot, New: true, Why: "the new root key is locked with it"}
	otherNeed = rotation.Need{Role: trustdata.RoleTargets, New: true, Why: "the new repository key is locked with it"}
)

// TestCustodyAsksOnceForEach: whatever is named twice is asked for once, in the order of
// the needs, and the wizard goes on by itself once everything is there.
func TestCustodyAsksOnceForEach(t *testing.T) {
	again := tagsNeed
	again.KeyID, again.Why = rootNeed.KeyID, "it signs the tags too"
	w, d := newVaultWizard(t, rootNeed, newNeed, again, tagsNeed, newNeed, otherNeed)
	d.Press("enter").Has("PASSPHRASE OF THE OLD ROOT KEY", "it signs root.json", "Forgotten when the rite ends or is left, or after 5 minutes.").Type(passOf(rootNeed)).Press("enter")
	d.Has("NEW PASSPHRASE OF THE ROOT KEY").Type("canary-new-root").Press("enter").Type("canary-new-root").Press("enter")
	d.Has("PASSPHRASE OF THE OLD REPOSITORY KEY").Type(passOf(tagsNeed)).Press("enter")
	d.Has("NEW PASSPHRASE OF THE REPOSITORY KEY").Type("canary-new-tags").Press("enter").Type("canary-new-tags").Press("enter").Has("REVIEW")
	if want := []trustdata.KeyID{rootNeed.KeyID, tagsNeed.KeyID}; !slices.Equal(w.box.tried, want) {
		t.Errorf("passphrases were tried on %v, want %v", w.box.tried, want)
	}
	w.box.unreadable(t)

	got := w.held.Take()
	keys := got.Signing()
	for _, n := range []rotation.Need{rootNeed, tagsNeed} {
		if _, err := keys[n.KeyID].Sign([]byte("x")); err != nil {
			t.Errorf("the %s key does not sign: %v", n.Role, err)
		}
	}
	for role, want := range map[trustdata.Role]string{trustdata.RoleRoot: "canary-new-root", trustdata.RoleTargets: "canary-new-tags"} {
		if p := got.Chosen(role); !p.Equal(keyring.NewPassphrase([]byte(want))) {
			t.Errorf("the chosen passphrase of %s is another", role)
		}
	}
	chosen := got.Chosen(trustdata.RoleRoot)
	if got.Wipe(); !w.held.IsEmpty() || !chosen.IsEmpty() {
		t.Error("something is left after what was taken is wiped")
	}
	w.box.wiped(t)
}

func TestCustodyAsksNobodyForWhatIsOpen(t *testing.T) {
	w, d := newVaultWizard(t, rootNeed, tagsNeed)
	w.box.unlocked = true
	if d.Press("enter").Has("REVIEW"); len(w.box.tried) != 0 {
		t.Errorf("passphrases were tried on %v", w.box.tried)
	}
}

// TestCustodyWrongPassphrase: it is asked for again, what is open stays so, and after
// giving up it is the first try again.
func TestCustodyWrongPassphrase(t *testing.T) {
	w, d := newVaultWizard(t, rootNeed, tagsNeed)
	d.Press("enter").Type(passOf(rootNeed)).Press("enter")
	for _, nth := range []string{"Second", "Third"} {
		d.Type("canary-wrong").Press("enter").Has("PASSPHRASE OF THE OLD REPOSITORY KEY", nth+" try. Nothing has changed.")
	}
	d.Press("esc").Has("open until 09:4", "not open yet", "it signs the tags").Press("enter").Has("REPOSITORY KEY", "Third try")
	if w.box.unreadable(t); len(w.box.opened) != 1 {
		t.Errorf("%d keys are open", len(w.box.opened))
	}
	w.held.GiveUp()
	w.box.wiped(t)
	d.Press("esc", "enter").Has("PASSPHRASE OF THE OLD ROOT KEY").Type(passOf(rootNeed)).Press("enter").Has("REPOSITORY KEY").Lacks("try. Nothing")
}

// TestCustodyIsPatient: Enter while a key is being opened does not begin it anew.
func TestCustodyIsPatient(t *testing.T) {
	w, d := newVaultWizard(t, rootNeed)
	d.Press("enter").Type(passOf(rootNeed)).Pause().Press("enter").Advance(ui.Patience)
	if got := w.held.Waiting(); got != "opening key 7f3a7f3 ... 0.3 s   Esc stop" {
		t.Errorf("waiting: %q", got)
	}
	if d.Press("enter", "enter").Resume().Has("REVIEW"); len(w.box.opened) != 1 || w.held.Waiting() != "" {
		t.Errorf("%d opened, waiting %q", len(w.box.opened), w.held.Waiting())
	}
}

// TestCustodyCannotOpen: an error is shown, and Enter tries again.
func TestCustodyCannotOpen(t *testing.T) {
	w, d := newVaultWizard(t, rootNeed)
	w.box.err = errors.New("the disk is gone")
	d.Press("enter").Has("FAILED: the disk is gone")
	w.box.err = nil
	d.Press("enter").Has("PASSPHRASE OF THE OLD ROOT KEY")
	w.box.err = errors.New("the disk is gone again")
	d.Type(passOf(rootNeed)).Press("enter").Has("FAILED: the disk is gone again")
	w.box.unreadable(t)
	w.box.err = nil
	d.Press("enter").Type(passOf(rootNeed)).Press("enter").Has("REVIEW")
}

// TestCustodyForgets: five minutes after the last opening, and not after an earlier one.
func TestCustodyForgets(t *testing.T) {
	w, d := newVaultWizard(t, rootNeed, tagsNeed)
	d.Press("enter").Type(passOf(rootNeed)).Press("enter").Advance(4 * time.Minute).Type(passOf(tagsNeed)).Press("enter").Has("REVIEW")
	if d.Advance(4 * time.Minute).Lacks("forgotten"); w.held.IsEmpty() {
		t.Fatal("forgotten before its time")
	}
	if d.Advance(time.Minute).Has("Opened keys were forgotten after 5 minutes."); !w.held.IsEmpty() {
		t.Error("something is still held")
	}
	w.box.wiped(t)
	if n, some := w.held.Missing(); !some || n != rootNeed {
		t.Errorf("missing %+v, %v", n, some)
	}
}

// TestCustodyGivesUp: what is opened, asked or chosen when everything is given up is wiped
// however late it comes, and then it can begin anew.
func TestCustodyGivesUp(t *testing.T) {
	t.Run("opening", func(t *testing.T) {
		w, d := newVaultWizard(t, rootNeed)
		d.Press("enter").Type(passOf(rootNeed)).Pause().Press("enter")
		if !strings.Contains(w.held.Busy(), "opening key 7f3a") {
			t.Errorf("busy: %q", w.held.Busy())
		}
		w.held.GiveUp()
		if d.Resume().Lacks("REVIEW", "PASSPHRASE OF"); w.held.Busy() != "" || !w.held.IsEmpty() || len(w.box.opened) != 1 {
			t.Errorf("busy %q, empty %v, %d opened", w.held.Busy(), w.held.IsEmpty(), len(w.box.opened))
		}
		w.box.wiped(t)
		w.box.unreadable(t)
		d.Press("enter").Type(passOf(rootNeed)).Press("enter").Has("REVIEW")
	})
	t.Run("asking", func(t *testing.T) {
		w, d := newVaultWizard(t, rootNeed)
		d.Press("enter").Type(passOf(rootNeed))
		w.held.GiveUp()
		if d.Press("enter").Lacks("REVIEW"); len(w.box.tried) != 0 {
			t.Errorf("a late answer was tried on %v", w.box.tried)
		}
		if p := w.answered.(keyring.Passphrase); !p.IsEmpty() {
			t.Error("a late answer was not wiped")
		}
	})
	t.Run("chosen", func(t *testing.T) {
		w, d := newVaultWizard(t, newNeed)
		d.Press("enter").Type("canary-new").Press("enter").Type("canary-new").Press("enter").Has("REVIEW")
		if w.held.GiveUp(); !w.answered.(keyring.Passphrase).IsEmpty() || !w.held.IsEmpty() {
			t.Error("the chosen passphrase was not wiped")
		}
	})
}

// TestCustodyTakeChosen: one passphrase goes without the keys, and is missing afterwards.
func TestCustodyTakeChosen(t *testing.T) {
	w, d := newVaultWizard(t, rootNeed, newNeed)
	d.Press("enter").Type(passOf(rootNeed)).Press("enter").Type("canary-new").Press("enter").Type("canary-new").Press("enter").Has("REVIEW")
	p := w.held.TakeChosen(trustdata.RoleRoot)
	if n, some := w.held.Missing(); p.IsEmpty() || !some || n != newNeed || w.held.IsEmpty() {
		t.Errorf("took an empty one: %v; missing %+v", p.IsEmpty(), n)
	}
	if w.held.TakeChosen(trustdata.RoleRoot); !w.held.TakeChosen(trustdata.RoleTargets).IsEmpty() {
		t.Error("there is a passphrase that nobody chose")
	}
}

// TestCustodyConfirm: nothing is done without every key, also where one was forgotten
// while the question stood, or without a yes.
func TestCustodyConfirm(t *testing.T) {
	w, d := newVaultWizard(t, rootNeed)
	open := func() { d.Type(passOf(rootNeed)).Press("enter").Has("REVIEW") }
	d.Press("enter")
	open()
	d.Press("enter").Has("SIGN IT").Press("esc").Advance(5 * time.Minute).Has("forgotten").Press("enter").Has("PASSPHRASE OF THE OLD ROOT KEY")
	open()
	d.Press("enter").Has("SIGN IT").Advance(5*time.Minute).Press("tab", "enter").Has("PASSPHRASE OF THE OLD ROOT KEY")
	open()
	d.Press("enter").Has("SIGN IT").Advance(time.Second)
	w.held.GiveUp()
	if d.Press("tab", "enter"); w.done != 0 {
		t.Fatalf("done %d times", w.done)
	}
	d.Press("enter")
	open()
	if d.Press("enter").Advance(time.Second).Press("tab", "enter"); w.done != 1 {
		t.Errorf("done %d times", w.done)
	}
}

// TestCustodyShowsNoSecret: no message and no frame has a passphrase, right or wrong.
func TestCustodyShowsNoSecret(t *testing.T) {
	_, d := newVaultWizard(t, rootNeed, newNeed)
	d.Press("enter").Type("canary-wrong").Press("enter").Lacks("canary").Type(passOf(rootNeed)).Press("enter")
	d.Type("canary-new").Press("enter").Type("canary-new").Press("enter").Has("REVIEW").Lacks("canary")
	for _, m := range d.Sent {
		if strings.Contains(fmt.Sprintf("%v %+v %#v", m, m, m), "canary") {
			t.Errorf("a %T shows a passphrase", m)
		}
	}
}

// TestCustodyRaces: giving up while a key is being opened leaves none open, whoever is
// first.
func TestCustodyRaces(t *testing.T) {
	for range 200 {
		w, _ := newVaultWizard(t, rootNeed)
		w.box.unlocked = true
		batch := w.held.Open()().(tea.BatchMsg)
		done := make(chan struct{})
		go func() { batch[0](); close(done) }()
		w.held.GiveUp()
		<-done
		w.box.wiped(t)
	}
}

var _ ui.KeyOpener = (*strongbox)(nil)
