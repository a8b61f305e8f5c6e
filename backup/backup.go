// Package backup writes, verifies and restores sets of signing keys: one file that the
// stock programs age and tar open.
//
// A backup is an age file over a tar archive. The archive's first member is
// manifest.json, which lists all others with size, SHA-256 and what each one is. The keys
// come next, since damage takes the end of an age file:
//
//	manifest.sig                     a signature over the bytes of manifest.json, if one
//	                                 of the keys was open when the backup was made
//	private/...                      key files as they were stored, old layouts too
//	retired/...                      keys taken out of use, which are kept for ever
//	tuf/<GUN>/metadata/<role>.json   what docker or notary had cached, their memory of
//	                                 whom they trust
//	archive/<GUN>/[<n>.]<role>.json  the metadata that keyrite has; <n> is a version:
//	                                 every root.json that was at hand, and older files
//	settings/config.toml             keyrite's settings, without anything secret
//
// Unpacked, it is a trust directory: files are 0600, folders 0700. Trash, keys that are
// pending, staged changes, registry credentials and passphrases are never in it. Key files
// stay locked with their own passphrases. Beside the backup lie RESTORE.txt, which says in
// plain words how to do without keyrite, and <name>.age.sha256, which names no key. The
// manifest has the SHA-256 of that RESTORE.txt: one that was edited since is named, and
// nothing in it is ever followed.
//
// Of each key the manifest says for which repositories and roles it signs, and until when.
// Whoever reads a backup works that out anew from the metadata in it (keyrite's own in
// archive/ before docker's in tuf/); a manifest that claims more is damage. So is one that
// is signed by a key which is not in the backup, or that is not as it was signed: manifest.sig
// is JSON with key_id, key_type, public_key, method and signature, over
// "keyrite/manifest/v1\n" and manifest.json.
//
// The names of the files beside each other on a medium, and those below archive/, are fit
// for FAT and for systems that do not tell A from a: what is not a-z, 0-9, "-", "_" or "."
// in a GUN is written as "%" and two hex digits. Below tuf/ and in old layouts of private/
// names stay as docker and notary look for them, a registry's port with its colon too: so a
// backup is unpacked on a file system that takes a colon, which FAT is not. No two members
// differ in case alone.
//
// Format 2 is this one. Format 1, which is read too, had no signature, no settings and no
// uses of keys, and GUNs below archive/ as they are.
//
// What is read is hostile until proven: anyone can encrypt to a public recipient. Reading
// is bounded before it allocates, takes only the names above, and counts for nothing
// before the whole file has been decrypted to its end and every member compared with the
// manifest, since age hands out plaintext before it notices that a later part is damaged.
// Where that is all that is wrong, and the backup's owner asks for it, the files that lie
// whole before the damage can be salvaged; of a backup that contradicts itself nothing is.
package backup

import (
	"errors"
	"fmt"

	"keyrite/trustdata"
)

var (
	// ErrDamaged is what every backup Is that is not sound: cut short, changed, not a
	// backup, or made to do harm.
	ErrDamaged = errors.New("the backup is damaged")
	// ErrIdentity says that the file may be sound but nothing that was given opens it.
	ErrIdentity = errors.New("the backup cannot be opened")
	// ErrNewer is a backup of a format that this version does not know.
	ErrNewer = errors.New("the backup was written by a newer version of keyrite")
	// ErrDiffers stops a restore that would have to replace a key.
	ErrDiffers = errors.New("a different file is here already")
	// ErrChanged says that the world is not any more as the plan saw it.
	ErrChanged = errors.New("changed since the plan was made")
)

// State is how far a backup is proven. Each state includes the ones before it.
type State string

// The states of a backup. Unknown is for one that nothing is recorded of.
const (
	StateUnknown  State = "unknown"
	StateWritten  State = "written"   // written and synced
	StateReadBack State = "read_back" // read again, past the page cache, with the hash of what was written
	StateProven   State = "proven"    // decrypted to the end, every file compared with the manifest
	StateDrilled  State = "drilled"   // every key opened with its passphrase, of the right ID, and made to sign
)

// Waivers of a backup.
const (
	// WaiverProof is that of a backup that nobody at hand could decrypt. With ":NAME" behind
	// it, it is that of one recipient among others.
	WaiverProof = "proof"
	// WaiverFingerprint is that of recipients whose fingerprint nobody compared.
	WaiverFingerprint = "fingerprint"
)

// Key is one key file of a backup.
type Key struct {
	KeyID trustdata.KeyID `json:"key_id"`
	// Role is the file's header as it stands, which may be any text.
	Role string        `json:"role"`
	GUN  trustdata.GUN `json:"gun"`
	// Path is the file's place in the backup.
	Path    string `json:"path"`
	Retired bool   `json:"retired,omitempty"`
	// SignsFor is what it signs for, by the metadata in the backup.
	SignsFor []Use `json:"signs_for,omitempty"`
	// Problem says why the key is of no use as it is, or why it did not open.
	Problem string `json:"problem,omitempty"`
	// Opened says that it was opened with its passphrase, or without one, and signed.
	Opened bool `json:"opened,omitempty"`
}

// Progress is told how far work has come; it may be nil, and must not block.
type Progress func(Step)

// Step is one piece of progress, in bytes. Total is 0 where it is not known.
type Step struct {
	Phase       Phase
	Done, Total int64
}

// Phase names what is being done.
type Phase string

// The phases of a backup and of a restore.
const (
	PhaseWrite  Phase = "write"
	PhaseRead   Phase = "read back"
	PhaseProve  Phase = "decrypt and compare"
	PhaseVerify Phase = "verify"
)

func (p Progress) step(phase Phase, done, total int64) {
	if p != nil {
		p(Step{phase, done, total})
	}
}

func damage(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrDamaged, fmt.Errorf(format, args...))
}
