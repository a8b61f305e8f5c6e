package backup

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

// reader takes the tar layer apart.
type reader struct {
	tar    *tar.Reader
	take   take
	raw    string // of the manifest, "" for a known one
	roll   *roll
	judges *judges
	ledger *ledger
}

func (r *reader) manifest() (*Manifest, error) {
	hdr, err := r.tar.Next()
	switch {
	case err == io.EOF:
		return nil, damage("it holds nothing")
	case err != nil:
		return nil, err
	case hdr.Name != manifestName:
		return nil, damage("its first member is %q and not %q", shorten(hdr.Name), manifestName)
	}
	if err := checkHeader(hdr, tar.TypeReg, 0o600); err != nil {
		return nil, err
	}
	if hdr.Size > maxManifest {
		return nil, damage("its manifest is larger than %d bytes", maxManifest)
	}
	if r.take.known != nil {
		return r.known()
	}
	var text strings.Builder // what it says is not copied out of there
	text.Grow(int(hdr.Size))
	h := sha256.New()
	if _, err := io.Copy(io.MultiWriter(&text, h), r.tar); err != nil {
		return nil, err
	}
	r.raw = text.String()
	m, err := parseManifest(r.raw)
	if err != nil {
		return nil, err
	}
	m.sum = [sha256.Size]byte(h.Sum(nil))
	return m, nil
}

// known is the manifest that is known, if the one that comes has its bytes.
func (r *reader) known() (*Manifest, error) {
	h := sha256.New()
	if _, err := io.Copy(h, r.tar); err != nil {
		return nil, err
	}
	m := *r.take.known
	if m.sum != [sha256.Size]byte(h.Sum(nil)) {
		return nil, &takeError{errOtherManifest}
	}
	m.signedBy = ""
	return &m, nil
}

// members reads all that follows the manifest, and settles what it says.
func (r *reader) members(m *Manifest) error {
	r.roll = newRoll(m.Files)
	if r.take.known == nil {
		r.ledger = newLedger(m.each)
	}
	r.judges = &judges{take: r.take, roll: r.roll}
	err := r.all(m)
	if before := r.judges.end(); before != nil {
		err = before // of a file that came before
	}
	if err != nil {
		return err
	}
	if f, missing := r.roll.missing(); missing > 0 {
		return damage("%q is missing, with %d of %d files", f.Path, missing, len(m.Files))
	}
	if r.ledger == nil {
		return nil
	}
	return r.ledger.settle(m)
}

// all reads the signature, if there is one, then the files in the manifest's order, each
// once, and before them the folders that they are in.
func (r *reader) all(m *Manifest) error {
	folders := foldersOf(m.Files)
	for first := true; ; first = false {
		hdr, err := r.tar.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if first && hdr.Name == signatureName {
			if err := r.signature(hdr, m); err != nil {
				return err
			}
			continue
		}
		if dir := strings.TrimSuffix(hdr.Name, "/"); folders[dir] {
			delete(folders, dir)
			if err := checkHeader(hdr, tar.TypeDir, 0o700); err != nil {
				return err
			}
			continue
		}
		at, ok := r.roll.call(hdr.Name)
		if !ok {
			return unlisted(hdr, m)
		}
		if err := r.member(hdr, at); err != nil {
			return err
		}
	}
}

// unlisted says what is wrong with a member that is not, or no more, expected.
func unlisted(hdr *tar.Header, m *Manifest) error {
	name := strings.TrimSuffix(hdr.Name, "/")
	for _, f := range m.Files {
		if f.Path == hdr.Name || strings.HasPrefix(f.Path, name+"/") || name == manifestName {
			return damage("it holds %q twice", shorten(hdr.Name))
		}
	}
	if name == signatureName {
		return damage("it holds %q elsewhere than behind the manifest, or twice", signatureName)
	}
	if _, err := kindOf(name); err != nil {
		return damage("%w", err)
	}
	return damage("it holds %q, which the manifest does not list", shorten(hdr.Name))
}

