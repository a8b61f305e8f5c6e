package rotation

import (
	"context"
	"fmt"
	"slices"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// given checks a key that is to be listed instead of a new one: that it is here, of this
// role, and nobody's already. order are the keys that the role lists.
func (b *planner) given(order []trustdata.KeyID) error {
	p := b.plan
	if p.Key == "" {
		return nil
	}
	delegation := p.Role.IsDelegation()
	if slices.Contains(order, p.Key) {
		if p.Role == trustdata.RoleRoot {
			return usagef("%q lists %q for root already: \"--same-key\" renews its certificate", p.GUN, p.Key.Short())
		}
		return usagef("%q lists %q for %s already", p.GUN, p.Key.Short(), p.Role)
	}
	for role := range p.base.Root.Body.Roles {
		if _, ids, err := roleKeys(&p.base.Root.Body, role); err == nil && slices.Contains(ids, p.Key) {
			return usagef("%q lists %q for %s, and one key is of one role", p.GUN, p.Key.Short(), role)
		}
	}
	if p.Import || p.Public != "" {
		return nil
	}
	info, ok := b.held[p.Key]
	switch {
	case !ok:
		return fmt.Errorf("no key %q on this machine: give its file, or make a new one", p.Key.Short())
	case info.Role != "" && info.Role != string(p.Role) && (!delegation || trustdata.Role(info.Role).IsBase()):
		return usagef("%q is a %s key, not a %s key", p.Key.Short(), info.Role, p.Role.Title())
	case info.GUN != "" && info.GUN != p.GUN:
		return usagef("%q is the %s key of %q", p.Key.Short(), info.Role, info.GUN)
	}
	return nil
}

// issued takes a certificate that a CA issued. It says which key it is of, so that need not
// be said besides.
func (b *planner) issued(order []trustdata.KeyID) error {
	p := b.plan
	if p.Chain == "" {
		return nil
	}
	leaf, err := notary.ParsePublicKey([]byte(p.Chain), b.now)
	if err != nil {
		return fmt.Errorf("root certificate: %w", err)
	}
	of, err := leaf.KeyID()
	if err != nil {
		return fmt.Errorf("root certificate: %w", err)
	}
	switch {
	case p.Key != "" || p.SameKey:
	case len(p.OldKeys) == 1 && of == p.OldKeys[0]:
		p.SameKey = true
	default:
		p.Key = of
	}
	want := p.Key
	if p.SameKey {
		want = p.OldKeys[0]
	}
	made, err := notary.RootChain([]byte(p.Chain), p.GUN, want, b.now)
	p.chain = &made
	return err
}

// takeGiven keeps a key that was handed over in pending/, as one that was made.
func (r *Rotator) takeGiven(ctx context.Context, prep *Prepared, u *ready, keys Keys, pass keyring.Passphrase) error {
	opened, ok := keys[u.plan.Key]
	if !ok {
		return fmt.Errorf("the key %q was not handed over: begin the operation anew with its file", u.plan.Key.Short())
	}
	key, ok := opened.(*keyring.PrivateKey)
	if !ok || key.KeyID() != u.plan.Key {
		return fmt.Errorf("the key %q is not the one that was handed over: %w", u.plan.Key.Short(), keyring.ErrMismatch)
	}
	u.unit.NewKeys = []trustdata.KeyID{u.plan.Key}
	if err := r.stageNew(ctx, prep, key, pass, u.plan.Role, u.plan.GUN); err != nil {
		return err
	}
	return u.list(key, r.Now())
}
