package backup

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// fingerprintGroups groups of four digits are 128 bits of the hash: more than anybody can
// search for another key with, and still read aloud.
const fingerprintGroups = 8

// Fingerprint is the first half of the SHA-256 of the recipient's key as eight groups of
// four digits, for reading aloud: of what Bech32 encodes behind "age1...1", or of an SSH
// key's own bytes, which are the base64 in its line. It is "" for a passphrase.
func (r Recipient) Fingerprint() string {
	if len(r.key) == 0 {
		return ""
	}
	sum := sha256.Sum256(r.key)
	digits := hex.EncodeToString(sum[:2*fingerprintGroups])
	var groups []string
	for i := range fingerprintGroups {
		groups = append(groups, digits[4*i:4*i+4])
	}
	return strings.Join(groups, " ")
}

// LastGroup is the end of the fingerprint, which its holder says and somebody types.
func (r Recipient) LastGroup() string {
	all := r.Fingerprint()
	return all[strings.LastIndexByte(all, ' ')+1:]
}

// Name is what to call a recipient in a sentence: its label, else the end of its
// fingerprint, else its kind.
func (r Recipient) Name() string {
	switch {
	case r.Label != "":
		return r.Label
	case len(r.key) > 0:
		return r.LastGroup()
	}
	return string(r.Kind)
}

// Checked reports whether it is known whose key this is: its fingerprint was compared, the
// settings name it, an identity at hand belongs to it, or it is a passphrase that was just
// chosen.
func (r Recipient) Checked() bool {
	return r.Compared || r.Label != "" || r.Proven || r.Kind == RecipientPassphrase
}

// IsLastGroup reports whether typed is the end of the fingerprint, in either case.
func (r Recipient) IsLastGroup(typed string) bool {
	return r.LastGroup() != "" && strings.EqualFold(strings.TrimSpace(typed), r.LastGroup())
}

// Unchecked are those of which it is not known whose keys they are.
func Unchecked(all []Recipient) []Recipient {
	var open []Recipient
	for _, r := range all {
		if !r.Checked() {
			open = append(open, r)
		}
	}
	return open
}

// bech32Key is what Bech32 encodes, of a text whose checksum has been verified.
func bech32Key(text string) []byte {
	const digits, checksum = "qpzry9x8gf2tvdw0s3jn54khce6mua7l", 6
	data := text[strings.LastIndexByte(text, '1')+1:]
	data = data[:max(0, len(data)-checksum)]
	var key []byte
	bits, have := 0, 0
	for _, c := range []byte(data) {
		bits = bits<<5 | strings.IndexByte(digits, c)
		if have += 5; have >= 8 {
			have -= 8
			key = append(key, byte(bits>>have))
			bits &= 1<<have - 1
		}
	}
	return key
}
