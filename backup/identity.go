package backup

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
)

// Identity opens backups. It cannot be printed, logged, encoded or compared, unlike age's
// own identities, which print themselves as their secret key.
type Identity struct {
	unwrap func([]*age.Stanza) ([]byte, error)
}

var _ age.Identity = Identity{}

// NewIdentity is an identity of package age.
func NewIdentity(id age.Identity) Identity { return Identity{id.Unwrap} }

// Unwrap implements age.Identity.
func (id Identity) Unwrap(stanzas []*age.Stanza) ([]byte, error) { return id.unwrap(stanzas) }

// Format writes a marker, whatever the verb.
func (id Identity) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[identity]") }

// LogValue is a marker.
func (id Identity) LogValue() slog.Value { return slog.StringValue("[identity]") }

// MarshalText always fails, and with it JSON and XML.
func (id Identity) MarshalText() ([]byte, error) {
	return nil, errors.New("an identity is not to be encoded")
}

// maxIdentities bounds an identity file; a post-quantum identity has 77 characters.
const maxIdentities = 1 << 20

// ParseIdentities reads an identity file as age's -i does: AGE-SECRET-KEY-... lines, with
// comments and empty lines, or one SSH private key that has no passphrase. No error repeats
// anything of it.
func ParseIdentities(data []byte) ([]Identity, error) {
	switch {
	case len(data) > maxIdentities:
		return nil, fmt.Errorf("the identity file is larger than %d bytes", maxIdentities)
	case bytes.HasPrefix(data, []byte(ageIntro)), bytes.HasPrefix(data, []byte(armorIntro)):
		return nil, errors.New("the identity file is itself encrypted: decrypt it with age first")
	case bytes.Contains(data, []byte("-----BEGIN")):
		id, err := agessh.ParseIdentity(data)
		if err != nil {
			return nil, errors.New("the identity file is not an SSH private key without a passphrase")
		}
		return []Identity{NewIdentity(id)}, nil
	}
	var ids []Identity
	for n, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSuffix(line, "\r")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		parsed, err := age.ParseIdentities(strings.NewReader(line))
		if err != nil {
			return nil, fmt.Errorf("line %d of the identity file is not an age identity (AGE-SECRET-KEY-...)%s", n+1, hint(line))
		}
		for _, id := range parsed {
			ids = append(ids, NewIdentity(id))
		}
	}
	if len(ids) == 0 {
		return nil, errors.New("the identity file holds no identity")
	}
	return ids, nil
}

// hint names the two usual mix-ups.
func hint(line string) string {
	switch {
	case strings.HasPrefix(line, "age1"):
		return ": it is a recipient, which closes and does not open"
	case strings.HasPrefix(line, "AGE-PLUGIN-"):
		return ": identities of age plugins are not used yet"
	}
	return ""
}
