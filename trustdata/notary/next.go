package notary

import (
	"slices"
	"time"

	"keyrite/trustdata"
)

// Next is the body of the root that follows b: one version on, and role lists these keys
// in place of its own, with the threshold that it has. Keys of other roles than root go
// when no role lists them any more; old root certificates stay for ever, as the reference
// implementation leaves them.
func (b Root) Next(role trustdata.Role, keys []trustdata.PublicKey, expires time.Time) Root {
	next := b.Clone()
	next.Version++
	next.Expires = expires
	who := RoleKeys{Threshold: b.Roles[role].Threshold}
	for _, key := range keys {
		next.Keys[key.ListedID()] = key
		who.KeyIDs = append(who.KeyIDs, key.ListedID())
	}
	next.Roles[role] = who
	if role != trustdata.RoleRoot {
		next.DropUnlisted(b.Roles[role].KeyIDs)
	}
	return next
}

// DropUnlisted removes those of these keys that no role lists.
func (b Root) DropUnlisted(ids []trustdata.ListedID) {
	for _, id := range ids {
		listed := false
		for _, who := range b.Roles {
			listed = listed || slices.Contains(who.KeyIDs, id)
		}
		if !listed {
			delete(b.Keys, id)
		}
	}
}
