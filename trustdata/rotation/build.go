package rotation

import (
	"fmt"
	"slices"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// Keys are the opened private keys of an operation, by canonical ID.
type Keys map[trustdata.KeyID]trustdata.SigningKey

// builder makes the files of one upload.
type builder struct {
	plan *Plan
	keys Keys
	now  time.Time
	// next is the role's new public key, as root is to list it; nextKey is its private
	// half, nil where the server holds it.
	next    trustdata.PublicKey
	nextKey trustdata.SigningKey
}

// upload signs root, the rotated role's own file, and the snapshot where its key is here.
// Root and the re-signed file always go together: the server accepts a root whose targets
// key has signed nothing, and every client then fails (notary-v1.md 4.3).
func (b *builder) upload() (map[trustdata.Role][]byte, error) {
	files := map[trustdata.Role][]byte{}
	root, err := b.root()
	if err != nil {
		return nil, err
	}
	files[trustdata.RoleRoot] = root.Raw
	if b.plan.Role == trustdata.RoleTargets {
		if files[trustdata.RoleTargets], err = b.targets(); err != nil {
			return nil, err
		}
	}
	if b.plan.withSnapshot {
		if files[trustdata.RoleSnapshot], err = b.snapshot(&root.Body, files); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// root lists the new key in place of the role's old ones. Old root certificates stay in
// keys for ever, as the reference implementation leaves them; other roles' old keys go,
// unless another role still lists them.
func (b *builder) root() (*notary.File[notary.Root], error) {
	old := b.plan.base.Root
	body := old.Body.Clone()
	body.Version++
	body.Expires = b.now.Add(notary.Lifetime(trustdata.RoleRoot))
	previous := body.Roles[b.plan.Role].KeyIDs
	body.Keys[b.next.ListedID()] = b.next
	body.Roles[b.plan.Role] = notary.RoleKeys{KeyIDs: []trustdata.ListedID{b.next.ListedID()}, Threshold: 1}
	if b.plan.Role != trustdata.RoleRoot {
		dropUnlisted(&body, previous)
	}
	signers, err := b.signers(&old.Body, trustdata.RoleRoot)
	if err != nil {
		return nil, err
	}
	if b.plan.Role == trustdata.RoleRoot {
		signers = append(signers, notary.Signer{Key: b.nextKey, Listed: b.next.ListedID()})
	}
	return notary.SignRoot(body, signers)
}

func dropUnlisted(root *notary.Root, ids []trustdata.ListedID) {
	for _, id := range ids {
		listed := false
		for _, keys := range root.Roles {
			listed = listed || slices.Contains(keys.KeyIDs, id)
		}
		if !listed {
			delete(root.Keys, id)
		}
	}
}

func (b *builder) targets() ([]byte, error) {
	body := b.plan.base.Targets[trustdata.RoleTargets].Body.Clone()
	body.Version++
	body.Expires = b.now.Add(notary.Lifetime(trustdata.RoleTargets))
	file, err := notary.SignTargets(trustdata.RoleTargets, body, []notary.Signer{{Key: b.nextKey, Listed: b.next.ListedID()}})
	if err != nil {
		return nil, err
	}
	return file.Raw, nil
}

// snapshot names the new files and keeps every other entry, delegations included.
func (b *builder) snapshot(root *notary.Root, files map[trustdata.Role][]byte) ([]byte, error) {
	old := b.plan.base.Snapshot.Body
	body := notary.Snapshot{Version: old.Version + 1, Expires: b.now.Add(notary.Lifetime(trustdata.RoleSnapshot)),
		Meta: map[trustdata.Role]notary.Meta{}}
	for role, meta := range old.Meta {
		body.Meta[role] = meta
	}
	for role, raw := range files {
		body.Meta[role] = notary.MetaOf(raw)
	}
	signers, err := b.signers(root, trustdata.RoleSnapshot)
	if err != nil {
		return nil, err
	}
	file, err := notary.SignSnapshot(body, signers)
	if err != nil {
		return nil, err
	}
	return file.Raw, nil
}

// signers gathers the opened keys that root lists for role.
func (b *builder) signers(root *notary.Root, role trustdata.Role) ([]notary.Signer, error) {
	listed, order, err := roleKeys(root, role)
	if err != nil {
		return nil, err
	}
	var out []notary.Signer
	for _, id := range order {
		key, ok := b.keys[id]
		if !ok && b.nextKey != nil && listed[id] == b.next.ListedID() {
			key, ok = b.nextKey, true
		}
		if ok {
			out = append(out, notary.Signer{Key: key, Listed: listed[id]})
		}
	}
	if need := root.Roles[role].Threshold; len(out) < need {
		return nil, fmt.Errorf("signing %s needs %d opened key(s), %d given", role, need, len(out))
	}
	return out, nil
}
