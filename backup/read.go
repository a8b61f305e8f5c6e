package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"
)

const (
	ageIntro   = "age-encryption.org/v1"
	armorIntro = armor.Header
	// maxHeader bounds what is read before the first byte is decrypted: fifty
	// post-quantum recipients need a tenth of it.
	maxHeader = 1 << 20
	// maxPadding bounds the zeros behind the archive's end; tar writes up to 10 KiB.
	maxPadding = 64 << 10
)

// take is given each file of a backup whose bytes were asked for. The bytes have the
// length and the hash of the manifest; that the manifest is sound is known only when the
// whole reading has ended without an error.
type take struct {
	// manifest is called first.
	manifest func(*Manifest) error
	wants    func(File) bool
	file     func(File, []byte) error
	// read is told how much was decrypted.
	read func(int64)
}

// readArchive decrypts a backup to its end and compares every member with the manifest.
// It holds one member in memory at a time.
func readArchive(ctx context.Context, src io.Reader, ids []age.Identity, t take) (*Manifest, error) {
	plain, err := decrypt(src, ids)
	if err != nil {
		return nil, err
	}
	counted := &meter{r: plain, ctx: ctx, report: t.read}
	r := reader{tar: tar.NewReader(counted), take: t}
	m, err := r.manifest()
	if err != nil {
		return nil, classify(err)
	}
	if t.manifest != nil {
		if err := t.manifest(m); err != nil {
			return nil, err
		}
	}
	if err := r.members(m); err != nil {
		return nil, classify(err)
	}
	return m, classify(drain(counted))
}

// decrypt opens the age layer, armored or not, exactly as age does.
func decrypt(src io.Reader, ids []age.Identity) (io.Reader, error) {
	buf := bufio.NewReader(src)
	if start, _ := buf.Peek(len(armorIntro)); string(start) == armorIntro {
		buf = bufio.NewReader(armor.NewReader(buf))
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("%w: no identity and no passphrase is given", ErrIdentity)
	}
	guard := &headerGuard{r: buf, left: maxHeader}
	plain, err := age.Decrypt(guard, ids...)
	guard.open = true
	var noMatch *age.NoIdentityMatchError
	switch {
	case errors.As(err, &noMatch):
		return nil, refusedBy(noMatch, len(ids))
	case err != nil:
		return nil, classify(fmt.Errorf("it does not decrypt: %w", err))
	}
	return plain, nil
}

func refusedBy(e *age.NoIdentityMatchError, given int) error {
	kinds := strings.Join(e.StanzaTypes, ", ")
	if kinds == "scrypt" {
		return fmt.Errorf("%w: it was closed with a passphrase, and not with the one given", ErrIdentity)
	}
	return fmt.Errorf("%w: it is for other recipients (%q), and none of the %d identities given is one of them", ErrIdentity, shorten(kinds), given)
}

// headerGuard ends the reading of a header that goes on and on.
type headerGuard struct {
	r    io.Reader
	left int
	open bool
}

func (g *headerGuard) Read(p []byte) (int, error) {
	if g.open {
		return g.r.Read(p)
	}
	if g.left <= 0 {
		return 0, fmt.Errorf("the header is larger than %d bytes", maxHeader)
	}
	n, err := g.r.Read(p[:min(len(p), g.left)])
	g.left -= n
	return n, err
}

// meter counts, bounds and reports what is decrypted, and ends with the context.
type meter struct {
	r      io.Reader
	ctx    context.Context
	n      int64
	report func(int64)
}

func (m *meter) Read(p []byte) (int, error) {
	if err := m.ctx.Err(); err != nil {
		return 0, err
	}
	// Beside the files there are at most their headers and folders.
	if m.n > maxTotal+maxManifest+maxFiles*8<<10 {
		return 0, fmt.Errorf("it holds more than %d bytes", int64(maxTotal))
	}
	n, err := m.r.Read(p)
	m.n += int64(n)
	if m.report != nil {
		m.report(m.n)
	}
	return n, err
}

