package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keyrite/cmd/keyrite/demo"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui"
	"keyrite/ui/importkeys"
)

// deskOf is the console's desk in an environment of its own.
func deskOf(t *testing.T, getenv func(string) string, change func(*flags)) *desk {
	t.Helper()
	c := newCLI(process{in: strings.NewReader(""), out: new(bytes.Buffer), err: new(bytes.Buffer), getenv: getenv, now: time.Now})
	change(&c.flags)
	s, err := c.openKeys()
	if err != nil {
		t.Fatal(err)
	}
	return &desk{session: s, ctx: t.Context(), styles: ui.NewStyles(ui.Look{}), clock: ui.Clock{Now: time.Now}, rounds: keyring.MinIterations}
}

func emptyHome(t *testing.T) func(string) string {
	home := t.TempDir()
	return func(name string) string {
		if name == "HOME" || name == "USERPROFILE" {
			return home
		}
		return ""
	}
}

// writeKey makes a private key as openssl writes it.
func writeKey(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The first screen is there until there is a key, and a key comes in by the console's way.
func TestFirstScreenAndImport(t *testing.T) {
	env := emptyHome(t)
	none := func(*flags) {}
	d := deskOf(t, env, none)
	first := d.firstScreen()
	if first == nil || len(first.Page().Rows) != 5 {
		t.Fatalf("first screen %+v", first)
	}
	if d.hasKeys() {
		t.Error("there is a key where there is none")
	}
	path, service := writeKey(t), importService{d}
	if _, err := service.Read(t.Context(), path, ""); !errors.Is(err, importkeys.ErrNoRole) {
		t.Errorf("without a role: %v", err)
	}
	b, err := service.Read(t.Context(), path, "root")
	if err != nil {
		t.Fatal(err)
	}
	pass := func() keyring.Passphrase { return keyring.NewPassphrase([]byte("a passphrase")) }
	id, err := b.Open(t.Context(), 0, pass())
	if err != nil {
		t.Fatal(err)
	}
	stored, err := b.Store(t.Context())
	if err != nil || len(stored) != 1 || stored[0].ID != id || stored[0].Same {
		t.Fatalf("stored %+v, %v", stored, err)
	}
	if !d.hasKeys() {
		t.Error("the console that has stored a key does not find it")
	}
	b.Wipe()
	if _, err := b.Open(t.Context(), 0, pass()); err == nil {
		t.Error("a batch that was wiped opens keys")
	}
	d = deskOf(t, env, none)
	if k, err := d.session.keys.Open(t.Context(), id, pass()); err != nil {
		t.Errorf("the key does not open: %v", err)
	} else {
		k.Wipe()
	}
	if d.firstScreen() != nil {
		t.Error("the first screen stays although there is a key")
	}
	if b, err = (importService{d}).Read(t.Context(), path, "root"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Open(t.Context(), 0, pass()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Store(t.Context()); !errors.Is(err, fs.ErrExist) {
		t.Errorf("locked anew and stored again: %v", err)
	}
	if s, why := deskOf(t, env, func(f *flags) { f.readOnly = true }).importScreen(); s != nil || why == "" {
		t.Error("a read-only session imports")
	}
}

// What the console signs comes from the registry, whatever is signed or shown.
func TestConsoleAsksTheRegistry(t *testing.T) {
	w, err := demo.New(t.Context(), filepath.Join(t.TempDir(), "world"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	gun := trustdata.GUN(demo.Host + "/pay/web")
	at := func(f *flags) {
		f.server, f.registry, f.trustDirs = w.TrustServerURL, w.RegistryURL, []string{w.TrustDir}
	}
	d := deskOf(t, w.Getenv, at)
	col, err := d.session.collection(t.Context(), gun)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := d.session.compare(t.Context(), col)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, r := range rows {
		if r.State != "moved" && r.State != "unsigned" {
			continue
		}
		asked++
		s := &signService{editService: editService{desk: d}}
		e, err := s.Plan(t.Context(), gun, []string{r.Name})
		if err != nil {
			t.Errorf("%s: %v", r.Name, err)
			continue
		}
		if e.Tags[0].Digest != r.RegistryDigest || e.Tags[0].Length <= 0 {
			t.Errorf("%s: planned %+v, served %s", r.Name, e.Tags[0], r.RegistryDigest)
		}
	}
	if asked == 0 {
		t.Fatal("the demo has no tag that wants a signature")
	}
	_, err = (&signService{editService: editService{desk: d}}).Plan(t.Context(), gun, []string{"never there"})
	if err == nil || !strings.Contains(err.Error(), "never there") {
		t.Errorf("a tag that is not served: %v", err)
	}
	saved, err := archiveService{d}.Archive(t.Context(), gun, filepath.Join(t.TempDir(), "kept"))
	if err != nil || !saved.Verified || saved.Tags != len(col.Tags) {
		t.Errorf("archived %+v, %v", saved, err)
	}
	off := deskOf(t, w.Getenv, func(f *flags) { at(f); f.offline = true })
	if s, why := off.signTags(gun, []string{"1"}, nil); s != nil || why == "" {
		t.Error("an offline session signs")
	}
}
