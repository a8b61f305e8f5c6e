// Package keychain keeps passphrases of keys in the operating system's keychain: the
// Secret Service on Linux (gnome-keyring, KWallet), the Keychain on macOS, the Credential
// Manager on Windows. It holds passphrases only, never keys, and only of the keys that
// somebody asked it to remember; a Listing says which these are, so that no keychain is
// asked, and no question pops up, for any other.
//
// An entry has the service "keyrite" and, for a user name, the key's ID in hex. Its value
// is "keyrite-passphrase-1:" and the passphrase in base64, since some keychains trim what
// they store.
//
// No keychain is taken at its word. A Secret Service that waits for an answer never
// returns, and one whose question was dismissed reports success: each call has a
// time-out, and what was written is read back. An answer that never comes costs the
// time-out once and a goroutine, and blocks nothing else.
//
// On Linux the secret crosses the session bus unencrypted, as it does between most
// programs and their keychain: whoever may listen on a user's session bus is that user.
package keychain

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
)

// DefaultTimeout bounds one call where Options do not.
const DefaultTimeout = 5 * time.Second

// service is the name that entries are filed under.
const service = "keyrite"

// Options say how the keychain is reached.
type Options struct {
	// Service is the name that entries are filed under; "" is "keyrite".
	Service string
	// Timeout bounds each call; 0 is DefaultTimeout.
	Timeout time.Duration
	// Bus is the address of the session bus, for systems whose keychain is reached by
	// one. The library that talks to it takes the address from the environment and would
	// look for a bus, or even start one, where there is none; so Bus must be what the
	// environment says, and where it is "" there is no service and nothing is called.
	Bus string
}

// Keychain is the operating system's keychain. A process has one session bus connection,
// so it should have one Keychain, which may be used from several goroutines.
type Keychain struct {
	service string
	timeout time.Duration
	entries entries
	line    queue
}

// entries are what a keychain can do. An entry that is not there is fs.ErrNotExist; other
// errors Is one of this package's where it is known what they mean.
type entries interface {
	Set(service, user, value string) error
	Get(service, user string) (string, error)
	Delete(service, user string) error
}

// New is the keychain of this system. Nothing is asked yet.
func New(opt Options) *Keychain { return over(system{bus: opt.Bus}, opt) }

func over(e entries, opt Options) *Keychain {
	k := &Keychain{service: opt.Service, timeout: opt.Timeout, entries: e, line: newQueue()}
	if k.service == "" {
		k.service = service
	}
	if k.timeout <= 0 {
		k.timeout = DefaultTimeout
	}
	return k
}

// Remember stores a key's passphrase, in place of what was stored for that key, and reads
// it back. An error means that it is not stored: should a call that was given up finish
// later after all, its entry is removed again.
func (k *Keychain) Remember(ctx context.Context, id trustdata.KeyID, p keyring.Passphrase) error {
	if _, err := trustdata.ParseKeyID(string(id)); err != nil {
		return err
	}
	var value string
	err := p.Use(func(b []byte) (err error) {
		value, err = encode(b)
		return err
	})
	if err != nil {
		return err
	}
	store := func() error {
		if err := k.entries.Set(k.service, string(id), value); err != nil {
			return err
		}
		got, err := k.entries.Get(k.service, string(id))
		if errors.Is(err, fs.ErrNotExist) || err == nil && subtle.ConstantTimeCompare([]byte(got), []byte(value)) != 1 {
			return fmt.Errorf("%w: it said yes and did not store the passphrase", ErrDenied)
		}
		return err
	}
	return k.call(ctx, store, func() { _ = k.entries.Delete(k.service, string(id)) })
}

// Recall reads a key's passphrase. One that is not stored is fs.ErrNotExist, and one that
// others changed beyond recognition ErrForeign.
func (k *Keychain) Recall(ctx context.Context, id trustdata.KeyID) (keyring.Passphrase, error) {
	if _, err := trustdata.ParseKeyID(string(id)); err != nil {
		return keyring.Passphrase{}, err
	}
	// The variable is the call's own until call has returned without an error.
	value := new(string)
	err := k.call(ctx, func() (err error) {
		*value, err = k.entries.Get(k.service, string(id))
		return err
	}, nil)
	if err != nil {
		return keyring.Passphrase{}, err
	}
	b, err := decode(*value)
	if err != nil {
		return keyring.Passphrase{}, err
	}
	return keyring.NewPassphrase(b), nil
}

// Has reports whether something is stored for the key.
func (k *Keychain) Has(ctx context.Context, id trustdata.KeyID) (bool, error) {
	p, err := k.Recall(ctx, id)
	p.Wipe()
	switch {
	case err == nil || errors.Is(err, ErrForeign):
		return true, nil
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	}
	return false, err
}

// Forget removes what is stored for the key and sees that it is gone. One that is not
// stored is fs.ErrNotExist.
func (k *Keychain) Forget(ctx context.Context, id trustdata.KeyID) error {
	if _, err := trustdata.ParseKeyID(string(id)); err != nil {
		return err
	}
	return k.call(ctx, func() error {
		if err := k.entries.Delete(k.service, string(id)); err != nil {
			return err
		}
		switch _, err := k.entries.Get(k.service, string(id)); {
		case err == nil:
			return fmt.Errorf("%w: it said yes and did not remove the passphrase", ErrDenied)
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
		return nil
	}, nil)
}
