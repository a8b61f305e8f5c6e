package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"keyrite/keyring"
	"keyrite/trustdata"
)

// promptTries is how often a passphrase is asked for before giving up.
const promptTries = 3

// openKey opens a key: each source that is set is tried once, then the keychain, and the
// prompt comes last. An error names the sources that failed.
func (c *cli) openKey(ctx context.Context, store keyring.Store, id trustdata.KeyID, role, why string) (*keyring.PrivateKey, error) {
	info, err := find(ctx, store, id)
	if err != nil {
		return nil, err
	}
	if !info.Encrypted {
		return store.Open(ctx, id, keyring.NewPassphrase(nil))
	}
	sources, err := c.sources(id, role, false)
	if err != nil {
		return nil, err
	}
	var failed []string
	for _, s := range sources {
		key, err := openFrom(ctx, store, id, s)
		if err == nil {
			return key, nil
		}
		if !errors.Is(err, keyring.ErrPassphrase) {
			return nil, err
		}
		failed = append(failed, s.name)
	}
	key, tried, err := c.openRemembered(ctx, store, id, c.say)
	if key != nil || err != nil {
		return key, err
	}
	failed = append(failed, tried...)
	if c.canPrompt() {
		return c.promptOpen(ctx, store, id, role, why)
	}
	if len(failed) > 0 {
		return nil, fmt.Errorf("%s key %q does not open with the passphrase from %s: %w", role, id.Short(), strings.Join(failed, " nor "), keyring.ErrPassphrase)
	}
	return nil, fmt.Errorf("the passphrase of %s key %q is needed (%s): %w", role, id.Short(), why, errUnanswered)
}

func openFrom(ctx context.Context, store keyring.Store, id trustdata.KeyID, s passphraseSource) (*keyring.PrivateKey, error) {
	pass, err := s.read()
	if err != nil {
		return nil, err
	}
	defer pass.Wipe()
	return store.Open(ctx, id, pass)
}

func (c *cli) promptOpen(ctx context.Context, store keyring.Store, id trustdata.KeyID, role, why string) (*keyring.PrivateKey, error) {
	defer c.hideTyping()()
	for try := 1; ; try++ {
		pass, err := c.prompt(ctx, fmt.Sprintf("Passphrase of the %s key %s (%s). Not shown while you type. Empty line gives up: ", role, id.Short(), why))
		if err != nil {
			return nil, err
		}
		if pass.IsEmpty() {
			return nil, fmt.Errorf("no passphrase given for %s key %q: %w", role, id.Short(), errUnanswered)
		}
		key, err := store.Open(ctx, id, pass)
		pass.Wipe()
		if err == nil || !errors.Is(err, keyring.ErrPassphrase) || try == promptTries {
			return key, err
		}
		fmt.Fprintf(c.err, "That passphrase does not open %s. Nothing has changed.\n", id.Short())
	}
}

// find is the row of a key in a store.
func find(ctx context.Context, store keyring.Store, id trustdata.KeyID) (keyring.Info, error) {
	infos, err := store.List(ctx)
	if err != nil {
		return keyring.Info{}, err
	}
	for _, info := range infos {
		if info.KeyID == id {
			if info.Problem != "" {
				return info, fmt.Errorf("key %q: %s", id.Short(), info.Problem)
			}
			return info, nil
		}
	}
	return keyring.Info{}, fmt.Errorf("no key %q on this machine", id.Short())
}

// openSet opens a key for which nobody has to be asked: one without a passphrase, or one
// whose passphrase is set for this run, or remembered, and right. It returns nil for any
// other.
func (c *cli) openSet(ctx context.Context, store keyring.Store, id trustdata.KeyID) (*keyring.PrivateKey, error) {
	info, err := find(ctx, store, id)
	if err != nil {
		return nil, err
	}
	if !info.Encrypted {
		return store.Open(ctx, id, keyring.NewPassphrase(nil))
	}
	sources, err := c.sources(id, info.Role, false)
	if err != nil {
		return nil, err
	}
	for _, s := range sources {
		key, err := openFrom(ctx, store, id, s)
		if !errors.Is(err, keyring.ErrPassphrase) {
			return key, err
		}
	}
	key, _, err := c.openRemembered(ctx, store, id, func(string, ...any) {})
	return key, err
}
