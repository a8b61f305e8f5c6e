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

// horizon is how long before its end a role is worth signing anew. Within it the reference
// client signs root again at each publish, so that nobody without the root key can publish
// (notary-v1.md 6.2).
const horizon = 180 * 24 * time.Hour

// RefreshRequest says which roles of a repository are signed again for the sake of their
// dates: those that are named; with All all whose keys are here; else those of them that end
// within the horizon.
type RefreshRequest struct {
	GUN   trustdata.GUN
	Roles []trustdata.Role
	All   bool
}

// due reports whether a role that ends then is to be signed again.
func (q RefreshRequest) due(role trustdata.Role, ends, now time.Time) bool {
	if len(q.Roles) > 0 {
		return slices.Contains(q.Roles, role)
	}
	return q.All || ends.Sub(now) < horizon
}

// PlanRefresh plans to sign roles again with the content that they have, one version up and
// with a new end. A root keeps its certificates. Roles that are due and whose keys are
// elsewhere are named; where that is all, or nothing is due, the error is ErrNothing.
func (r *Rotator) PlanRefresh(ctx context.Context, q RefreshRequest) (*Edit, error) {
	e, b, err := r.planEdit(ctx, "refresh", q.GUN)
	if err != nil {
		return nil, err
	}
	if err := b.checkNamed(q.Roles); err != nil {
		return nil, err
	}
	now := r.Now()
	for _, role := range slices.Concat([]trustdata.Role{trustdata.RoleRoot}, b.repo.Order(), []trustdata.Role{trustdata.RoleSnapshot}) {
		if !q.due(role, endOf(b.repo, role), now) {
			continue
		}
		_, err := b.roleSigners(role)
		switch {
		case err != nil && len(q.Roles) > 0:
			return nil, err
		case err != nil && role == trustdata.RoleSnapshot && len(e.Roles) > 0:
			continue // the server makes it anew with this change
		case err != nil:
			e.WillNotFollow = append(e.WillNotFollow, b.stays(role))
			continue
		}
		e.Roles = append(e.Roles, role)
		e.Changes = append(e.Changes, b.signedAgain(role, 0))
	}
	for _, role := range b.skipped() {
		e.WillNotFollow = append(e.WillNotFollow, b.unreadable(role))
	}
	e.WillNotFollow = append(e.WillNotFollow, b.certificatesEnd(e, now)...)
	if len(e.Roles) == 0 {
		return nil, &NothingDueError{GUN: q.GUN, Stays: e.WillNotFollow, all: q.All}
	}
	if err := b.finish(e); err != nil {
		return nil, err
	}
	e.Changes = append(e.Changes, b.serverSigns(e)...)
	return e, nil
}

// checkNamed refuses roles that cannot be signed again here.
func (b *editor) checkNamed(roles []trustdata.Role) error {
	for _, role := range roles {
		_, published := b.repo.Targets[role]
		problem, skipped := b.repo.Skipped[role]
		switch {
		case role == trustdata.RoleTimestamp:
			return usagef("the timestamp is the server's: it signs it anew at every change, and when it has ended")
		case role == trustdata.RoleSnapshot:
			if _, err := b.roleSigners(role); err != nil {
				return usagef("no snapshot key of %q is on this machine: a server that holds it signs the snapshot anew at every change, and when it has ended", b.repo.GUN)
			}
		case role == trustdata.RoleRoot || published:
		case skipped && problem.Reason == trustdata.ReasonExpired:
			return fmt.Errorf("%w: keyrite repair %s signs it again", &trustdata.VerifyError{Problem: problem}, b.repo.GUN)
		case skipped:
			return &trustdata.VerifyError{Problem: problem}
		default:
			return usagef("%q has no role %q that has a file", b.repo.GUN, role)
		}
	}
	return nil
}

// endOf is when a role's verified file ends.
func endOf(repo *notary.Repository, role trustdata.Role) time.Time {
	switch role {
	case trustdata.RoleRoot:
		return repo.Root.Body.Expires
	case trustdata.RoleSnapshot:
		return repo.Snapshot.Body.Expires
	}
	return repo.Targets[role].Body.Expires
}

