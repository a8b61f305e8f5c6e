package notary

import (
	"maps"
	"slices"
	"strings"
	"time"

	"keyrite/trustdata"
)

// Collection gives the view of the repository that everything above works with. Server,
// Source and ReadAt are left to the caller. Skipped delegations stand among the roles and
// among the problems; a delegation that was never published has no version, no date and
// no problem.
//
// Tags are what clients see: a delegation's entry counts only where the paths of the role
// and of all above it allow its name, and only entries with a SHA-256 are tags. They are
// sorted as docker does, 1.9 before 1.10; of one name the row that is pulled comes first.
func (r *Repository) Collection() *trustdata.Collection {
	c := &trustdata.Collection{GUN: r.GUN}
	var tree []node
	r.walk(func(n node) { tree = append(tree, n) })
	c.Roles = r.views(tree)
	t := newTagTable(tree)
	c.Tags, c.Problems = t.rows, t.problems
	for _, role := range slices.Sorted(maps.Keys(r.Skipped)) {
		c.Problems = append(c.Problems, r.Skipped[role])
	}
	return c
}

func (r *Repository) views(tree []node) []trustdata.RoleView {
	all := make([]trustdata.RoleView, 0, len(trustdata.BaseRoles)+len(tree))
	for _, role := range trustdata.BaseRoles {
		who := r.Root.Body.Roles[role]
		v := trustdata.RoleView{Role: role, Threshold: who.Threshold, Keys: roleKeys(r.Root.Body.Keys, who)}
		switch role {
		case trustdata.RoleRoot:
			v.Version, v.Expires = r.Root.Body.Version, r.Root.Body.Expires
		case trustdata.RoleTargets:
			v.Version, v.Expires = dated(r.Targets[role], func(b Targets) (int64, time.Time) { return b.Version, b.Expires })
		case trustdata.RoleSnapshot:
			v.Version, v.Expires = dated(r.Snapshot, func(b Snapshot) (int64, time.Time) { return b.Version, b.Expires })
		case trustdata.RoleTimestamp:
			v.Version, v.Expires = dated(r.Timestamp, func(b Timestamp) (int64, time.Time) { return b.Version, b.Expires })
		}
		all = append(all, v)
	}
	for _, n := range tree {
		if !n.role.IsDelegation() {
			continue
		}
		v := trustdata.RoleView{Role: n.role, Threshold: n.who.Threshold, Keys: roleKeys(n.keys, n.who), Paths: n.listed}
		v.Version, v.Expires = dated(n.file, func(b Targets) (int64, time.Time) { return b.Version, b.Expires })
		v.Problem = r.Skipped[n.role].Detail
		all = append(all, v)
	}
	return all
}

func dated[B any](f *File[B], of func(B) (int64, time.Time)) (version int64, expires time.Time) {
	if f == nil {
		return 0, time.Time{}
	}
	return of(f.Body)
}

// roleKeys are the keys that a role lists, as far as they are there. A certificate that
// cannot be read leaves the canonical ID empty.
func roleKeys(keys map[trustdata.ListedID]trustdata.PublicKey, who RoleKeys) []trustdata.RoleKey {
	all := make([]trustdata.RoleKey, 0, len(who.KeyIDs))
	for _, id := range who.KeyIDs {
		key, ok := keys[id]
		if !ok {
			continue
		}
		k := trustdata.RoleKey{Algorithm: strings.TrimSuffix(string(key.Type), "-x509")}
		k.KeyID, _ = key.KeyID()
		k.CertificateID, _ = key.CertificateID()
		if chain, err := key.Certificates(); err == nil {
			k.CertificateExpires = chain[0].NotAfter
		}
		all = append(all, k)
	}
	return all
}
