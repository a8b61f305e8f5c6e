package backup

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"filippo.io/age"

	"keyrite/keyring"
)

const (
	sshRecipient = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINfFNWqpSRpZZLmdWnvwTkRzEAsKmSUkxlYg0pkYyPMa key holder"
	plugged      = "age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t"
)

func TestParseRecipients(t *testing.T) {
	id, err := age.GenerateX25519Identity()
	check(t, err)
	hybrid, err := age.GenerateHybridIdentity()
	check(t, err)
	good := id.Recipient().String()
	flipped := good[:20] + swap(good[20]) + good[21:]
	tests := []struct {
		name  string
		texts []string
		want  string // "" is success
	}{
		{"one", []string{good}, ""},
		{"the same twice", []string{good, good}, ""},
		{"ssh", []string{good, sshRecipient}, ""},
		{"hybrid alone", []string{hybrid.Recipient().String()}, ""},
		{"hybrid beside another", []string{good, hybrid.Recipient().String()}, "of their own"},
		{"none", nil, "no recipient"},
		{"too many", many(t, maxRecipients+1), "at most"},
		{"empty", []string{""}, "empty"},
		{"wrong checksum", []string{flipped}, "damaged or cut short"},
		{"cut short", []string{good[:40]}, "damaged or cut short"},
		{"upper case", []string{strings.ToUpper(good)}, "not shown here"},
		{"space behind", []string{good + " "}, "white space"},
		{"carriage return", []string{good + "\r"}, "white space"},
		{"UTF-16", []string{"\xff\xfea\x00g\x00e\x001\x00"}, "not shown here"},
		{"byte order mark", []string{"\ufeff" + good}, "not shown here"},
		{"the second one", []string{good, "nonsense"}, "recipient 2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseRecipients(tt.texts)
			if tt.want != "" {
				wantError(t, err, tt.want)
			} else if err != nil || len(got) == 0 {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
	got, err := ParseRecipients([]string{good, good})
	if err != nil || len(got) != 1 {
		t.Errorf("the same twice: %d recipients, %v", len(got), err)
	}
}

func swap(c byte) string {
	if c == 'q' {
		return "p"
	}
	return "q"
}

func many(t *testing.T, n int) []string {
	var texts []string
	for range n {
		id, err := age.GenerateX25519Identity()
		check(t, err)
		texts = append(texts, id.Recipient().String())
	}
	return texts
}

// Whatever part of a secret key is pasted in whatever place, no part of it comes back.
func TestSecretsAreNeverRepeated(t *testing.T) {
	id, err := age.GenerateX25519Identity()
	check(t, err)
	secret := id.String()
	for _, text := range []string{
		secret, strings.ToLower(secret), " " + secret, secret[1:], secret[len("AGE-SECRET-KEY-1"):], secret + "\n", "# key\n" + secret,
		"age1" + secret, "ssh-ed25519 " + secret, secret[:40],
		"-----BEGIN OPENSSH PRIVATE KEY-----\n" + secret,
	} {
		if _, err := ParseRecipients([]string{text}); err == nil || leaks(err.Error(), secret) {
			t.Errorf("recipient: %v", err)
		}
		if _, err := ParseIdentities([]byte(text[1:] + "x")); err == nil || leaks(err.Error(), secret) {
			t.Errorf("identity: %v", err)
		}
	}
}

// leaks reports whether eight characters of the secret in a row are in text.
func leaks(text, secret string) bool {
	text, digits := strings.ToUpper(text), secret[len("AGE-SECRET-KEY-1"):]
	for i := range len(digits) - 8 {
		if strings.Contains(text, digits[i:i+8]) {
			return true
		}
	}
	return false
}

func TestParseIdentities(t *testing.T) {
	id, err := age.GenerateX25519Identity()
	check(t, err)
	key, public := id.String(), id.Recipient().String()
	tests := []struct {
		name, text string
		n          int
		want       string
	}{
		{"one", key, 1, ""},
		{"as age-keygen writes it", "# created: today\n# public key: " + public + "\n" + key + "\n", 1, ""},
		{"lines of Windows", "# x\r\n" + key + "\r\n\r\n" + key + "\r\n", 2, ""},
		{"a thousand", strings.Repeat(key+"\n", 1000), 1000, ""},
		{"none", "# nothing\n\n", 0, "no identity"},
		{"a recipient", "# x\n" + public, 0, "line 2 of the identity file: it is not an age identity (AGE-SECRET-KEY-...) but a recipient"},
		{"a plugin's, damaged", "AGE-PLUGIN-YUBIKEY-1QQQ", 0, "damaged identity of an age plugin"},
		{"encrypted", "age-encryption.org/v1\n-> scrypt x 18\n", 0, "itself encrypted"},
		{"encrypted and armored", "-----BEGIN AGE ENCRYPTED FILE-----\n", 0, "itself encrypted"},
		{"a certificate", "-----BEGIN CERTIFICATE-----\n", 0, "SSH private key"},
		{"too large", strings.Repeat("#", maxIdentities+1), 0, "larger than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ids, err := ParseIdentities([]byte(tt.text))
			if tt.want != "" {
				wantError(t, err, tt.want)
			} else if err != nil || len(ids) != tt.n {
				t.Errorf("%d identities, %v", len(ids), err)
			}
		})
	}
}

func TestPassphraseRecipientRefuses(t *testing.T) {
	for phrase, want := range map[string]string{"": "empty", "two\nlines": "line end"} {
		_, err := PassphraseRecipient(keyring.NewPassphrase([]byte(phrase)), 0)
		wantError(t, err, want)
		_, err = PassphraseIdentity(keyring.NewPassphrase([]byte(phrase)))
		wantError(t, err, want)
	}
	for _, factor := range []int{-1, maxWorkFactor + 1} {
		_, err := PassphraseRecipient(keyring.NewPassphrase([]byte("x")), factor)
		wantError(t, err, "work factor")
	}
}

func TestLeastAge(t *testing.T) {
	_, classic := newIdentity(t)
	if got := leastAge([]Recipient{classic}); got != "1.0.0" {
		t.Errorf("X25519 needs age %s", got)
	}
	if got := leastAge([]Recipient{classic, {Kind: RecipientHybrid}}); got != "1.3.0" {
		t.Errorf("hybrid needs age %s", got)
	}
}

// What is on its way into a backup or out of one is never printed with its secrets.
func TestSecretsCannotBePrinted(t *testing.T) {
	id, err := age.GenerateX25519Identity()
	check(t, err)
	ids, err := ParseIdentities([]byte(id.String()))
	check(t, err)
	const phrase = "quite a long passphrase"
	to, err := PassphraseRecipient(keyring.NewPassphrase([]byte(phrase)), 5)
	check(t, err)
	opt := CreateOptions{Identities: ids, Recipients: []Recipient{to}}
	plan := &CreatePlan{Recipients: opt.Recipients, opt: opt}
	for _, value := range []any{ids, ids[0], to, opt, plan, *plan, &RestorePlan{ids: ids}, RestorePlan{ids: ids}} {
		var log strings.Builder
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "value", value)
		texts := []string{log.String()}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			texts = append(texts, fmt.Sprintf(verb, value))
		}
		for _, text := range texts {
			if leaks(text, id.String()) || strings.Contains(text, phrase) || strings.Contains(text, fmt.Sprintf("%x", phrase)) {
				t.Errorf("%T is printed as %q", value, text)
			}
		}
	}
	if _, err := json.Marshal(ids); err == nil {
		t.Error("identities can be encoded")
	}
}
