package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"keyrite/keyring"
)

// A file that is far too large is refused before it is read: ten gigabytes of zeros would
// take a minute.
func TestHugeFile(t *testing.T) {
	id, _ := newIdentity(t)
	name := filepath.Join(t.TempDir(), "keys.age")
	f, err := os.Create(name)
	check(t, err)
	check(t, errors.Join(f.Truncate(10<<30), f.Close()))
	_, err = Verify(context.Background(), name, own(id), VerifyOptions{})
	wantError(t, err, "it has 10737418240 bytes, and no backup has more than")
	if !errors.Is(err, ErrDamaged) {
		t.Errorf("error %v", err)
	}
}

// A line of armor without an end is not read into memory.
func TestEndlessArmorLine(t *testing.T) {
	id, _ := newIdentity(t)
	name := filepath.Join(t.TempDir(), "keys.age")
	check(t, os.WriteFile(name, append([]byte(armorIntro+"\n"), bytes.Repeat([]byte("A"), 8<<20)...), 0o600))
	refuses(t, name, id, ErrDamaged, "a line of the armored backup is longer than 4096 bytes")
}

// bomb is a tar with as many members as asked for, none of which the manifest lists.
func bomb(t *testing.T, n int, manifest []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	m := file(manifestName, string(manifest))
	check(t, w.WriteHeader(&m.Header))
	_, err := w.Write(manifest)
	check(t, err)
	for i := range n {
		check(t, w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: fmt.Sprintf("private/%064x.key", i), Mode: 0o600}))
	}
	check(t, w.Close())
	return buf.Bytes()
}

func TestTooManyFiles(t *testing.T) {
	id, _ := newIdentity(t)
	one := describe("private/"+strings.Repeat("a", 64)+".key", KindKey, nil)
	few, err := json.Marshal(&Manifest{Format: 1, Created: testTime, Files: []File{one}})
	check(t, err)
	many := &Manifest{Format: 1, Created: testTime}
	for range maxFiles + 1 {
		many.Files = append(many.Files, File{})
	}
	listed, err := json.Marshal(many)
	check(t, err)
	for _, tt := range []struct {
		name     string
		members  int
		manifest []byte
		want     string
	}{
		{"a hundred thousand that are not listed", maxFiles, few, "the manifest does not list"},
		{"listed", 0, listed, "the manifest lists 100001 files, more than 100000"},
		{"a manifest without end", 0, bytes.Repeat([]byte(" "), maxManifest+1), "manifest"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			refuses(t, seal(t, bomb(t, tt.members, tt.manifest), id.Recipient()), id, ErrDamaged, tt.want)
		})
	}
}

// What age's command finds wrong with an identity is found here too, and said.
func TestIdentitiesThatDoNotFit(t *testing.T) {
	r := newRig(t)
	id, to := newIdentity(t)
	phrase, err := PassphraseRecipient(keyring.NewPassphrase([]byte("for the safe")), 5)
	check(t, err)
	_, hybrid := hybridPair(t)
	line, _ := sshPair(t)
	byKey, err := ParseRecipients([]string{line})
	check(t, err)
	strangers := make([]Identity, 1000)
	for i := range strangers {
		x, _ := newIdentity(t)
		strangers[i] = NewIdentity(x)
	}
	wrong, err := PassphraseIdentity(keyring.NewPassphrase([]byte("another one")))
	check(t, err)
	for _, tt := range []struct {
		name string
		to   []Recipient
		ids  []Identity
		want string // "" is success
	}{
		{"another's", []Recipient{to}, strangers[:1], `it is for other recipients ("X25519"), and none of the 1 identities given is one of them`},
		{"a thousand of others", []Recipient{to}, strangers, "none of the 1000 identities"},
		{"the right one behind a thousand", []Recipient{to}, append(strangers[:1000:1000], NewIdentity(id)), ""},
		{"for two kinds", []Recipient{to, byKey[0]}, strangers[:1], `("X25519, ssh-ed25519")`},
		{"post-quantum", []Recipient{hybrid}, strangers[:1], `("mlkem768x25519")`},
		{"a passphrase instead", []Recipient{to}, []Identity{wrong}, `("X25519")`},
		{"an identity instead of the passphrase", []Recipient{phrase}, strangers[:1], "it was closed with a passphrase"},
		{"another passphrase", []Recipient{phrase}, []Identity{wrong}, "it was closed with a passphrase, and not with the one given"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			made := r.create(t, CreateOptions{Recipients: tt.to})
			got, err := Verify(context.Background(), made.File, tt.ids, VerifyOptions{})
			if tt.want == "" {
				if err != nil || !got.OK {
					t.Errorf("%+v, %v", got, err)
				}
				return
			}
			wantError(t, err, tt.want)
			if !errors.Is(err, ErrIdentity) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// Two locks, two sentences: the backup's own, and each key's.
func TestWhichLockDidNotOpen(t *testing.T) {
	r := newRig(t)
	id, to := newIdentity(t)
	made := r.create(t, CreateOptions{Recipients: []Recipient{to}})
	forgotten := func(Key) (keyring.Passphrase, bool) { return keyring.NewPassphrase([]byte("forgotten")), true }
	got, err := Verify(context.Background(), made.File, own(id), VerifyOptions{Passphrases: forgotten})
	if err != nil || !got.OK || got.State != StateProven || got.Drilled != 0 {
		t.Errorf("with the identity and no key's passphrase: %+v, %v", got, err)
	}
	for _, k := range got.Keys {
		if k.Problem != "the backup opens, but the passphrase that is given for this key does not open it" {
			t.Errorf("%s: %q", k.Path, k.Problem)
		}
	}
	other, _ := newIdentity(t)
	_, err = Verify(context.Background(), made.File, own(other), VerifyOptions{Passphrases: r.passphrases})
	wantError(t, err, "the backup cannot be opened: it is for other recipients")
}

// A header that opens says nothing of what is behind it, and counts for nothing.
func TestHeaderAloneProvesNothing(t *testing.T) {
	data, name, id := small(t)
	header := bytes.Index(data, []byte("\n--- "))
	header += 1 + bytes.IndexByte(data[header+1:], '\n') + 1
	if h, err := age.ExtractHeader(bytes.NewReader(data)); err != nil || len(h) != header {
		t.Fatalf("the header has %d bytes, not %d: %v", len(h), header, err)
	}
	noise := bytes.Clone(data)
	for i := header + 16; i < len(noise); i++ {
		noise[i] ^= 0x55
	}
	for what, left := range map[string][]byte{"the header": data[:header], "the header and a nonce": data[:header+16], "noise behind it": noise} {
		t.Run(what, func(t *testing.T) {
			check(t, os.WriteFile(name, left, 0o600))
			refuses(t, name, id, ErrDamaged)
		})
	}
}
