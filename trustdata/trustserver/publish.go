package trustserver

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// Publish checks an upload as the reference server does and stores all of it or nothing,
// with the timestamp, and the snapshot where it is the server's, that it makes. It is
// what POST does with the parts it was sent.
func (s *Server) Publish(gun trustdata.GUN, files map[trustdata.Role][]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := &update{
		server:  s,
		repo:    s.repos[gun],
		upload:  files,
		policy:  notary.Policy{GUN: gun, Now: s.now()},
		targets: map[trustdata.Role]*notary.File[notary.Targets]{},
	}
	for _, step := range []func() error{u.checkRoot, u.checkTargets, u.settleSnapshot, u.makeTimestamp} {
		if err := step(); err != nil {
			return err
		}
	}
	return s.store(gun, u.accepted)
}

// update is one publish under way: what was uploaded, what of it and of the store has
// been verified so far, and what will be stored.
type update struct {
	server *Server
	repo   *repository
	upload map[trustdata.Role][]byte
	policy notary.Policy

	root     *notary.File[notary.Root]
	targets  map[trustdata.Role]*notary.File[notary.Targets] // uploaded, or loaded as a parent
	snapshot []byte
	accepted []file
}

func (u *update) accept(role trustdata.Role, version int64, data []byte) {
	u.accepted = append(u.accepted, newFile(role, version, data))
}

// checkRoot settles which root the rest of the upload is checked against.
func (u *update) checkRoot() error {
	var previous *notary.File[notary.Root]
	if cur := u.repo.current(trustdata.RoleRoot); cur != nil {
		var err error
		if previous, err = u.storedRoot(cur.data); err != nil {
			return err
		}
	}
	raw, uploaded := u.upload[trustdata.RoleRoot]
	if !uploaded {
		if previous == nil {
			return refuse(badValidation, "no pre-existing root and no root provided in update.")
		}
		u.root = previous
		return nil
	}
	root, err := u.newRoot(previous, raw)
	if err != nil {
		return err
	}
	u.root = root
	u.accept(trustdata.RoleRoot, root.Body.Version, raw)
	return nil
}

// storedRoot parses the stored root. Once its certificates have ended the server loads
// it no more and refuses every upload, a good renewal too, without a detail.
func (u *update) storedRoot(raw []byte) (*notary.File[notary.Root], error) {
	root, err := notary.ParseRoot(raw)
	if err != nil {
		return nil, errInvalidUpdate
	}
	for _, id := range root.Body.Roles[trustdata.RoleRoot].KeyIDs {
		chain, err := root.Body.Keys[id].Certificates()
		if err != nil || chain[0].NotAfter.Before(u.policy.Now) {
			return nil, errInvalidUpdate
		}
	}
	return root, nil
}

// newRoot verifies an uploaded root. One that repeats the stored version need not be
// signed by it: storing refuses it later, as a conflict.
func (u *update) newRoot(previous *notary.File[notary.Root], raw []byte) (*notary.File[notary.Root], error) {
	parsed, err := notary.ParseRoot(raw)
	if err != nil {
		return nil, refuse(badRoot, "%v", err)
	}
	current := int64(1)
	if previous != nil {
		current = previous.Body.Version
	}
	if v := parsed.Body.Version; v != current && v != current+1 {
		return nil, refuse(badRoot, "Root modifications must increment the version. Current %d, new %d", current, v)
	}
	if previous == nil || parsed.Body.Version == current {
		parsed, err = u.policy.FirstRoot(raw)
	} else {
		parsed, err = u.policy.NextRoot(previous, raw, true)
	}
	if err != nil {
		return nil, refuse(badRoot, "%v", err)
	}
	return parsed, nil
}

// checkTargets verifies targets and delegations, shallow ones first, each against its
// parent in the upload or else in the store.
func (u *update) checkTargets() error {
	var roles []trustdata.Role
	for role := range maps.Keys(u.upload) {
		if role == trustdata.RoleTargets || role.IsDelegation() {
			roles = append(roles, role)
		}
	}
	slices.SortFunc(roles, func(a, b trustdata.Role) int {
		return cmp.Or(strings.Count(string(a), "/")-strings.Count(string(b), "/"), strings.Compare(string(a), string(b)))
	})
	for _, role := range roles {
		if err := u.loadAncestors(role); err != nil {
			return err
		}
		verified, err := u.verifyTargets(u.policy, role, u.upload[role])
		if err != nil {
			return refuse(badTargets, "%v", err)
		}
		u.targets[role] = verified
		u.accept(role, verified.Body.Version, u.upload[role])
	}
	return nil
}

// loadAncestors loads from the store the files above role that are not loaded yet. They
// may have expired. One that the new root or its parent no longer vouches for refuses
// the upload without a detail; one that is absent leaves role without a parent.
func (u *update) loadAncestors(role trustdata.Role) error {
	if role == trustdata.RoleTargets {
		return nil
	}
	parent := role.Parent()
	if u.targets[parent] != nil {
		return nil
	}
	if err := u.loadAncestors(parent); err != nil {
		return err
	}
	stored := u.repo.current(parent)
	if stored == nil {
		return nil
	}
	anyTime := notary.Policy{GUN: u.policy.GUN, Now: time.Time{}}
	verified, err := u.verifyTargets(anyTime, parent, stored.data)
	if err != nil {
		return errInvalidUpdate
	}
	u.targets[parent] = verified
	return nil
}

// verifyTargets verifies one file by what its parent says of its keys. There is no
// snapshot yet, so the file vouches for its own hash.
func (u *update) verifyTargets(policy notary.Policy, role trustdata.Role, raw []byte) (*notary.File[notary.Targets], error) {
	self := &notary.File[notary.Snapshot]{Body: notary.Snapshot{Meta: map[trustdata.Role]notary.Meta{role: notary.MetaOf(raw)}}}
	if role == trustdata.RoleTargets {
		return policy.Targets(u.root, self, raw)
	}
	parent := u.targets[role.Parent()]
	if parent == nil {
		return nil, fmt.Errorf("the parent of %q is not known", role)
	}
	for _, d := range parent.Body.Delegations {
		if d.Role == role {
			return policy.Delegation(parent, d, self, raw)
		}
	}
	return nil, fmt.Errorf("%q does not delegate to %q", role.Parent(), role)
}

// hashed are the files that the update knows by content: root, and the targets files
// that were uploaded or loaded.
func (u *update) hashed() map[trustdata.Role]notary.Meta {
	meta := map[trustdata.Role]notary.Meta{trustdata.RoleRoot: notary.MetaOf(u.root.Raw)}
	for role, f := range u.targets {
		meta[role] = notary.MetaOf(f.Raw)
	}
	return meta
}
