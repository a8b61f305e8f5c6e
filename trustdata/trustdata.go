// Package trustdata is the vocabulary of content trust, and the verified view of it that
// everything above works with. It knows names (GUN, Role), keys and their IDs, tags, and
// what a verification established; it reads no file, opens no connection, and parses no
// metadata. The dialect that does is package trustdata/notary.
package trustdata

import (
	"errors"
	"fmt"
	"time"
)

// Source says where a view came from.
type Source string

// The sources of a view.
const (
	SourceLive    Source = "live"    // from the server, checked just now
	SourceCache   Source = "cache"   // from this machine's cache, checked as of now, not asked for again
	SourceArchive Source = "archive" // from a saved archive
)

// Tag is one signed (name, digest) pair.
type Tag struct {
	Name string
	// Digest is the SHA-256 of what was signed: 64 lower-case hex digits.
	Digest string
	// Length is the size of what was signed, in bytes.
	Length int64
	// Roles hold this pair, in the order in which they are looked up.
	Roles []Role
	// Signers vouch for it, sorted: names of delegations, or RepoAdmin alone.
	Signers []string
	// Pulled marks the row that docker resolves for the name: the one in
	// targets/releases, else the one in targets.
	Pulled bool
}

// RepoAdmin is docker's word for a tag that no named signer vouches for.
const RepoAdmin = "Repo Admin"

// RoleKey is one key that a role lists.
type RoleKey struct {
	KeyID KeyID
	// CertificateID and CertificateExpires are set only where the key is a certificate.
	CertificateID      CertificateID
	CertificateExpires time.Time
	Algorithm          string
}

// RoleView is one role of a collection as its verified file has it.
type RoleView struct {
	Role      Role
	Version   int64
	Expires   time.Time
	Threshold int
	Keys      []RoleKey
	// Paths are the prefixes of tag names that a delegation may sign; nil for base roles.
	Paths []string
	// Problem says why the role's file does not count, and is "" for one that verified.
	Problem string
}

// Dialect is the form of the metadata that a collection was read from.
type Dialect int

const (
	// DialectNotary is Notary v1, which signs the tags of a registry's repository.
	DialectNotary Dialect = iota
	// DialectTUF is TUF 1.0, which signs targets by name: no registry serves them.
	DialectTUF
)

// Collection is one GUN's verified metadata.
type Collection struct {
	GUN     GUN
	Dialect Dialect
	Server  string
	Source  Source
	// ReadAt is when the metadata was fetched or read; verification took this as now.
	ReadAt time.Time
	Roles  []RoleView
	Tags   []Tag
	// Problems are what stands against the collection although it can be shown, such as
	// an expired delegation or state that could not be remembered.
	Problems []Problem
	// Report is what the verification established; nil where the dialect gives none.
	Report *Report
}

// Role returns the view of r.
func (c *Collection) Role(r Role) (RoleView, bool) {
	for _, v := range c.Roles {
		if v.Role == r {
			return v, true
		}
	}
	return RoleView{}, false
}

// Renews reports whether a server signs r anew by itself before it ends: the timestamp, and
// in TUF 1.0, whose clients ask for both together, the snapshot.
func (d Dialect) Renews(r Role) bool {
	return r == RoleTimestamp || d == DialectTUF && r == RoleSnapshot
}

// Expires is the earliest end among the roles that verified. A delegation that was never
// published has no end.
func (c *Collection) Expires() time.Time {
	var first time.Time
	for _, v := range c.Roles {
		if v.Problem == "" && !v.Expires.IsZero() && (first.IsZero() || v.Expires.Before(first)) {
			first = v.Expires
		}
	}
	return first
}

// Aside are the problems that no role of the collection says of itself.
func (c *Collection) Aside() []Problem {
	said := map[Role]string{}
	for _, v := range c.Roles {
		said[v.Role] = v.Problem
	}
	var aside []Problem
	for _, p := range c.Problems {
		if why := said[p.Role]; why == "" || why != p.Detail {
			aside = append(aside, p)
		}
	}
	return aside
}

// Verified reports whether every file that the collection lists verified.
func (c *Collection) Verified() bool {
	for _, v := range c.Roles {
		if v.Problem != "" {
			return false
		}
	}
	return true
}

// Reason classifies why metadata was refused.
type Reason string

// The reasons for a refusal.
const (
	ReasonFormat      Reason = "format"      // not JSON, wrong type, a value out of range
	ReasonSignature   Reason = "signature"   // too few valid signatures
	ReasonExpired     Reason = "expired"     // its end lies before now
	ReasonRollback    Reason = "rollback"    // an older version than was seen before
	ReasonChecksum    Reason = "checksum"    // not the bytes that the parent names
	ReasonChain       Reason = "chain"       // a root that the known one does not vouch for
	ReasonCertificate Reason = "certificate" // a root certificate that does not hold
	ReasonPin         Reason = "pin"         // a root that the settings of this machine do not allow
	ReasonMissing     Reason = "missing"     // a file that the parent names is not there
)

// The reasons for a word about what is not refused.
const (
	// ReasonUnusual marks what is valid, and what no honest server is known to do.
	ReasonUnusual Reason = "unusual"
	// ReasonNotKept marks a problem of this machine rather than of the metadata: what was
	// verified could not be remembered or cached.
	ReasonNotKept Reason = "not kept"
)

// UnusualJump is the least growth of a version between two visits that is named.
const UnusualJump = 1000

// Problem is one thing that stands against a role's metadata.
type Problem struct {
	Role   Role
	Reason Reason
	// Detail is a sentence fragment for people: "expired at 2026-11-19 14:02 UTC".
	Detail string
}

func (p Problem) String() string { return fmt.Sprintf("%s: %s", p.Role, p.Detail) }

// ErrVerify is what every refusal of metadata Is.
var ErrVerify = errors.New("metadata does not verify")

// VerifyError is a refusal of one role's metadata.
type VerifyError struct{ Problem }

func (e *VerifyError) Error() string { return fmt.Sprintf("%s metadata refused: %s", e.Role, e.Detail) }

// Is makes errors.Is(err, ErrVerify) true.
func (e *VerifyError) Is(target error) bool { return target == ErrVerify }

// Refuse makes a VerifyError; detail is formatted as by fmt.Sprintf.
func Refuse(r Role, why Reason, detail string, args ...any) error {
	return &VerifyError{Problem{Role: r, Reason: why, Detail: fmt.Sprintf(detail, args...)}}
}
