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

// explainEnded adds ErrEnded to a refusal where the reason is that every root certificate
// has ended: with several one that still holds may do.
func (r *Rotator) explainEnded(ctx context.Context, gun trustdata.GUN, err error) error {
	var refused *trustdata.VerifyError
	if !errors.As(err, &refused) || refused.Reason != trustdata.ReasonCertificate {
		return err
	}
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
