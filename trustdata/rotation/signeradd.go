package rotation

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// SignerRequest says whose keys may sign, and whether what they sign is released: docker
// pulls only what targets/releases or targets vouches for.
type SignerRequest struct {
	GUN      trustdata.GUN
	Name     string
	Keys     []trustdata.PublicKey
	Releases bool
}

// signerName is what docker takes for a signer's name.
var signerName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("^[a-z0-9][a-z0-9_-]*$") })

func signerRole(name string) (trustdata.Role, error) {
	if role := trustdata.Role("targets/" + name); signerName().MatchString(name) && role != trustdata.RoleReleases {
		return trustdata.ParseRole(string(role))
	}
	return "", usagef("a signer cannot be called %q: lower-case letters, digits, - and _, and not releases", name)
}

// PlanAddSigner plans to list keys in targets/NAME and in targets/releases, as docker does:
// roles that are not there yet are made, for every tag, with one key enough. Where all are
// listed already it is ErrNothing.
func (r *Rotator) PlanAddSigner(ctx context.Context, q SignerRequest) (*Edit, error) {
	own, err := signerRole(q.Name)
	if err != nil {
		return nil, err
	}
	if len(q.Keys) == 0 {
		return nil, usagef("no key of %s is given", q.Name)
	}
	e, b, err := r.planEdit(ctx, "signer add "+q.Name, q.GUN)
	if err != nil {
		return nil, err
	}
	body := b.repo.Targets[trustdata.RoleTargets].Body.Clone()
	if body.Keys == nil {
		body.Keys = map[trustdata.ListedID]trustdata.PublicKey{}
	}
	first := len(body.Delegations) == 0
	roles := []trustdata.Role{own}
	if q.Releases {
		roles = append(roles, trustdata.RoleReleases)
	}
	var listed []trustdata.Role
	for _, role := range roles {
		added, err := e.list(&body, role, q.Keys)
		if err != nil {
			return nil, err
		}
		if added {
			listed = append(listed, role)
		}
	}
	if len(listed) == 0 {
		return nil, fmt.Errorf("every key is listed for %s already: %w", q.Name, ErrNothing)
	}
	e.Roles, e.bodies[trustdata.RoleTargets] = []trustdata.Role{trustdata.RoleTargets}, body
	for _, role := range listed {
		if err := r.shutOut(ctx, e, b, role); err != nil {
			return nil, err
		}
	}
	if n := len(body.Targets); first && n > 0 {
		e.WillNotFollow = append(e.WillNotFollow, fmt.Sprintf("targets keeps its %s; docker signs in delegations from now on", counted(n)))
	}
	return e, b.finish(e)
}

// list adds those keys to a delegation that it does not list yet, and makes it if need be. A
// key that is listed by another of its certificates is listed.
func (e *Edit) list(body *notary.Targets, role trustdata.Role, keys []trustdata.PublicKey) (added bool, err error) {
	i := indexOf(body, role)
	if i < 0 {
		i = len(body.Delegations)
		body.Delegations = append(body.Delegations, notary.Delegation{Role: role, Paths: []string{""}, RoleKeys: notary.RoleKeys{Threshold: 1}})
		e.Changes = append(e.Changes, fmt.Sprintf("%s: is made, for every tag; one of its keys is enough", role))
		added = true
	}
	d := &body.Delegations[i]
	if !slices.Contains(d.Paths, "") {
		e.WillNotFollow = append(e.WillNotFollow, fmt.Sprintf("%s admits only tags that begin with %q, and that stays so", role, d.Paths))
	}
	there, _, err := canonicalIDs(body.Keys, d.KeyIDs, role)
	if err != nil {
		return false, err
	}
	for _, key := range keys {
		id, err := key.KeyID()
		if err != nil {
			return false, err
		}
		if _, ok := there[id]; ok {
			continue
		}
		there[id], added = key.ListedID(), true
		body.Keys[key.ListedID()] = key
		d.KeyIDs = append(d.KeyIDs, key.ListedID())
		e.Changes = append(e.Changes, fmt.Sprintf("%s: lists the %s key %s", role, strings.TrimSuffix(string(key.Type), "-x509"), id))
	}
	return added, nil
}
