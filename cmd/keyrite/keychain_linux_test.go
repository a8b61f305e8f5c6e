package main

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	gokeyring "github.com/zalando/go-keyring"

	"keyrite/cmd/keyrite/demo"
	"keyrite/keyring"
	"keyrite/keyring/keychain/keychaintest"
	"keyrite/keyring/keyringtest"
	"keyrite/trustdata/state"
)

// TestKeychain runs the scripts in testdata/keychain. Each has session buses of its own:
// $GNOME with the real gnome-keyring, whose process ID is $DAEMON; $DISMISSING and
// $HANGING with fakes; $EMPTY with nothing on it. The session's own is $GNOME.
func TestKeychain(t *testing.T) {
	runScripts(t, filepath.Join("testdata", "keychain"), func(env *testscript.Env) error {
		tb := env.T().(testing.TB)
		gnome, empty := keychaintest.StartBus(tb), keychaintest.StartBus(tb)
		dismissing, hanging := keychaintest.StartBus(tb), keychaintest.StartBus(tb)
		daemon := keychaintest.StartDaemon(tb, gnome)
		keychaintest.StartFake(tb, dismissing, keychaintest.Dismiss)
		keychaintest.StartFake(tb, hanging, keychaintest.Hang)
		for name, value := range map[string]string{
			"DBUS_SESSION_BUS_ADDRESS": gnome.Address, "GNOME": gnome.Address, "EMPTY": empty.Address,
			"DISMISSING": dismissing.Address, "HANGING": hanging.Address, "DAEMON": strconv.Itoa(daemon.Pid()),
		} {
			env.Setenv(name, value)
		}
		return nil
	})
}

