package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"keyrite/trustdata"
)

// formatVersion is the manifest's format that this version writes, and the highest that
// it reads. Format 1 had no signature, no settings and no uses of keys, and wrote the names
// of repositories below archive/ as they are.
const formatVersion = 2

// Limits of a backup that is written or read. They bound what a hostile file can ask for
// before anything of it is believed.
const (
	maxManifest = 32 << 20
	maxFiles    = 100_000
	maxKeyFile  = 1 << 20
	maxMetadata = 64 << 20
	maxSettings = 64 << 10
	maxTotal    = 8 << 30
	// maxFile is a whole backup: beside the files there are at most their headers and folders.
	maxFile = maxTotal + maxManifest + maxFiles*8<<10
)

// Manifest is the first member of a backup.
type Manifest struct {
	Format int `json:"format"`
	// Tool is the program and version that wrote the backup.
	Tool    string    `json:"tool"`
	Created time.Time `json:"created"`
	// Operation names the set that this backup is a copy of, and Copies how many copies of it
	// were planned; "" and 0 for a backup that stands alone.
	Operation string `json:"operation,omitempty"`
	Copies    int    `json:"copies,omitempty"`
	// Files are all other members, in the order in which they follow.
	Files []File `json:"files"`
	// LeftOut are files of the trust directory that did not go in, and why.
	LeftOut []LeftOut `json:"left_out,omitempty"`
	// Instructions is the SHA-256 of the RESTORE.txt that was written beside the backup.
	Instructions string `json:"instructions,omitempty"`

	signedBy trustdata.KeyID   // the key of manifest.sig, proven
	sum      [sha256.Size]byte // of its bytes, where they were read or measured
}

// File is one member of a backup.
type File struct {
	Path string `json:"path"`
	Kind Kind   `json:"kind"`
	Size int64  `json:"size"`
	// SHA256 is in lower-case hex, as sha256sum prints it.
	SHA256 string          `json:"sha256"`
	KeyID  trustdata.KeyID `json:"key_id,omitempty"`
	// Role is a key file's header as it stands, or the role of a metadata file.
	Role string        `json:"role,omitempty"`
	GUN  trustdata.GUN `json:"gun,omitempty"`
	// SignsFor is what a key signs for, by the metadata in the backup.
	SignsFor []Use `json:"signs_for,omitempty"`
	// Problem says why a key file is of no use as it is; it was stored all the same.
	Problem string `json:"problem,omitempty"`

	locked bool // a sound key file that needs a passphrase, once it was looked into
}

// LeftOut is a file that is not in the backup.
type LeftOut struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// encode gives the manifest's bytes.
func (m *Manifest) encode() ([]byte, error) {
	var b bytes.Buffer
	err := m.encodeTo(&b)
	return b.Bytes(), err
}

// parseManifest reads a manifest and checks all that can be said of it alone.
func parseManifest(text string) (*Manifest, error) {
	m, ok := usualManifest(text)
	if !ok {
		m = &Manifest{}
		if err := json.Unmarshal([]byte(text), &struct {
			Format *int    `json:"format"`
			Tool   *string `json:"tool"`
		}{&m.Format, &m.Tool}); err != nil {
			return nil, damage("the manifest cannot be read: %w", err)
		}
	}
	if m.Format > formatVersion {
		return nil, fmt.Errorf("%w: it has format %d and this version reads up to %d; use %q or a later one", ErrNewer, m.Format, formatVersion, shorten(m.Tool))
	}
	if m.Format < 1 {
		return nil, damage("the manifest has no format")
	}
	if !ok {
		if err := json.Unmarshal([]byte(text), m); err != nil {
			return nil, damage("the manifest cannot be read: %w", err)
		}
	}
	return m, m.check()
}

