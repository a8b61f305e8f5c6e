package rotation

import (
	"context"
	"errors"
	"fmt"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
)

// startAnew settles with which version a role starts that has no file which counts. It may
// never have had one. But a delegation that was deleted and made again, or whose keys were
// all replaced, has a file and a history on the server, which takes no version that is not
// above them; the reference client begins at 1 and is refused (notary-v1.md 6.6). What the
// old file says is not taken over: nobody who is trusted now has signed it.
func (r *Rotator) startAnew(ctx context.Context, e *Edit, b *editor) error {
	for _, role := range e.Roles {
		if _, ok := b.repo.Targets[role]; ok {
			continue
		}
		if err := b.mayStartAnew(role); err != nil {
			return err
		}
		_, named := b.repo.Snapshot.Body.Meta[role]
		stored, tags, err := r.stored(ctx, e.GUN, role, named)
		if err != nil {
			return err
		}
		seen, _, err := r.State.Seen(e.GUN)
		if err != nil {
			return err
		}
		e.anew[role] = max(stored, seen.Versions[role])
		switch {
		case stored > 0:
			e.Starts = append(e.Starts, fmt.Sprintf("%s: starts afresh with version %d, because its file on the server, version %d, is not signed by the keys that it has now", role, stored+1, stored))
			e.WillNotFollow = append(e.WillNotFollow, fmt.Sprintf("%s: nothing of its old file (%s) counts now, or comes back: sign again what still holds", role, counted(tags)))
		case e.anew[role] > 0:
			e.Starts = append(e.Starts, fmt.Sprintf("%s: starts afresh with version %d; the file that this machine has seen before is gone from the server", role, e.anew[role]+1))
		default:
			e.Starts = append(e.Starts, fmt.Sprintf("%s: gets its first file", role))
		}
	}
	return nil
}

// mayStartAnew refuses where the role's file is the signers' own and only cannot be used
// now: a fresh one would lose its tags.
func (b *editor) mayStartAnew(role trustdata.Role) error {
	problem, bad := b.repo.Skipped[role]
	_, published := b.repo.Snapshot.Body.Meta[role]
	switch {
	case !bad, problem.Reason == trustdata.ReasonSignature, problem.Reason == trustdata.ReasonMissing && !published:
		return nil
	case problem.Reason == trustdata.ReasonExpired:
		return fmt.Errorf("%w: a fresh file would lose its other tags, so sign that file again first, with the key of %s: keyrite repair %s",
			&trustdata.VerifyError{Problem: problem}, role, b.repo.GUN)
	}
	return fmt.Errorf("nothing is signed on top of a file that is refused: %w", &trustdata.VerifyError{Problem: problem})
}

// stored is the highest version of a delegation that the server has, 0 for none, and how
// many tags that has. The file is not verified; only its version is used.
//
// A server with a database finds the current file by way of the snapshot, and where that
// does not name the role answers with 500 UNKNOWN, not with 404 (server/storage/tuf_store.go
// of the reference). The versions are there all the same, and only they are asked for then.
func (r *Rotator) stored(ctx context.Context, gun trustdata.GUN, role trustdata.Role, named bool) (version int64, tags int, err error) {
	server, err := r.Server(gun)
	if err != nil {
		return 0, 0, err
	}
	if !named {
		return lastVersion(ctx, server, role)
	}
	raw, err := server.Get(ctx, role, notary.Limit(role))
	if errors.Is(err, remote.ErrNotFound) {
		return lastVersion(ctx, server, role)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("asking which version of %s the server has: %w", role, err)
	}
	return versionOf(role, raw)
}

func versionOf(role trustdata.Role, raw []byte) (int64, int, error) {
	file, err := notary.ParseTargets(role, raw)
	if err != nil {
		return 0, 0, err
	}
	if file.Body.Version > remote.Plausible {
		return 0, 0, fmt.Errorf("the server's old file of %s says that it is version %d, which nobody can have reached; ask who runs the server", role, file.Body.Version)
	}
	return file.Body.Version, len(file.Body.Targets), nil
}

// lastVersion is the highest stored version of a role.
func lastVersion(ctx context.Context, server TrustServer, role trustdata.Role) (version int64, tags int, err error) {
	_, last, err := remote.Newest(func(n int64) ([]byte, error) {
		raw, err := server.ByVersion(ctx, role, n, notary.Limit(role))
		if err != nil {
			err = fmt.Errorf("asking for version %d of %s: %w", n, role, err)
		}
		return raw, err
	})
	if err != nil || last == nil {
		return 0, 0, err
	}
	return versionOf(role, last)
}
