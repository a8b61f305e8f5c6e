package rotation

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
)

// PlanSign plans to sign tags in every role that the keys here can sign and that docker
// would write: targets where there are no delegations, else each direct delegation whose
// paths admit the tag (notary-v1.md 8.3). Where all are signed so already it is
// ErrNothing: an empty upload would only raise versions.
func (r *Rotator) PlanSign(ctx context.Context, gun trustdata.GUN, tags []TagTarget) (*Edit, error) {
	for i, t := range tags {
		if err := checkTarget(t); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(tags[:i], func(o TagTarget) bool { return o.Tag == t.Tag }) {
			return nil, usagef("the tag %q is named twice", t.Tag)
		}
	}
	e, b, err := r.planTags(ctx, "sign", gun, tags)
	if err != nil {
		return nil, err
	}
	for _, t := range tags {
		roles, err := b.signingRoles(t.Tag)
		if err != nil {
			return nil, err
		}
		for _, role := range roles {
			old, signed := b.entry(role, t.Tag)
			if signed && old == t.Target {
				continue
			}
			verb := "signed for"
			if signed {
				verb = fmt.Sprintf("signed for sha256:%s until now, then for", old.Digest)
				e.Was[t.Tag] = old.Digest
			}
			e.Changes = append(e.Changes, fmt.Sprintf("%s: %s %s sha256:%s, %d bytes", role, t.Tag, verb, t.Digest, t.Length))
			e.set(role, t)
		}
	}
	if err := r.startAnew(ctx, e, b); err != nil {
		return nil, err
	}
	e.Changes = append(e.Changes, e.Starts...)
	return e, b.finish(e)
}

// PlanRevoke plans to take tags out of every role that the keys here can sign. Roles that
// go on vouching for one, because their keys are elsewhere, are named, and so are those
// that cannot be read. A tag that no role signs is ErrNothing.
func (r *Rotator) PlanRevoke(ctx context.Context, gun trustdata.GUN, tags []string) (*Edit, error) {
	var asked []TagTarget
	for _, tag := range tags {
		if tag == "" {
			return nil, usagef("the tag has no name")
		}
		asked = append(asked, TagTarget{Tag: tag})
	}
	e, b, err := r.planTags(ctx, "revoke", gun, asked)
	if err != nil {
		return nil, err
	}
	var missing error
	for _, t := range asked {
		for _, role := range b.repo.Order() {
			if _, signed := b.entry(role, t.Tag); !signed {
				continue
			}
			if _, err := b.roleSigners(role); err != nil {
				missing = err
				e.WillNotFollow = append(e.WillNotFollow, fmt.Sprintf("%s goes on vouching for %s: too few of its keys are here", role, t.Tag))
				continue
			}
			e.Changes = append(e.Changes, fmt.Sprintf("%s: %s is no longer signed", role, t.Tag))
			e.set(role, t)
		}
	}
	for _, role := range b.skipped() {
		e.WillNotFollow = append(e.WillNotFollow, fmt.Sprintf("%s does not verify, so whatever it says of a tag stays: %s", role, b.repo.Skipped[role].Detail))
	}
	if len(e.Roles) == 0 && missing != nil {
		return nil, missing
	}
	return e, b.finish(e)
}

// set notes that a role gets a tag, or loses it.
func (e *Edit) set(role trustdata.Role, t TagTarget) {
	if !slices.Contains(e.Roles, role) {
		e.Roles = append(e.Roles, role)
	}
	e.sets[role] = append(e.sets[role], t)
}

func checkTarget(t TagTarget) error {
	raw, err := hex.DecodeString(t.Digest)
	switch {
	case t.Tag == "":
		return usagef("the tag has no name")
	case err != nil || len(raw) != 32 || t.Digest != strings.ToLower(t.Digest):
		return usagef("digest %q is not 64 hex digits of a SHA-256", t.Digest)
	case t.Length <= 0:
		return usagef("a length of %d bytes is not possible", t.Length)
	}
	return nil
}

// planTags begins an edit of tags.
func (r *Rotator) planTags(ctx context.Context, verb string, gun trustdata.GUN, tags []TagTarget) (*Edit, *editor, error) {
	if len(tags) == 0 {
		return nil, nil, usagef("no tag is named")
	}
	kind := verb + " " + tags[0].Tag
	if len(tags) > 1 {
		kind = fmt.Sprintf("%s %d tags", verb, len(tags))
	}
	e, b, err := r.planEdit(ctx, kind, gun)
	if err != nil {
		return nil, nil, err
	}
	e.Tags = tags
	return e, b, nil
}

// planEdit reads the repository and the keys that are here.
func (r *Rotator) planEdit(ctx context.Context, kind string, gun trustdata.GUN) (*Edit, *editor, error) {
	return r.planRead(ctx, kind, gun, r.Fetch)
}

// planRead begins an edit of a repository as read reads it.
func (r *Rotator) planRead(ctx context.Context, kind string, gun trustdata.GUN, read func(context.Context, trustdata.GUN) (*remote.Result, error)) (*Edit, *editor, error) {
	res, err := read(ctx, gun)
	if errors.Is(err, remote.ErrNotFound) {
		return nil, nil, fmt.Errorf("%q was never signed, and has to be founded first (keyrite init): %w", gun, err)
	}
	if err != nil {
		return nil, nil, r.explain(ctx, gun, err)
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
	e := &Edit{ID: operationID(r.Now()), Kind: kind, GUN: res.Repo.GUN, Server: res.Collection.Server, base: res,
		Need: []Need{}, Changes: []string{}, Warnings: clockWarning(r.Now(), res.ServerClock), WillNotFollow: []string{}, Roles: []trustdata.Role{},
		Was: map[string]string{}, sets: map[trustdata.Role][]TagTarget{}, anew: map[trustdata.Role]int64{}, bodies: map[trustdata.Role]notary.Targets{},
		Steps: []string{"check that the server still has what this plan saw", "sign the new metadata and verify it as a client would",
			"send it", "fetch it by version and everything else with an empty cache, and verify it"}}
	return e, &editor{repo: res.Repo, held: here, now: r.Now(), bodies: e.bodies}, nil
}

// finish lists the keys that an edit needs.
func (b *editor) finish(e *Edit) error {
	if len(e.Roles) == 0 {
		return fmt.Errorf("%s of %q: %w", e.Kind, e.GUN, ErrNothing)
	}
	for _, role := range e.Roles {
		if role == trustdata.RoleSnapshot {
			continue // below
		}
		ids, err := b.roleSigners(role)
		if err != nil {
			return err
		}
		if role == trustdata.RoleRoot { // as many as it takes, no more
			ids = ids[:max(b.repo.Root.Body.Roles[role].Threshold, 1)]
		}
		for _, id := range ids {
			e.Need = append(e.Need, Need{KeyID: id, Role: role, GUN: e.GUN, Why: fmt.Sprintf("it signs %s", role)})
		}
	}
	p := &planner{held: b.held, plan: &Plan{Request: Request{GUN: e.GUN}, base: b.repo}}
	if err := p.snapshotKey(); err != nil {
		return err
	}
	e.withSnapshot = p.plan.withSnapshot
	e.Need = unique(append(e.Need, p.plan.Need...))
	return nil
}
