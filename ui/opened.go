package ui

import (
	"sync"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
)

// Opened are keys with their private halves, and the passphrases that were chosen for keys
// to come. Whoever holds it wipes it.
type Opened struct {
	keys   map[trustdata.KeyID]*keyring.PrivateKey
	chosen map[trustdata.Role]keyring.Passphrase
}

// NewOpened holds nothing yet.
func NewOpened() Opened {
	return Opened{map[trustdata.KeyID]*keyring.PrivateKey{}, map[trustdata.Role]keyring.Passphrase{}}
}

// Wipe wipes all of it. It may be called again.
func (o Opened) Wipe() {
	for _, k := range o.keys {
		k.Wipe()
	}
	for _, p := range o.chosen {
		p.Wipe()
	}
}

// Add puts a key among them, and reports whether it was not there.
func (o Opened) Add(id trustdata.KeyID, k *keyring.PrivateKey) bool {
	if o.keys[id] != nil {
		return false
	}
	o.keys[id] = k
	return true
}

// Signing are the keys for signing with. They are good until Wipe.
func (o Opened) Signing() rotation.Keys {
	keys := rotation.Keys{}
	for id, k := range o.keys {
		keys[id] = k
	}
	return keys
}

// Chosen is the passphrase that was chosen for the new key of a role, an empty one where
// none was. It is good until Wipe.
func (o Opened) Chosen(role trustdata.Role) keyring.Passphrase { return o.chosen[role] }

// vault keeps what was opened between the commands that open and the event loop that asks.
// What a command brings after the vault was closed is wiped at once, so nothing slips
// through between a command and its answer.
type vault struct {
	mu     sync.Mutex
	closed bool
	Opened
}

func newVault() *vault { return &vault{Opened: NewOpened()} }

func (v *vault) addKey(id trustdata.KeyID, k *keyring.PrivateKey) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		k.Wipe()
		return
	}
	v.keys[id] = k
}

func (v *vault) addChosen(role trustdata.Role, p keyring.Passphrase) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		p.Wipe()
		return
	}
	v.chosen[role] = p
}

// giveBack takes what a command gives back.
func (v *vault) giveBack(o Opened) {
	for id, k := range o.keys {
		v.addKey(id, k)
	}
	for role, p := range o.chosen {
		v.addChosen(role, p)
	}
}

// has reports whether nobody has to be asked for n any more.
func (v *vault) has(n rotation.Need) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if n.New {
		_, chosen := v.chosen[n.Role]
		return chosen
	}
	return v.keys[n.KeyID] != nil
}

func (v *vault) isEmpty() bool { return v.count() == 0 }

func (v *vault) count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.keys) + len(v.chosen)
}

// take hands everything over.
func (v *vault) take() Opened {
	v.mu.Lock()
	defer v.mu.Unlock()
	out := v.Opened
	v.Opened = NewOpened()
	return out
}

// takeChosen hands over one passphrase.
func (v *vault) takeChosen(role trustdata.Role) keyring.Passphrase {
	v.mu.Lock()
	defer v.mu.Unlock()
	p := v.chosen[role]
	delete(v.chosen, role)
	return p
}

// close wipes what is there, and what still comes.
func (v *vault) close() {
	v.mu.Lock()
	v.closed = true
	v.mu.Unlock()
	v.take().Wipe()
}
