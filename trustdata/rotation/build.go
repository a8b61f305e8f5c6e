package rotation

import (
	"slices"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// draft is the rotation's change: root lists next, as it stands in root.json, in place of
// the key that gives way, and the role's own file is signed again.
func (p *Plan) draft(next trustdata.PublicKey, now time.Time) *draft {
	root := p.base.Root.Body.Clone()
	root.Version++
	root.Expires = now.Add(notary.Lifetime(trustdata.RoleRoot))
	previous := root.Roles[p.Role].KeyIDs
	root.Keys[next.ListedID()] = next
	root.Roles[p.Role] = notary.RoleKeys{KeyIDs: append(slices.Clone(p.kept), next.ListedID()), Threshold: p.threshold}
	if p.Role != trustdata.RoleRoot {
		dropUnlisted(&root, previous)
	}
	d := &draft{base: p.base, root: &root, withSnapshot: p.withSnapshot}
	if p.Role == trustdata.RoleTargets {
		body := p.base.Targets[trustdata.RoleTargets].Body.Clone()
		body.Version++
		body.Expires = now.Add(notary.Lifetime(trustdata.RoleTargets))
		d.targets = map[trustdata.Role]notary.Targets{trustdata.RoleTargets: body}
	}
	return d
}
