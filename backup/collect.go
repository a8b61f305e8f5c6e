package backup

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/state"
)

// Source is what a backup is made of.
type Source struct {
	// Dirs are the trust directories. Where two hold a file of one name, the first one's
	// goes in.
	Dirs []*keyring.Dir
	// Scan is what was read of Dirs just now; nil has them read.
	Scan *Scan
	// Staged are new keys that wait in pending/ and go in as the private keys that they
	// are about to become.
	Staged []keyring.Staged
	// Metadata goes below archive/. Where two have one name, the first one goes in.
	Metadata []MetadataFile
	// Verified are the repositories whose Metadata verified just now.
	Verified map[trustdata.GUN]bool
	// Settings, if not nil, are keyrite's settings, without any secret.
	Settings []byte
	// Given are key files that lie in no trust directory; see ReadKeyFiles.
	Given *KeyFiles
	// LeftOut are things that the caller knows to be missing, and why.
	LeftOut []LeftOut
	// Tool is the program and version, for the manifest: "keyrite 1.2.0".
	Tool string
}

// MetadataFile is one raw metadata file that keyrite has.
type MetadataFile struct {
	GUN trustdata.GUN
	// Name is "<role>.json", or "<n>.<role>.json" with a version.
	Name string
	// Read gives the bytes. It is called once to plan and once to write, so that only one
	// file is in memory at a time.
	Read func() ([]byte, error)
}

// entry is a file on its way into a backup.
type entry struct {
	*File      // in the plan's manifest, once there is one
	bare  bool // a sound key file without a passphrase
	mod   time.Time
	// data is the file, where it is held, and state what it was in when it was read; in is
	// its place in a trust directory, without the folder's name for what is no key file.
	data  []byte
	state keyring.State
	in    place
	// given is what is in no trust directory.
	given *given
}

// given is a file that does not lie where it is in the backup.
type given struct {
	from string // for people: the absolute path, or the path in the backup
	open func() (io.ReadCloser, error)
}

// from names the file for people.
func (e *entry) from() string {
	if e.given != nil {
		return e.given.from
	}
	return filepath.Join(e.in.dir.Path(), filepath.FromSlash(e.Path))
}

func (e *entry) open() (io.ReadCloser, error) {
	if e.given != nil {
		return e.given.open()
	}
	return reopen(e.in.dir.Path(), e.Path)
}

// collection is what was found for a backup.
type collection struct {
	entries []*entry
	at      map[string]int // by the lower-case path
	leftOut []LeftOut
}

func (c *collection) leave(from, reason string) {
	c.leftOut = append(c.leftOut, LeftOut{from, reason})
}

// order is how files follow each other in a backup: what is lost from its end on can be had
// again before what cannot.
var order = map[Kind]int{KindKey: 0, KindRetired: 1, KindSettings: 2, KindMetadata: 3, KindArchive: 4}

// collect finds and hashes all that goes in.
func collect(ctx context.Context, src Source) (*collection, error) {
	c := &collection{at: map[string]int{}, leftOut: slices.Clone(src.LeftOut)}
	scan := src.Scan
	if scan == nil {
		var err error
		if scan, err = ScanDirs(ctx, src.Dirs); err != nil {
			return nil, err
		}
	}
	if err := c.addScanned(scan); err != nil {
		return nil, err
	}
	for _, staged := range src.Staged {
		if err := c.addStaged(staged); err != nil {
			return nil, err
		}
	}
	if err := c.addGiven(src.Given); err != nil {
		return nil, err
	}
	for _, m := range src.Metadata {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := c.addMetadata(m); err != nil {
			return nil, err
		}
	}
	if src.Settings != nil {
		if err := c.addBytes(settingsName, KindSettings, src.Settings); err != nil {
			return nil, err
		}
	}
	if len(c.entries) > maxFiles {
		return nil, fmt.Errorf("%d files would go into the backup, and at most %d can", len(c.entries), maxFiles)
	}
	slices.SortFunc(c.entries, func(a, b *entry) int {
		return cmp.Or(cmp.Compare(order[a.Kind], order[b.Kind]), strings.Compare(a.Path, b.Path))
	})
	return c, nil
}

