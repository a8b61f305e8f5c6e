package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"keyrite/keyring"
	"keyrite/keyring/keychain"
	"keyrite/trustdata"
)

// keychainOff names what switches the keychain off for this run, or is "".
func (c *cli) keychainOff() string {
	switch {
	case c.flags.noKeychain:
		return "--no-keychain"
	case c.getenv("KEYRITE_NO_KEYCHAIN") != "":
		return "$KEYRITE_NO_KEYCHAIN"
	}
	return ""
}

// newKeychain is the run's one way to the keychain. The library below finds the session
// bus by the environment alone, so the environment gets the address that was settled here.
func (c *cli) newKeychain() *keychain.Keychain {
	const name = "DBUS_SESSION_BUS_ADDRESS"
	bus := c.sessionBus()
	if bus != "" && os.Getenv(name) != bus {
		if err := os.Setenv(name, bus); err != nil {
			bus = ""
		}
	}
	return keychain.New(keychain.Options{Timeout: c.flags.keychainTimeout, Bus: bus})
}

// sessionBus is the address of a session bus that runs, or "". None is ever started.
func (c *cli) sessionBus() string {
	if runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
		return "" // their keychains are reached without one
	}
	if address := c.getenv("DBUS_SESSION_BUS_ADDRESS"); address != "" && !strings.HasPrefix(address, "autolaunch:") {
		return address
	}
	dir := c.getenv("XDG_RUNTIME_DIR")
	if socket := filepath.Join(dir, "bus"); filepath.IsAbs(dir) && !missing(socket) && !strings.ContainsAny(socket, ",;%") {
		return "unix:path=" + socket
	}
	return ""
}

// listing knows which keys the keychain was given.
func (c *cli) listing() (*keychain.Listing, error) {
	p, err := c.findPaths()
	if err != nil {
		return nil, err
	}
	return keychain.OpenListing(filepath.Join(p.state, "keychain.jsonl"), c.now)
}

// remembered are the keys whose passphrases the keychain was given.
func (c *cli) remembered() []trustdata.KeyID {
	listing, err := c.listing()
	if err != nil {
		c.say("whose passphrases the keychain remembers is not known: %s", trustdata.VisibleError(err))
		return nil
	}
	ids, _ := listing.Keys() // opening it has checked them
	return ids
}

func shortIDs(ids []trustdata.KeyID) string {
	short := make([]string, len(ids))
	for i, id := range ids {
		short[i] = id.Short()
	}
	return strings.Join(short, ", ")
}

// openRemembered opens a key with the passphrase that the keychain remembers, which is
// asked only for keys that it was given. It is never in the way: whatever fails is said,
// and the key is nil. Tried names the keychain where its passphrase was wrong.
func (c *cli) openRemembered(ctx context.Context, store keyring.Store, id trustdata.KeyID, say func(string, ...any)) (key *keyring.PrivateKey, tried []string, err error) {
	if _, ok := store.(remembering); ok {
		return nil, nil, nil
	}
	pass, err := c.recall(ctx, id)
	switch {
	case errors.Is(err, errNotListed):
		return nil, nil, nil
	case err != nil:
		say("the passphrase of key %s is not to be had from the keychain: %s", id.Short(), trustdata.VisibleError(err))
		return nil, nil, ctx.Err()
	}
	defer pass.Wipe()
	key, err = store.Open(ctx, id, pass)
	if errors.Is(err, keyring.ErrPassphrase) {
		say("the passphrase that the keychain remembers does not open key %s any more: keyrite keys remember %s stores the right one", id.Short(), id.Short())
		return nil, []string{"the keychain"}, nil
	}
	return key, nil, err
}

// errNotListed says that the keychain is not to be asked for a key's passphrase.
var errNotListed = errors.New("not remembered")

// recall asks the keychain for the passphrase of a key that it was given.
func (c *cli) recall(ctx context.Context, id trustdata.KeyID) (keyring.Passphrase, error) {
	if c.keychainOff() != "" {
		return keyring.Passphrase{}, errNotListed
	}
	listing, err := c.listing()
	if err != nil {
		return keyring.Passphrase{}, err
	}
	listed, err := listing.Keys()
	if err != nil {
		return keyring.Passphrase{}, err
	}
	if !slices.Contains(listed, id) {
		return keyring.Passphrase{}, errNotListed
	}
	return c.keychain().Recall(ctx, id)
}
