package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// maxPadding bounds the zeros behind the archive's end; tar writes up to 10 KiB.
const maxPadding = 64 << 10

// take is given each file of a backup whose bytes were asked for. The bytes have the
// length and the hash of the manifest; that the manifest is sound is known only when the
// whole reading has ended without an error.
type take struct {
	wants func(File) bool
	file  func(File, []byte) error
	// known is the manifest that the backup must have, where this run made or read it before:
	// another one is errOtherManifest. What it lists was looked into then, and need only be the
	// same.
	known *Manifest
	// read is told how much was decrypted.
	read func(int64)
}

// errOtherManifest is what reading a backup with another manifest than the known one is.
var errOtherManifest = errors.New("its manifest is not the one that it had before")

// readArchive decrypts a backup to its end and compares every member with the manifest.
// It holds one member in memory at a time.
func readArchive(ctx context.Context, src io.Reader, ids []Identity, t take) (*Manifest, error) {
	plain, err := decrypt(ctx, src, ids)
	if err != nil {
		return nil, emptyHanded(err)
	}
	on := readAhead(plain, aheadMost)
	defer on.stop()
	return readTar(ctx, on, t)
}

// readWhole is readArchive that hashes the file in the same pass: what is proven is what
// was hashed, whoever exchanges the file meanwhile. The hash is there with an error, too,
// unless the file itself could not be read to its end.
func readWhole(ctx context.Context, src io.Reader, ids []Identity, t take) (hash string, m *Manifest, err error) {
	h := sha256.New()
	raw := readAhead(src, aheadMedium)
	defer raw.stop()
	both := io.TeeReader(raw, h)
	m, err = readArchive(ctx, both, ids, t)
	if _, rest := io.Copy(io.Discard, &meter{r: both, ctx: ctx}); rest != nil {
		if left, at := SalvageOf(err), new(fs.PathError); left != nil && errors.As(rest, &at) {
			rest = &brokenError{rest, left} // the medium is there, and cannot be read
		}
		return "", nil, rest
	}
	return hex.EncodeToString(h.Sum(nil)), m, err
}

// readTar reads what age decrypts, to its end.
func readTar(ctx context.Context, plain io.Reader, t take) (*Manifest, error) {
	sound := &authentic{r: plain}
	counted := &meter{r: sound, ctx: ctx, report: t.read}
	r := reader{tar: tar.NewReader(counted), take: t}
	m, err := r.manifest()
	if err != nil {
		return nil, r.broken(nil, sound, classify(err))
	}
	if err := r.members(m); err != nil {
		return nil, r.broken(m, sound, classify(err))
	}
	return m, r.broken(m, sound, classify(drain(counted)))
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
	if m.n > maxFile {
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
