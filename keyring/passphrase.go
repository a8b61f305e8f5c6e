package keyring

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// Passphrase holds the bytes that open a key. It cannot be printed, logged, encoded or
// compared with ==: the bytes are behind closures, which no formatting looks into even
// where a Passphrase is an unexported field. The zero value is an empty passphrase.
//
// What a passphrase was made from, such as the string of an input field, and copies that
// the standard library's KDF makes, are out of reach of Wipe.
type Passphrase struct {
	reveal func() []byte
	wipe   func()
}

const hiddenPassphrase = "[passphrase]"

// NewPassphrase takes ownership of b, which the caller must not use any more.
func NewPassphrase(b []byte) Passphrase {
	return Passphrase{
		reveal: func() []byte { return b },
		wipe:   func() { clear(b); b = nil },
	}
}

// Use calls do with the bytes, which must not be kept, and returns its error.
func (p Passphrase) Use(do func([]byte) error) error {
	if p.reveal == nil {
		return do(nil)
	}
	return do(p.reveal())
}

// Wipe overwrites the bytes; all copies of p are empty from then on. It must not run
// beside another method.
func (p Passphrase) Wipe() {
	if p.wipe != nil {
		p.wipe()
	}
}

// IsEmpty reports whether there are no bytes.
func (p Passphrase) IsEmpty() bool { return p.reveal == nil || len(p.reveal()) == 0 }

// Equal compares in a time that depends on the lengths alone.
func (p Passphrase) Equal(other Passphrase) bool {
	if p.IsEmpty() || other.IsEmpty() {
		return p.IsEmpty() && other.IsEmpty()
	}
	return subtle.ConstantTimeCompare(p.reveal(), other.reveal()) == 1
}

// Format writes a marker, whatever the verb.
func (p Passphrase) Format(f fmt.State, _ rune) { io.WriteString(f, hiddenPassphrase) }

// LogValue is a marker.
func (p Passphrase) LogValue() slog.Value { return slog.StringValue(hiddenPassphrase) }

// MarshalText always fails, and with it JSON and XML.
func (p Passphrase) MarshalText() ([]byte, error) {
	return nil, errors.New("a passphrase has no text form")
}
