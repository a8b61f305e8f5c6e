package rotation

import (
	"slices"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// draft is the rotation's change: root lists next, if there is one, as it stands in
// root.json, and not the key that gives way, and the role's own file is signed again.
func (p *Plan) draft(next trustdata.PublicKey, now time.Time) *draft {
	if p.Role.IsDelegation() {
		return p.delegationDraft(next, now)
	}
	root := p.base.Root.Body.Clone()
	root.Version++
	root.Expires = now.Add(notary.Lifetime(trustdata.RoleRoot))
	previous := root.Roles[p.Role].KeyIDs
	who := notary.RoleKeys{KeyIDs: slices.Clone(p.kept), Threshold: p.threshold}
	if p.origin() != keyNone {
		root.Keys[next.ListedID()] = next
		who.KeyIDs = append(who.KeyIDs, next.ListedID())
	}
	root.Roles[p.Role] = who
	if p.Role != trustdata.RoleRoot {
		root.DropUnlisted(previous)
	}
	d := &draft{base: p.base, root: &root, withSnapshot: p.withSnapshot, former: p.former}
	if p.Role == trustdata.RoleTargets {
		body := p.base.Targets[trustdata.RoleTargets].Body.Clone()
		body.Version++
		body.Expires = now.Add(notary.Lifetime(trustdata.RoleTargets))
		for _, name := range p.Drop {
			body.Targets.Delete(name)
		}
		d.targets = map[trustdata.Role]notary.Targets{trustdata.RoleTargets: body}
	}
	return d
}
