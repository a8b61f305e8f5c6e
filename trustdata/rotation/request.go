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
	// Key is a key to list instead of a new one. With Import it is not on this machine yet:
	// Prepare is given it, opened, and keeps it in pending/ like one that was made.
	Key    trustdata.KeyID `json:"key,omitempty"`
	Import bool            `json:"import,omitempty"`
	// Part is the half of an exchange that is done.
	Part Part `json:"part,omitempty"`
	// Threshold is how many keys must sign from now on; 0 leaves it as it is.
	Threshold int `json:"threshold,omitempty"`
	// Chain is the certificate that a CA issued for the new root key, with those above it,
	// as PEM. Without it the key signs a certificate of its own.
	Chain string `json:"chain,omitempty"`
	// Legacy has every earlier root key that is here sign along, for clients older than
	// notary 0.6: they follow no chain of roots, and know only the one they have seen.
	Legacy bool `json:"legacy,omitempty"`
	// Public is the public half, as PEM, of a delegation's key that somebody else holds.
	Public string `json:"public,omitempty"`
	// Compromised says that somebody else may have the key that gives way. Drop names the
	// tags of targets.json that the new key does not vouch for.
	Compromised bool     `json:"compromised,omitempty"`
	Drop        []string `json:"drop,omitempty"`
}

// Part says whether a key comes in and another gives way, or only one of both happens.
type Part string

// The parts of an exchange. Whole is both at once.
const (
	Whole      Part = ""
	AddOnly    Part = "add"
	RemoveOnly Part = "remove"
)

// origin is where the key comes from that a plan lists.
type origin int

const (
	keyMade      origin = iota // on this machine, by the operation
	keyAtServer                // the trust server makes and holds it
	keyHere                    // it is among the keys of this machine already
	keyGiven                   // it is handed to Prepare
	keyElsewhere               // somebody else holds it
	keyNone                    // none comes in
)

func (p *Plan) origin() origin {
	switch {
	case p.Part == RemoveOnly:
		return keyNone
	case p.Public != "":
		return keyElsewhere
	case p.Import:
		return keyGiven
	case p.existingKey() != "":
		return keyHere
	case p.to == Server:
		return keyAtServer
	}
	return keyMade
}

// Brings reports whether the plan lists a key that the role did not have.
func (p *Plan) Brings() bool { return p.origin() != keyNone && !p.SameKey }

// Stages reports whether the private half of the new key waits in pending/ and is then
// moved into private/.
func (p *Plan) Stages() bool { return p.origin() == keyMade || p.origin() == keyGiven }

// existingKey is the key that the plan lists and that is on this machine already, or "".
func (p *Plan) existingKey() trustdata.KeyID {
	switch {
	case p.Import || p.Public != "" || p.Part == RemoveOnly:
		return ""
	case p.SameKey && len(p.OldKeys) == 1:
		return p.OldKeys[0]
	}
	return p.Key
}

