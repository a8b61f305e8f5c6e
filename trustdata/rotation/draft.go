package rotation

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// Keys are the opened private keys of an operation, by canonical ID. Those that the
// operation makes belong to them as soon as they are made.
type Keys map[trustdata.KeyID]trustdata.SigningKey

// draft is what a change makes of a repository's files, before they are signed. Versions
// and dates are set; what a draft leaves out stays as it is.
type draft struct {
	base *notary.Repository
	root *notary.Root
	// signed is root as it was signed on another machine; nil where it is signed here.
	signed []byte
	// targets are the new bodies of targets.json and of delegations.
	targets map[trustdata.Role]notary.Targets
	// unnamed are roles whose file a snapshot that is made here no longer names.
	unnamed []trustdata.Role
	// withSnapshot says that the snapshot key is here: the upload carries a snapshot.
	withSnapshot bool
	// former are certificates of earlier root keys, whose opened ones sign root too.
	former []trustdata.ListedID
}

// sign signs every file of the draft with those keys that the roles list once it has
// landed; root is signed by the former root's keys too. Root and what a new key of root
// has to sign always go together: the server accepts a root whose targets key has signed
// nothing, and every client then fails (notary-v1.md 4.3).
func (d *draft) sign(keys Keys, now time.Time) (map[trustdata.Role][]byte, map[trustdata.Role]int64, error) {
	files, versions := map[trustdata.Role][]byte{}, map[trustdata.Role]int64{}
	if d.root != nil {
		raw, err := d.signRoot(keys)
		if err != nil {
			return nil, nil, err
		}
		files[trustdata.RoleRoot], versions[trustdata.RoleRoot] = raw, d.root.Version
	}
	for role, body := range d.targets {
		signers, err := d.targetsSigners(role, keys)
		if err != nil {
			return nil, nil, err
		}
		file, err := notary.SignTargets(role, body, signers)
		if err != nil {
			return nil, nil, err
		}
		files[role], versions[role] = file.Raw, body.Version
	}
	if d.withSnapshot {
		raw, err := d.snapshot(files, keys, now)
		if err != nil {
			return nil, nil, err
		}
		files[trustdata.RoleSnapshot], versions[trustdata.RoleSnapshot] = raw, d.base.Snapshot.Body.Version+1
	}
	return files, versions, nil
}

// signRoot gives root.json, signed here or elsewhere.
func (d *draft) signRoot(keys Keys) ([]byte, error) {
	if d.signed != nil {
		return d.signed, nil
	}
	signers, err := d.rootSigners(keys)
	if err != nil {
		return nil, err
	}
	file, err := notary.SignRoot(*d.root, signers)
	if err != nil {
		return nil, err
	}
	return file.Raw, nil
}

// newRoot is root.json as it will be.
func (d *draft) newRoot() *notary.Root {
	if d.root != nil {
		return d.root
	}
	return &d.base.Root.Body
}

// rootSigners are the opened keys of the new root and, but for a first one, of the former.
func (d *draft) rootSigners(keys Keys) ([]notary.Signer, error) {
	signers, err := opened(keys, d.root.Keys, d.root.Roles[trustdata.RoleRoot], trustdata.RoleRoot)
	if err != nil || d.base == nil {
		return signers, err
	}
	old := &d.base.Root.Body
	former, err := opened(keys, old.Keys, old.Roles[trustdata.RoleRoot], trustdata.RoleRoot)
	if err != nil {
		return nil, err
	}
	along, err := opened(keys, old.Keys, notary.RoleKeys{KeyIDs: d.former, Threshold: len(d.former)}, trustdata.RoleRoot)
	if err != nil && len(d.former) > 0 {
		return nil, err
	}
	for _, s := range append(signers, along...) {
		if !slices.ContainsFunc(former, func(f notary.Signer) bool { return f.Listed == s.Listed }) {
			former = append(former, s)
		}
	}
	return former, nil
}

// targetsSigners are the opened keys that role's delegator lists once the draft has landed.
func (d *draft) targetsSigners(role trustdata.Role, keys Keys) ([]notary.Signer, error) {
	if role == trustdata.RoleTargets {
		root := d.newRoot()
		return opened(keys, root.Keys, root.Roles[role], role)
	}
	parent, ok := d.targets[role.Parent()]
	if !ok {
		file, known := d.base.Targets[role.Parent()]
		if !known {
			return nil, fmt.Errorf("nobody lists the role %q", role)
		}
		parent = file.Body
	}
	for _, listed := range parent.Delegations {
		if listed.Role == role {
			return opened(keys, parent.Keys, listed.RoleKeys, role)
		}
	}
	return nil, fmt.Errorf("nobody lists the role %q", role)
}

// snapshot names the new files and keeps every other entry, delegations included.
func (d *draft) snapshot(files map[trustdata.Role][]byte, keys Keys, now time.Time) ([]byte, error) {
	body := notary.Snapshot{Version: d.base.Snapshot.Body.Version + 1, Expires: now.Add(notary.Lifetime(trustdata.RoleSnapshot)),
		Meta: map[trustdata.Role]notary.Meta{}}
	for role, meta := range d.base.Snapshot.Body.Meta {
		body.Meta[role] = meta
	}
	for _, role := range d.unnamed {
		delete(body.Meta, role)
	}
	for role, raw := range files {
		body.Meta[role] = notary.MetaOf(raw)
	}
	root := d.newRoot()
	signers, err := opened(keys, root.Keys, root.Roles[trustdata.RoleSnapshot], trustdata.RoleSnapshot)
	if err != nil {
		return nil, err
	}
	file, err := notary.SignSnapshot(body, signers)
	if err != nil {
		return nil, err
	}
	return file.Raw, nil
}

// errTooFewOpened is what a draft fails with whose keys were not all opened.
var errTooFewOpened = errors.New("too few keys are opened")

// opened gathers the opened keys that a role lists. Every one that is here signs, as
// docker does.
func opened(keys Keys, listed map[trustdata.ListedID]trustdata.PublicKey, who notary.RoleKeys, role trustdata.Role) ([]notary.Signer, error) {
	ids, order, err := canonicalIDs(listed, who.KeyIDs, role)
	if err != nil {
		return nil, err
	}
	var out []notary.Signer
	for _, id := range order {
		if key, ok := keys[id]; ok {
			out = append(out, notary.Signer{Key: key, Listed: ids[id]})
		}
	}
	if need := max(who.Threshold, 1); len(out) < need {
		return nil, fmt.Errorf("signing %s needs %s, %d given: %w", role, trustdata.Plural(need, "opened key", "opened keys"), len(out), errTooFewOpened)
	}
	return out, nil
}
