package rotation

import (
	"context"
	"encoding/hex"
	"fmt"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
)

// Edit is a change of a repository's tags before it happens: signing one, or taking
// signatures away. It holds no secret.
type Edit struct {
	ID            string           `json:"id"`
	Kind          string           `json:"kind"`
	GUN           trustdata.GUN    `json:"-"`
	Server        string           `json:"-"`
	Tag           string           `json:"-"`
	Digest        string           `json:"-"` // hex SHA-256; "" where a signature is taken away
	Length        int64            `json:"-"`
	Steps         []string         `json:"steps"`
	Need          []Need           `json:"needs"`
	Changes       []string         `json:"changes"`
	WillNotFollow []string         `json:"will_not_follow"`
	Roles         []trustdata.Role `json:"-"`

	base         *remote.Result
	withSnapshot bool
}

// EditResult is an edit that was read back.
type EditResult struct {
	GUN       trustdata.GUN            `json:"gun"`
	Changed   []trustdata.Role         `json:"changed"`
	Versions  map[trustdata.Role]int64 `json:"versions"`
	Published bool                     `json:"published"`
	Verified  bool                     `json:"verified"`
	Notes     []string                 `json:"-"`
}

// Target is what a tag is signed for: the digest of a manifest and its size in bytes.
type Target struct {
	Digest string // 64 lower-case hex digits
	Length int64
}

// PlanSign plans to sign a tag in every role that the keys here can sign and that docker
// would write: targets where there are no delegations, else each direct delegation whose
// paths admit the tag (notary-v1.md 8.3). A tag that is signed so already is ErrNothing.
func (r *Rotator) PlanSign(ctx context.Context, gun trustdata.GUN, tag string, target Target) (*Edit, error) {
	if err := checkTarget(tag, target); err != nil {
		return nil, err
	}
	e, b, err := r.planEdit(ctx, "sign", gun, tag)
	if err != nil {
		return nil, err
	}
	e.Digest, e.Length = target.Digest, target.Length
	roles, err := b.signingRoles(tag)
	if err != nil {
		return nil, err
	}
	for _, role := range roles {
		old, signed := b.entry(role, tag)
		if signed && old == target {
			continue
		}
		verb := "signed for"
		if signed {
			verb = fmt.Sprintf("signed for sha256:%s until now, then for", old.Digest)
		}
		e.Changes = append(e.Changes, fmt.Sprintf("%s: %s %s sha256:%s, %d bytes", role, tag, verb, target.Digest, target.Length))
		e.Roles = append(e.Roles, role)
	}
	return e, b.finish(e)
}

// PlanRevoke plans to take a tag out of every role that the keys here can sign. Roles that
// go on vouching for it, because their keys are elsewhere, are named.
func (r *Rotator) PlanRevoke(ctx context.Context, gun trustdata.GUN, tag string) (*Edit, error) {
	e, b, err := r.planEdit(ctx, "revoke", gun, tag)
	if err != nil {
		return nil, err
	}
	for _, role := range b.repo.Order() {
		if _, signed := b.entry(role, tag); !signed {
			continue
		}
		if _, err := b.roleSigners(role); err != nil {
			e.WillNotFollow = append(e.WillNotFollow, fmt.Sprintf("%s goes on vouching for %s: no key of it is here", role, tag))
			continue
		}
		e.Changes = append(e.Changes, fmt.Sprintf("%s: %s is no longer signed", role, tag))
		e.Roles = append(e.Roles, role)
	}
	return e, b.finish(e)
}

func checkTarget(tag string, t Target) error {
	raw, err := hex.DecodeString(t.Digest)
	switch {
	case tag == "":
		return usagef("the tag has no name")
	case err != nil || len(raw) != 32:
		return usagef("digest %q is not 64 hex digits of a SHA-256", t.Digest)
	case t.Length <= 0:
		return usagef("a length of %d bytes is not possible", t.Length)
	}
	return nil
}

// ApplyEdit signs with the opened keys, sends, and reads back.
func (r *Rotator) ApplyEdit(ctx context.Context, e *Edit, keys Keys, progress Progress) (*EditResult, error) {
	progress("sign")
	files, versions, err := r.editFiles(e, keys)
	if err != nil {
		return nil, err
	}
	anchor := e.Roles[0]
	d := &delivery{base: e.base.Repo, files: files, op: operation{ID: e.ID, Kind: e.Kind, GUN: e.GUN, Server: e.Server,
		Anchor: anchor, Version: versions[anchor], SHA256: hash(files[anchor]), NewKeys: []trustdata.KeyID{}}}
	got, err := r.deliver(ctx, d, progress)
	if err != nil {
		return nil, err
	}
	if err := e.check(got.known.Repo); err != nil {
		return nil, r.noted(d.op, stateUnverified, err)
	}
	res := &EditResult{GUN: e.GUN, Changed: e.Roles, Versions: versions, Published: true, Verified: true, Notes: got.notes}
	if err := r.noted(d.op, stateDone, nil); err != nil {
		res.Notes = append(res.Notes, err.Error())
	}
	return res, nil
}

