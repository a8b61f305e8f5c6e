package rotate

import (
	"context"
	"sync"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
)

// custody holds what must not outlive the wizard: opened keys, the passphrase of the key
// to be made, and the prepared operation. What commands bring after it has ended is wiped
// and undone at once, so nothing slips through between a command and its answer.
type custody struct {
	mu    sync.Mutex
	ended bool
	keys  map[trustdata.KeyID]*keyring.PrivateKey
	pass  keyring.Passphrase
	prep  *rotation.Prepared
}

func newCustody() *custody {
	return &custody{keys: map[trustdata.KeyID]*keyring.PrivateKey{}}
}

func (c *custody) addKey(id trustdata.KeyID, k *keyring.PrivateKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		k.Wipe()
		return
	}
	c.keys[id] = k
}

func (c *custody) addPass(p keyring.Passphrase) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		p.Wipe()
		return
	}
	c.pass = p
}

// addPrepared reports false where the wizard has been left: the caller then abandons.
func (c *custody) addPrepared(p *rotation.Prepared) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		c.prep = p
	}
	return !c.ended
}

func (c *custody) hasKey(id trustdata.KeyID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.keys[id] != nil
}

func (c *custody) hasPass() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.pass.IsEmpty()
}

func (c *custody) prepared() *rotation.Prepared {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.prep
}

func (c *custody) isEmpty() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.keys) == 0 && c.pass.IsEmpty() && c.prep == nil
}

// takePass hands over the passphrase; whoever takes it wipes it.
func (c *custody) takePass() keyring.Passphrase {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.pass
	c.pass = keyring.Passphrase{}
	return p
}

// takeAll hands over everything for the publishing, which wipes it.
func (c *custody) takeAll() (opened, keyring.Passphrase, *rotation.Prepared) {
	c.mu.Lock()
	defer c.mu.Unlock()
	keys, pass, prep := c.keys, c.pass, c.prep
	c.keys, c.pass, c.prep = map[trustdata.KeyID]*keyring.PrivateKey{}, keyring.Passphrase{}, nil
	return keys, pass, prep
}

// forget wipes keys and passphrase; what is prepared stays.
func (c *custody) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	opened(c.keys).wipe()
	clear(c.keys)
	c.pass.Wipe()
}

// end wipes everything and gives up what is prepared.
func (c *custody) end(ctx context.Context, abandon func(context.Context, *rotation.Prepared) error) error {
	c.forget()
	c.mu.Lock()
	prep := c.prep
	c.ended, c.prep = true, nil
	c.mu.Unlock()
	if prep == nil {
		return nil
	}
	return abandon(ctx, prep)
}

// opened are keys with their private halves.
type opened map[trustdata.KeyID]*keyring.PrivateKey

func (o opened) wipe() {
	for _, k := range o {
		k.Wipe()
	}
}

// signing are the same keys for signing with.
func (o opened) signing() rotation.Keys {
	keys := rotation.Keys{}
	for id, k := range o {
		keys[id] = k
	}
	return keys
}
