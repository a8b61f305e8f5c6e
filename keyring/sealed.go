package keyring

import (
	"bytes"
	"crypto/aes"
)

// What docker, notary and keyrite write in an encrypted key, between its variable parts.
var (
	derPBES2   = []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d}
	derPBKDF2  = []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c}
	derAES256  = []byte{0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a}
	derOctets  = byte(0x04)
	derInteger = byte(0x02)
	derList    = byte(0x30)
)

// usualSealed reads an encrypted key of exactly the shape that docker and notary write, as
// parseSealed does, in a fraction of its time. Of anything else it says nothing, not even
// that it is wrong.
func usualSealed(raw []byte) (s sealed, ok bool) {
	r := der{raw, true}
	whole := r.element(derList)
	scheme := whole.element(derList)
	s.ciphertext = whole.element(derOctets).rest
	scheme.prefix(derPBES2)
	params := scheme.element(derList)
	kdf, enc := params.element(derList), params.element(derList)
	kdf.prefix(derPBKDF2)
	values := kdf.element(derList)
	s.salt = values.element(derOctets).rest
	rounds := values.element(derInteger)
	enc.prefix(derAES256)
	s.iv = enc.element(derOctets).rest
	for _, d := range []der{whole, scheme, params, kdf, values, enc} {
		if !d.ok || len(d.rest) > 0 {
			return sealed{}, false
		}
	}
	if n := len(rounds.rest); n == 0 || n > 4 || rounds.rest[0] > 0x7f || n > 1 && rounds.rest[0] == 0 && rounds.rest[1] < 0x80 {
		return sealed{}, false
	}
	for _, b := range rounds.rest {
		s.iterations = s.iterations<<8 | int(b)
	}
	return s, s.iterations >= 1 && s.iterations <= maxIterations && len(s.iv) == aes.BlockSize &&
		len(s.ciphertext) > 0 && len(s.ciphertext)%aes.BlockSize == 0
}

// der takes DER apart from the front; ok is cleared by what is not as expected.
type der struct {
	rest []byte
	ok   bool
}

// element cuts off one element of up to 65,535 bytes and gives its content.
func (d *der) element(tag byte) der {
	size, head := 0, 2
	if d.ok = d.ok && len(d.rest) >= 2 && d.rest[0] == tag; !d.ok {
		return der{}
	}
	switch first := d.rest[1]; {
	case first < 0x80:
		size = int(first)
	case first == 0x81 && len(d.rest) > 2 && d.rest[2] >= 0x80:
		size, head = int(d.rest[2]), 3
	case first == 0x82 && len(d.rest) > 3 && d.rest[2] > 0:
		size, head = int(d.rest[2])<<8|int(d.rest[3]), 4
	default:
		d.ok = false
		return der{}
	}
	if d.ok = len(d.rest)-head >= size; !d.ok {
		return der{}
	}
	content := der{d.rest[head : head+size : head+size], true}
	d.rest = d.rest[head+size:]
	return content
}

func (d *der) prefix(want []byte) {
	if d.ok = d.ok && bytes.HasPrefix(d.rest, want); d.ok {
		d.rest = d.rest[len(want):]
	}
}
