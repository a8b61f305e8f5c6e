package rotation

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// PlanRemoveSigner plans to delete targets/NAME and to take its keys out of
// targets/releases, but for those that another signer has too; docker leaves a role without
// keys behind, which goes here. It says which tags go with
// that: those of the signer, and all of releases where nobody who stays has signed its file,
// unless it can be signed again with a key that is here.
func (r *Rotator) PlanRemoveSigner(ctx context.Context, gun trustdata.GUN, name string) (*Edit, error) {
	role, err := signerRole(name)
	if err != nil {
		return nil, err
	}
	e, b, err := r.planEdit(ctx, "signer remove "+name, gun)
	if err != nil {
		return nil, err
	}
	body := b.repo.Targets[trustdata.RoleTargets].Body.Clone()
	at := indexOf(&body, role)
	if at < 0 {
		return nil, fmt.Errorf("%q has no signer %q: %w", gun, name, ErrNothing)
	}
	gone, err := goneWith(&body, role)
	if err != nil {
		return nil, err
	}
	body.Delegations = slices.Delete(body.Delegations, at, at+1)
	e.Changes = append(e.Changes, fmt.Sprintf("%s: is deleted", role))
	e.Roles, e.bodies[trustdata.RoleTargets], e.unnamed = []trustdata.Role{trustdata.RoleTargets}, body, []trustdata.Role{role}
	kept := true
	if i := indexOf(&body, trustdata.RoleReleases); i >= 0 {
		d := &body.Delegations[i]
		before := len(d.KeyIDs)
		d.KeyIDs = slices.DeleteFunc(d.KeyIDs, func(id trustdata.ListedID) bool { return slices.Contains(gone, id) })
		if before > len(d.KeyIDs) {
			e.Changes = append(e.Changes, fmt.Sprintf("%s: no longer lists %d of its %d keys", trustdata.RoleReleases, before-len(d.KeyIDs), before))
			kept = b.keepReleases(e, name, d.RoleKeys)
		}
		if len(d.KeyIDs) == 0 { // no client would read what it once said
			body.Delegations = slices.Delete(body.Delegations, i, i+1)
			e.bodies[trustdata.RoleTargets], e.unnamed = body, append(e.unnamed, trustdata.RoleReleases)
			e.Changes = append(e.Changes, fmt.Sprintf("%s: is deleted, since none of its keys stays", trustdata.RoleReleases))
		}
	}
	dropUnused(&body)
	b.tagsWithout(e, name, role, kept)
	return e, b.finish(e)
}

// goneWith are the IDs under which releases lists keys that no signer but role has.
func goneWith(body *notary.Targets, role trustdata.Role) ([]trustdata.ListedID, error) {
	leave, stay := map[trustdata.KeyID]bool{}, map[trustdata.KeyID]bool{}
	var releases notary.Delegation
	for _, d := range body.Delegations {
		if d.Role == trustdata.RoleReleases {
			releases = d
			continue
		}
		_, ids, err := canonicalIDs(body.Keys, d.KeyIDs, d.Role)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			if d.Role == role {
				leave[id] = true
			} else {
				stay[id] = true
			}
		}
	}
	var gone []trustdata.ListedID
	for _, listed := range releases.KeyIDs {
		key := body.Keys[listed]
		id, err := key.KeyID()
		if err != nil {
			return nil, err
		}
		if leave[id] && !stay[id] {
			gone = append(gone, listed)
		}
	}
	return gone, nil
}

// keepReleases looks whether the file of releases still counts by the keys that stay, and
// has it signed again if not, where one of them is here. It reports whether its tags stay.
func (b *editor) keepReleases(e *Edit, name string, stay notary.RoleKeys) bool {
	const role = trustdata.RoleReleases
	file, ok := b.repo.Targets[role]
	if !ok || signedBy(file.SignedBy, stay) {
		return true
	}
	_, err := b.roleSigners(role)
	tags := counted(len(file.Body.Targets))
	switch {
	case err == nil:
		e.Roles = append(e.Roles, role)
		e.Changes = append(e.Changes, fmt.Sprintf("%s: a key that stays signs its %s again, since only %s had signed", role, tags, name))
		return true
	case len(stay.KeyIDs) == 0:
		e.Warnings = append(e.Warnings, fmt.Sprintf("THE LAST SIGNER: %s goes too, and its %s%s can no longer be pulled", role, tags, clause(file)))
	default:
		e.shut = append(e.shut, role)
		e.Warnings = append(e.Warnings, fmt.Sprintf("ONLY %s HAS SIGNED %s: its %s%s can no longer be pulled, until a signer who stays signs again", strings.ToUpper(name), role, tags, clause(file)))
	}
	return false
}

func signedBy(by []trustdata.ListedID, who notary.RoleKeys) bool {
	n := 0
	for _, id := range by {
		if slices.Contains(who.KeyIDs, id) {
			n++
		}
	}
	return n >= max(who.Threshold, 1)
}

func clause(file *notary.File[notary.Targets]) string {
	var names []string
	for _, entry := range file.Body.Targets {
		names = append(names, entry.Name)
	}
	if len(names) == 0 {
		return ""
	}
	return " (" + few(names) + ")"
}

// tagsWithout names the tags that only the signer vouched for: those that nobody signs any
// more, and, where its tags are kept, those of releases that stay with nobody's name.
func (b *editor) tagsWithout(e *Edit, name string, role trustdata.Role, kept bool) {
	var lost, nameless []string
	for _, tag := range b.repo.Collection().Tags {
		switch {
		case !slices.Contains(tag.Roles, role):
		case len(tag.Roles) == 1:
			lost = append(lost, tag.Name)
		case slices.Equal(tag.Signers, []string{name}):
			nameless = append(nameless, tag.Name)
		}
	}
	if len(lost) > 0 {
		e.WillNotFollow = append(e.WillNotFollow, fmt.Sprintf("nobody signs %s any more: %s", counted(len(lost)), few(lost)))
	}
	if kept && len(nameless) > 0 {
		e.WillNotFollow = append(e.WillNotFollow, fmt.Sprintf("Repo Admin vouches from now on for %s that only %s vouched for: %s; keyrite revoke takes one away", counted(len(nameless)), name, few(nameless)))
	}
}
