package rotation

import (
	"context"
	"fmt"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// shutOut sees to it that a role which gets keys does not get old tags with them. The file
// of a delegation that was deleted, or that lost its last key, stays on the server, and a
// snapshot that the server makes goes on naming it: with a key that has signed it, it counts
// again (notary-v1.md 6.6). Where a key of the role is here it gets a fresh file above the
// old one. Else a snapshot that is made here no longer names the old one; and where neither
// is possible, nothing is done.
func (r *Rotator) shutOut(ctx context.Context, e *Edit, b *editor, role trustdata.Role) error {
	problem, bad := b.repo.Skipped[role]
	_, counts := b.repo.Targets[role]
	if counts || bad && problem.Reason != trustdata.ReasonSignature && problem.Reason != trustdata.ReasonMissing {
		return nil
	}
	_, named := b.repo.Snapshot.Body.Meta[role]
	stored, _, err := r.stored(ctx, e.GUN, role, named)
	if err != nil {
		return err
	}
	seen, _, err := r.State.Seen(e.GUN)
	if err != nil {
		return err
	}
	above := max(stored, seen.Versions[role])
	if above == 0 {
		return nil
	}
	if _, err := b.roleSigners(role); err == nil {
		e.anew[role] = above
		e.Roles = append(e.Roles, role)
		e.Changes = append(e.Changes, fmt.Sprintf("%s: starts afresh with version %d, without what its old file says", role, above+1))
		return nil
	}
	if !named {
		e.WillNotFollow = append(e.WillNotFollow, fmt.Sprintf("%s has no file, until one of its keys signs in it; who has seen version %d of it is told so", role, above))
		return nil
	}
	return r.unname(ctx, e, b, role)
}

// unname deals with an old file where no key of its role is here.
func (r *Rotator) unname(ctx context.Context, e *Edit, b *editor, role trustdata.Role) error {
	server, err := r.Server(e.GUN)
	if err != nil {
		return err
	}
	raw, err := server.Get(ctx, role, notary.Limit(role))
	if err != nil {
		return fmt.Errorf("reading the old file of %s: %w", role, err)
	}
	old, err := notary.ParseTargets(role, raw)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("its old file on the server, version %d with %s%s", old.Body.Version, counted(len(old.Body.Targets)), clause(old))
	if _, err := b.roleSigners(trustdata.RoleSnapshot); err == nil {
		e.unnamed = append(e.unnamed, role)
		e.Changes = append(e.Changes, fmt.Sprintf("%s: the snapshot no longer names %s", role, what))
		return nil
	}
	if !b.wouldCount(role, raw) {
		e.WillNotFollow = append(e.WillNotFollow, fmt.Sprintf("%s does not verify until one of its keys signs in it: %s is by other keys", role, what))
		return nil
	}
	return fmt.Errorf("in %q this key would bring back for %s %s: add it on a machine that has the private key, so that a fresh file can be signed, or add another key", e.GUN, role, what)
}

// wouldCount reports whether a file counts by the keys that its role will have.
func (b *editor) wouldCount(role trustdata.Role, raw []byte) bool {
	parent, d, ok := b.delegation(role)
	if !ok {
		return false
	}
	named := &notary.File[notary.Snapshot]{Body: notary.Snapshot{Meta: map[trustdata.Role]notary.Meta{role: notary.MetaOf(raw)}}}
	policy := notary.Policy{GUN: b.repo.GUN, Now: b.now, Late: true}
	_, err := policy.Delegation(&notary.File[notary.Targets]{Body: *parent}, d, named, raw)
	return err == nil
}

// few is the first names of a list, and that there are more.
func few(names []string) string {
	const shown = 5
	if len(names) > shown {
		return strings.Join(names[:shown], ", ") + fmt.Sprintf(" and %d more", len(names)-shown)
	}
	return strings.Join(names, ", ")
}