// check refuses requests that contradict themselves.
func (p *Plan) check() error {
	given := p.Key != "" || p.Import
	switch {
	case p.SameKey && p.Role != trustdata.RoleRoot:
		return usagef("only a root key has a certificate that the same key can get anew: \"--same-key\" is not possible for %s", p.Role)
	case p.SameKey && (given || p.Part != Whole):
		return usagef("the same key is neither a given one nor comes beside another: \"--same-key\" excludes \"--key\", \"--add-only\" and \"--remove-only\"")
	case p.Public != "" && (!p.Role.IsDelegation() || given || p.Part == RemoveOnly):
		return usagef("\"--public-key\" is for a delegation's new key that somebody else holds, and excludes \"--key\" and \"--remove-only\"")
	case p.Legacy && p.Role != trustdata.RoleRoot:
		return usagef("only a root has earlier keys that can sign along: \"--legacy\" is not possible for %s", p.Role)
	case p.Role.IsDelegation() && (p.To == Server || p.Threshold != 0):
		return usagef("the key of %s never goes to the server, and its threshold is 1 as that of every delegation: neither \"--to server\" nor \"--threshold\" is possible", p.Role)
	case p.Part == RemoveOnly && (given || p.To != Same || p.Chain != ""):
		return usagef("\"--remove-only\" lists no new key, and takes none")
	case given && p.To == Server:
		return usagef("a given key stays here: \"--key\" and \"--to server\" exclude each other")
	case given && p.Role == trustdata.RoleTimestamp:
		return usagef("the timestamp key always stays with the server: no key can be given")
	case p.Chain != "" && p.Role != trustdata.RoleRoot:
		return usagef("only a root key has a certificate: \"--root-cert\" is not possible for %s", p.Role)
	case p.serverSigns() && (p.Part != Whole || p.Threshold > 1):
		return usagef("servers sign with one %s key alone: neither \"--add-only\" nor \"--remove-only\" nor \"--threshold\" is possible", p.Role)
	case p.Threshold < 0:
		return usagef("a threshold of %d is not possible", p.Threshold)
	}
	return nil
}

// serverSigns reports whether the role is one that the server may sign.
func (p *Plan) serverSigns() bool {
	return p.Role == trustdata.RoleSnapshot || p.Role == trustdata.RoleTimestamp
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
	if p.Threshold > 0 {
		p.threshold = p.Threshold
	}
	if p.OldKeys, err = p.gives(order); err != nil {
		return err
	}
	for _, id := range order {
		if !slices.Contains(p.OldKeys, id) {
			p.kept = append(p.kept, listed[id])
		}
	}
	if err := b.issued(order); err != nil {
		return err
	}
	if err := b.given(order); err != nil {
		return err
	}
	return p.enough()
}

// enough refuses a role that nobody could sign for any more.
func (p *Plan) enough() error {
	if keys := p.willList(); keys < p.threshold {
		return usagef("%s would list %s and need %d of them: give a lower \"--threshold\", or more keys first (--add-only)", p.Role, trustdata.Plural(keys, "key", "keys"), p.threshold)
	}
	return nil
}

// willList is how many keys the role will have.
func (p *Plan) willList() int {
	if p.origin() == keyNone {
		return len(p.kept)
	}
	return len(p.kept) + 1
}

// gives are the keys, of those that the role lists, that give way.
func (p *Plan) gives(order []trustdata.KeyID) ([]trustdata.KeyID, error) {
	switch {
	case p.Part == AddOnly && p.Old != "":
		return nil, usagef("with \"--add-only\" no key gives way: leave out \"--old-key\"")
	case p.Part == AddOnly:
		return []trustdata.KeyID{}, nil
	case p.Old != "" && !slices.Contains(order, p.Old):
		return nil, usagef("%q lists no key %q for %s, but %s", p.GUN, p.Old.Short(), p.Role, shortIDs(order))
	case p.Old != "":
		return []trustdata.KeyID{p.Old}, nil
	case len(order) > 1:
		return nil, usagef("%q lists %d %s keys (%s): say which one gives way with --old-key ID, the others stay", p.GUN, len(order), p.Role.Title(), shortIDs(order))
	}
	return order, nil
}

// existing asks for the key that is given, unless it is asked for as a signer too.
func (b *planner) existing() {
	id := b.plan.existingKey()
	if b.plan.Import {
		b.need(Need{KeyID: b.plan.Key, Role: b.plan.Role, GUN: b.plan.GUN, Given: true, Why: "it is the new " + b.plan.Role.Title() + " key, which is brought in"})
	}
	if id == "" || slices.ContainsFunc(b.plan.Need, func(n Need) bool { return n.KeyID == id }) {
		return
	}
	b.need(Need{KeyID: id, Role: b.plan.Role, GUN: b.plan.GUN, Why: "it is the new " + b.plan.Role.Title() + " key"})
}
