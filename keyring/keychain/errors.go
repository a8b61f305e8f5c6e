package keychain

import (
	"errors"
	"fmt"
)

// What a keychain can fail with. None of it says anything of the key: its passphrase can
// always be typed.
var (
	// ErrNoService is a session without a keychain: no bus, nothing on it, or a bus of
	// another user, as after sudo, over ssh, in a container or a service.
	ErrNoService = errors.New("no keychain service answers in this session")
	// ErrLocked is a keychain that is locked and was not unlocked.
	ErrLocked = errors.New("the keychain is locked")
	// ErrDenied is a question of the keychain that was dismissed or answered with no.
	ErrDenied = errors.New("the keychain refused, or its question was dismissed")
	// ErrHung is a keychain that gives no answer in time, perhaps because it waits for one.
	ErrHung = errors.New("the keychain does not answer")
	// ErrTooBig is a passphrase that not every keychain can hold.
	ErrTooBig = fmt.Errorf("a passphrase of more than %d bytes is too long for a keychain", maxPassphrase)
	// ErrForeign is an entry that was changed since keyrite wrote it.
	ErrForeign = errors.New("the keychain's entry is not as keyrite wrote it")
)

// because says what an error means, and quotes it.
func because(meaning, err error) error {
	return fmt.Errorf("%w (%q)", meaning, err.Error())
}
