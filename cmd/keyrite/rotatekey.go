package main

import (
	"context"
	"fmt"
	"path"
	"strings"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
)

// givenKey is a key that rotate was handed as a file, opened; nil is none.
type givenKey struct {
	key *keyring.PrivateKey
	// pass is what opened the file; it is empty for a file that is not locked.
	pass keyring.Passphrase
}

func (g *givenKey) wipe() {
	if g != nil {
		g.key.Wipe()
		g.pass.Wipe()
	}
}

// looksLikeFile tells a path from the beginning of a key ID.
func looksLikeFile(typed string) bool { return strings.Trim(typed, "0123456789abcdef") != "" }

// givenKey names the key of --key in the request. A file is opened for it at once, also for
// --dry-run: what the key is, no file can be believed to say.
func (c *cli) givenKey(ctx context.Context, s *session, req *rotation.Request, f rotateFlags) (*givenKey, error) {
	if f.key == "" || !looksLikeFile(f.key) {
		return nil, nil
	}
	found, err := c.readBundle(ctx, s, f.key, importFlags{role: headerRole(req.Role), gun: string(req.GUN)})
	if err != nil {
		return nil, err
	}
	if len(found) != 1 {
		return nil, usagef("key file %q has %d keys, and one is wanted: import them (keyrite keys import), and name one by its ID", f.key, len(found))
	}
	in := found[0]
	if err := fits(in.header, *req); err != nil {
		return nil, fmt.Errorf("key file %q: %w", f.key, err)
	}
	key, err := c.openIncoming(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("key file %q: %w", f.key, err)
	}
	req.Key = key.KeyID()
	if there, err := s.keys.Raw(ctx, req.Key); err == nil { // it needs no bringing in
		clear(there)
		(&givenKey{key, in.pass}).wipe()
		return nil, nil
	}
	req.Import = true
	return &givenKey{key, in.pass}, nil
}

// headerRole is what the file of a key of that role says: of a signer's, the name.
func headerRole(role trustdata.Role) string {
	if role.IsDelegation() {
		return path.Base(string(role))
	}
	return string(role)
}

// fits refuses a key whose file says that it is for something else.
func fits(h keyring.Header, req rotation.Request) error {
	switch {
	case req.Role.IsDelegation():
		if trustdata.Role(h.Role).IsBase() {
			return usagef("it says that it is a %s key, not that of a signer", h.Role)
		}
	case h.Role != string(req.Role):
		return usagef("it says that it is a %s key, not a %s key", h.Role, req.Role.Title())
	case h.GUN != "" && h.GUN != req.GUN:
		return usagef("it says that it is of %q", h.GUN)
	}
	return nil
}

// pickOwn is the one key here that begins so.
func (s *session) pickOwn(ctx context.Context, typed string) (keyring.Info, error) {
	infos, err := s.keys.List(ctx)
	if err != nil {
		return keyring.Info{}, err
	}
	return pick(infos, typed)
}

// take adds a key that was handed over to the opened ones, and gives the passphrase that
// the operation's new key is locked with.
func (o *opened) take(g *givenKey) keyring.Passphrase {
	if g == nil {
		return o.newPass()
	}
	o.keys[g.key.KeyID()] = g.key
	if g.pass.IsEmpty() {
		return o.newPass()
	}
	return g.pass
}

// unlocked adds to a plan that a key which comes without a passphrase gets one.
func (g *givenKey) unlocked(role trustdata.Role, gun trustdata.GUN) []rotation.Need {
	if g == nil || !g.pass.IsEmpty() {
		return nil
	}
	return []rotation.Need{{Role: role, GUN: gun, New: true, Why: "the file that is brought in is not locked; here it is locked with this passphrase"}}
}