// drain reads to the end of the age file, which is what proves all that came before, and
// refuses anything but zeros there.
func drain(r io.Reader) error {
	var total int
	buf := make([]byte, 4<<10)
	for {
		n, err := r.Read(buf)
		if total += n; total > maxPadding || len(bytes.Trim(buf[:n], "\x00")) > 0 {
			return damage("there is something behind the end of the archive")
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// reader takes the tar layer apart.
type reader struct {
	tar  *tar.Reader
	take take
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
	data, err := io.ReadAll(r.tar)
	if err != nil {
		return nil, err
	}
	return parseManifest(data)
}

// members reads all that follows the manifest: the files in its order, each once, and
// before them the folders that they are in.
func (r *reader) members(m *Manifest) error {
	missing := make(map[string]*File, len(m.Files))
	folders := map[string]bool{}
	for i, f := range m.Files {
		missing[f.Path] = &m.Files[i]
		for _, dir := range parents(f.Path) {
			folders[dir] = true
		}
	}
	listed := len(missing)
	for {
		hdr, err := r.tar.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if dir := strings.TrimSuffix(hdr.Name, "/"); folders[dir] {
			delete(folders, dir)
			if err := checkHeader(hdr, tar.TypeDir, 0o700); err != nil {
				return err
			}
			continue
		}
		f, ok := missing[hdr.Name]
		if !ok {
			return unlisted(hdr, m)
		}
		delete(missing, hdr.Name)
		if err := r.member(hdr, f); err != nil {
			return err
		}
	}
	for _, f := range m.Files {
		if _, ok := missing[f.Path]; ok {
			return damage("%q is missing, with %d of %d files", f.Path, len(missing), listed)
		}
	}
	return nil
}

// unlisted says what is wrong with a member that is not, or no more, expected.
func unlisted(hdr *tar.Header, m *Manifest) error {
	name := strings.TrimSuffix(hdr.Name, "/")
	for _, f := range m.Files {
		if f.Path == hdr.Name || strings.HasPrefix(f.Path, name+"/") || name == manifestName {
			return damage("it holds %q twice", shorten(hdr.Name))
		}
	}
	if _, err := kindOf(name); err != nil {
		return damage("%w", err)
	}
	return damage("it holds %q, which the manifest does not list", shorten(hdr.Name))
}

// member reads one file. A key file's problem is judged anew, whatever the manifest says.
func (r *reader) member(hdr *tar.Header, f *File) error {
	if err := checkHeader(hdr, tar.TypeReg, 0o600); err != nil {
		return err
	}
	if hdr.Size != f.Size {
		return damage("%q has %d bytes and should have %d", f.Path, hdr.Size, f.Size)
	}
	wanted := r.take.wants != nil && r.take.wants(*f)
	if !f.isKey() && !wanted {
		h := sha256.New()
		if _, err := io.Copy(h, r.tar); err != nil {
			return err
		}
		return sameHash(f, h.Sum(nil))
	}
	data, err := io.ReadAll(r.tar)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	if err := sameHash(f, sum[:]); err != nil {
		return err
	}
	if f.isKey() {
		is := describe(f.Path, f.Kind, data)
		if is.Role != f.Role || is.GUN != f.GUN {
			return damage("%q says role %q and repository %q, and the manifest %q and %q", f.Path, is.Role, is.GUN, f.Role, f.GUN)
		}
		f.Problem = is.Problem
	}
	if !wanted {
		return nil
	}
	if err := r.take.file(*f, data); err != nil {
		return &takeError{err}
	}
	return nil
}

// takeError is the taker's own, and says nothing of the backup.
type takeError struct{ error }

func (e *takeError) Unwrap() error { return e.error }

func sameHash(f *File, sum []byte) error {
	if got := hex.EncodeToString(sum); got != f.SHA256 {
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