// check compares what was read back with what was meant.
func (e *Edit) check(repo *notary.Repository) error {
	for _, role := range e.Roles {
		got, signed := entryOf(repo, role, e.Tag)
		if signed != (e.Digest != "") || signed && got != (Target{e.Digest, e.Length}) {
			return fmt.Errorf("%q was taken, but as read back %s does not say of %q what was meant", e.GUN, role, e.Tag)
		}
	}
	return nil
}

// editFiles signs the next version of every role that changes, and the snapshot where its
// key is here.
func (r *Rotator) editFiles(e *Edit, keys Keys) (map[trustdata.Role][]byte, map[trustdata.Role]int64, error) {
	b := &editor{repo: e.base.Repo, keys: keys}
	files, versions := map[trustdata.Role][]byte{}, map[trustdata.Role]int64{}
	for _, role := range e.Roles {
		body := b.body(role)
		body.Version++
		body.Expires = r.Now().Add(notary.Lifetime(trustdata.RoleTargets))
		if e.Digest == "" {
			delete(body.Targets, e.Tag)
		} else {
			raw, err := hex.DecodeString(e.Digest)
			if err != nil {
				return nil, nil, err
			}
			body.Targets[e.Tag] = notary.Entry{Hashes: map[string][]byte{"sha256": raw}, Length: e.Length}
		}
		signers, err := b.openSigners(role)
		if err != nil {
			return nil, nil, err
		}
		file, err := notary.SignTargets(role, body, signers)
		if err != nil {
			return nil, nil, err
		}
		files[role], versions[role] = file.Raw, body.Version
	}
	if e.withSnapshot {
		root := &e.base.Repo.Root.Body
		snap := &builder{plan: &Plan{base: e.base.Repo}, keys: keys, now: r.Now()}
		raw, err := snap.snapshot(root, files)
		if err != nil {
			return nil, nil, err
		}
		files[trustdata.RoleSnapshot] = raw
		versions[trustdata.RoleSnapshot] = e.base.Repo.Snapshot.Body.Version + 1
	}
	return files, versions, nil
}

// planEdit reads the repository and the keys that are here.
func (r *Rotator) planEdit(ctx context.Context, kind string, gun trustdata.GUN, tag string) (*Edit, *editor, error) {
	res, err := r.Fetch(ctx, gun)
	if err != nil {
		return nil, nil, err
	}
	infos, err := r.Keys.List(ctx)
	if err != nil {
		return nil, nil, err
	}
	here := held{}
	for _, info := range infos {
		if info.Problem == "" {
			here[info.KeyID] = info
		}
	}
	e := &Edit{ID: operationID(r.Now()), Kind: kind + " " + tag, GUN: gun, Server: res.Collection.Server, Tag: tag, base: res,
		Need: []Need{}, Changes: []string{}, WillNotFollow: []string{}, Roles: []trustdata.Role{},
		Steps: []string{"check that the server still has what this plan saw", "sign the new metadata and verify it as a client would",
			"send it", "fetch it by version and everything else with an empty cache, and verify it"}}
	return e, &editor{repo: res.Repo, held: here}, nil
}

// finish lists the keys that an edit needs.
func (b *editor) finish(e *Edit) error {
	if len(e.Roles) == 0 {
		if len(e.WillNotFollow) > 0 {
			return fmt.Errorf("%s: %w", e.WillNotFollow[0], ErrNothing)
		}
		return fmt.Errorf("%q: %w", e.Tag, ErrNothing)
	}
	wanted := map[trustdata.KeyID]bool{}
	for _, role := range e.Roles {
		ids, err := b.roleSigners(role)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if !wanted[id] {
				wanted[id] = true
				e.Need = append(e.Need, Need{KeyID: id, Role: role, GUN: e.GUN, Why: fmt.Sprintf("it signs %s", role)})
			}
		}
	}
	p := &planner{held: b.held, plan: &Plan{Request: Request{GUN: e.GUN}, base: b.repo}}
	if err := p.snapshotKey(); err != nil {
		return err
	}
	e.withSnapshot = p.plan.withSnapshot
	e.Need = append(e.Need, p.plan.Need...)
	return nil
}
