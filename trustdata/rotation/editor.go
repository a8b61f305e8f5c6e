package rotation

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// editor looks at one repository with the keys that are here.
type editor struct {
	repo *notary.Repository
	held held
	now  time.Time
	// bodies are the edit's: a role is signed by the keys that it will have.
	bodies map[trustdata.Role]notary.Targets
}

// delegation is how the parent of role lists it once the edit is made.
func (b *editor) delegation(role trustdata.Role) (*notary.Targets, notary.Delegation, bool) {
	parent, ok := b.bodies[role.Parent()]
	if !ok {
		file, known := b.repo.Targets[role.Parent()]
		if !known {
			return nil, notary.Delegation{}, false
		}
		parent = file.Body
	}
	i := indexOf(&parent, role)
	if i < 0 {
		return nil, notary.Delegation{}, false
	}
	return &parent, parent.Delegations[i], true
}

// indexOf is where a body lists a delegation, or -1.
func indexOf(body *notary.Targets, role trustdata.Role) int {
	return slices.IndexFunc(body.Delegations, func(d notary.Delegation) bool { return d.Role == role })
}

// listed are the keys that role's delegator lists, by canonical ID, and its threshold.
func (b *editor) listed(role trustdata.Role) (map[trustdata.KeyID]trustdata.ListedID, []trustdata.KeyID, int, error) {
	if role.IsBase() {
		listed, order, err := roleKeys(&b.repo.Root.Body, role)
		return listed, order, b.repo.Root.Body.Roles[role].Threshold, err
	}
	parent, d, ok := b.delegation(role)
	if !ok {
		return nil, nil, 0, fmt.Errorf("nobody lists the role %q", role)
	}
	listed, order, err := canonicalIDs(parent.Keys, d.KeyIDs, role)
	return listed, order, d.Threshold, err
}

// roleSigners are the keys here that can sign role, or a MissingKeyError.
func (b *editor) roleSigners(role trustdata.Role) ([]trustdata.KeyID, error) {
	_, order, threshold, err := b.listed(role)
	if err != nil {
		return nil, err
	}
	var here []trustdata.KeyID
	for _, id := range order {
		if _, ok := b.held[id]; ok {
			here = append(here, id)
		}
	}
	if len(here) == 0 || len(here) < threshold {
		return nil, &MissingKeyError{GUN: b.repo.GUN, Role: role, Listed: order, Threshold: max(threshold, 1), Found: len(here)}
	}
	return here, nil
}

// signingRoles are the roles that docker would write a tag to.
func (b *editor) signingRoles(tag string) ([]trustdata.Role, error) {
	targets := b.repo.Targets[trustdata.RoleTargets].Body
	if len(targets.Delegations) == 0 {
		_, err := b.roleSigners(trustdata.RoleTargets)
		return []trustdata.Role{trustdata.RoleTargets}, err
	}
	var roles []trustdata.Role
	var missing error
	for _, d := range targets.Delegations {
		if !slices.ContainsFunc(d.Paths, func(prefix string) bool { return strings.HasPrefix(tag, prefix) }) {
			continue
		}
		if _, err := b.roleSigners(d.Role); err != nil {
			missing = err
			continue
		}
		roles = append(roles, d.Role)
	}
	if len(roles) == 0 && missing == nil {
		missing = fmt.Errorf("no delegation of %q admits the tag %q", b.repo.GUN, tag)
	}
	if len(roles) == 0 {
		return nil, missing
	}
	return roles, nil
}

// skipped are the delegations whose file was refused, in order.
func (b *editor) skipped() []trustdata.Role {
	return slices.Sorted(maps.Keys(b.repo.Skipped))
}

func (b *editor) entry(role trustdata.Role, tag string) (Target, bool) {
	return entryOf(b.repo, role, tag)
}

func entryOf(repo *notary.Repository, role trustdata.Role, tag string) (Target, bool) {
	file, ok := repo.Targets[role]
	if !ok {
		return Target{}, false
	}
	e, ok := file.Body.Targets.Get(tag)
	return Target{hex.EncodeToString(e.Hashes.SHA256), e.Length}, ok
}
