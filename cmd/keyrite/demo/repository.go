package demo

import (
	"context"
	"slices"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// repository is one GUN under construction: what its next upload is signed from.
type repository struct {
	*company
	plan
	gun      trustdata.GUN
	targets  *keyring.PrivateKey
	snapshot *keyring.PrivateKey // nil where the server makes the snapshot
	root     notary.File[notary.Root]
	images   map[string]image // by label
}

// settle pushes a repository's images and publishes its metadata, the first time when it
// was founded and again when it was updated.
func (c *company) settle(ctx context.Context, p plan) error {
	r := &repository{company: c, plan: p, gun: gun(p.path), images: map[string]image{}}
	c.world.GUNs = append(c.world.GUNs, r.gun)
	var err error
	if r.targets, err = c.newKey(ctx, keyring.Header{Role: "targets", GUN: r.gun}, "targets"); err != nil {
		return err
	}
	if p.localSnapshot {
		if r.snapshot, err = c.newKey(ctx, keyring.Header{Role: "snapshot", GUN: r.gun}, "snapshot"); err != nil {
			return err
		}
	}
	if err := r.pushImages(ctx); err != nil {
		return err
	}
	c.clock.set(p.founded)
	if err := r.signFirstRoot(); err != nil {
		return err
	}
	if err := r.publish(1, true); err != nil {
		return err
	}
	if p.path == olderPath {
		c.world.trust.keep()
	}
	if p.updated != p.founded {
		c.clock.set(p.updated)
		renewed, err := r.renewRoot()
		if err != nil {
			return err
		}
		if err := r.publish(2, renewed); err != nil {
			return err
		}
	}
	if p.cached {
		return c.cache(r.gun)
	}
	return nil
}

// pushImages pushes what tags sign or serve, as an index where the repository has
// signers of its own, and points the tags at it.
func (r *repository) pushImages(ctx context.Context) error {
	push := func(label string) (err error) {
		if _, done := r.images[label]; done || label == "" {
			return nil
		}
		full := r.path + ":" + label
		if len(r.signers) > 0 {
			r.images[label], err = r.registry.index(ctx, r.path, full)
		} else {
			r.images[label], err = r.registry.single(ctx, r.path, full, "amd64")
		}
		return err
	}
	for _, t := range r.tags {
		for _, label := range []string{t.signed, t.served} {
			if err := push(label); err != nil {
				return err
			}
		}
		if t.served == "" {
			continue
		}
		if err := r.registry.tag(ctx, r.path, t.name, r.images[t.served]); err != nil {
			return err
		}
	}
	return nil
}

func (r *repository) signFirstRoot() error {
	cert, err := notary.Certificate(r.rootKey, r.gun, r.clock.Now())
	if err != nil {
		return err
	}
	timestamp, err := r.server.Key(r.gun, trustdata.RoleTimestamp)
	if err != nil {
		return err
	}
	var snapshot trustdata.PublicKey
	if r.snapshot != nil {
		snapshot = r.snapshot.Public()
	} else if snapshot, err = r.server.Key(r.gun, trustdata.RoleSnapshot); err != nil {
		return err
	}
	body := notary.Root{
		Version: 1,
		Expires: r.end(trustdata.RoleRoot),
		Keys:    map[trustdata.ListedID]trustdata.PublicKey{},
		Roles:   map[trustdata.Role]notary.RoleKeys{},
	}
	for role, key := range map[trustdata.Role]trustdata.PublicKey{
		trustdata.RoleRoot: cert, trustdata.RoleTargets: r.targets.Public(),
		trustdata.RoleSnapshot: snapshot, trustdata.RoleTimestamp: timestamp,
	} {
		body.Keys[key.ListedID()] = key
		body.Roles[role] = notary.RoleKeys{KeyIDs: []trustdata.ListedID{key.ListedID()}, Threshold: 1}
	}
	return r.signRoot(body)
}

func (r *repository) signRoot(body notary.Root) error {
	listed := body.Roles[trustdata.RoleRoot].KeyIDs[0]
	signed, err := notary.SignRoot(body, []notary.Signer{{Key: r.rootKey, Listed: listed}})
	if err != nil {
		return err
	}
	r.root = *signed
	return nil
}

// rootRenewal is how long before its end clients sign root.json again at a publish. The
// certificate in it stays, and with it the certificate's own end.
const rootRenewal = 182 * day

func (r *repository) renewRoot() (renewed bool, err error) {
	if r.root.Body.Expires.After(r.clock.Now().Add(rootRenewal)) {
		return false, nil
	}
	body := r.root.Body.Clone()
	body.Version++
	body.Expires = r.end(trustdata.RoleRoot)
	return true, r.signRoot(body)
}

// publish signs the repository's tags as of now and uploads them.
func (r *repository) publish(version int64, withRoot bool) error {
	files, err := r.signTargets(version)
	if err != nil {
		return err
	}
	upload := map[trustdata.Role][]byte{trustdata.RoleRoot: r.root.Raw}
	for role, f := range files {
		upload[role] = f.Raw
	}
	if r.snapshot != nil {
		body := notary.Snapshot{Version: version, Expires: r.end(trustdata.RoleSnapshot), Meta: map[trustdata.Role]notary.Meta{}}
		for role, data := range upload {
			body.Meta[role] = notary.MetaOf(data)
		}
		signed, err := notary.SignSnapshot(body, []notary.Signer{signerOf(r.snapshot)})
		if err != nil {
			return err
		}
		upload[trustdata.RoleSnapshot] = signed.Raw
	}
	if !withRoot {
		delete(upload, trustdata.RoleRoot)
	}
	return r.server.Publish(r.gun, upload)
}

// signTargets signs targets and the delegations that the repository's signers have, with
// the role that docker pulls from, as "docker trust sign" does.
func (r *repository) signTargets(version int64) (map[trustdata.Role]*notary.File[notary.Targets], error) {
	bodies := map[trustdata.Role]*notary.Targets{trustdata.RoleTargets: r.emptyTargets(version)}
	keys := map[trustdata.Role][]notary.Signer{trustdata.RoleTargets: {signerOf(r.targets)}}
	var all []notary.Signer
	for _, s := range r.signers {
		role := trustdata.Role("targets/" + s.name)
		keys[role] = []notary.Signer{signerOf(s.key)}
		all = append(all, keys[role]...)
	}
	if len(all) > 0 {
		keys[trustdata.RoleReleases] = all
	}
	for _, role := range roleOrder(r.signers) {
		bodies[role] = r.emptyTargets(version)
		delegate(bodies[trustdata.RoleTargets], role, keys[role])
	}
	for _, t := range r.tags {
		if t.signed == "" {
			continue
		}
		for _, role := range t.roles() {
			bodies[role].Targets.Put(t.name, entryOf(r.images[t.signed]))
		}
	}
	files := map[trustdata.Role]*notary.File[notary.Targets]{}
	for role, body := range bodies {
		var err error
		if files[role], err = notary.SignTargets(role, *body, keys[role]); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func (r *repository) emptyTargets(version int64) *notary.Targets {
	return &notary.Targets{
		Version: version,
		Expires: r.end(trustdata.RoleTargets),
		Keys:    map[trustdata.ListedID]trustdata.PublicKey{},
	}
}

// end is when a file of role that is signed now expires.
func (r *repository) end(role trustdata.Role) time.Time {
	return r.clock.Now().Add(notary.Lifetime(role)).UTC().Truncate(time.Second)
}

// roleOrder is the order in which "docker trust signer add" lists delegations.
func roleOrder(signers []signer) []trustdata.Role {
	var roles []trustdata.Role
	for i, s := range signers {
		roles = append(roles, trustdata.Role("targets/"+s.name))
		if i == 0 {
			roles = append(roles, trustdata.RoleReleases)
		}
	}
	return roles
}

// delegate lists role in a parent's file, with the keys of its signers.
func delegate(parent *notary.Targets, role trustdata.Role, signers []notary.Signer) {
	d := notary.Delegation{Role: role, RoleKeys: notary.RoleKeys{Threshold: 1}, Paths: []string{""}}
	for _, s := range signers {
		parent.Keys[s.Listed] = s.Key.Public()
		d.KeyIDs = append(d.KeyIDs, s.Listed)
	}
	parent.Delegations = append(parent.Delegations, d)
}

// roles are where a tag is written: its signers' delegations and the one that docker
// pulls from, or targets where no signer is named.
func (t tag) roles() []trustdata.Role {
	if len(t.by) == 0 {
		return []trustdata.Role{trustdata.RoleTargets}
	}
	var roles []trustdata.Role
	for _, name := range t.by {
		roles = append(roles, trustdata.Role("targets/"+name))
	}
	return slices.Insert(roles, 0, trustdata.RoleReleases)
}

func entryOf(img image) notary.Entry {
	sum, _ := img.digest()
	return notary.Entry{Hashes: notary.Hashes{SHA256: sum[:]}, Length: int64(len(img.body))}
}
