package notary

import "bytes"

// What stands around the hash of a target that has nothing but a SHA-256 and a length, in
// canonical form. Nearly all of docker's tags are such.
var (
	plainHead   = []byte(`{"hashes":{"sha256":"`)
	plainMiddle = []byte(`"},"length":`)
)

// plainSum is the length of a SHA-256 in base64.
const plainSum = 44

// plainLength is the most digits of a length that are below 2^53 whatever they are.
const plainLength = 15

// plainEntry reads a target that is spelled in just that way, and leaves any other to
// entry, which would read this one the same: there may be a hundred thousand of them.
func (r *reader) plainEntry() (e Entry, ok bool) {
	rest, ok := bytes.CutPrefix(r.data[r.pos:], plainHead)
	if !ok || len(rest) < plainSum {
		return e, false
	}
	sum, err := r.decode(rest[:plainSum])
	if err != nil {
		return e, false
	}
	if rest, ok = bytes.CutPrefix(rest[plainSum:], plainMiddle); !ok {
		return e, false
	}
	digits := 0
	for digits < len(rest) && digits < plainLength && isDigit(rest[digits]) {
		e.Length = e.Length*10 + int64(rest[digits]-'0')
		digits++
	}
	if digits == 0 || digits > 1 && rest[0] == '0' || digits == len(rest) || rest[digits] != '}' {
		return Entry{}, false
	}
	e.Hashes.SHA256 = sum
	r.pos = len(r.data) - len(rest) + digits + 1
	return e, true
}
