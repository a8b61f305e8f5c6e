package main

import (
	"context"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
)

// opened are the keys and new passphrases that a plan needs.
type opened struct {
	keys   map[trustdata.KeyID]*keyring.PrivateKey
	making map[trustdata.Role]keyring.Passphrase
}

// satisfy opens every key that a plan needs and asks for the passphrases of those it
// makes, so that a wrong passphrase is found while nothing has happened.
func (c *cli) satisfy(ctx context.Context, s *session, needs []rotation.Need) (*opened, error) {
	o := &opened{map[trustdata.KeyID]*keyring.PrivateKey{}, map[trustdata.Role]keyring.Passphrase{}}
	for _, n := range needs {
		var err error
		if n.Given {
			continue // whoever asked for the plan has it opened
		}
		if n.New {
			o.making[n.Role], err = c.newPassphrase(ctx, string(n.Role))
		} else {
			o.keys[n.KeyID], err = c.openNeeded(ctx, s, n)
		}
		if err != nil {
			o.wipe()
			return nil, err
		}
	}
	return o, nil
}

// openNeeded opens a key of a plan. One that an unfinished operation has made may wait in
// pending/ still.
func (c *cli) openNeeded(ctx context.Context, s *session, n rotation.Need) (*keyring.PrivateKey, error) {
	if n.Staged != "" {
		return c.openKey(ctx, rotation.WithStaged{Store: s.keys, Op: n.Staged}, n.KeyID, string(n.Role), n.Why)
	}
	return c.openKey(ctx, s.keys, n.KeyID, string(n.Role), n.Why)
}

// newPass is the passphrase of the new keys; an operation makes those of one role.
func (o *opened) newPass() keyring.Passphrase {
	for _, p := range o.making {
		return p
	}
	return keyring.Passphrase{}
}

// wipe forgets everything that was opened.
func (o *opened) wipe() {
	for _, k := range o.keys {
		if k != nil {
			k.Wipe()
		}
	}
	for _, p := range o.making {
		p.Wipe()
	}
}

// signing are the opened keys as a change takes them.
func (o *opened) signing() rotation.Keys {
	out := rotation.Keys{}
	for id, k := range o.keys {
		out[id] = k
	}
	return out
}
