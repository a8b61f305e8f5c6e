package notary

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"keyrite/trustdata"
)

// CheckUpload verifies files that are about to be published, as a client would that has
// base (the repository as it is now; nil for a first publish) and as one would that sees
// the repository for the first time. It refuses what a trust server takes although it
// breaks the repository: bytes that the server renders otherwise, a root whose new keys
// have not signed the targets that stay, and a snapshot that does not name the files as
// they are. A snapshot may be absent where the server makes it; a timestamp never comes
// from a client. Versions must be above base's, and root's the next one. The delegations in
// shut may be left with a file that the keys which stay have not signed: it no longer counts.
func CheckUpload(base *Repository, upload map[trustdata.Role][]byte, p Policy, shut ...trustdata.Role) error {
	if len(upload) == 0 {
		return fmt.Errorf("there is nothing to publish")
	}
	if base == nil {
		base = &Repository{}
	}
	for _, role := range slices.Sorted(maps.Keys(upload)) {
		if err := exact(role, upload[role]); err != nil {
			return err
		}
	}
	c := &checker{base: base, upload: upload, policy: p, shut: shut, files: map[trustdata.Role][]byte{}}
	root, err := c.root()
	if err != nil {
		return err
	}
	targets := trustdata.RoleTargets
	if err := c.targets(targets, root.Body.Keys, root.Body.Roles[targets]); err != nil {
		return err
	}
	for _, role := range slices.Sorted(maps.Keys(upload)) {
		if _, reached := c.files[role]; role.IsDelegation() && !reached {
			return trustdata.Refuse(role, trustdata.ReasonMissing, "no file that verifies lists this role")
		}
	}
	return c.snapshot(root)
}

// exact refuses bytes that a trust server would not render for the file that they hold.
func exact(role trustdata.Role, raw []byte) (err error) {
	same := false
	switch role {
	case trustdata.RoleRoot:
		same, err = exactAs(raw, ParseRoot, encodeRoot)
	case trustdata.RoleSnapshot:
		same, err = exactAs(raw, ParseSnapshot, encodeSnapshot)
	case trustdata.RoleTimestamp:
		return trustdata.Refuse(role, trustdata.ReasonFormat, "only the server makes timestamps")
	default:
		same, err = exactAs(raw, parserOf(role), encodeTargets)
	}
	if err == nil && !same {
		err = trustdata.Refuse(role, trustdata.ReasonFormat, "its bytes are not those that a trust server writes for it")
	}
	return err
}

func exactAs[B any](raw []byte, parse func([]byte) (*File[B], error), encode func(*encoder, B)) (bool, error) {
	f, err := parse(raw)
	return err == nil && rendersAs(f, encode), err
}

// checker verifies the state that the repository has once the upload is published.
type checker struct {
	base   *Repository
	upload map[trustdata.Role][]byte
	policy Policy
	shut   []trustdata.Role
	files  map[trustdata.Role][]byte // targets files of that state that verify
}

func (c *checker) root() (*File[Root], error) {
	const role = trustdata.RoleRoot
	raw, uploaded := c.upload[role]
	switch {
	case c.base.Root == nil && !uploaded:
		return nil, trustdata.Refuse(role, trustdata.ReasonMissing, "a first publish needs a root")
	case c.base.Root == nil:
	case !uploaded:
		raw = c.base.Root.Raw
	case bytes.Equal(raw, c.base.Root.Raw):
		return nil, trustdata.Refuse(role, trustdata.ReasonRollback, "version %d is published already", c.base.Root.Body.Version)
	default:
		if _, err := c.policy.NextRoot(c.base.Root, raw, true); err != nil {
			return nil, err
		}
	}
	return c.policy.FirstRoot(raw)
}

// targets verifies the file of role, the uploaded one or the one that stays, and goes
// down to the delegations that it lists.
func (c *checker) targets(role trustdata.Role, keys map[trustdata.ListedID]trustdata.PublicKey, who RoleKeys) error {
	f, err := c.targetsFile(role, keys, who)
	if err != nil || f == nil {
		return err
	}
	c.files[role] = f.Raw
	for _, d := range f.Body.Delegations {
		if err := c.targets(d.Role, f.Body.Keys, d.RoleKeys); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) targetsFile(role trustdata.Role, keys map[trustdata.ListedID]trustdata.PublicKey, who RoleKeys) (*File[Targets], error) {
	old := c.base.Targets[role]
	if raw, ok := c.upload[role]; ok {
		f, err := c.policy.targets(role, keys, who, raw)
		if err == nil && old != nil {
			err = above(role, f.Body.Version, old.Body.Version)
		}
		return f, err
	}
	if old == nil {
		if role == trustdata.RoleTargets {
			return nil, trustdata.Refuse(role, trustdata.ReasonMissing, "a first publish needs targets")
		}
		return nil, nil // never published, or refused before this upload too
	}
	if role.IsDelegation() && (distinct(who.KeyIDs) < who.Threshold || slices.Contains(c.shut, role)) {
		return nil, nil // shut on purpose: the last key that has signed it was taken away
	}
	return old, signedBy(&old.Envelope, role, keys, who)
}

func above(role trustdata.Role, version, published int64) error {
	if version <= published {
		return trustdata.Refuse(role, trustdata.ReasonRollback, "version %d is not above version %d, which is published", version, published)
	}
	return nil
}

// snapshot verifies an uploaded snapshot, and that it names every file of the new state.
func (c *checker) snapshot(root *File[Root]) error {
	const role = trustdata.RoleSnapshot
	raw, ok := c.upload[role]
	if !ok {
		return nil
	}
	f, err := c.policy.snapshot(root, raw)
	if err != nil {
		return err
	}
	if c.base.Snapshot != nil {
		if err := above(role, f.Body.Version, c.base.Snapshot.Body.Version); err != nil {
			return err
		}
	}
	for _, role := range slices.Sorted(maps.Keys(c.files)) {
		meta, ok := f.Body.Meta[role]
		if !ok {
			return trustdata.Refuse(role, trustdata.ReasonMissing, "the snapshot does not name its file")
		}
		if err := meta.match(role, c.files[role]); err != nil {
			return err
		}
	}
	return nil
}