// member reads one file.
func (r *reader) member(hdr *tar.Header, at int) error {
	f := &r.roll.files[at]
	if err := checkHeader(hdr, tar.TypeReg, 0o600); err != nil {
		return err
	}
	if hdr.Size != f.Size {
		return damage("%q has %d bytes and should have %d", f.Path, hdr.Size, f.Size)
	}
	if f.isKey() {
		data, err := r.data(f)
		if err != nil {
			return err
		}
		return r.judges.add(at, data)
	}
	if err := r.plain(f); err != nil {
		return err
	}
	r.roll.whole[at] = true
	return nil
}

// plain reads a file that only has to be the same.
func (r *reader) plain(f *File) error {
	wanted, read := r.take.wants != nil && r.take.wants(*f), r.ledger != nil && r.ledger.reads(*f)
	if !wanted && !read {
		h := sha256.New()
		if _, err := io.Copy(h, r.tar); err != nil {
			return err
		}
		return sameHash(f, h.Sum(nil))
	}
	data, err := r.data(f)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	if err := sameHash(f, sum[:]); err != nil {
		return err
	}
	if read {
		r.ledger.note(*f, data)
	}
	if !wanted {
		return nil
	}
	return r.take.given(*f, data)
}

// given hands a file on.
func (t take) given(f File, data []byte) error {
	if err := t.file(f, data); err != nil {
		return &takeError{err}
	}
	return nil
}

// data is what a file holds. Only of a key file so much is expected at once as it is said to
// have.
func (r *reader) data(f *File) ([]byte, error) {
	if !f.isKey() {
		return io.ReadAll(r.tar)
	}
	data := make([]byte, f.Size)
	_, err := io.ReadFull(r.tar, data)
	return data, err
}

// judge compares a key file with what the manifest says of it, and says anew what it is of
// use for, whatever the manifest says.
func (f *File) judge(data []byte) error {
	is := describe(f.Path, f.Kind, data)
	switch {
	case is.SHA256 != f.SHA256:
		return damage("%q has the SHA-256 %s and should have %s", f.Path, is.SHA256, f.SHA256)
	case is.Role != f.Role || is.GUN != f.GUN:
		return damage("%q says role %q and repository %q, and the manifest %q and %q", f.Path, is.Role, is.GUN, f.Role, f.GUN)
	}
	f.Problem, f.locked = is.Problem, is.locked
	return nil
}

// takeError is the taker's own, and says nothing of the backup.
type takeError struct{ error }

func (e *takeError) Unwrap() error { return e.error }

func sameHash(f *File, sum []byte) error {
	var got [2 * sha256.Size]byte
	if hex.Encode(got[:], sum); string(got[:]) != f.SHA256 {
		return damage("%q has the SHA-256 %s and should have %s", f.Path, got, f.SHA256)
	}
	return nil
}

// checkHeader lets through regular files and folders as they are written here, and
// nothing that tar could be made to do harm with: no links, devices, sparse files, other
// modes, or extended headers beside a long path.
func checkHeader(hdr *tar.Header, kind byte, mode int64) error {
	name := shorten(hdr.Name)
	switch {
	case hdr.Typeflag != kind:
		return damage("%q is %s", name, typeName(hdr.Typeflag))
	case hdr.Mode != mode:
		return damage("%q has the mode %#o and should have %#o", name, hdr.Mode, mode)
	case hdr.Linkname != "" || kind == tar.TypeDir && hdr.Size != 0:
		return damage("the header of %q makes no sense", name)
	}
	for record := range hdr.PAXRecords {
		if record != "path" {
			return damage("%q has the extended header %q", name, shorten(record))
		}
	}
	return nil
}

func typeName(flag byte) string {
	switch flag {
	case tar.TypeSymlink, tar.TypeLink:
		return "a link"
	case tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
		return "a device or a pipe"
	case tar.TypeDir:
		return "a folder"
	case tar.TypeReg:
		return "a file"
	}
	return fmt.Sprintf("of the unknown kind %q", flag)
}
