package rotation

import (
	"fmt"
	"maps"
	"slices"

	"keyrite/trustdata"
)

// rootKeys asks for as many root keys as it takes: enough of those that root lists now,
// and, together with a new one, enough of those that it will list. Those that stay count
// for both, so they are asked for first.
func (b *planner) rootKeys() error {
	p := b.plan
	listed, ids, err := roleKeys(&p.base.Root.Body, trustdata.RoleRoot)
	if err != nil {
		return err
	}
	stays := func(id trustdata.KeyID) bool {
		return p.Role != trustdata.RoleRoot || slices.Contains(p.kept, listed[id])
	}
	now := max(p.base.Root.Body.Roles[trustdata.RoleRoot].Threshold, 1)
	then, found, staying := now, 0, 0
	if p.Role == trustdata.RoleRoot {
		then = p.threshold
		if p.origin() != keyNone {
			then-- // the new one signs too
		}
	}
	for _, id := range ids {
		if _, ok := b.held[id]; ok && stays(id) && staying < max(now, then) {
			found, staying = found+1, staying+1
			b.needRoot(id)
		}
	}
	for _, id := range ids {
		if _, ok := b.held[id]; ok && !stays(id) && found < now {
			found++
			b.needRoot(id)
		}
	}
	switch {
	case found < now:
		return &MissingKeyError{GUN: p.GUN, Role: trustdata.RoleRoot, Listed: ids, Threshold: now, Found: found}
	case staying < then:
		return &MissingKeyError{GUN: p.GUN, Role: trustdata.RoleRoot, Listed: ids, Threshold: then, Found: staying}
	}
	return nil
}

func (b *planner) needRoot(id trustdata.KeyID) {
	b.need(Need{KeyID: id, Role: trustdata.RoleRoot, GUN: b.plan.GUN, Why: fmt.Sprintf("it signs version %d of root.json", b.plan.RootVersion)})
}

// stayingKeys asks for the repository keys that have to sign beside the new one.
func (b *planner) stayingKeys() error {
	p := b.plan
	if p.Role != trustdata.RoleTargets {
		return nil
	}
	listed, ids, err := roleKeys(&p.base.Root.Body, p.Role)
	if err != nil {
		return err
	}
	want, found := p.threshold, 0
	if p.origin() != keyNone {
		want-- // the new one signs too
	}
	for _, id := range ids {
		if _, ok := b.held[id]; ok && found < want && slices.Contains(p.kept, listed[id]) {
			found++
			b.need(Need{KeyID: id, Role: p.Role, GUN: p.GUN, Why: "it stays, and signs targets.json"})
		}
	}
	if found < want {
		return &MissingKeyError{GUN: p.GUN, Role: p.Role, Listed: ids, Threshold: want, Found: found}
	}
	return nil
}

// formerKeys asks for those earlier root keys that are here, where they are to sign along.
// Root keeps the certificates of all.
func (b *planner) formerKeys() error {
	p := b.plan
	root := &p.base.Root.Body
	if !p.Legacy {
		return nil
	}
	for _, listed := range slices.Sorted(maps.Keys(root.Keys)) {
		id, err := root.Keys[listed].KeyID()
		if _, ok := b.held[id]; err != nil || !ok || !root.Keys[listed].IsX509() || slices.Contains(root.Roles[trustdata.RoleRoot].KeyIDs, listed) {
			continue
		}
		p.former = append(p.former, listed)
		if !slices.ContainsFunc(p.Need, func(n Need) bool { return n.KeyID == id }) {
			b.need(Need{KeyID: id, Role: trustdata.RoleRoot, GUN: p.GUN, Why: "it signed an earlier root, and signs along for clients that know no newer one"})
		}
	}
	return nil
}
