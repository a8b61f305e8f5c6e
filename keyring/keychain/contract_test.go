package keychain_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"keyrite/keyring"
	"keyrite/keyring/keychain"
	"keyrite/trustdata"
)

// id is the key ID of 64 times the digit.
func id(digit string) trustdata.KeyID { return trustdata.KeyID(strings.Repeat(digit, 64)) }

func passphrase(text string) keyring.Passphrase { return keyring.NewPassphrase([]byte(text)) }

func want(t *testing.T, what string, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("%s: %v, want %v", what, err, target)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// recall is the passphrase as text, and "" with the error where there is none.
func recall(ctx context.Context, k *keychain.Keychain, id trustdata.KeyID) (text string, err error) {
	p, err := k.Recall(ctx, id)
	if err != nil {
		return "", err
	}
	return text, p.Use(func(b []byte) error { text = string(b); return nil })
}

// contract is what every keychain keeps that answers at all. It must be empty.
func contract(t *testing.T, k *keychain.Keychain) {
	t.Helper()
	ctx := t.Context()
	holds := func(key trustdata.KeyID, text string) {
		t.Helper()
		if got, err := recall(ctx, k, key); got != text || err != nil {
			t.Errorf("recalled %q, %v, want %q", got, err, text)
		}
		if has, err := k.Has(ctx, key); !has || err != nil {
			t.Errorf("Has: %v, %v", has, err)
		}
	}
	gone := func(key trustdata.KeyID) {
		t.Helper()
		_, err := k.Recall(ctx, key)
		want(t, "Recall of nothing", err, fs.ErrNotExist)
		if has, err := k.Has(ctx, key); has || err != nil {
			t.Errorf("Has: %v, %v", has, err)
		}
		want(t, "Forget of nothing", k.Forget(ctx, key), fs.ErrNotExist)
	}
	gone(id("a"))
	must(t, k.Remember(ctx, id("b"), passphrase("of another key")))
	for _, text := range []string{
		"correct horse", "", " spaces\t", "two\nlines\r\n", "\n", "nul\x00nul", "\x00", "naïve 日本 🔑",
		"no UTF-8 \xff\xfe", `quote " ' \ $HOME`, "go-keyring-base64:AAAA", strings.Repeat("x", 1024),
	} {
		must(t, k.Remember(ctx, id("a"), passphrase(text))) // replaces the one before
		holds(id("a"), text)
	}
	holds(id("b"), "of another key")
	want(t, "one byte more", k.Remember(ctx, id("a"), passphrase(strings.Repeat("x", 1025))), keychain.ErrTooBig)
	holds(id("a"), strings.Repeat("x", 1024))

	must(t, k.Forget(ctx, id("a")))
	gone(id("a"))
	holds(id("b"), "of another key")
	must(t, k.Forget(ctx, id("b")))
}

// memory is a keychain that does what it is told.
type memory map[string]string

func (m memory) Set(service, user, value string) error {
	m[service+"/"+user] = value
	return nil
}

func (m memory) Get(service, user string) (string, error) {
	value, ok := m[service+"/"+user]
	if !ok {
		return "", fs.ErrNotExist
	}
	return value, nil
}

func (m memory) Delete(service, user string) error {
	if _, err := m.Get(service, user); err != nil {
		return err
	}
	delete(m, service+"/"+user)
	return nil
}

func TestContract(t *testing.T) { contract(t, keychain.Over(memory{}, keychain.Options{})) }

// trimming is a keychain that trims what it stores, as macOS does.
type trimming struct{ memory }

func (m trimming) Set(service, user, value string) error {
	return m.memory.Set(service, user, strings.TrimSpace(value))
}

func TestContractWhereValuesAreTrimmed(t *testing.T) {
	contract(t, keychain.Over(trimming{memory{}}, keychain.Options{}))
}

func TestEntriesAreNamedByKeyID(t *testing.T) {
	m := memory{}
	k := keychain.Over(m, keychain.Options{})
	must(t, k.Remember(t.Context(), id("c"), passphrase("sesame")))
	if got := m["keyrite/"+string(id("c"))]; got != "keyrite-passphrase-1:c2VzYW1l" {
		t.Errorf("the keychain holds %q", m)
	}
	for _, bad := range []trustdata.KeyID{"", "abc", "../" + id("c")[3:], trustdata.KeyID(strings.ToUpper(string(id("c"))))} {
		if err := k.Remember(t.Context(), bad, passphrase("x")); err == nil {
			t.Errorf("%q was taken for a key ID", bad)
		}
		if _, err := k.Recall(t.Context(), bad); err == nil {
			t.Errorf("%q was taken for a key ID", bad)
		}
		if err := k.Forget(t.Context(), bad); err == nil {
			t.Errorf("%q was taken for a key ID", bad)
		}
	}
}

// A value that somebody changed is told apart from none, and is not used.
func TestForeignValues(t *testing.T) {
	for _, value := range []string{
		"", "sesame", "keyrite-passphrase-2:c2VzYW1l", "keyrite-passphrase-1:c2VzYW1", "keyrite-passphrase-1:c2Vz YW1l",
		"keyrite-passphrase-1:c2VzYW1l\x00", "keyrite-passphrase-1:" + strings.Repeat("QUFB", 400), " keyrite-passphrase-1:c2VzYW1l",
	} {
		k := keychain.Over(memory{"keyrite/" + string(id("d")): value}, keychain.Options{})
		_, err := k.Recall(t.Context(), id("d"))
		want(t, value, err, keychain.ErrForeign)
		if err != nil && (strings.Contains(err.Error(), "sesame") || strings.Contains(err.Error(), "c2VzYW1")) {
			t.Errorf("the error shows what was stored: %v", err)
		}
		if has, err := k.Has(t.Context(), id("d")); !has || err != nil {
			t.Errorf("Has: %v, %v", has, err)
		}
		must(t, k.Forget(t.Context(), id("d")))
	}
}

// The caller's passphrase may be wiped as soon as the call is over.
func TestRememberLeavesThePassphraseAlone(t *testing.T) {
	p := passphrase("sesame")
	k := keychain.Over(memory{}, keychain.Options{})
	must(t, k.Remember(t.Context(), id("e"), p))
	must(t, p.Use(func(b []byte) error {
		if !bytes.Equal(b, []byte("sesame")) {
			t.Errorf("it is now %q", b)
		}
		return nil
	}))
	p.Wipe()
	if got, err := recall(t.Context(), k, id("e")); got != "sesame" || err != nil {
		t.Errorf("recalled %q, %v", got, err)
	}
}
