// Package notary is the Notary v1 dialect of TUF as Docker Content Trust uses it: it
// parses, verifies, builds and signs metadata. It is pure: it reads no file, opens no
// connection, asks no clock (the time of reference comes with a Policy), and draws
// random bytes only for a certificate's serial number.
//
// A file is an envelope
//
//	{"signed":BODY,"signatures":[{"keyid":ID,"method":METHOD,"sig":BASE64},...]}
//
// without white space and without a final newline. The signatures are over the canonical
// form of BODY (see Canonical); on the wire BODY is that form with <, >, &, U+2028 and
// U+2029 written as \u003c and so on. Snapshot and timestamp name a file by the hash of
// all its bytes, and a trust server hashes its own rendering of what it was sent: so what
// is written here is that rendering to the byte, or no client can fetch it again.
//
// The flow is one way: raw bytes -> Parse (shape) -> Policy (signatures, checksums,
// certificates, dates) -> Repository -> its Collection; and back: a body -> Sign -> raw
// bytes -> CheckUpload.
package notary

import (
	"encoding/json"
	"maps"
	"time"

	"keyrite/trustdata"
)

// MaxVersion is the highest version that is read or written. One above it some servers
// can store no successor, so a file with such a version would block its role for good.
const MaxVersion = 1<<31 - 2

// maxExact bounds the integers of the canonical form: beyond 2^53 the reference
// implementation, which reads numbers as float64, loses digits.
const maxExact = 1 << 53

const (
	mib = 1 << 20
	day = 24 * time.Hour
)

// Lifetime is how long a role's file is valid from its signing, as the reference clients
// and servers write it.
func Lifetime(role trustdata.Role) time.Duration {
	switch role {
	case trustdata.RoleRoot:
		return 10 * 365 * day
	case trustdata.RoleTimestamp:
		return 14 * day
	}
	return 3 * 365 * day
}

// File is one parsed file. That it exists says nothing about its signatures: only a file
// that a Policy or a Sign function returned is verified.
type File[B any] struct {
	Envelope
	Body B
}

// Envelope is what every file has around its body.
type Envelope struct {
	// Raw is the whole file as it came. It must not be changed.
	Raw []byte
	// Message is the canonical form of the body, which the signatures are over.
	Message    []byte
	Signatures []SignatureEntry
	// SignedBy are the keys of the file's role whose signatures a Policy found to hold.
	SignedBy []trustdata.ListedID
}

// SignatureEntry is one signature. Method is in lower case.
type SignatureEntry struct {
	KeyID  trustdata.ListedID
	Method string
	Bytes  []byte
}

// RoleKeys says whose signatures a role's file needs, and how many.
type RoleKeys struct {
	KeyIDs    []trustdata.ListedID
	Threshold int
}

// Root is the body of root.json.
type Root struct {
	Version int64
	Expires time.Time
	// ConsistentSnapshot is read and written back; the protocol ignores it.
	ConsistentSnapshot bool
	// Keys also holds the certificates of former root keys.
	Keys map[trustdata.ListedID]trustdata.PublicKey
	// Roles has the four base roles.
	Roles map[trustdata.Role]RoleKeys
	// Unknown names members that this package does not know; see Targets.
	Unknown []string
}

// Delegation is a role that a targets file lists. Paths are plain prefixes of the names
// that it may sign; "" is every name, and an empty list none.
type Delegation struct {
	Role trustdata.Role
	RoleKeys
	Paths []string
}

// Targets is the body of targets.json or of a delegation's file.
type Targets struct {
	Version int64
	Expires time.Time
	Targets Entries
	// Keys are the keys of Delegations, which stand in the order of their creation.
	Keys        map[trustdata.ListedID]trustdata.PublicKey
	Delegations []Delegation
	// Unknown names members of the file that this package does not know, the first few.
	// They are covered by the signatures, but a trust server that renders the file anew
	// drops them, which breaks the repository: so a body that has any is never signed
	// again, and whoever wants to must first decide to clear this field.
	Unknown []string
}

// Entry is one target: for docker a tag, whose only hash is the manifest's SHA-256.
type Entry struct {
	Hashes Hashes
	// Length is in bytes.
	Length int64
	// Custom is any JSON value, as it stands in the file; nil where there is none.
	Custom json.RawMessage
}

// Hashes are a target's. There may be a hundred thousand of them, and nearly all are one
// SHA-256, so that one needs no map.
type Hashes struct {
	// SHA256 is nil where there is none.
	SHA256 []byte
	// More are the others by their names; it may be nil, and has no "sha256".
	More map[string][]byte
}

// All are all hashes by their names.
func (h Hashes) All() map[string][]byte {
	all := make(map[string][]byte, len(h.More)+1)
	maps.Copy(all, h.More)
	if h.SHA256 != nil {
		all[hashSHA256] = h.SHA256
	}
	return all
}

// Meta names a file by its hashes and its length in bytes.
type Meta struct {
	Hashes map[string][]byte
	Length int64
}

// Snapshot is the body of snapshot.json: the files of one state of the repository.
type Snapshot struct {
	Version int64
	Expires time.Time
	Meta    map[trustdata.Role]Meta
	// Unknown names members that this package does not know; see Targets.
	Unknown []string
}

// Timestamp is the body of timestamp.json, which names the snapshot.
type Timestamp struct {
	Version  int64
	Expires  time.Time
	Snapshot Meta
	// Unknown names members that this package does not know; see Targets.
	Unknown []string
}

// Policy is what a verification goes by. Its zero value is of no use: without a time of
// reference nothing has expired, without a GUN no root certificate fits.
type Policy struct {
	GUN trustdata.GUN
	// Now is the time of reference. A file whose end lies before it has expired.
	Now time.Time
	// Least are the versions seen before, below which a role's file is a rollback.
	Least map[trustdata.Role]int64
	// Pins say which roots may be trusted.
	Pins Pins
	// Late takes files whose end has passed, for whoever is to sign them again: see
	// Repository.Ended. A root certificate that has ended is refused all the same, since a
	// server takes no root after one.
	Late bool
}

// Signer is a private key together with the ID under which metadata lists it.
type Signer struct {
	Key    trustdata.SigningKey
	Listed trustdata.ListedID
}

// Repository is one GUN's verified set of files. Whoever assembles it puts in only what
// a Policy returned.
type Repository struct {
	GUN       trustdata.GUN
	Root      *File[Root]
	Timestamp *File[Timestamp]
	Snapshot  *File[Snapshot]
	// Targets has targets and the delegations that verified.
	Targets map[trustdata.Role]*File[Targets]
	// Skipped has the delegations whose file was refused. One that has no entry in the
	// snapshot was never published and stands in neither.
	Skipped map[trustdata.Role]trustdata.Problem
}