func reopen(dir, name string) (io.ReadCloser, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return state.OpenRegular(root, name)
}

func (c *collection) addMetadata(m MetadataFile) error {
	name := archivePath(m.GUN, m.Name)
	if kind, err := kindOf(name); err != nil {
		return err
	} else if kind != KindArchive {
		return fmt.Errorf("%q is no metadata file", name)
	}
	return c.addFrom(name, KindArchive, name, m.Read)
}

// addBytes takes a file that is in memory.
func (c *collection) addBytes(name string, kind Kind, data []byte) error {
	return c.addFrom(name, kind, name, func() ([]byte, error) { return data, nil })
}

// addFrom takes a file that read gives.
func (c *collection) addFrom(name string, kind Kind, from string, read func() ([]byte, error)) error {
	open := func() (io.ReadCloser, error) {
		data, err := read()
		return io.NopCloser(bytes.NewReader(data)), err
	}
	r, err := open()
	if err != nil {
		return fmt.Errorf("%q: %w", from, err)
	}
	defer r.Close()
	e := &entry{File: new(File), given: &given{from, open}}
	if err := e.measure(name, kind, r); errors.Is(err, errTooLarge) {
		c.leave(from, err.Error())
		return nil
	} else if err != nil {
		return err
	}
	return c.add(e)
}

var errTooLarge = errors.New("it is larger than a backup takes of its kind")

// measure hashes a file and says what it is. Only key files are held in memory.
func (e *entry) measure(name string, kind Kind, r io.Reader) error {
	limited := io.LimitReader(r, limitOf(kind)+1)
	if kind == KindKey || kind == KindRetired {
		data, err := io.ReadAll(limited)
		if err == nil && len(data) > maxKeyFile {
			err = errTooLarge
		}
		e.lookInto(name, kind, data)
		return err
	}
	h := sha256.New()
	n, err := io.Copy(h, limited)
	if err == nil && n > limitOf(kind) {
		err = errTooLarge
	}
	*e.File = describePath(name, kind)
	e.Size, e.SHA256 = n, hex.EncodeToString(h.Sum(nil))
	return err
}

// lookInto says what a key file is.
func (e *entry) lookInto(name string, kind Kind, data []byte) {
	*e.File = describe(name, kind, data)
	e.bare = e.Problem == "" && !e.locked
}

// add settles what happens when a name is taken. Names that differ in case alone count as
// one, since they could not be unpacked everywhere.
func (c *collection) add(e *entry) error {
	fold := strings.ToLower(e.Path)
	i, taken := c.at[fold]
	if !taken {
		c.at[fold] = len(c.entries)
		c.entries = append(c.entries, e)
		return nil
	}
	first := c.entries[i]
	switch same := first.SHA256 == e.SHA256; {
	case same && first.Path == e.Path:
		return nil
	case same, e.Kind == KindMetadata, e.Kind == KindArchive:
		c.leave(e.from(), fmt.Sprintf("%q has the same name", first.from()))
		return nil
	case sameBlock(first, e):
		c.leave(e.from(), fmt.Sprintf("it is the same key as %q, with other headers", first.from()))
		return nil
	}
	return fmt.Errorf("two files of the key %q differ: %q and %q; make a backup of each by itself", e.Path, first.from(), e.from())
}

// bytes reads an entry once more, and only as it was measured.
func (e *entry) bytes() ([]byte, error) {
	r, err := e.open()
	if err != nil {
		return nil, fmt.Errorf("file %q: %w: %w", e.from(), ErrChanged, err)
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, e.Size+1))
	if sum := sha256.Sum256(data); err != nil || hex.EncodeToString(sum[:]) != e.SHA256 {
		return nil, fmt.Errorf("file %q: %w", e.from(), ErrChanged)
	}
	return data, nil
}

// sameBlock reports whether two key files hold the same encrypted block.
func sameBlock(a, b *entry) bool {
	x, y := blockOf(a), blockOf(b)
	return x != nil && y != nil && x.Type == y.Type && bytes.Equal(x.Bytes, y.Bytes)
}

func blockOf(e *entry) *pem.Block {
	data, err := e.bytes()
	if err != nil {
		return nil
	}
	block, _ := pem.Decode(data)
	return block
}
