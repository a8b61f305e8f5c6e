package rotation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// explain adds to a refusal of a repository what is left to do about it.
func (r *Rotator) explain(ctx context.Context, gun trustdata.GUN, err error) error {
	var refused *trustdata.VerifyError
	switch {
	case !errors.As(err, &refused):
		return err
	case refused.Reason == trustdata.ReasonExpired:
		return fmt.Errorf("%w: keyrite repair %s signs again what has ended, and this can be done after it", err, gun)
	case refused.Reason == trustdata.ReasonCertificate:
		return r.explainEnded(ctx, gun, err)
	}
	return err
}

// explainEnded adds ErrEnded to a refusal of a root certificate where every one has ended:
// with several one that still holds may do.
func (r *Rotator) explainEnded(ctx context.Context, gun trustdata.GUN, err error) error {
	server, failed := r.Server(gun)
	if failed != nil {
		return err
	}
	raw, failed := server.Get(ctx, trustdata.RoleRoot, notary.Limit(trustdata.RoleRoot))
	if failed != nil {
		return err
	}
	root, failed := notary.ParseRoot(raw)
	if failed != nil {
		return err
	}
	ends := rootCertificates(&root.Body)
	if len(ends) == 0 || slices.ContainsFunc(ends, func(end time.Time) bool { return !end.Before(r.Now()) }) {
		return err
	}
	return fmt.Errorf("%q: %w (%s): the server takes no change of it, and no client reads it. What is left is to found it anew: keyrite delete %s, then keyrite init %s --anew; every client that has seen it must then delete its tuf/%s, and the tags are signed again: %w",
		gun, ErrEnded, day(slices.MaxFunc(ends, time.Time.Compare)), gun, gun, gun, err)
}
