package rotation

import (
	"fmt"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/rotation/ceremony"
)

// changeWords says what a ceremony changes of one repository.
func changeWords(repo *ceremony.Repository, version int64) []string {
	var what string
	switch {
	case repo.Change == ceremony.Refresh:
		what = "root.json is signed again with a new end date; no key changes"
	case repo.Change == ceremony.NewCertificate:
		what = fmt.Sprintf("the root key %s gets a new certificate; the key stays", shortIDs(repo.Gives))
	case repo.Role == trustdata.RoleRoot:
		what = fmt.Sprintf("the root key %s gives way to a new key, made on the offline machine", shortIDs(repo.Gives))
	case len(repo.New) == 1 && repo.New[0].At == ceremony.AtOnline:
		what = fmt.Sprintf("the %s key %s gives way to %s, which waits on the online machine", repo.Role.Title(), shortIDs(repo.Gives), repo.New[0].KeyID.Short())
	case len(repo.New) == 1:
		what = fmt.Sprintf("the %s key %s gives way to %s, which the server holds", repo.Role.Title(), shortIDs(repo.Gives), repo.New[0].KeyID.Short())
	default:
		what = fmt.Sprintf("the %s key %s gives way to a new one", repo.Role.Title(), shortIDs(repo.Gives))
	}
	return []string{fmt.Sprintf("%s: %s", repo.GUN, what), fmt.Sprintf("%s: root.json version %d to %d", repo.GUN, version, version+1)}
}

// leftBehind names the clients that a new root leaves behind.
func (r *Rotator) leftBehind(repo *ceremony.Repository, base *notary.File[notary.Root]) []string {
	role := repo.Role
	if repo.Change == ceremony.Refresh {
		role = trustdata.RoleTargets // no certificate gives way: only the end of the present one counts
	}
	listed := base.Body.Roles[role]
	// Of the keys that stay only their number tells here.
	stay := max(0, len(listed.KeyIDs)-max(1, len(repo.Gives)))
	b := &planner{ceremony: true, now: r.Now(), pin: r.Pins.For(repo.GUN), clients: r.pinning(repo.GUN), plan: &Plan{Request: Request{GUN: repo.GUN, Role: role}, base: &notary.Repository{GUN: repo.GUN, Root: base},
		kept: listed.KeyIDs[:stay], threshold: listed.Threshold}}
	return b.willNotFollow()
}
