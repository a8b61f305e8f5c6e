package app_test

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui"
	"keyrite/ui/importkeys"
	"keyrite/ui/uitest"
)

// bundle is a file with a locked key and one that is not, and both the service that reads
// it and what was read.
type bundle struct {
	noRole   bool
	storeErr error
	read     []string // paths and roles
	stored   []trustdata.KeyID
	wiped    int
}

func (b *bundle) Read(_ context.Context, path, role string) (importkeys.Batch, error) {
	b.read = append(b.read, path+" as "+role)
	switch {
	case path == "/gone":
		return nil, fmt.Errorf("key file %q: %w", path, fs.ErrNotExist)
	case b.noRole && role == "":
		return nil, fmt.Errorf("key file %q: %w", path, importkeys.ErrNoRole)
	}
	return b, nil
}

func (b *bundle) Keys() []importkeys.Key {
	return []importkeys.Key{{ID: id("7f3a9c1"), Role: "root", Locked: true}, {Role: "targets", GUN: "registry.acme.io/pay/web"}}
}

func (b *bundle) Notes() []string { return []string{"The file has mode 0644: others can read it."} }

func (b *bundle) Open(_ context.Context, key int, p keyring.Passphrase) (trustdata.KeyID, error) {
	defer p.Wipe()
	if key == 0 && !p.Equal(keyring.NewPassphrase([]byte(oldPass))) {
		return "", fmt.Errorf("key file: %w", keyring.ErrPassphrase)
	}
	return []trustdata.KeyID{id("7f3a9c1"), id("b7712fe")}[key], nil
}

func (b *bundle) Store(context.Context) ([]importkeys.Stored, error) {
	if b.storeErr != nil {
		return nil, b.storeErr
	}
	b.stored = []trustdata.KeyID{id("7f3a9c1"), id("b7712fe")}
	return []importkeys.Stored{{ID: id("7f3a9c1"), Path: "/home/ops/.docker/trust/private/7f3a9c1.key"}, {ID: id("b7712fe"), Path: "/home/ops/.docker/trust/private/b7712fe.key", Same: true}}, nil
}

func (b *bundle) Wipe() { b.wiped++ }

func (b *bundle) enter(t testing.TB, width, height int) *uitest.Driver {
	return enter(t, width, height, func(st *ui.Styles, clock ui.Clock) ui.Screen {
		return importkeys.New(importkeys.Options{Context: context.Background(), Styles: st, Clock: clock, Profile: "PROD acme", Service: b})
	})
}

var importFlow = []stage{
	{"path", press()},
	{"what is in it", typeIn("/media/stick/keys.pem")},
	{"passphrase", press("enter")},
	{"wrong passphrase", typeIn("not the one")},
	{"new passphrase", typeIn(oldPass)},
	{"again", typeIn(newPass)},
	{"question", typeIn(newPass)},
	{"act selected", func(d *uitest.Driver) { d.Advance(time.Second).Press("tab") }},
	{"stored", press("enter")},
	{"lobby", press("enter")},
}

func TestImportFrames(t *testing.T) {
	frames(t, importFlow, func(w, h int) *uitest.Driver { return (&bundle{}).enter(t, w, h) })
}

func TestImport(t *testing.T) {
	b := &bundle{}
	d := until(t, b.enter(t, 100, 30), importFlow, "question").Has("IMPORT 2 KEYS", "replaced")
	if len(b.stored) != 0 {
		t.Fatal("stored before the answer")
	}
	d.Advance(time.Second).Press("tab", "enter").Has("read back, and opened", "the very file was there before").Press("enter").Has("THE LOBBY")
	if len(b.stored) != 2 || b.wiped == 0 {
		t.Errorf("stored %v, wiped %d times", b.stored, b.wiped)
	}
	if !slices.ContainsFunc(d.Sent, func(m tea.Msg) bool { _, ok := m.(ui.DoneMsg); return ok }) {
		t.Error("the other screens were not told")
	}
}

func TestImportLeavesNothing(t *testing.T) {
	for i, s := range importFlow[:8] {
		for _, way := range []string{"esc", "ctrl+c"} {
			b := &bundle{}
			d := until(t, b.enter(t, 100, 30), importFlow, s.name)
			for range 6 {
				d.Press(way)
			}
			if len(b.stored) != 0 || i >= 4 && b.wiped == 0 { // from there on a key is open
				t.Errorf("%s at %q: stored %v, wiped %d times\n%s", way, s.name, b.stored, b.wiped, d.Text())
			}
		}
	}
}

func TestImportAsksWhatTheKeyIsFor(t *testing.T) {
	b := &bundle{noRole: true}
	b.enter(t, 100, 30).Type("/k.pem").Press("enter").Has("WHAT IS THE KEY FOR?").Type("alice").Press("enter").Has("IN THE FILE", "mode 0644")
	if want := []string{"/k.pem as ", "/k.pem as alice"}; !slices.Equal(b.read, want) {
		t.Errorf("read %q, want %q", b.read, want)
	}
}

func TestImportFails(t *testing.T) {
	(&bundle{}).enter(t, 100, 30).Type("/gone").Press("enter").Has("What happened").Press("esc", "enter").Has("No file was read yet").Press("f").Has("IMPORT KEYS")
	b := &bundle{storeErr: fmt.Errorf("key %q is here already: %w", "7f3a9c1", fs.ErrExist)}
	until(t, b.enter(t, 100, 30), importFlow, "act selected").Press("enter").Has("NOT ALL KEYS CAME IN. NOTHING WAS REPLACED.").Fits()
	if b.wiped == 0 {
		t.Error("the passphrases were kept")
	}
	// A key that is pasted by mistake is not shown.
	(&bundle{}).enter(t, 100, 30).Paste("-----BEGIN EC PRIVATE KEY-----MHcCAQ").Lacks("MHcCAQ")
}
