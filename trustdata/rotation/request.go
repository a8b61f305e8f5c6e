package rotation

import (
	"slices"

	"keyrite/trustdata"
)

// Request names what to change of the keys of a role.
type Request struct {
	GUN  trustdata.GUN  `json:"gun"`
	Role trustdata.Role `json:"role,omitempty"`
	To   Manager        `json:"to,omitempty"`
	// SameKey lists the root key that gives way once more, by a new certificate.
	SameKey bool `json:"same_key,omitempty"`
	// Old names the key that gives way; "" is the only one that the role has.
	Old trustdata.KeyID `json:"old_key,omitempty"`
}

// origin is where the key comes from that a plan lists.
type origin int

const (
	keyMade     origin = iota // on this machine, by the operation
	keyAtServer               // the trust server makes and holds it
	keyHere                   // it is among the keys of this machine already
)

func (p *Plan) origin() origin {
	switch {
	case p.existingKey() != "":
		return keyHere
	case p.to == Server:
		return keyAtServer
	}
	return keyMade
}

// existingKey is the key that the plan lists and that is on this machine already, or "".
func (p *Plan) existingKey() trustdata.KeyID {
	if p.SameKey && len(p.OldKeys) == 1 {
		return p.OldKeys[0]
	}
	return ""
}

// check refuses requests that contradict themselves.
func (p *Plan) check() error {
	if p.SameKey && p.Role != trustdata.RoleRoot {
		return usagef("only a root key has a certificate that the same key can get anew: \"--same-key\" is not possible for %s", p.Role)
	}
	return nil
}

// exchange settles which key of the role gives way and which ones stay. Those of a role
// with several are never dropped in passing, as the reference client drops them.
func (b *planner) exchange() error {
	p := b.plan
	who := p.base.Root.Body.Roles[p.Role]
	listed, order, err := roleKeys(&p.base.Root.Body, p.Role)
	if err != nil {
		return err
	}
	p.threshold = max(who.Threshold, 1)
	if p.OldKeys, err = p.gives(order); err != nil {
		return err
	}
	for _, id := range order {
		if !slices.Contains(p.OldKeys, id) {
			p.kept = append(p.kept, listed[id])
		}
	}
	return nil
}

// gives are the keys, of those that the role lists, that give way.
func (p *Plan) gives(order []trustdata.KeyID) ([]trustdata.KeyID, error) {
	switch {
	case p.Old != "" && !slices.Contains(order, p.Old):
		return nil, usagef("%q lists no key %q for %s, but %s", p.GUN, p.Old.Short(), p.Role, shortIDs(order))
	case p.Old != "":
		return []trustdata.KeyID{p.Old}, nil
	case len(order) > 1:
		return nil, usagef("%q lists %d %s keys (%s): say which one gives way with --old-key ID, the others stay", p.GUN, len(order), p.Role.Title(), shortIDs(order))
	}
	return order, nil
}

// existing asks for the key that is here already, unless it is asked for as a signer too.
func (b *planner) existing() {
	id := b.plan.existingKey()
	if id == "" || slices.ContainsFunc(b.plan.Need, func(n Need) bool { return n.KeyID == id }) {
		return
	}
	b.need(Need{KeyID: id, Role: b.plan.Role, GUN: b.plan.GUN, Why: "it is the new " + b.plan.Role.Title() + " key"})
}
