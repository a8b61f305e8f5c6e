package rotation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
)

// found is what a look at the server tells of a change that may have been sent.
type found int

const (
	foundNothing found = iota // it cannot be told
	foundOurs                 // the server has exactly the bytes that were sent
	foundBase                 // it has what was there before
	foundOther                // it has a verified state that is neither
)

// look asks the server by version number. Only a verified state that is neither what was
// there before nor this change tells that somebody else has published: bytes that nobody
// has signed tell nothing, and a new key must not go to the trash for them.
func (r *Rotator) look(ctx context.Context, d *delivery, server TrustServer) (found, error) {
	u := d.unit
	if u.Gone {
		return lookGone(ctx, u, server)
	}
	have, err := server.ByVersion(ctx, u.Anchor, u.Version, notary.Limit(u.Anchor))
	switch {
	case err == nil && hash(have) == u.SHA256:
		return foundOurs, nil
	case err == nil && r.another(ctx, d):
		return foundOther, nil
	case errors.Is(err, remote.ErrNotFound) && r.stillAs(ctx, u) == nil:
		return foundBase, err
	}
	return foundNothing, err
}

func (r *Rotator) another(ctx context.Context, d *delivery) bool {
	res, err := r.reader(d.unit)(ctx, d.unit.GUN)
	if err != nil || fingerprint(res.Repo) == d.unit.Base {
		return false
	}
	return !slices.ContainsFunc(d.run.made(d.unit), func(id trustdata.KeyID) bool { return len(listedFor(res.Collection, id)) > 0 })
}

// refusal reports whether a server has definitely said no. A 5xx or a lost connection says
// nothing, and neither does somebody on the way who would not wait any longer: what was
// sent may still be stored after we have looked.
func refusal(sent error) bool {
	var status *remote.StatusError
	if !errors.As(sent, &status) || status.Status < 400 || status.Status >= 500 {
		return false
	}
	const requestTimeout, tooEarly, closedByClient = 408, 425, 499 // the last is nginx's
	return !slices.Contains([]int{requestTimeout, tooEarly, closedByClient}, status.Status)
}

// neverLeft reports whether no connection was made, so that nothing can have arrived.
func neverLeft(sent error) bool {
	var op *net.OpError
	return errors.As(sent, &op) && op.Op == "dial"
}

// reader reads a unit's repository as it was read for the plan.
func (r *Rotator) reader(u *Unit) func(context.Context, trustdata.GUN) (*remote.Result, error) {
	if u.Late {
		return r.Late
	}
	return r.Fetch
}

// stillAs fails with ErrMoved unless the server has exactly the repository that the unit was
// made for: none at all where its fingerprint is "".
func (r *Rotator) stillAs(ctx context.Context, u *Unit) error {
	res, err := r.reader(u)(ctx, u.GUN)
	switch {
	case u.Base == "" && errors.Is(err, remote.ErrNotFound):
		return nil
	case err != nil:
		return err
	case fingerprint(res.Repo) != u.Base:
		return fmt.Errorf("%q: %w", u.GUN, ErrMoved)
	}
	return nil
}

// unmoved is stillAs for a change that is about to be sent. A timestamp of the very bytes
// that were verified for the plan says that nothing has moved.
func (r *Rotator) unmoved(ctx context.Context, d *delivery, server TrustServer) error {
	if d.base != nil {
		raw, err := server.Get(ctx, trustdata.RoleTimestamp, notary.Limit(trustdata.RoleTimestamp))
		if err == nil && bytes.Equal(raw, d.base.Timestamp.Raw) {
			return nil
		}
	}
	return r.stillAs(ctx, d.unit)
}

// fingerprint is what a repository looked like: the bytes of every file but the timestamp,
// by way of root and of the snapshot, which names the rest. None is "".
func fingerprint(r *notary.Repository) string {
	if r == nil {
		return ""
	}
	return hash([]byte(hash(r.Root.Raw) + hash(r.Snapshot.Raw)))
}

// listedFor are the roles that a collection lists a key for.
func listedFor(col *trustdata.Collection, id trustdata.KeyID) (roles []trustdata.Role) {
	for _, role := range col.Roles {
		for _, k := range role.Keys {
			if k.KeyID == id {
				roles = append(roles, role.Role)
			}
		}
	}
	return roles
}
