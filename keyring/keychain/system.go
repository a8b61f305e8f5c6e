package keychain

import (
	"errors"
	"fmt"
	"io/fs"

	gokeyring "github.com/zalando/go-keyring"
)

// system is the keychain of the operating system. Each system's own file has reachable,
// which says why no call should be made, and meaning, which says what an error is.
type system struct{ bus string }

var _ entries = system{}

// Set implements entries.
func (s system) Set(service, user, value string) error {
	if err := s.reachable(); err != nil {
		return err
	}
	return explain(gokeyring.Set(service, user, value))
}

// Get implements entries.
func (s system) Get(service, user string) (string, error) {
	if err := s.reachable(); err != nil {
		return "", err
	}
	value, err := gokeyring.Get(service, user)
	return value, explain(err)
}

// Delete implements entries.
func (s system) Delete(service, user string) error {
	if err := s.reachable(); err != nil {
		return err
	}
	return explain(gokeyring.Delete(service, user))
}

func explain(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, gokeyring.ErrNotFound):
		return fmt.Errorf("the keychain has no passphrase for this key: %w", fs.ErrNotExist)
	case errors.Is(err, gokeyring.ErrSetDataTooBig):
		return ErrTooBig
	case errors.Is(err, gokeyring.ErrUnsupportedPlatform):
		return because(ErrNoService, err)
	}
	if m := meaning(err); m != nil {
		return because(m, err)
	}
	return fmt.Errorf("the keychain failed: %q", err.Error())
}
