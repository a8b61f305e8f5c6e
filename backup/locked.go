package backup

import (
	"bytes"
	"cmp"
	"errors"
	"slices"

	"keyrite/keyring"
	"keyrite/trustdata"
)

// Locked is a key of a backup that no passphrase has opened yet, with the bytes of its file as
// they were decrypted: each still locked with the key's own passphrase.
type Locked struct {
	Key
	data []byte
}

// Open opens the key in memory with a passphrase, which stays the caller's to wipe, compares
// its ID with the file's name, has it sign a challenge, checks that as a client would, and
// wipes it. A wrong passphrase is keyring.ErrPassphrase; a file that holds another key than its
// name says, of which the metadata in the backup speaks, is ErrDamaged.
func (l Locked) Open(pass keyring.Passphrase) error {
	return openKey(l.Path, l.KeyID, l.data, pass)
}

// Locked are the keys that can still be opened, roots first; there are none but of a sound
// backup that VerifyOptions.Keep was set for.
func (r *VerifyResult) Locked() []Locked {
	var all []Locked
	for _, k := range r.Keys {
		if data := r.locked[k.Path]; r.OK && data != nil {
			all = append(all, Locked{k, bytes.Clone(data)})
		}
	}
	slices.SortStableFunc(all, func(a, b Locked) int { return cmp.Compare(rank(a.Role), rank(b.Role)) })
	return all
}

// rank is the order in which keys are asked for: the ones that nothing can replace first.
func rank(role string) int {
	order := []trustdata.Role{trustdata.RoleRoot, trustdata.RoleTargets, trustdata.RoleSnapshot}
	if at := slices.Index(order, trustdata.Role(role)); at >= 0 {
		return at
	}
	return len(order)
}

// Tried notes what became of opening a locked key. The state is StateDrilled once every single
// key of the backup was opened. A file that holds another key makes the backup a damaged one; a
// wrong passphrase says nothing against it.
func (r *VerifyResult) Tried(l Locked, err error) {
	if errors.Is(err, keyring.ErrPassphrase) {
		return
	}
	delete(r.locked, l.Path)
	at := slices.IndexFunc(r.Keys, func(k Key) bool { return k.Path == l.Path })
	switch {
	case errors.Is(err, ErrDamaged):
		r.OK, r.State, r.locked = false, StateUnknown, nil
		r.Problems = append(r.Problems, err.Error())
	case err != nil:
		r.Keys[at].Problem = err.Error()
	default:
		r.Keys[at].Problem, r.Keys[at].Opened = "", true
		r.Drilled++
		r.State = drilledState(r.Drilled, len(r.Keys))
	}
}
