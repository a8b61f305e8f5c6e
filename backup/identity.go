package backup

import (
	"bytes"
	"context"
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
	unwrap func(context.Context, []*age.Stanza) ([]byte, error)
}

var _ age.Identity = Identity{}

// NewIdentity is an identity of package age.
func NewIdentity(id age.Identity) Identity {
	return Identity{func(_ context.Context, stanzas []*age.Stanza) ([]byte, error) { return id.Unwrap(stanzas) }}
}

// Unwrap implements age.Identity.
func (id Identity) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	return id.unwrap(context.Background(), stanzas)
}

// until is the identity for as long as ctx lasts: a plugin that it asks then ends.
func (id Identity) until(ctx context.Context) Identity {
	return Identity{func(_ context.Context, stanzas []*age.Stanza) ([]byte, error) { return id.unwrap(ctx, stanzas) }}
}

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

// ParseIdentities is Plugins.ParseIdentities where nothing is set about plugins.
func ParseIdentities(data []byte) ([]Identity, error) { return Plugins{}.ParseIdentities(data) }

// ParseIdentities reads an identity file as age's -i does: AGE-SECRET-KEY-... lines and
// those of allowed plugins, with comments and empty lines, or one SSH private key that has
// no passphrase. No error repeats anything of it, and no plugin is run.
func (p Plugins) ParseIdentities(data []byte) ([]Identity, error) {
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
		id, err := p.parseLine(line)
		if err != nil {
			return nil, fmt.Errorf("line %d of the identity file: %w", n+1, err)
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return nil, errors.New("the identity file holds no identity")
	}
	return ids, nil
}

func (p Plugins) parseLine(line string) (Identity, error) {
	switch {
	case strings.HasPrefix(line, "AGE-PLUGIN-"):
		return p.parseIdentity(line)
	case strings.HasPrefix(line, "age1"):
		return Identity{}, errors.New("it is not an age identity (AGE-SECRET-KEY-...) but a recipient, which closes and does not open")
	}
	parsed, err := age.ParseIdentities(strings.NewReader(line))
	if err != nil || len(parsed) != 1 {
		return Identity{}, errors.New("it is not an age identity (AGE-SECRET-KEY-...)")
	}
	return NewIdentity(parsed[0]), nil
}
