package tufrepo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"keyrite/trustdata"
)

// ErrRequest is what a request for a rotation Is that can never work as it was made.
var ErrRequest = errors.New("cannot be rotated so")

// ErrMoved is what Write returns for a repository that is not as the plan saw it.
var ErrMoved = errors.New("the repository has changed since it was looked at")

// MissingKeyError is a role that too few of the keys at hand can sign for.
type MissingKeyError struct {
	Role trustdata.Role
	// Listed are the canonical IDs of its keys, Threshold how many of them must sign, and
	// Found how many are at hand.
	Listed           []trustdata.KeyID
	Threshold, Found int
}

func (e *MissingKeyError) Error() string {
	return fmt.Sprintf("%d of the %d keys of role %q that must sign are here", e.Found, e.Threshold, e.Role)
}

// Need is a key that must be opened, and for what.
type Need struct {
	KeyID trustdata.KeyID
	Role  trustdata.Role
	Why   string
}

// Rotation is the plan to replace one key of root or targets in a local repository. What
// it changes is the key alone: dates stay as they are.
type Rotation struct {
	Base string
	Role trustdata.Role
	// Old is the canonical ID of the key that goes, and RootVersion the next root's.
	Old         trustdata.KeyID
	RootVersion int64
	// Needs are the keys that must be opened. One more is made.
	Needs []Need
	// Changes are sentences for people.
	Changes []string

	res  *Result
	root []byte // that the trust starts from
}

// PlanRotation computes the replacement of a key of role, which is root or targets, in the
// local repository that was opened as res with o; a delegation that does not verify is no
// hindrance. Old is the key that goes, "" for the only
// one; held tells which keys are at hand. It changes nothing.
//
// The old key of targets must be at hand: the new targets file is signed by both, so that
// it holds under the old root and the new one, and clients are served something valid at
// every moment.
func PlanRotation(res *Result, o Options, role trustdata.Role, old trustdata.KeyID, held func(trustdata.KeyID) bool) (*Rotation, error) {
	switch {
	case IsURL(o.Base):
		return nil, fmt.Errorf("%w: %q is a server, and only local repositories can be written", ErrRequest, o.Base)
	case role != trustdata.RoleRoot && role != trustdata.RoleTargets:
		return nil, fmt.Errorf("%w: role %q, and in a TUF repository only root and targets can be", ErrRequest, role)
	}
	view, _ := res.Collection.Role(role)
	ids := keyIDs(view)
	if old == "" && len(ids) == 1 {
		old = ids[0]
	}
	if !slices.Contains(ids, old) {
		return nil, fmt.Errorf("%w: say which of the %d keys of %q goes", ErrRequest, len(ids), role)
	}
	p := &Rotation{Base: o.Base, Role: role, Old: old, RootVersion: res.set.top.Root.Signed.Version + 1, res: res, root: o.Root}
	signing := []trustdata.Role{trustdata.RoleRoot}
	if role == trustdata.RoleTargets {
		signing = append(signing, trustdata.RoleTargets, trustdata.RoleSnapshot, trustdata.RoleTimestamp)
	}
	for _, r := range signing {
		if err := p.need(r, held); err != nil {
			return nil, err
		}
	}
	p.words()
	return p, nil
}

func keyIDs(v trustdata.RoleView) []trustdata.KeyID {
	var ids []trustdata.KeyID
	for _, k := range v.Keys {
		if k.KeyID != "" && !slices.Contains(ids, k.KeyID) {
			ids = append(ids, k.KeyID)
		}
	}
	return ids
}

// need asks for every key of a role that is at hand: its threshold must be reached, with
// the new key in the place of the old one too.
func (p *Rotation) need(role trustdata.Role, held func(trustdata.KeyID) bool) error {
	view, _ := p.res.Collection.Role(role)
	found := 0
	for _, id := range keyIDs(view) {
		if held(id) {
			found++
			p.Needs = append(p.Needs, Need{id, role, fmt.Sprintf("it signs the next %s", role)})
		}
	}
	if found < view.Threshold {
		return &MissingKeyError{Role: role, Listed: keyIDs(view), Threshold: view.Threshold, Found: found}
	}
	return nil
}

func (p *Rotation) words() {
	p.Changes = []string{fmt.Sprintf("version %d of root lists a new key for %s in the place of %s", p.RootVersion, p.Role, p.Old.Short())}
	if p.Role == trustdata.RoleTargets {
		p.Changes = append(p.Changes, "targets, snapshot and timestamp are signed again, each with the next version")
	}
	p.Changes = append(p.Changes, "end dates stay as they are")
}

// file is one that a rotation writes.
type file struct {
	name string
	raw  []byte
}

// Change is a rotation that is signed and was verified, and of which nothing was written.
type Change struct {
	plan *Rotation
	// files stand in the order in which they are written.
	files []file
	next  trustdata.KeyID
}

// Build signs with the opened keys, which plan.Needs lists, and with the new one, and
// verifies the outcome as clients will see it, after each file that is written and with
// the root that the trust started from. It writes nothing.
func (p *Rotation) Build(ctx context.Context, keys map[trustdata.KeyID]trustdata.SigningKey, next trustdata.SigningKey, now time.Time) (*Change, error) {
	newID, err := next.Public().KeyID()
	if err != nil {
		return nil, err
	}
	b := &rebuild{p: p, keys: keys, next: next}
	if err := b.run(); err != nil {
		return nil, err
	}
	c := &Change{plan: p, files: b.files, next: newID}
	return c, c.rehearse(ctx, now)
}

