package main

import (
	"context"

	"keyrite/trustdata"
	"keyrite/trustdata/remote"
	"keyrite/ui/keys"
)

// uses maps keys to where the cached metadata of the known repositories lists them. It
// asks no server; a repository that is not in the cache is not in the map.
func (s *session) uses(ctx context.Context) (keys.Uses, error) {
	guns, err := s.known(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]*trustdata.Collection, len(guns))
	s.each(ctx, guns, true, func(i int, res *remote.Result, err error) {
		if err == nil {
			all[i] = res.Collection
		}
	})
	uses := keys.Uses{}
	for _, col := range all {
		if col == nil {
			continue
		}
		for _, role := range col.Roles {
			for _, k := range role.Keys {
				uses[k.KeyID] = append(uses[k.KeyID], keys.Use{GUN: col.GUN, Role: role.Role, Algorithm: k.Algorithm,
					CertificateID: k.CertificateID, CertificateExpires: k.CertificateExpires, Expires: role.Expires})
			}
		}
	}
	return uses, ctx.Err()
}