// Nothing that runs inside the demo may reach the real keychain.
func TestDemoHasNoKeychain(t *testing.T) {
	world, err := demo.New(t.Context(), t.TempDir(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { world.Close() })
	outside := newCLI(process{in: os.Stdin, out: t.Output(), err: t.Output(), getenv: os.Getenv, now: time.Now})
	if off := outside.keychainOff(); off != "" {
		t.Fatalf("outside it is off as well, by %s", off)
	}
	if outside.inside(world).keychainOff() == "" {
		t.Error("the demo would ask the keychain")
	}
}

func TestSessionBus(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "bus"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	socket := "unix:path=" + filepath.Join(dir, "bus")
	for _, tt := range []struct{ address, runtime, want string }{
		{"unix:path=/run/x", dir, "unix:path=/run/x"},
		{"", dir, socket},
		{"autolaunch:", dir, socket},
		{"autolaunch:scope=user", "", ""},
		{"", filepath.Join(dir, "nothing"), ""},
		{"", "relative", ""},
		{"", "", ""},
	} {
		env := map[string]string{"DBUS_SESSION_BUS_ADDRESS": tt.address, "XDG_RUNTIME_DIR": tt.runtime}
		c := newCLI(process{getenv: func(name string) string { return env[name] }})
		if got := c.sessionBus(); got != tt.want {
			t.Errorf("%+v: %q", tt, got)
		}
	}
}

// kept is a run of the program whose keychain is a fake, and a store with one key.
type kept struct {
	*cli
	fake   *keychaintest.Fake
	store  *keyring.Dir
	key    *keyring.PrivateKey
	errout *strings.Builder
}

func newKept(t *testing.T) *kept {
	t.Helper()
	bus := keychaintest.StartBus(t)
	bus.Use(t)
	k := &kept{fake: keychaintest.StartFake(t, bus, keychaintest.Obey), key: keyringtest.Key(t), errout: &strings.Builder{}}
	env := map[string]string{"HOME": t.TempDir(), "DBUS_SESSION_BUS_ADDRESS": bus.Address}
	k.cli = newCLI(process{in: strings.NewReader(""), out: t.Output(), err: k.errout, now: time.Now,
		getenv: func(name string) string { return env[name] }})
	k.flags.keychainTimeout = time.Minute
	var err error
	if k.store, err = keyring.OpenDir(filepath.Join(env["HOME"], ".docker", "trust"), keyring.DirOptions{Create: true}); err != nil {
		t.Fatal(err)
	}
	k.lock(t, "the first one")
	file := filepath.Join(t.TempDir(), "passphrase")
	if err := os.WriteFile(file, []byte("the first one\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := k.execute(t.Context(), []string{"keys", "remember", string(k.key.KeyID()), "--passphrase-file", "targets=" + file}); err != nil {
		t.Fatal(err)
	}
	k.flags.passphraseFiles = nil
	return k
}

// lock writes the key's file anew, under another passphrase.
func (k *kept) lock(t *testing.T, pass string) {
	t.Helper()
	file, err := keyring.Encode(k.key, keyringtest.Passphrase(pass), keyring.Header{Role: "targets", GUN: "example.com/app"}, keyringtest.Fast)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(k.store.Path(), "private")
	if err := errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(filepath.Join(dir, string(k.key.KeyID())+".key"), file, 0o600)); err != nil {
		t.Fatal(err)
	}
}

// open opens the key without a terminal; said is what it wrote to stderr.
func (k *kept) open(t *testing.T) (said string, err error) {
	t.Helper()
	k.errout.Reset()
	key, err := k.openKey(t.Context(), k.store, k.key.KeyID(), "targets", "for a test")
	if (key == nil) != (err != nil) {
		t.Errorf("key and error: %v, %v", key, err)
	}
	return k.errout.String(), err
}

func TestRememberedPassphrase(t *testing.T) {
	k := newKept(t)
	if said, err := k.open(t); said != "" || err != nil {
		t.Errorf("%q, %v", said, err)
	}
	if key, err := k.openSet(t.Context(), k.store, k.key.KeyID()); key == nil || err != nil {
		t.Errorf("the console would ask: %v", err)
	}
}

// The entries of others, and ours when they no longer fit, are tried once at most, named,
// and left alone.
func TestEntryChangedByOthers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*testing.T, *kept) error
		said   string
		err    error
	}{
		{"the key's passphrase was changed elsewhere", func(t *testing.T, k *kept) error { k.lock(t, "the second one"); return nil },
			"does not open key", keyring.ErrPassphrase},
		{"the entry was removed", func(_ *testing.T, k *kept) error { return gokeyring.Delete("keyrite", string(k.key.KeyID())) },
			"the keychain has no passphrase for this key", errUnanswered},
		{"the entry was overwritten", func(_ *testing.T, k *kept) error {
			return gokeyring.Set("keyrite", string(k.key.KeyID()), "the first one")
		}, "not as keyrite wrote it", errUnanswered},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := newKept(t)
			if err := tt.change(t, k); err != nil {
				t.Fatal(err)
			}
			entries := k.fake.Len()
			said, err := k.open(t)
			if !errors.Is(err, tt.err) || strings.Count(said, tt.said) != 1 || strings.Count(said, "\n") != 1 || strings.Contains(said, "first one") {
				t.Errorf("%q, %v", said, err)
			}
			if errors.Is(err, keyring.ErrPassphrase) != strings.Contains(err.Error(), "from the keychain") {
				t.Errorf("the keychain is not named as what failed: %v", err)
			}
			if key, err := k.openSet(t.Context(), k.store, k.key.KeyID()); key != nil || err != nil {
				t.Errorf("the console: %v, %v", key, err)
			}
			if k.fake.Len() != entries {
				t.Error("the entry was touched")
			}
		})
	}
}

// A passphrase that cannot be put on the list does not stay in the keychain.
func TestRememberWithoutState(t *testing.T) {
	k := newKept(t)
	listing, err := k.listing()
	if err != nil {
		t.Fatal(err)
	}
	other := keyringtest.Key(t).KeyID()
	path := filepath.Join(k.getenv("HOME"), ".local", "state", "keyrite", "keychain.jsonl")
	if err := os.Truncate(path, 0); err != nil { // a listing that became shorter takes no more
		t.Fatal(err)
	}
	if err := k.give(t.Context(), listing, other, keyringtest.Passphrase("x")); !errors.Is(err, state.ErrBroken) {
		t.Errorf("%v", err)
	}
	if has, err := k.keychain().Has(t.Context(), other); has || err != nil {
		t.Errorf("in the keychain: %v, %v", has, err)
	}
}
