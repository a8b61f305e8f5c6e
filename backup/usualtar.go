package backup

import (
	"archive/tar"
	"bytes"
	"io"
	"strings"
	"sync"
	"time"
)

// Where the fields of a header are that differ from member to member, by POSIX ustar.
const (
	tarBlock                 = 512
	tarName, tarNameEnd      = 0, 100
	tarSize, tarSizeEnd      = 124, 136
	tarTime, tarTimeEnd      = 136, 148
	tarSum, tarSumEnd        = 148, 156
	tarDigits                = 11 // of a size or a time, in octal, before a NUL
	tarSumDigits             = 6
	tarSumBlank         byte = ' ' // each byte of the sum itself counts as one
)

// usualHeaders are the headers that archive/tar writes for the files and the folders of a
// backup, with an empty name, no size and the first second: all but those of long names and
// of odd times are like one of them.
var usualHeaders = sync.OnceValue(func() *[2]usualHeader {
	all := new([2]usualHeader)
	for i, h := range []*tar.Header{header("-", 0, time.Unix(0, 0)), folderHeader("-", time.Unix(0, 0))} {
		var b bytes.Buffer
		if err := tar.NewWriter(&b).WriteHeader(h); err == nil && b.Len() == tarBlock {
			all[i] = usualHeader{block: [tarBlock]byte(b.Bytes()), kind: h.Typeflag, mode: h.Mode}
			clear(all[i].block[tarName:tarNameEnd])
		}
	}
	return all
})

type usualHeader struct {
	block [tarBlock]byte
	kind  byte
	mode  int64
}

// matches reports whether b differs from the header in name, size, time and sum alone.
func (u *usualHeader) matches(b *[tarBlock]byte) bool {
	return u.kind != 0 && b[tarName] != 0 && string(b[tarNameEnd:tarSize]) == string(u.block[tarNameEnd:tarSize]) &&
		string(b[tarSumEnd:]) == string(u.block[tarSumEnd:])
}

// usualTar reads an archive as a tar.Reader does, and the headers that backups have in a
// fraction of its time. The first that is of another shape, and all behind it, are left to a
// tar.Reader.
type usualTar struct {
	in     io.Reader
	expect string // the name that probably comes, to have it once
	block  [tarBlock]byte
	header tar.Header
	left   int64 // bytes of the member
	pad    int64 // and of what fills its last block
	other  *tar.Reader
}

// Next goes on to the next member. The header is good until the next call.
func (t *usualTar) Next() (*tar.Header, error) {
	if t.other != nil {
		return t.other.Next()
	}
	if err := t.skip(); err != nil {
		return nil, err
	}
	n, err := io.ReadFull(t.in, t.block[:])
	if err == nil && t.usual() {
		return &t.header, nil
	}
	if err != nil && !ended(err) {
		return nil, err
	}
	t.other = tar.NewReader(io.MultiReader(bytes.NewReader(t.block[:n]), t.in))
	return t.other.Next()
}

// skip passes over what was not read of a member. What fills its last block may be missing.
func (t *usualTar) skip() error {
	if t.left > 0 {
		if _, err := io.CopyN(io.Discard, t, t.left); err != nil {
			return unexpected(err)
		}
	}
	_, err := io.ReadFull(t.in, t.block[:t.pad])
	t.pad = 0
	if ended(err) {
		return nil
	}
	return err
}

// Read reads the member that Next gave.
func (t *usualTar) Read(p []byte) (int, error) {
	switch {
	case t.other != nil:
		return t.other.Read(p)
	case t.left == 0:
		return 0, io.EOF
	}
	n, err := t.in.Read(p[:min(int64(len(p)), t.left)])
	t.left -= int64(n)
	if t.left > 0 || err != io.EOF {
		err = unexpected(err)
	}
	return n, err
}

// ended reports whether there was nothing more to read, or not so much.
func ended(err error) bool { return err == io.EOF || err == io.ErrUnexpectedEOF }

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// usual takes the block apart if it is a header of the usual shape with the right sum.
func (t *usualTar) usual() bool {
	b, all := &t.block, usualHeaders()
	u := &all[0]
	if !u.matches(b) {
		if u = &all[1]; !u.matches(b) {
			return false
		}
	}
	size, ok := octal(b[tarSize : tarSizeEnd-1])
	at, okTime := octal(b[tarTime : tarTimeEnd-1])
	sum, okSum := octal(b[tarSum : tarSum+tarSumDigits])
	if !ok || !okTime || !okSum || b[tarSizeEnd-1] != 0 || b[tarTimeEnd-1] != 0 || b[tarSumEnd-2] != 0 || b[tarSumEnd-1] != tarSumBlank ||
		sum != sumOf(b) || u.kind == tar.TypeDir && size != 0 {
		return false
	}
	name, rest, _ := bytes.Cut(b[tarName:tarNameEnd], []byte{0})
	if len(bytes.Trim(rest, "\x00")) > 0 {
		return false
	}
	t.header = tar.Header{Typeflag: u.kind, Name: t.expect, Size: size, Mode: u.mode, ModTime: time.Unix(at, 0)}
	if string(name) != t.expect {
		t.header.Name = string(name)
	}
	t.left, t.pad = size, -size&(tarBlock-1)
	return true
}

// octal is a whole number of octal digits and nothing else.
func octal(digits []byte) (n int64, ok bool) {
	for _, c := range digits {
		if c < '0' || c > '7' {
			return 0, false
		}
		n = n<<3 | int64(c-'0')
	}
	return n, true
}

// sumOf is the sum of a header.
func sumOf(b *[tarBlock]byte) (sum int64) {
	for _, c := range b[:tarSum] {
		sum += int64(c)
	}
	for _, c := range b[tarSumEnd:] {
		sum += int64(c)
	}
	return sum + (tarSumEnd-tarSum)*int64(tarSumBlank)
}

// appendUsual appends a file with its header and what fills its last block, as a tar.Writer
// writes them; ok is false, and nothing appended, where the header is not of the usual shape.
func appendUsual(to []byte, name string, data []byte, mod time.Time) (with []byte, ok bool) {
	u, size, at := &usualHeaders()[0], int64(len(data)), mod.Unix()
	if u.kind == 0 || name == "" || len(name) > tarNameEnd || !plainJSON(name) || strings.HasSuffix(name, "/") || at < 0 || at >= 1<<(3*tarDigits) {
		return to, false
	}
	b := u.block
	copy(b[tarName:], name)
	putOctal(b[tarSize:tarSizeEnd-1], size)
	putOctal(b[tarTime:tarTimeEnd-1], at)
	putOctal(b[tarSum:tarSum+tarSumDigits], sumOf(&b))
	to = append(append(to, b[:]...), data...)
	return append(to, zeroBlock[:-size&(tarBlock-1)]...), true
}

var zeroBlock [tarBlock]byte

func putOctal(into []byte, n int64) {
	for i := len(into) - 1; i >= 0; i-- {
		into[i] = byte('0' + n&7)
		n >>= 3
	}
}
