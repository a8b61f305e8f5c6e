package change

import (
	"sync"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
)

// custody holds the opened keys. What a command opens after it has ended is wiped at once,
// so nothing slips through between a command and its answer.
type custody struct {
	mu    sync.Mutex
	ended bool
	keys  map[trustdata.KeyID]*keyring.PrivateKey
}

func newCustody() *custody { return &custody{keys: map[trustdata.KeyID]*keyring.PrivateKey{}} }

func (c *custody) add(id trustdata.KeyID, k *keyring.PrivateKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		k.Wipe()
		return
	}
	c.keys[id] = k
}

func (c *custody) has(id trustdata.KeyID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.keys[id] != nil
}

func (c *custody) isEmpty() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.keys) == 0
}

// take hands the keys over; whoever takes them wipes them.
func (c *custody) take() opened {
	c.mu.Lock()
	defer c.mu.Unlock()
	keys := c.keys
	c.keys = map[trustdata.KeyID]*keyring.PrivateKey{}
	return keys
}

// forget wipes the keys; others may still come.
func (c *custody) forget() { c.take().wipe() }

// end wipes the keys, and those that still come.
func (c *custody) end() {
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
	c.forget()
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
