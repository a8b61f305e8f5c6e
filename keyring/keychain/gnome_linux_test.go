package keychain_test

import (
	"testing"

	"keyrite/keyring/keychain"
	"keyrite/keyring/keychain/keychaintest"
)

func startDaemon(t *testing.T) (*keychaintest.Bus, *keychaintest.Daemon) {
	t.Helper()
	b := startBus(t)
	return b, keychaintest.StartDaemon(t, b)
}

func TestGnomeKeyring(t *testing.T) {
	b, _ := startDaemon(t)
	contract(t, on(b, patient))
}

// Locked, and without a screen to ask on.
func TestGnomeKeyringLocked(t *testing.T) {
	b, d := startDaemon(t)
	k := on(b, patient)
	must(t, k.Remember(t.Context(), id("a"), passphrase("x")))
	d.Lock(t)
	fails(t, k, keychain.ErrLocked)
	if !d.Locked(t) {
		t.Error("it was unlocked without a password")
	}
}

func TestGnomeKeyringStopped(t *testing.T) {
	b, d := startDaemon(t)
	k := on(b, patient)
	must(t, k.Remember(t.Context(), id("b"), passphrase("kept")))
	hurried := on(b, brief)
	d.Stop(t)
	want(t, "Remember", hurried.Remember(t.Context(), id("a"), passphrase("x")), keychain.ErrHung)
	fails(t, hurried, keychain.ErrHung)
	d.Continue(t)
	if has, err := again(t, hurried); has || err != nil {
		t.Errorf("what was reported as not stored: %v, %v", has, err)
	}
	if got, err := recall(t.Context(), k, id("b")); got != "kept" || err != nil {
		t.Errorf("recalled %q, %v", got, err)
	}
}

func TestGnomeKeyringKilled(t *testing.T) {
	b, d := startDaemon(t)
	k := on(b, patient)
	must(t, k.Remember(t.Context(), id("a"), passphrase("x")))
	d.Kill()
	fails(t, k, keychain.ErrNoService)
}

// What was stored is there for the next daemon, as after a new login.
func TestGnomeKeyringRestarted(t *testing.T) {
	b, d := startDaemon(t)
	k := on(b, patient)
	must(t, k.Remember(t.Context(), id("a"), passphrase("kept")))
	d.Kill()
	keychaintest.StartDaemon(t, b)
	if got, err := recall(t.Context(), k, id("a")); got != "kept" || err != nil {
		t.Errorf("recalled %q, %v", got, err)
	}
}
