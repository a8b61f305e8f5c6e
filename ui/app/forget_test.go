package app_test

import (
	"testing"
	"time"
)

// TestForget: L wipes what a wizard holds, at once; what is needed is asked for again.
func TestForget(t *testing.T) {
	newWorld().console(t, 100, 30).Press("L").Has("No opened key and no passphrase is held.")

	f := &signings{}
	d := until(t, f.enter(t, 100, 30, chosen[:1], nil), signFlow, "3 review").Press("L").Has("1 opened key or passphrase was wiped. Nothing has changed")
	f.wiped(t)
	d.Press("L").Has("No opened key and no passphrase is held.").Press("enter").Has("PASSPHRASE OF").Type(oldPass).Press("enter")
	d.Press("enter").Has("Cancel").Advance(time.Second).Press("tab", "enter").Has("[5 Close]")
	if len(f.changed) != 1 {
		t.Errorf("changed %q", f.changed)
	}

	b := &bundle{}
	d = until(t, b.enter(t, 100, 30), importFlow, "question").Press("esc").Press("L").Has("2 opened keys and passphrases were wiped.")
	if b.wiped == 0 || len(b.stored) > 0 {
		t.Errorf("wiped %d times, stored %q", b.wiped, b.stored)
	}
	d.Press("enter").Has("No file was read yet.")
}

// TestForgetThroughTheHelp: what lies below the screen on top is wiped too.
func TestForgetThroughTheHelp(t *testing.T) {
	f := &signings{}
	d := until(t, f.enter(t, 100, 30, chosen[:1], nil), signFlow, "3 review").Press(":").Type("glossary").Press("enter").Has("KEYS AND ROLES")
	d.Press("L").Has("1 opened key or passphrase was wiped.")
	f.wiped(t)
}
