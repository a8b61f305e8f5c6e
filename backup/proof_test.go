package backup

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"

	"keyrite/keyring"
)

// sshPair is an SSH key that was just made: its public line and the private file.
func sshPair(t *testing.T) (line string, private []byte) {
	t.Helper()
	public, secret, err := ed25519.GenerateKey(rand.Reader)
	check(t, err)
	key, err := ssh.NewPublicKey(public)
	check(t, err)
	block, err := ssh.MarshalPrivateKey(secret, "test")
	check(t, err)
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))), pem.EncodeToMemory(block)
}

// hybridPair is a post-quantum recipient and its identity.
func hybridPair(t *testing.T) (Identity, Recipient) {
	t.Helper()
	id, err := age.GenerateHybridIdentity()
	check(t, err)
	to, err := ParseRecipients([]string{id.Recipient().String()})
	check(t, err)
	return NewIdentity(id), to[0]
}

func TestEachRecipientIsProven(t *testing.T) {
	first, one := newIdentity(t)
	_, two := newIdentity(t)
	two.Label = "office"
	pq, hybrid := hybridPair(t)
	line, private := sshPair(t)
	byKey, err := ParseRecipients([]string{line + " ops@bastion"})
	check(t, err)
	sshIDs, err := ParseIdentities(private)
	check(t, err)
	phrase, err := PassphraseRecipient(keyring.NewPassphrase([]byte("for the safe")), 5)
	check(t, err)
	tests := []struct {
		name    string
		to      []Recipient
		ids     []Identity
		proven  []bool
		waivers []string
	}{
		{"nobody", []Recipient{one, two}, nil, []bool{false, false}, []string{"proof"}},
		{"one of two", []Recipient{one, two}, own(first), []bool{true, false}, []string{"proof:office"}},
		{"the other without a label", []Recipient{two, one}, own(first), []bool{false, true}, []string{"proof:office"}},
		{"ssh", []Recipient{byKey[0], one}, append(own(first), sshIDs...), []bool{true, true}, nil},
		{"hybrid", []Recipient{hybrid}, []Identity{pq}, []bool{true}, nil},
		{"passphrase", []Recipient{phrase}, nil, []bool{true}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := proveEach(context.Background(), tt.to, tt.ids)
			check(t, err)
			for i, r := range got {
				if r.Proven != tt.proven[i] {
					t.Errorf("recipient %d: proven %v", i, r.Proven)
				}
				if tt.to[i].Proven {
					t.Error("the caller's own recipient was changed")
				}
			}
			if diff := cmp.Diff(tt.waivers, waivers(got)); diff != "" {
				t.Error("waivers (-want +got):\n", diff)
			}
		})
	}
	other, _ := newIdentity(t)
	if _, err := proveEach(context.Background(), []Recipient{one, two}, own(other)); !errors.Is(err, ErrIdentity) {
		t.Errorf("an identity of nobody: %v", err)
	}
}

// An identity that answers with another plaintext's key proves nothing.
func TestProofComparesTheNonce(t *testing.T) {
	_, to := newIdentity(t)
	wrong := Identity{func(context.Context, []*age.Stanza) ([]byte, error) { return bytes.Repeat([]byte{1}, 16), nil }}
	if ok, err := to.prove(t.Context(), []Identity{wrong}); ok || err == nil {
		t.Errorf("proven %v, %v", ok, err)
	}
}

func TestFingerprint(t *testing.T) {
	// The key and its SHA-256 were taken apart with another program.
	to, err := ParseRecipients([]string{"age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj", sshRecipient})
	check(t, err)
	for i, want := range []string{"82da b32a 9aed ffb4 925a 762f 879f 6fdd", "8be1 6fae 7c22 7c47 99a5 b598 eac8 b694"} {
		if got := to[i].Fingerprint(); got != want || to[i].LastGroup() != want[len(want)-4:] || to[i].Name() != to[i].LastGroup() {
			t.Errorf("%s: fingerprint %q, last group %q", to[i].Kind, got, to[i].LastGroup())
		}
	}
	phrase, err := PassphraseRecipient(keyring.NewPassphrase([]byte("for the safe")), 5)
	check(t, err)
	if phrase.Fingerprint() != "" || phrase.LastGroup() != "" || phrase.Name() != "passphrase" || !phrase.Checked() {
		t.Errorf("passphrase: %q, %q", phrase.Fingerprint(), phrase.Name())
	}
	if to[0].Checked() {
		t.Error("a recipient that nobody knows counts as checked")
	}
}
