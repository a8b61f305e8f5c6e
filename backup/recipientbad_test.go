package backup

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"
	"unicode/utf16"

	"filippo.io/age"
	"filippo.io/age/tag"
	"golang.org/x/crypto/ssh"

	"keyrite/keyring"
)

const skEd25519 = "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIJKk3yZ0wT1kFfPUYwp5tZYQDCZ5mb6LPQ1xUMbPRzPGAAAABHNzaDo= me"

// tagRecipient is a recipient of a key in hardware; nobody has the key.
func tagRecipient(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	to, err := tag.NewClassicRecipient(elliptic.MarshalCompressed(elliptic.P256(), key.X, key.Y))
	check(t, err)
	return to.String()
}

func rsaLine(t *testing.T, bits int) string {
	t.Helper()
	n := new(big.Int).SetBit(new(big.Int), bits-1, 1)
	key, err := ssh.NewPublicKey(&rsa.PublicKey{N: n.SetBit(n, 0, 1), E: 65537})
	check(t, err)
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
}

func TestSSHRecipients(t *testing.T) {
	line, _ := sshPair(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	public, err := ssh.NewPublicKey(&key.PublicKey)
	check(t, err)
	ec := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(public)))
	for _, tt := range []struct{ name, text, want string }{
		{"ed25519", line, ""},
		{"ed25519 with a comment", line + " ops at the office", ""},
		{"RSA of 2048 bits", rsaLine(t, 2048), ""},
		{"RSA of 1024 bits", rsaLine(t, 1024), "an RSA key of 1024 bits, and at least 2048 are needed"},
		{"RSA of 2047 bits", rsaLine(t, 2047), "an RSA key of 2047 bits"},
		{"a security key", skEd25519, "can sign but not decrypt: use an age plugin"},
		{"ECDSA", ec, `an SSH key of type "ecdsa-sha2-nistp256", and age encrypts to ssh-ed25519 and ssh-rsa only`},
		{"options", `no-pty,command="/bin/false" ` + line, `options before the key, which mean nothing here: give the part that begins with "ssh-"`},
		{"one option", "restrict " + line, "options before the key"},
		{"cut short", line[:60], "damaged or cut short"},
		{"not base64", "ssh-ed25519 AAAA!", "damaged or cut short"},
		{"two lines", line + "\n" + line, "several lines: give one recipient at a time"},
		{"line end of Windows", line + "\r\n", "white space"},
		{"a type that lies", "ssh-rsa " + strings.Fields(line)[1], "damaged or cut short"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseRecipients([]string{tt.text})
			if tt.want != "" {
				wantError(t, err, tt.want)
			} else if err != nil || got[0].Kind != RecipientSSH || got[0].Fingerprint() == "" {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	same, err := ParseRecipients([]string{line, line + " with a comment"})
	if err != nil || len(same) != 1 {
		t.Errorf("one key with two comments: %d recipients, %v", len(same), err)
	}
}

func TestOddRecipients(t *testing.T) {
	_, classic := newIdentity(t)
	_, hybrid := hybridPair(t)
	tagged := tagRecipient(t)
	for _, tt := range []struct {
		name  string
		texts []string
		want  string // "" is success
	}{
		{"a tag", []string{tagged, classic.Text}, ""},
		{"a tag, damaged", []string{tagged[:20] + swap(tagged[20]) + tagged[21:]}, "damaged or cut short"},
		{"the prefix of another kind", []string{strings.Replace(classic.Text, "age1", "age1pq1", 1)}, "damaged or cut short"},
		{"hybrid digits as X25519", []string{"age1" + strings.TrimPrefix(hybrid.Text, "age1pq1")}, "damaged or cut short"},
		{"mixed case", []string{classic.Text[:10] + strings.ToUpper(classic.Text[10:])}, "damaged or cut short"},
		{"post-quantum beside classic", []string{hybrid.Text, classic.Text}, "Write two backups, one for each kind"},
		{"post-quantum beside a tag", []string{hybrid.Text, tagged}, "make a backup of their own"},
		{"a blank in it", []string{classic.Text[:20] + " " + classic.Text[20:]}, "damaged or cut short"},
		{"fifty", many(t, maxRecipients), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseRecipients(tt.texts)
			if tt.want != "" {
				wantError(t, err, tt.want)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// ways are how a secret key may arrive.
func ways(secret string) map[string]string {
	wide := utf16.Encode([]rune(secret))
	little, big := []byte{0xff, 0xfe}, []byte{0xfe, 0xff}
	for _, c := range wide {
		little, big = append(little, byte(c), byte(c>>8)), append(big, byte(c>>8), byte(c))
	}
	return map[string]string{
		"as it is": secret, "in small letters": strings.ToLower(secret), "with a byte order mark": "\ufeff" + secret,
		"little-endian UTF-16": string(little), "big-endian UTF-16": string(big), "with line ends of Windows": "# created\r\n" + secret + "\r\n",
		"with a blank in it": secret[:30] + " " + secret[30:], "with blanks around": "  " + secret + "\t", "in groups": strings.Join(chunks(secret, 8), " "),
		"wrapped": strings.Join(chunks(secret, 20), "\n"), "with zero-width spaces": strings.Join(chunks(secret, 10), "\u200b"),
		"behind age1": "age1" + secret, "behind a public key": classicText + " " + secret, "as an SSH key": "ssh-ed25519 " + secret,
	}
}

const classicText = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"

func chunks(s string, n int) (out []string) {
	for len(s) > n {
		out, s = append(out, s[:n]), s[n:]
	}
	return append(out, s)
}

func TestSecretsAreKnownHoweverTheyCome(t *testing.T) {
	id, err := age.GenerateX25519Identity()
	check(t, err)
	pq, err := age.GenerateHybridIdentity()
	check(t, err)
	_, private := sshPair(t)
	body := strings.Join(strings.Split(string(private), "\n")[1:], "\n")
	cases := map[string]string{"its digits alone": strings.TrimPrefix(id.String(), "AGE-SECRET-KEY-1"), "an SSH key's body": body,
		"an SSH key": string(private), "base64 of an SSH key": base64.StdEncoding.EncodeToString([]byte("openssh-key-v1\x00none"))}
	for _, secret := range []string{id.String(), pq.String()} {
		for name, text := range ways(secret) {
			cases[name+" "+secret[15:17]] = text
		}
	}
	for name, text := range cases {
		t.Run(name, func(t *testing.T) {
			if !LooksSecret(text) {
				t.Errorf("%q passes for public", text)
			}
			_, one := ParseRecipients([]string{text})
			_, file := ReadRecipients([]byte(text))
			for _, err := range []error{one, file} {
				if err == nil || leaks(err.Error(), id.String()) || leaks(err.Error(), pq.String()) {
					t.Errorf("error %v", err)
				}
			}
		})
	}
	for _, public := range []string{"", classicText, tagRecipient(t), plugged, sshRecipient, "/home/ops/age-secret-key.txt", "/media/stick/private keys/2026",
		"secret-keys-of-2026", strings.Repeat("c0ffee", 10), pq.Recipient().String()} {
		if LooksSecret(public) {
			t.Errorf("%q passes for secret", public)
		}
	}
	if got := HideSecrets("file " + id.String() + `": no such file`); leaks(got, id.String()) || !strings.HasSuffix(got, `": no such file`) {
		t.Errorf("hidden: %q", got)
	}
}

func TestReadRecipients(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		n          int
		want       string
	}{
		{"with comments", "# the office\n" + classicText + "\n\n" + sshRecipient + "\n", 2, ""},
		{"line ends of Windows", "# x\r\n" + classicText + "\r\n", 1, ""},
		{"empty", "# nothing\n\n", 0, "holds no recipient"},
		{"UTF-16", "\xff\xfea\x00g\x00e\x001\x00", 0, "not plain text but UTF-16"},
		{"byte order mark", "\ufeff" + classicText, 0, "byte order mark"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ReadRecipients([]byte(tt.text))
			if tt.want != "" {
				wantError(t, err, tt.want)
			} else if err != nil || len(got) != tt.n {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

func TestCheckPassphrase(t *testing.T) {
	for phrase, want := range map[string]string{
		"": "empty", "short": "shorter than 8", "aaaaaaaaaaaa": "fewer than 5 different", "abababababab": "fewer than 5", "12345678": "follow one another",
		"hgfedcba": "follow one another", "two\nlines of it": "line end", "with return\r": "line end", "a\x1b[2J clear": "could not be typed",
		"ends in a space ": "space at an end", " begins with one": "space at an end", "not \xff UTF-8": "could not be typed", strings.Repeat("long", 400): "longer than",
		"correct horse battery staple": "", "Tr0ub4dor&3": "",
	} {
		err := CheckPassphrase(keyring.NewPassphrase([]byte(phrase)))
		if want == "" && err != nil {
			t.Errorf("%q: %v", phrase, err)
		} else if want != "" {
			wantError(t, err, want)
		}
	}
}