// rehearse verifies the repository as it will be. Where each version has a file of its own
// it must verify after every single one; else there is a moment at which files that belong
// together are not all there, which an unfinished rotation makes good.
func (c *Change) rehearse(ctx context.Context, now time.Time) error {
	over := map[string][]byte{}
	o := Options{Base: c.plan.Base, Root: c.plan.root, Now: func() time.Time { return now }}
	for i, f := range c.files {
		over[f.name] = f.raw
		if i < len(c.files)-1 && !c.plan.res.set.top.Root.Signed.ConsistentSnapshot {
			continue
		}
		res, err := openOver(ctx, o, over)
		if err != nil {
			return fmt.Errorf("the new metadata was not written, for it would not verify: %w", err)
		}
		if i == len(c.files)-1 {
			return c.holds(res)
		}
	}
	return nil
}

// holds checks that a repository lists the new key and not the old one.
func (c *Change) holds(res *Result) error {
	view, _ := res.Collection.Role(c.plan.Role)
	root, _ := res.Collection.Role(trustdata.RoleRoot)
	ids := keyIDs(view)
	if !slices.Contains(ids, c.next) || slices.Contains(ids, c.plan.Old) || root.Version != c.plan.RootVersion {
		return fmt.Errorf("version %d of root does not list the new key for %q", root.Version, c.plan.Role)
	}
	return nil
}

// rebuild makes the files of one rotation.
type rebuild struct {
	p     *Rotation
	keys  map[trustdata.KeyID]trustdata.SigningKey
	next  trustdata.SigningKey
	files []file
}

func (b *rebuild) run() error {
	set := b.p.res.set
	old := set.top.Root
	root, err := metadata.Root().FromBytes(b.p.res.Files[trustdata.RoleRoot])
	if err != nil {
		return err
	}
	if err := b.replace(&root.Signed); err != nil {
		return err
	}
	if b.p.Role == trustdata.RoleTargets {
		if err := b.below(old, root); err != nil {
			return err
		}
	}
	return add(b, root, metadata.ROOT, root.Signed.Version, true, old, root)
}

// replace gives the role its new key in root.
func (b *rebuild) replace(root *metadata.RootType) error {
	role := string(b.p.Role)
	for _, id := range slices.Clone(root.Roles[role].KeyIDs) {
		public, err := publicOf(root.Keys[id])
		if err == nil && trustdata.KeyID(public.ListedID()) == b.p.Old {
			if err := root.RevokeKey(id, role); err != nil {
				return err
			}
		}
	}
	listed, _, err := listing(b.next)
	if err != nil {
		return err
	}
	root.Version = b.p.RootVersion
	return root.AddKey(listed, role)
}

// below signs targets, snapshot and timestamp again, in the order in which they may be
// written: each verifies under the old root.
func (b *rebuild) below(old, root *metadata.Metadata[metadata.RootType]) error {
	consistent := old.Signed.ConsistentSnapshot
	targets, err := metadata.Targets().FromBytes(b.p.res.Files[trustdata.RoleTargets])
	if err != nil {
		return err
	}
	snapshot, err := metadata.Snapshot().FromBytes(b.p.res.Files[trustdata.RoleSnapshot])
	if err != nil {
		return err
	}
	timestamp, err := metadata.Timestamp().FromBytes(b.p.res.Files[trustdata.RoleTimestamp])
	if err != nil {
		return err
	}
	targets.Signed.Version++
	if err := add(b, targets, metadata.TARGETS, targets.Signed.Version, consistent, old, root); err != nil {
		return err
	}
	b.name(snapshot.Signed.Meta["targets.json"], targets.Signed.Version)
	snapshot.Signed.Version++
	if err := add(b, snapshot, metadata.SNAPSHOT, snapshot.Signed.Version, consistent, old, root); err != nil {
		return err
	}
	b.name(timestamp.Signed.Meta["snapshot.json"], snapshot.Signed.Version)
	timestamp.Signed.Version++
	return add(b, timestamp, metadata.TIMESTAMP, timestamp.Signed.Version, false, old, root)
}

// name makes meta name the file that was added last, as fully as it named the one before.
func (b *rebuild) name(meta *metadata.MetaFiles, version int64) {
	raw := b.files[len(b.files)-1].raw
	meta.Version = version
	if meta.Length != 0 {
		meta.Length = int64(len(raw))
	}
	if len(meta.Hashes) != 0 {
		sum := sha256.Sum256(raw)
		meta.Hashes = metadata.Hashes{"sha256": sum[:]}
	}
}

// add signs a file with every opened key that the old or the new root lists for its role,
// and with the new key where it is listed.
func add[T metadata.Roles](b *rebuild, m *metadata.Metadata[T], role string, version int64, numbered bool, old, root *metadata.Metadata[metadata.RootType]) error {
	m.ClearSignatures()
	signed := map[string]bool{}
	for _, r := range []*metadata.Metadata[metadata.RootType]{old, root} {
		for _, id := range r.Signed.Roles[role].KeyIDs {
			key, err := b.keyOf(r.Signed.Keys[id])
			if err != nil || key == nil || signed[id] {
				continue // another signer's key: the rehearsal tells whether it was needed
			}
			if err := signAs(m, id, key); err != nil {
				return err
			}
			signed[id] = true
		}
	}
	raw, err := m.ToBytes(false)
	if err != nil {
		return err
	}
	b.files = append(b.files, file{fileName(role, version, numbered), raw})
	return nil
}

// keyOf is the opened or new key that a listed one is the public half of, nil for none.
func (b *rebuild) keyOf(listed *metadata.Key) (trustdata.SigningKey, error) {
	public, err := publicOf(listed)
	if err != nil {
		return nil, err
	}
	if next := b.next.Public(); next.Type == public.Type && bytes.Equal(next.Value, public.Value) {
		return b.next, nil
	}
	return b.keys[trustdata.KeyID(public.ListedID())], nil
}
