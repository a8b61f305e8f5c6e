// Package ceremony is the two files that carry a change between a machine that is online
// and one that is not and never will be, which has the root key.
//
// The online machine prepares, the offline one signs, the online one publishes. Both files
// are plain tar (USTAR, regular files, no links, no times, owner 0) with these members in
// this order:
//
//	prepared                            signed
//	ceremony.json                       ceremony.json
//	roots/<SHA-256 of GUN>/<N>.json     prepared.tar, the whole file that was signed for
//	  every root from the first that    roots/<SHA-256 of GUN>.json, the new root
//	  the server has to the newest
//	sha256                              sha256
//
// ceremony.json is one JSON value of type Prepared or Signed, indented by two spaces. Its
// first members are "format", a number, and "needs", the version of keyrite that brought
// that format; every later format keeps those two. The last member, sha256, has the
// SHA-256 of all bytes before it in lower-case hex; that and its place hold for every
// format too. A file is read only if writing it anew gives the same bytes, so that no bit
// of it can say something that is not looked at. Nothing in it is secret.
//
// The hash tells damage, not forgery: whoever can change the file can hash it again. What
// the offline machine believes it believes because the roots lead there from the one that
// it knows, and because a person compares the hash with what the online machine showed.
// What the online machine believes is what it has kept itself: a signed file must be for
// the very bytes that were prepared.
package ceremony

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"keyrite/trustdata"
)

// Format is the number of the form above, Needs the version of keyrite that brought it.
const (
	Format = 1
	Needs  = "1.0"
)

// MaxSize bounds a file, in bytes. A hundred repositories with fifty roots each take about
// a quarter of it.
const MaxSize = 128 << 20

// MaxRepositories bounds how many repositories one ceremony is for.
const MaxRepositories = 1000

var (
	// ErrDamaged is what a file Is that is no bundle, or not as it was written.
	ErrDamaged = errors.New("the ceremony's file is damaged or was changed")
	// ErrNewer is what a file of a later format Is.
	ErrNewer = errors.New("the ceremony's file was written by a newer version of keyrite")
)

// Stage says how far a ceremony has come.
type Stage string

// The stages.
const (
	StagePrepared Stage = "prepared"
	StageSigned   Stage = "signed"
)

// Change says what becomes of a role's keys.
type Change string

// The changes. Of a root key the new one is made offline, of any other role it is made
// online before; a new certificate and a refreshed root have the keys of before.
const (
	NewKey         Change = "new key"
	NewCertificate Change = "new certificate"
	Refresh        Change = "refresh"
)

// Head is what every ceremony.json begins with.
type Head struct {
	Format int    `json:"format"`
	Needs  string `json:"needs"`
	Stage  Stage  `json:"stage"`
	// ID names the ceremony on both machines.
	ID   string `json:"ceremony"`
	Kind string `json:"kind"`
	// Tool is the program that wrote the file, At when, by its machine's clock.
	Tool string    `json:"tool"`
	At   time.Time `json:"at"`
}

// Prepared is what the online machine asks for.
type Prepared struct {
	Head
	Repositories []Repository `json:"repositories"`
}

// Repository is the change of one repository.
type Repository struct {
	GUN    trustdata.GUN `json:"gun"`
	Server string        `json:"server"`
	// Role is whose keys change, and Gives are the canonical IDs of those that give way.
	// All others that it lists stay.
	Role   trustdata.Role    `json:"role"`
	Change Change            `json:"change"`
	Gives  []trustdata.KeyID `json:"gives_way"`
	// New are the public halves of the new keys, unless they are made at the ceremony.
	New []Key `json:"new_keys"`
	// Versions and Base tell what the server had: the versions of all files, and a hash of
	// root.json and snapshot.json together, which names the rest.
	Versions map[trustdata.Role]int64 `json:"versions"`
	Base     string                   `json:"base"`
	// First and Last are the versions of the roots that the file has.
	First int64 `json:"first_root"`
	Last  int64 `json:"last_root"`

	roots [][]byte
}

// Key is a public key and who has its private half.
type Key struct {
	KeyID  trustdata.KeyID   `json:"key_id"`
	Type   trustdata.KeyType `json:"type"`
	Public []byte            `json:"public"`
	// At is "online" or "server".
	At string `json:"at"`
}

// Where the private half of a new key is.
const (
	AtOnline = "online"
	AtServer = "server"
)

// PublicKey is the key as metadata lists it.
func (k Key) PublicKey() trustdata.PublicKey {
	return trustdata.PublicKey{Type: k.Type, Value: k.Public}
}

// Signed is what the offline machine made of it. It is the record of the ceremony too.
type Signed struct {
	Head
	// Prepared is the SHA-256 of the file that was signed for.
	Prepared     string       `json:"prepared_sha256"`
	Repositories []SignedRoot `json:"repositories"`
	Backups      []Backup     `json:"backups"`
	// Waived is what it was done without.
	Waived []string `json:"waived"`
}

// SignedRoot is the new root of one repository.
type SignedRoot struct {
	GUN     trustdata.GUN `json:"gun"`
	Version int64         `json:"version"`
	SHA256  string        `json:"sha256"`
	Expires time.Time     `json:"expires"`
	// OldKeys and NewKeys are the role's canonical key IDs before and after, Certificates
	// the IDs under which the new root lists its root keys.
	Role         trustdata.Role            `json:"role"`
	OldKeys      []trustdata.KeyID         `json:"old_keys"`
	NewKeys      []trustdata.KeyID         `json:"new_keys"`
	Certificates []trustdata.CertificateID `json:"certificates"`
	// SignedBy are the canonical IDs of the root keys that signed.
	SignedBy []trustdata.KeyID `json:"signed_by"`
	// Trust says why the offline machine believed the roots before this one.
	Trust string `json:"trust"`

	raw []byte
}

// Backup is a backup that was made before anything was signed.
type Backup struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
	State  string `json:"state"`
}

// Bundle is a file that was read: it is as it was written, and every JSON value in it has
// its form. Whether the roots verify is for Verify to say.
type Bundle struct {
	// SHA256 is of the whole file, in lower-case hex.
	SHA256 string
	Raw    []byte
	Prepared
	// PreparedSHA256 is of the file of the first stage: SHA256, or the one inside.
	PreparedSHA256 string
	// Signed is nil in the first stage.
	Signed *Signed

	inner []byte // the file of the first stage, where it is inside
}

// Stage says which of the two files it is.
func (b *Bundle) Stage() Stage {
	if b.Signed != nil {
		return StageSigned
	}
	return StagePrepared
}

// Repository is the change of one repository, or nil.
func (p *Prepared) Repository(gun trustdata.GUN) *Repository {
	for i := range p.Repositories {
		if p.Repositories[i].GUN == gun {
			return &p.Repositories[i]
		}
	}
	return nil
}

// GUNs are the repositories in their order.
func (p *Prepared) GUNs() []trustdata.GUN {
	guns := []trustdata.GUN{}
	for _, r := range p.Repositories {
		guns = append(guns, r.GUN)
	}
	return guns
}

// Root is the new root of a repository, nil where there is none.
func (s *Signed) Root(gun trustdata.GUN) *SignedRoot {
	for i := range s.Repositories {
		if s.Repositories[i].GUN == gun {
			return &s.Repositories[i]
		}
	}
	return nil
}

// Raw are the bytes of the new root.json.
func (r *SignedRoot) Raw() []byte { return r.raw }

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrDamaged, fmt.Errorf(format, args...))
}

// Sum is the SHA-256 of bytes in lower-case hex.
func Sum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
