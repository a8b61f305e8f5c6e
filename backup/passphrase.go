package backup

import (
	"bytes"
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"

	"filippo.io/age"

	"keyrite/keyring"
)

// Work factors of a passphrase: scrypt takes 2^n rounds and 2^n KiB of memory.
const (
	DefaultWorkFactor = 18
	// maxWorkFactor is the most that a file may ask for when it is read: 1 GiB.
	maxWorkFactor = 20
)

// PassphraseRecipient closes a backup with a passphrase, at 2^workFactor rounds of scrypt;
// 0 is DefaultWorkFactor. The passphrase stays in memory as long as the recipient, for age
// takes a string, which cannot be wiped.
func PassphraseRecipient(p keyring.Passphrase, workFactor int) (Recipient, error) {
	if workFactor == 0 {
		workFactor = DefaultWorkFactor
	}
	if workFactor < 1 || workFactor > maxWorkFactor {
		return Recipient{}, fmt.Errorf("work factor %d is not between 1 and %d", workFactor, maxWorkFactor)
	}
	own, err := PassphraseIdentity(p)
	if err != nil {
		return Recipient{}, err
	}
	var to *age.ScryptRecipient
	err = p.Use(func(b []byte) (err error) {
		to, err = age.NewScryptRecipient(string(b))
		return err
	})
	if err != nil {
		return Recipient{}, err
	}
	to.SetWorkFactor(workFactor)
	return Recipient{Kind: RecipientPassphrase, to: to, own: &own}, nil
}

// PassphraseIdentity opens a backup that was closed with a passphrase. A file that asks
// for more than 2^20 rounds is refused.
func PassphraseIdentity(p keyring.Passphrase) (Identity, error) {
	var id *age.ScryptIdentity
	err := p.Use(func(b []byte) (err error) {
		switch {
		case len(b) == 0:
			return errors.New("the backup's passphrase is empty")
		case bytes.ContainsAny(b, "\r\n"):
			return errors.New("the backup's passphrase has a line end in it, which age could not be given by hand")
		}
		id, err = age.NewScryptIdentity(string(b))
		return err
	})
	if err != nil {
		return Identity{}, err
	}
	id.SetMaxWorkFactor(maxWorkFactor)
	return NewIdentity(id), nil
}

// The least that a new passphrase must have. It is all that keeps a found stick closed, and
// whoever has the file can try at leisure.
const (
	minPassphrase  = 8
	minDistinct    = 5
	maxPassphrase  = 1 << 10
	weakPassphrase = "the backup's new passphrase is weak: "
)

// CheckPassphrase refuses a passphrase for a new backup that would be guessed soon, or
// that could not be typed again when age asks for it.
func CheckPassphrase(p keyring.Passphrase) error {
	return p.Use(func(b []byte) error {
		switch {
		case len(b) == 0:
			return errors.New("the backup's passphrase is empty")
		case len(b) < minPassphrase:
			return fmt.Errorf("%sit is shorter than %d characters", weakPassphrase, minPassphrase)
		case len(b) > maxPassphrase:
			return fmt.Errorf("the backup's new passphrase is longer than %d bytes: is it the right file", maxPassphrase)
		case !utf8.Valid(b) || bytes.ContainsFunc(b, unicode.IsControl):
			return errors.New("the backup's new passphrase has a line end or another character in it that could not be typed when age asks for it")
		case len(bytes.TrimSpace(b)) != len(b):
			return errors.New("the backup's new passphrase has a space at an end, which is dropped where it is typed")
		case distinct(b) < minDistinct:
			return fmt.Errorf("%sit has fewer than %d different characters", weakPassphrase, minDistinct)
		case row(b):
			return errors.New(weakPassphrase + "its characters follow one another in the alphabet")
		}
		return nil
	})
}

func distinct(b []byte) int {
	seen := map[byte]bool{}
	for _, c := range b {
		seen[c] = true
	}
	return len(seen)
}

// row reports whether each byte is the one before plus one, or minus one: 12345678.
func row(b []byte) bool {
	step := int(b[1]) - int(b[0])
	for i := 2; i < len(b); i++ {
		if int(b[i])-int(b[i-1]) != step {
			return false
		}
	}
	return step == 1 || step == -1
}
