package tufrepo

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// maxVersion is the greatest version that every JSON reader holds exactly.
const maxVersion = 1<<53 - 1

// shape mirrors go-tuf's types where a null, a number out of range or a missing member
// would make it panic or believe too much. It decodes as go-tuf does, so that it sees
// what go-tuf will see, letter case of members included.
type shape struct {
	Signed struct {
		Type        string                           `json:"_type"`
		Version     int64                            `json:"version"`
		Expires     time.Time                        `json:"expires"`
		Keys        map[string]*metadata.Key         `json:"keys"`
		Roles       map[string]*metadata.Role        `json:"roles"`
		Meta        map[string]*metadata.MetaFiles   `json:"meta"`
		Targets     map[string]*metadata.TargetFiles `json:"targets"`
		Delegations *struct {
			Keys map[string]*metadata.Key `json:"keys"`
		} `json:"delegations"`
	} `json:"signed"`
}

// checkShape refuses a file that go-tuf must not be given.
func checkShape(role trustdata.Role, raw []byte) error {
	if _, _, err := notary.Canonical(raw); err != nil {
		return trustdata.Refuse(role, trustdata.ReasonFormat, "it is not strict JSON: %v", err)
	}
	var s shape
	if err := json.Unmarshal(raw, &s); err != nil {
		return trustdata.Refuse(role, trustdata.ReasonFormat, "%v", err)
	}
	if why := s.check(role); why != "" {
		return trustdata.Refuse(role, trustdata.ReasonFormat, "%s", why)
	}
	return nil
}

// metaFiles is what a timestamp or a snapshot that has its shape says of other files.
func metaFiles(raw []byte) (map[string]*metadata.MetaFiles, error) {
	var s shape
	err := json.Unmarshal(raw, &s)
	return s.Signed.Meta, err
}

// versionOf is the version that a file claims.
func versionOf(raw []byte) (int64, error) {
	var s struct {
		Signed struct {
			Version int64 `json:"version"`
		} `json:"signed"`
	}
	err := json.Unmarshal(raw, &s)
	return s.Signed.Version, err
}

// check tells what is wrong, "" for nothing.
func (s *shape) check(role trustdata.Role) string {
	want := string(role)
	if !role.IsBase() {
		want = metadata.TARGETS
	}
	b := &s.Signed
	switch {
	case b.Type != want:
		return fmt.Sprintf("it says that it is %q", b.Type)
	case b.Version < 1 || b.Version > maxVersion:
		return fmt.Sprintf("its version is %d", b.Version)
	case b.Expires.IsZero():
		return "it names no end"
	}
	switch want {
	case metadata.ROOT:
		return checkRoot(b.Keys, b.Roles)
	case metadata.TIMESTAMP:
		return checkMeta(b.Meta, metadata.SNAPSHOT)
	case metadata.SNAPSHOT:
		return checkMeta(b.Meta, metadata.TARGETS)
	}
	for name, t := range b.Targets {
		if t == nil || t.Length < 0 {
			return fmt.Sprintf("target %q has no length", name)
		}
	}
	if b.Delegations != nil {
		return checkKeys(b.Delegations.Keys)
	}
	return ""
}

func checkRoot(keys map[string]*metadata.Key, roles map[string]*metadata.Role) string {
	if why := checkKeys(keys); why != "" {
		return why
	}
	for _, name := range metadata.TOP_LEVEL_ROLE_NAMES {
		role := roles[name]
		if role == nil {
			return fmt.Sprintf("it has no role %q", name)
		}
		if why := checkWho(role.KeyIDs, role.Threshold); why != "" {
			return fmt.Sprintf("role %q %s", name, why)
		}
	}
	return ""
}

// checkWho judges who may sign: a threshold that these keys can reach, and that nobody
// reaches without a key.
func checkWho(ids []string, threshold int) string {
	distinct := slices.Compact(slices.Sorted(slices.Values(ids)))
	switch {
	case len(distinct) != len(ids):
		return "lists a key twice"
	case threshold < 1:
		return fmt.Sprintf("has the threshold %d", threshold)
	case threshold > len(ids):
		return fmt.Sprintf("has the threshold %d and %d keys", threshold, len(ids))
	}
	return ""
}

// checkKeys refuses keys that are none, and sizes that are no protection or too costly.
// Kinds that go-tuf does not know are left to it: they count for nothing.
func checkKeys(keys map[string]*metadata.Key) string {
	for id, k := range keys {
		if k == nil {
			return fmt.Sprintf("key %q is null", id)
		}
		public, err := k.ToPublicKey()
		if err != nil {
			continue
		}
		switch p := public.(type) {
		case ed25519.PublicKey:
			if len(p) != ed25519.PublicKeySize {
				return fmt.Sprintf("ed25519 key %q has %d bytes", id, len(p))
			}
		case *rsa.PublicKey:
			if bits := p.N.BitLen(); bits < 2048 || bits > 16384 {
				return fmt.Sprintf("RSA key %q has %d bits", id, bits)
			}
		case *ecdsa.PublicKey:
			if p.Curve != elliptic.P256() && p.Curve != elliptic.P384() {
				return fmt.Sprintf("ECDSA key %q is on the curve %s", id, p.Curve.Params().Name)
			}
		}
	}
	return ""
}

func checkMeta(meta map[string]*metadata.MetaFiles, must string) string {
	for name, m := range meta {
		if m == nil || m.Version < 1 || m.Version > maxVersion || m.Length < 0 {
			return fmt.Sprintf("what it says of %q is out of range", name)
		}
	}
	if meta[must+".json"] == nil {
		return fmt.Sprintf("it does not name %s.json", must)
	}
	return ""
}

// maxRole bounds a delegation's name, which becomes a file's.
const maxRole = 128

// checkName tells what is wrong with a delegation's name, "" for nothing. Names come from
// the metadata and go into paths: none may lead elsewhere, be mistaken for a base role,
// or have a letter that a terminal would act on.
func checkName(name string) string {
	switch {
	case name == "":
		return "its name is empty"
	case trustdata.Role(name).IsBase():
		return "it has the name of a base role"
	case len(name) > maxRole || !utf8.ValidString(name):
		return "its name is too long or not UTF-8"
	case trustdata.Visible(name) != name || strings.ContainsAny(name, `\%?#:*"<>|`):
		return "its name has a character that does not belong in one"
	}
	for seg := range strings.SplitSeq(name, "/") {
		if seg == "" || strings.HasPrefix(seg, ".") {
			return "its name is a path that leads elsewhere"
		}
	}
	return ""
}
