package keychain_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keyrite/keyring/keychain"
	"keyrite/keyring/keychain/keychaintest"
)

// brief is a time-out for what never comes; patient is one for what does.
const (
	brief   = 200 * time.Millisecond
	patient = time.Minute
)

func on(b *keychaintest.Bus, timeout time.Duration) *keychain.Keychain {
	return keychain.New(keychain.Options{Bus: b.Address, Timeout: timeout})
}

func startBus(t *testing.T) *keychaintest.Bus {
	t.Helper()
	b := keychaintest.StartBus(t)
	b.Use(t)
	return b
}

// fails runs all that a keychain can do; each must fail with target.
func fails(t *testing.T, k *keychain.Keychain, target error) {
	t.Helper()
	want(t, "Remember", k.Remember(t.Context(), id("a"), passphrase("open sesame")), target)
	_, err := k.Recall(t.Context(), id("a"))
	want(t, "Recall", err, target)
	_, err = k.Has(t.Context(), id("a"))
	want(t, "Has", err, target)
	err = k.Forget(t.Context(), id("a"))
	want(t, "Forget", err, target)
	if errors.Is(err, fs.ErrNotExist) {
		t.Error("no answer looks like an entry that is not there")
	}
	if text := err.Error(); strings.ContainsAny(text, "\n\x1b") || strings.Contains(text, "open sesame") {
		t.Errorf("no sentence: %q", text)
	}
}

// Without a bus nothing is called: the library would start one with dbus-launch.
func TestNoBus(t *testing.T) {
	dir := t.TempDir()
	marker := filepath.Join(dir, "launched")
	script := "#!/bin/sh\necho > '" + marker + "'\nexit 1\n"
	must(t, os.WriteFile(filepath.Join(dir, "dbus-launch"), []byte(script), 0o700))
	t.Setenv("PATH", dir+string(filepath.ListSeparator)+os.Getenv("PATH"))
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	fails(t, keychain.New(keychain.Options{}), keychain.ErrNoService)
	if _, err := os.Lstat(marker); err == nil {
		t.Error("dbus-launch was run")
	}
	exec.Command("dbus-launch").Run()
	if _, err := os.Lstat(marker); err != nil {
		t.Errorf("dbus-launch would not have been noticed: %v", err)
	}
}

func TestAddressOfNothing(t *testing.T) {
	for _, address := range []string{"unix:path=" + filepath.Join(t.TempDir(), "bus"), "no address", "unix:", "unixexec:path=/bin/true"} {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
		fails(t, keychain.New(keychain.Options{Bus: address}), keychain.ErrNoService)
	}
}

func TestBusWithoutService(t *testing.T) { fails(t, on(startBus(t), patient), keychain.ErrNoService) }

func TestFakeObeys(t *testing.T) {
	b := startBus(t)
	fake := keychaintest.StartFake(t, b, keychaintest.Obey)
	contract(t, on(b, patient))
	if n := fake.Len(); n != 0 {
		t.Errorf("%d entries are left", n)
	}
}

func TestQuestionDismissed(t *testing.T) {
	b := startBus(t)
	fake, k := keychaintest.StartFake(t, b, keychaintest.Dismiss), on(b, patient)
	want(t, "Remember", k.Remember(t.Context(), id("a"), passphrase("x")), keychain.ErrDenied)
	<-fake.Asked
	if has, err := k.Has(t.Context(), id("a")); has || err != nil {
		t.Errorf("Has: %v, %v", has, err)
	}
	fake.Set(keychaintest.Obey)
	must(t, k.Remember(t.Context(), id("a"), passphrase("old")))
	fake.Set(keychaintest.Dismiss)
	want(t, "Remember over another", k.Remember(t.Context(), id("a"), passphrase("new")), keychain.ErrDenied)
	want(t, "Forget", k.Forget(t.Context(), id("a")), keychain.ErrDenied)
	if got, err := recall(t.Context(), k, id("a")); got != "old" || err != nil {
		t.Errorf("recalled %q, %v", got, err)
	}
}

// A question that is answered after it was given up for lost leaves nothing behind.
func TestQuestionAnsweredTooLate(t *testing.T) {
	b := startBus(t)
	fake, k := keychaintest.StartFake(t, b, keychaintest.Hang), on(b, brief)
	want(t, "Remember", k.Remember(t.Context(), id("a"), passphrase("x")), keychain.ErrHung)
	<-fake.Asked
	fails(t, k, keychain.ErrHung)
	fake.Answer(t)
	if fake.Len() != 1 {
		t.Error("the late answer did not store anything")
	}
	if has, err := again(t, k); has || err != nil {
		t.Errorf("after the late answer: %v, %v", has, err)
	}
	if n := fake.Len(); n != 0 {
		t.Errorf("%d entries are left", n)
	}
}

// again is Has, once the keychain answers again.
func again(t *testing.T, k *keychain.Keychain) (bool, error) {
	t.Helper()
	for end := time.Now().Add(patient); ; time.Sleep(time.Millisecond) {
		has, err := k.Has(t.Context(), id("a"))
		if !errors.Is(err, keychain.ErrHung) || time.Now().After(end) {
			return has, err
		}
	}
}

// The library panics when the bus goes away under a question; that must not end keyrite.
func TestBusGoesAwayUnderAQuestion(t *testing.T) {
	b := startBus(t)
	fake, k := keychaintest.StartFake(t, b, keychaintest.Hang), on(b, patient)
	go func() {
		<-fake.Asked
		b.Kill()
	}()
	want(t, "Remember", k.Remember(t.Context(), id("a"), passphrase("x")), keychain.ErrNoService)
	fails(t, k, keychain.ErrNoService)
}

func TestServiceOfAnotherKind(t *testing.T) {
	b := startBus(t)
	keychaintest.StartFake(t, b, keychaintest.Odd)
	fails(t, on(b, patient), keychain.ErrNoService)
}