func (m *Manifest) check() error {
	if len(m.Files) > maxFiles {
		return damage("the manifest lists %d files, more than %d", len(m.Files), maxFiles)
	}
	var total int64
	seen := make(map[string]string, len(m.Files))
	for _, f := range m.Files {
		if err := f.check(); err != nil {
			return damage("the manifest is wrong: %w", err)
		}
		fold := strings.ToLower(f.Path)
		if other, ok := seen[fold]; ok && other == f.Path {
			return damage("the manifest lists %q twice", f.Path)
		} else if ok {
			return damage("the manifest lists %q and %q, which differ in case alone", other, f.Path)
		}
		seen[fold] = f.Path
		if total += f.Size; total > maxTotal {
			return damage("the manifest lists more than %d bytes", int64(maxTotal))
		}
	}
	return m.checkFolders(seen)
}

// checkFolders refuses a file in the place of another one's folder.
func (m *Manifest) checkFolders(seen map[string]string) error {
	last := ""
	for _, f := range m.Files {
		if path.Dir(f.Path) == last {
			continue
		}
		last = path.Dir(f.Path)
		for _, dir := range parents(f.Path) {
			if file, ok := seen[strings.ToLower(dir)]; ok {
				return damage("the manifest lists %q as a file and as a folder", file)
			}
		}
	}
	return nil
}

func (f File) check() error {
	kind, err := kindOf(f.Path)
	if err != nil {
		return err
	}
	switch {
	case kind != f.Kind:
		return fmt.Errorf("%q is said to be %q", f.Path, shorten(string(f.Kind)))
	case f.Size < 0 || f.Size > limitOf(kind):
		return fmt.Errorf("%q has the size %d, and at most %d is allowed", f.Path, f.Size, limitOf(kind))
	case len(f.SHA256) != 2*sha256.Size || strings.Trim(f.SHA256, "0123456789abcdef") != "":
		return fmt.Errorf("%q has the SHA-256 %q", f.Path, shorten(f.SHA256))
	}
	want := describePath(f.Path, kind)
	switch {
	case f.KeyID != want.KeyID:
		return fmt.Errorf("%q is said to be the key %q", f.Path, f.KeyID)
	case !f.isKey() && (f.GUN != want.GUN || f.Role != want.Role):
		return fmt.Errorf("%q is said to belong to %q and %q", f.Path, f.GUN, f.Role)
	}
	return nil
}

func limitOf(kind Kind) int64 {
	switch kind {
	case KindKey, KindRetired:
		return maxKeyFile
	case KindSettings:
		return maxSettings
	}
	return maxMetadata
}

// keys are the key files, in the manifest's order.
func (m *Manifest) keys() []Key {
	keys := make([]Key, 0, m.keyCount())
	for i := range m.Files {
		if f := &m.Files[i]; f.isKey() {
			keys = append(keys, f.key())
		}
	}
	return keys
}

// each gives the files in their order.
func (m *Manifest) each(yield func(*File) bool) {
	for i := range m.Files {
		if !yield(&m.Files[i]) {
			return
		}
	}
}

func (m *Manifest) keyCount() (n int) {
	for i := range m.Files {
		if m.Files[i].isKey() {
			n++
		}
	}
	return n
}

func (f File) isKey() bool { return f.Kind == KindKey || f.Kind == KindRetired }

func (f File) key() Key {
	return Key{KeyID: f.KeyID, Role: f.Role, GUN: f.GUN, Path: f.Path, Retired: f.Kind == KindRetired, SignsFor: f.SignsFor, Problem: f.Problem}
}

// guns are the repositories that metadata is there of, sorted.
func (m *Manifest) guns() []trustdata.GUN {
	guns := []trustdata.GUN{}
	for _, f := range m.Files {
		if f.Kind == KindMetadata || f.Kind == KindArchive {
			guns = append(guns, f.GUN)
		}
	}
	slices.Sort(guns)
	return slices.Compact(guns)
}

func (m *Manifest) bytes() (n int64) {
	for _, f := range m.Files {
		n += f.Size
	}
	return n
}
