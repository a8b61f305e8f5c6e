// Package keyring keeps private keys at rest: the trust directories of docker and notary,
// read in place and never migrated, and the formats of their key files.
//
// A trust directory holds one key per file:
//
//	private/<key ID>.key                  one PEM block, mode 0600
//	private/root_keys/<key ID>_root.key   layouts of clients before 0.4, read only
//	private/tuf_keys/<GUN>/<key ID>_<role>.key
//	pending/<operation>/<key ID>.key      a new key until it is promoted; ours
//	trash/<UTC date>/<key ID>.key         what was removed; ours, never emptied
//	retired/<key ID>[.<n>].key            root keys out of use, kept for ever; ours
//
// Keys are handed over in bundles, files of several such blocks; see ParseBundle.
//
// The PEM headers "role" and "gun" say what the key is for. The block is PKCS#8, encrypted
// with PBES2 (PBKDF2 with HMAC-SHA1, AES-256-CBC): there is no checksum over it, so a
// wrong passphrase and a damaged file cannot be told apart, and whether the right key came
// out is known only by its ID, which is the file's name.
//
// No key file is overwritten or deleted: what leaves its place is moved, without
// replacing what is there, and what arrives is read back.
package keyring

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"keyrite/trustdata"
)

var (
	// ErrPassphrase is all that can be said when a key does not decrypt.
	ErrPassphrase = errors.New("wrong passphrase or damaged file")
	// ErrMismatch is what opening a key Is whose ID is not the name of its file.
	ErrMismatch = errors.New("the file holds another key than its name says")
	// ErrDamaged is what every file Is that cannot be used as a key file.
	ErrDamaged = errors.New("damaged key file")
	// ErrReadOnly is what every change to a store Is that was opened for reading.
	ErrReadOnly = errors.New("the trust directory is opened read-only")
)

// Info is one key file as it can be described without its passphrase.
type Info struct {
	// KeyID is what the file's name says; "" where the name is no key ID.
	KeyID trustdata.KeyID
	// Role is the header as it stands, which may be any text, such as a signer's name;
	// "" where there is none. GUN is "" where there is none or it is none.
	Role string
	GUN  trustdata.GUN
	// Algorithm is known only of a key that is not encrypted.
	Algorithm string
	Encrypted bool
	// KDFIterations is the cost of trying one passphrase: 0 for a key that is not
	// encrypted, 1 for the old DEK-Info encryption, which hashes once.
	KDFIterations int
	// Path is the absolute path of the file.
	Path    string
	Mode    fs.FileMode
	ModTime time.Time
	// SHA256 is over the whole file, in lower-case hex; "" where it was not read.
	SHA256 string
	// Legacy marks the layouts of old clients, which are read and never changed.
	Legacy bool
	// Problem says in one clause why the file is unusable, or is "".
	Problem string
}

// Header is what a key file says of its key's use.
type Header struct {
	Role string
	GUN  trustdata.GUN
}

// Staged is a new key that waits to be promoted.
type Staged struct {
	Op    string
	KeyID trustdata.KeyID
	// Path is the absolute path of the file.
	Path string
	Role string
	GUN  trustdata.GUN
	// Problem says why the file is unusable, or is "".
	Problem string
}

// Store is a place where keys are. Dir, Mem and Set are stores; package
// keyring/keyringtest has what they promise as a test.
//
// A key that is not there is fs.ErrNotExist, a name that is taken fs.ErrExist.
type Store interface {
	// List describes every key file: root keys first, then targets, snapshot and all
	// others; within these by GUN, then ID, then path. A file that cannot be used is a
	// row with a Problem.
	List(ctx context.Context) ([]Info, error)
	// Open decrypts a key and checks that it is the one of that ID. Beside fs.ErrNotExist
	// the errors are ErrPassphrase, ErrMismatch, ErrDamaged and errors.ErrUnsupported.
	Open(ctx context.Context, id trustdata.KeyID, p Passphrase) (*PrivateKey, error)
	// Raw is the key's file as it stands.
	Raw(ctx context.Context, id trustdata.KeyID) ([]byte, error)
	// Stage writes a new key for the operation op where docker and notary do not look. It
	// is read back, decrypted, compared and tried before Stage returns. Staging the same
	// key for the same operation again confirms what is there.
	Stage(ctx context.Context, op string, k *PrivateKey, p Passphrase, h Header, f Format) (Staged, error)
	// Pending lists what is staged, sorted by operation and ID.
	Pending(ctx context.Context) ([]Staged, error)
	// OpenStaged is Open for a key that is staged for the operation op.
	OpenStaged(ctx context.Context, op string, id trustdata.KeyID, p Passphrase) (*PrivateKey, error)
	// Promote moves a staged key among the others by one rename that replaces nothing. A
	// key that is there already, with the same bytes, is a success.
	Promote(ctx context.Context, op string, id trustdata.KeyID) error
	// Discard moves a staged key to the trash of the day that now falls on in UTC, and
	// says where it is.
	Discard(ctx context.Context, op string, id trustdata.KeyID, now time.Time) (path string, err error)
	// Trash moves a key to the trash, as Discard does.
	Trash(ctx context.Context, id trustdata.KeyID, now time.Time) (path string, err error)
	// Trashed lists the keys in the trash, as List does those in use: of one that was moved
	// there several times on a day the first file of that day.
	Trashed(ctx context.Context) ([]Info, error)
	// Retire moves a key to retired/, where it stays for ever, by one rename that replaces
	// nothing, reads it back, and says where it is. A key that is only there already is a
	// success.
	Retire(ctx context.Context, id trustdata.KeyID) (path string, err error)
	// Retired lists the retired keys, as List does those in use.
	Retired(ctx context.Context) ([]Info, error)
	// Put stores a key file as it stands under private/<name>.key and reads it back; it
	// never replaces one. Name is a key ID, or the path of an old layout below private.
	Put(ctx context.Context, name string, pem []byte) error
	// Import stores a key file that somebody hands over under the ID of its key: it is
	// opened before it is written, and read back and opened again after. It never replaces
	// a key; one that is there already with the same bytes is a success with added false.
	Import(ctx context.Context, pem []byte, p Passphrase) (id trustdata.KeyID, added bool, err error)
	// Passwd locks the file of k, which Open opened, with another passphrase. The new file
	// is written beside the old one, read back and opened before it takes its place by one
	// rename; a copy of the old one is then in the trash, for each store that had the key.
	Passwd(ctx context.Context, k *PrivateKey, p Passphrase, f Format, now time.Time) (trashed []string, err error)
	// Lock keeps other processes from changing the store until unlock is called. Locks of
	// one process nest. Every change takes the lock for itself; state.ErrLocked says that
	// another process holds it.
	Lock(ctx context.Context) (unlock func() error, err error)
}
