package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"filippo.io/age"

	"keyrite/backup"
	"keyrite/backup/media"
	"keyrite/backup/media/mediatest"
	"keyrite/keyring"
	"keyrite/keyring/keychain/keychaintest"
	"keyrite/keyring/keyringtest"
	"keyrite/trustdata"
	"keyrite/ui"
	"keyrite/ui/app"
	"keyrite/ui/uitest"
)

// stickDesk is a console over a machine with one key, with an identity file and its recipient.
type stickDesk struct {
	*desk
	identity, recipient string
	// end is the last group of the recipient's fingerprint.
	end string
}

func newStickDesk(t *testing.T, bus string) stickDesk {
	t.Helper()
	home := emptyHome(t)
	if err := os.MkdirAll(filepath.Join(home("HOME"), ".docker", "trust"), 0o700); err != nil {
		t.Fatal(err)
	}
	d := stickDesk{desk: deskOf(t, func(name string) string {
		if name == "DBUS_SYSTEM_BUS_ADDRESS" {
			return bus
		}
		return home(name)
	}, func(f *flags) { f.virtual, f.noKeychain = true, true })}
	k, err := keyring.Generate(trustdata.KeyECDSA)
	if err != nil {
		t.Fatal(err)
	}
	file, err := keyring.Encode(k, keyringtest.Passphrase("correct horse"), keyring.Header{Role: "targets", GUN: "example.com/app"}, keyringtest.Fast)
	if err == nil {
		err = d.session.keys.Put(t.Context(), string(k.KeyID()), file)
	}
	if err != nil {
		t.Fatal(err)
	}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	d.identity, d.recipient = filepath.Join(t.TempDir(), "identity.txt"), id.Recipient().String()
	to, err := backup.ParseRecipients([]string{d.recipient})
	if err != nil {
		t.Fatal(err)
	}
	d.end = to[0].Fingerprint()[len(to[0].Fingerprint())-4:]
	if err := os.WriteFile(d.identity, []byte(id.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return d
}

// The whole ritual from the screen, on a stick: chosen from the list, written, unmounted,
// taken out, put back, proven, and refused for the second copy.
func TestBackUpOntoAStick(t *testing.T) {
	if !mediatest.Mounting(t) {
		return
	}
	bus, socket, image := keychaintest.StartBus(t), mediatest.NewSocket(t), mediatest.Image(t, "ACME-A")
	socket.Insert(image, false)
	(&mediatest.UDisks{Unmount: socket.TryUnmount}).Serve(t, bus, socket.Mount)
	d := newStickDesk(t, bus.Address)
	screen := d.console(t).Background().Send(ui.PushMsg{Screen: d.createScreen("")})
	screen.Await("ACME-A", "ready").Press("space").Await("chosen").Press("n").Await("Public keys:").Paste(d.recipient).Press("enter").Await("COMPARE THE FINGERPRINT").Type(d.end).Press("enter").Await("1 key, each still locked")
	screen.Press("i").Await("Identity file:").Type(d.identity).Press("enter").Await("with "+d.identity, "1 key, each still locked").Press("B")
	screen.Await(`"ACME-A"`, "BACK IN").Fits() // a disk image is out with its mount, before anybody can be told to take it out
	names, err := os.ReadDir(socket.Mount)
	if err != nil || len(names) != 0 {
		t.Fatalf("it may be taken out, and is mounted: %v, %v", names, err)
	}
	socket.Insert(image, false)
	screen.Await("PASSPHRASE OF THE REPOSITORY KEY", "0 of 1 passphrase so far").Type("wrong").Press("enter").Await("Second try.").Type("correct horse").Press("enter")
	screen.Await("MAY BE TAKEN OUT", "it is the same medium, put in anew", "1 of 1 passphrase: each opened key has the right ID, and signed").Fits()
	screen.Press("enter").Await("COPY 2 OF 2", "drilled, after it was out and back")
	socket.Insert(image, false)
	screen.Press("r").Await("copy 1 of this set is on it").Press("space").Await("That drive cannot be chosen: copy 1 of this set is on it already.")

	copies, err := d.session.copies()
	if err != nil || len(copies) != 1 {
		t.Fatalf("remembered are %+v, %v", copies, err)
	}
	if c := copies[0]; c.State != backup.StateDrilled || c.Reading != media.Replugged || c.Number != 1 || c.Of != 2 || c.Medium == nil || c.Medium.Label != "ACME-A" {
		t.Errorf("remembered is %+v on %+v", c, c.Medium)
	}
}

// A stick that is pulled while it is written is seen at once.
func TestBackUpOntoAPulledStick(t *testing.T) {
	if !mediatest.Mounting(t) {
		return
	}
	socket, image := mediatest.NewSocket(t), mediatest.Image(t, "ACME-A")
	socket.Insert(image, false)
	d := newStickDesk(t, "")
	screen := d.console(t).Background().Send(ui.PushMsg{Screen: d.createScreen("")})
	screen.Await("ACME-A", "ready").Press("space").Await("chosen").Press("n").Await("Public keys:").Paste(d.recipient).Press("enter").Await("COMPARE THE FINGERPRINT").Type(d.end).Press("enter").Await("1 key, each still locked")
	thaw := socket.Freeze()
	screen.Press("B").Await("DO NOT REMOVE")
	socket.Pull(image)
	screen.Await("IS GONE. IT WAS REMOVED WHILE BEING WRITTEN.", "Your keys are untouched.").Fits()
	thaw()
	if copies, err := d.session.copies(); err != nil || len(copies) != 0 {
		t.Errorf("remembered are %+v, %v", copies, err)
	}
}

// console is the console as it runs, in a window of 110 x 40.
func (d stickDesk) console(t *testing.T) *uitest.Driver {
	clock := uitest.ClockAt(time.Now())
	d.clock = clock.UI()
	return uitest.New(t, app.New(d.options()), clock, 110, 40)
}
