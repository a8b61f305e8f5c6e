package main

import (
	"context"
	"fmt"

	"keyrite/trustdata"
	"keyrite/trustdata/audit"
	"keyrite/ui/keys"
)

// uses maps keys to where the cached metadata of the known repositories lists them. It
// asks no server; a repository that is not in the cache is not in the map.
func (s *session) uses(ctx context.Context) (keys.Uses, error) {
	guns, err := s.known(ctx)
	if err != nil {
		return nil, err
	}
	return s.usesIn(ctx, guns)
}

// usesIn is uses where it is known which repositories there are.
func (s *session) usesIn(ctx context.Context, guns []trustdata.GUN) (keys.Uses, error) {
	all := make([]*trustdata.Collection, len(guns))
	s.each(ctx, guns, true, func(i int, col *trustdata.Collection, err error) {
		if err == nil {
			all[i] = col
		}
	})
	uses := keys.Uses{}
	for _, col := range all {
		if col != nil {
			addUses(uses, col.GUN, col.Roles)
		}
	}
	return uses, ctx.Err()
}

// usesOf is usesIn of what an audit has read.
func usesOf(all []audit.Repository) keys.Uses {
	uses := keys.Uses{}
	for _, r := range all {
		addUses(uses, r.GUN, r.Roles)
	}
	return uses
}

// addUses adds where the roles of a repository list keys.
func addUses(uses keys.Uses, gun trustdata.GUN, roles []trustdata.RoleView) {
	for _, role := range roles {
		for _, k := range role.Keys {
			uses[k.KeyID] = append(uses[k.KeyID], keys.Use{GUN: gun, Role: role.Role, Algorithm: k.Algorithm,
				CertificateID: k.CertificateID, CertificateExpires: k.CertificateExpires, Expires: role.Expires})
		}
	}
}

// signsFor says in a few words for which repositories a key is listed in a role.
func signsFor(uses []keys.Use, role trustdata.Role) string {
	var guns []string
	for _, u := range uses {
		if u.Role == role {
			guns = append(guns, trustdata.Visible(string(u.GUN)))
		}
	}
	switch len(guns) {
	case 0:
		return "signs for nothing that was read here"
	case 1:
		return "signs for " + guns[0]
	}
	return fmt.Sprintf("signs for %s and %d more", guns[0], len(guns)-1)
}
