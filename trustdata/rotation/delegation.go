package rotation

import (
	"fmt"
	"slices"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// listing is a delegation whose keys a plan changes, as its parent is to list it.
type listing struct {
	role      trustdata.Role
	kept      []trustdata.ListedID
	threshold int
	// again says that its file is signed again, the same content: else it would be left
	// with too few valid signatures.
	again bool
}

// delegation plans the exchange of a delegation's key: its parent lists the new one, in
// targets/releases too where the old one stands there, and their files are signed again in
// the same upload, so that at no moment a role is without a valid signature.
func (b *planner) delegation() error {
	p := b.plan
	p.to, p.RootVersion = Local, p.base.Root.Body.Version
	e := &editor{repo: p.base, held: b.held}
	parent, d, ok := e.delegation(p.Role)
	if !ok {
		return usagef("%q has no delegation %q", p.GUN, p.Role)
	}
	_, order, err := canonicalIDs(parent.Keys, d.KeyIDs, p.Role)
	if err != nil {
		return err
	}
	if err := b.heldElsewhere(); err != nil {
		return err
	}
	if p.OldKeys, err = p.gives(order); err != nil {
		return err
	}
	if err := b.given(order); err != nil {
		return err
	}
	for _, role := range b.touched(parent, order) {
		if err := b.relist(e, role); err != nil {
			return err
		}
	}
	p.kept, p.threshold = p.listings[0].kept, p.listings[0].threshold
	if err := p.enough(); err != nil {
		return err
	}
	return b.delegationKeys(e)
}

// heldElsewhere takes the public half of a key that somebody else holds. Its holder alone
// can sign with it, so the old key stays until that has happened.
func (b *planner) heldElsewhere() error {
	p := b.plan
	if p.Public == "" {
		return nil
	}
	key, err := notary.ParsePublicKey([]byte(p.Public), b.now)
	if err != nil {
		return fmt.Errorf("public key: %w", err)
	}
	if p.Key, err = key.KeyID(); err != nil {
		return err
	}
	p.public = &key
	if p.Part == Whole {
		p.Part = AddOnly
	}
	return nil
}

// touched are the delegations whose keys change: the one that was asked for, and
// targets/releases beside it where that has its key too, as docker gives it to signers.
func (b *planner) touched(parent *notary.Targets, order []trustdata.KeyID) []trustdata.Role {
	p := b.plan
	roles := []trustdata.Role{p.Role}
	theirs := p.OldKeys
	if p.Part == AddOnly {
		theirs = order
	}
	for _, d := range parent.Delegations {
		_, ids, err := canonicalIDs(parent.Keys, d.KeyIDs, d.Role)
		shared := err == nil && slices.ContainsFunc(ids, func(id trustdata.KeyID) bool { return slices.Contains(theirs, id) })
		if d.Role == trustdata.RoleReleases && d.Role != p.Role && shared {
			roles = append(roles, d.Role)
		}
	}
	return roles
}

// relist settles how a delegation is to be listed, and whether its file is signed again.
func (b *planner) relist(e *editor, role trustdata.Role) error {
	p := b.plan
	if bad, skipped := p.base.Skipped[role]; skipped && bad.Reason == trustdata.ReasonExpired {
		return fmt.Errorf("%w: repair it first (keyrite repair %s), or its tags would come back unseen", &trustdata.VerifyError{Problem: bad}, p.GUN)
	}
	listed, order, threshold, err := e.listed(role)
	if err != nil {
		return err
	}
	l := listing{role: role, threshold: max(threshold, 1)}
	for _, id := range order {
		if !slices.Contains(p.OldKeys, id) {
			l.kept = append(l.kept, listed[id])
		}
	}
	file, ok := p.base.Targets[role]
	signed := 0
	if ok {
		for _, id := range l.kept {
			if slices.Contains(file.SignedBy, id) {
				signed++
			}
		}
	}
	l.again = ok && (p.Part == Whole || signed < l.threshold)
	p.listings = append(p.listings, l)
	return nil
}

// delegationKeys lists the keys that must be opened: those of the parent, and those that
// stay and have to sign a file again beside the new one.
func (b *planner) delegationKeys(e *editor) error {
	p := b.plan
	ids, err := e.roleSigners(p.Role.Parent())
	if err != nil {
		return err
	}
	for _, id := range ids {
		b.need(Need{KeyID: id, Role: p.Role.Parent(), GUN: p.GUN, Why: fmt.Sprintf("it signs %s, which lists the keys of %s", p.Role.Parent(), p.Role)})
	}
	for _, l := range p.listings {
		if l.again {
			if err := b.signsAgain(e, l); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *planner) signsAgain(e *editor, l listing) error {
	p := b.plan
	listed, order, _, err := e.listed(l.role)
	if err != nil {
		return err
	}
	want, found := l.threshold, 0
	if p.signsHere() {
		want--
	}
	for _, id := range order {
		if _, ok := b.held[id]; ok && found < want && slices.Contains(l.kept, listed[id]) {
			found++
			if !slices.ContainsFunc(p.Need, func(n Need) bool { return n.KeyID == id }) {
				b.need(Need{KeyID: id, Role: l.role, GUN: p.GUN, Why: fmt.Sprintf("it stays, and signs %s again", l.role)})
			}
		}
	}
	switch {
	case found >= want:
		return nil
	case p.Part == RemoveOnly:
		return fmt.Errorf("%s would be left without a valid signature: whoever holds another of its keys must sign it again first (keyrite refresh %s %s): %w", l.role, p.GUN, l.role,
			&MissingKeyError{GUN: p.GUN, Role: l.role, Listed: order, Threshold: want, Found: found})
	}
	return &MissingKeyError{GUN: p.GUN, Role: l.role, Listed: order, Threshold: want, Found: found}
}

// signsHere reports whether the private half of the new key is here when it is to sign.
func (p *Plan) signsHere() bool { return p.Stages() || p.origin() == keyHere }

// delegationDraft is the change: the parent lists the new key and not the old one, and what
// is signed again keeps its content.
func (p *Plan) delegationDraft(next trustdata.PublicKey, now time.Time) *draft {
	parent := p.base.Targets[p.Role.Parent()].Body.Clone()
	d := &draft{base: p.base, withSnapshot: p.withSnapshot, targets: map[trustdata.Role]notary.Targets{}}
	if p.origin() != keyNone {
		parent.Keys[next.ListedID()] = next
	}
	for i := range parent.Delegations {
		at := &parent.Delegations[i]
		for _, l := range p.listings {
			if l.role == at.Role {
				at.KeyIDs = p.willBe(l, next)
			}
		}
	}
	dropUnused(&parent)
	d.targets[p.Role.Parent()] = newVersion(parent, now)
	for _, l := range p.listings {
		if l.again {
			d.targets[l.role] = newVersion(p.base.Targets[l.role].Body.Clone(), now)
		}
	}
	return d
}

// willBe are the keys of a listing once next has come in.
func (p *Plan) willBe(l listing, next trustdata.PublicKey) []trustdata.ListedID {
	ids := slices.Clone(l.kept)
	if p.origin() == keyNone || slices.Contains(ids, next.ListedID()) {
		return ids
	}
	return append(ids, next.ListedID())
}

// dropUnused removes the keys that no delegation of a file lists.
func dropUnused(body *notary.Targets) {
	for id := range body.Keys {
		if !slices.ContainsFunc(body.Delegations, func(d notary.Delegation) bool { return slices.Contains(d.KeyIDs, id) }) {
			delete(body.Keys, id)
		}
	}
}

func newVersion(body notary.Targets, now time.Time) notary.Targets {
	body.Version++
	body.Expires = now.Add(notary.Lifetime(trustdata.RoleTargets))
	return body
}

// nowLists reports whether a repository lists what the plan meant, and else what it lists.
func (u *ready) nowLists(repo *notary.Repository) ([]trustdata.ListedID, bool) {
	p := u.plan
	if !p.Role.IsDelegation() {
		listed := repo.Root.Body.Roles[p.Role].KeyIDs
		return listed, sameKeys(listed, u.listed())
	}
	e := &editor{repo: repo}
	for _, l := range p.listings {
		_, d, _ := e.delegation(l.role)
		_, refused := repo.Skipped[l.role]
		if !sameKeys(d.KeyIDs, p.willBe(l, u.new)) || l.again && refused {
			return d.KeyIDs, false
		}
	}
	return nil, true
}