// signedAgain says of a role what signing it again changes; dropped of its tags go.
func (b *editor) signedAgain(role trustdata.Role, dropped int) string {
	version, _ := fileOf(b.repo, role)
	line := fmt.Sprintf("%s: version %d to %d, valid until %s instead of %s", role, version, version+1,
		day(b.now.Add(notary.Lifetime(role))), day(endOf(b.repo, role)))
	switch role {
	case trustdata.RoleRoot:
		for _, ends := range rootCertificates(&b.repo.Root.Body) {
			line += fmt.Sprintf("; its certificate stays as it is and ends %s, and only rotating the root key renews that", day(ends))
		}
		return line
	case trustdata.RoleSnapshot:
		return line
	}
	body := b.repo.Targets[role].Body
	return fmt.Sprintf("%s, with %s", line, content(len(body.Targets), dropped, len(body.Delegations)))
}

// certificatesEnd names the root certificates that end soon: no end date of a role shows
// them, and signing again does not move them. Where root is signed again that is said there.
func (b *editor) certificatesEnd(e *Edit, now time.Time) (lines []string) {
	if slices.Contains(e.Roles, trustdata.RoleRoot) {
		return nil
	}
	for _, ends := range rootCertificates(&b.repo.Root.Body) {
		if ends.Sub(now) < horizon {
			lines = append(lines, fmt.Sprintf("the root certificate ends %s, and with it the repository: keyrite rotate %s root --same-key renews it", day(ends), b.repo.GUN))
		}
	}
	return lines
}

// stays says of a role that is due why it is left as it is.
func (b *editor) stays(role trustdata.Role) string {
	ends := day(endOf(b.repo, role))
	if role == trustdata.RoleSnapshot {
		return fmt.Sprintf("snapshot ends %s: a server that holds its key signs it anew at every change, and when it has ended", ends)
	}
	_, order, _, err := b.listed(role)
	if err != nil {
		return fmt.Sprintf("%s ends %s and cannot be signed: %v", role, ends, err)
	}
	return fmt.Sprintf("%s ends %s: too few of its keys (%s) are here, so whoever holds them must sign it", role, ends, shortIDs(order))
}

// unreadable says of a delegation whose file was refused what can be done.
func (b *editor) unreadable(role trustdata.Role) string {
	problem := b.repo.Skipped[role]
	if problem.Reason == trustdata.ReasonExpired {
		return fmt.Sprintf("%s %s: keyrite repair %s signs it again", role, problem.Detail, b.repo.GUN)
	}
	return fmt.Sprintf("%s does not verify, so it stays as it is: %s", role, problem.Detail)
}

// serverSigns says which files come with the change without being named.
func (b *editor) serverSigns(e *Edit) []string {
	switch {
	case !e.withSnapshot:
		return []string{"snapshot and timestamp: made anew by the server"}
	case slices.Contains(e.Roles, trustdata.RoleSnapshot):
		return []string{"timestamp: made anew by the server"}
	}
	return []string{b.signedAgain(trustdata.RoleSnapshot, 0), "timestamp: made anew by the server"}
}

// NothingDueError says that no role is signed again. It Is ErrNothing.
type NothingDueError struct {
	GUN trustdata.GUN
	// Stays are sentences on the roles that are due and that cannot be signed here.
	Stays []string
	all   bool
}

func (e *NothingDueError) Error() string {
	if e.all {
		return fmt.Sprintf("no role of %q has its keys here: %v", e.GUN, ErrNothing)
	}
	return fmt.Sprintf("no role of %q whose keys are here ends within %d days: %v", e.GUN, int(horizon.Hours()/24), ErrNothing)
}

// Is implements the interface of errors.Is.
func (e *NothingDueError) Is(target error) bool { return target == ErrNothing }

// Due are sentences on what is due of a repository that was left out since nothing can be
// signed again here.
func (l LeftOut) Due() []string {
	if none := new(NothingDueError); errors.As(l.Why, &none) {
		return none.Stays
	}
	return nil
}
