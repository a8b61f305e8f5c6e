package rotation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
)

// Edit is a change of what a repository's roles say, before it happens: tags signed or taken
// away, signers added or removed, or nothing but the dates. It is one upload, and makes no
// key. It holds no secret.
type Edit struct {
	ID     string        `json:"id"`
	Kind   string        `json:"kind"`
	GUN    trustdata.GUN `json:"-"`
	Server string        `json:"-"`
	// Tags are those that were asked for, in the order of asking. Those of a revocation
	// have no target.
	Tags    []TagTarget `json:"-"`
	Steps   []string    `json:"steps"`
	Need    []Need      `json:"needs"`
	Changes []string    `json:"changes"`
	// Warnings are sentences to be read before anything else.
	Warnings      []string `json:"warnings,omitempty"`
	WillNotFollow []string `json:"will_not_follow"`
	// Was has, for each tag that is signed for something else until now, its digest.
	Was map[string]string `json:"-"`
	// Starts says of roles that have no file which counts how they begin.
	Starts []string `json:"-"`
	// Vouched are the tags that a repair vouches for again.
	Vouched []VouchedTag `json:"vouched,omitempty"`
	// Waived is what it is done without; whoever applies the edit sets it.
	Waived []string `json:"-"`
	// Roles get a new version.
	Roles []trustdata.Role `json:"-"`

	base *remote.Result
	// bodies have what a role is to say before sets are applied; a role without one says what
	// it says now.
	bodies map[trustdata.Role]notary.Targets
	// sets says for each role which tags it gets; one with no target goes.
	sets map[trustdata.Role][]TagTarget
	// anew are the roles whose file starts afresh, with the version that it must be above.
	anew map[trustdata.Role]int64
	// unnamed are roles whose old file the snapshot no longer names, where it is made here.
	unnamed []trustdata.Role
	// shut are the delegations whose file no longer counts.
	shut         []trustdata.Role
	withSnapshot bool
	late         bool // the repository has expired
}

// EditResult is an edit that has landed. Verified is only ever set after it was read back.
type EditResult struct {
	GUN       trustdata.GUN            `json:"gun"`
	Changed   []trustdata.Role         `json:"changed"`
	Versions  map[trustdata.Role]int64 `json:"versions"`
	Published bool                     `json:"published"`
	Verified  bool                     `json:"verified"`
	// WillNotFollow is the plan's: what stays as it is although it should change.
	WillNotFollow []string `json:"will_not_follow,omitempty"`
	Waived        []string `json:"waived,omitempty"`
	// Problems say why what has landed is not verified.
	Problems []string `json:"problems,omitempty"`
	Notes    []string `json:"-"`
}

// Target is what a tag is signed for: the digest of a manifest and its size in bytes.
type Target struct {
	Digest string // 64 lower-case hex digits
	Length int64
}

// TagTarget is a tag and what it is to be signed for.
type TagTarget struct {
	Tag string
	Target
}

// gone reports whether the tag is to have no signature.
func (t TagTarget) gone() bool { return t.Digest == "" }

// ApplyEdit signs with the opened keys, sends, and reads back. Its errors are Publish's.
func (r *Rotator) ApplyEdit(ctx context.Context, e *Edit, keys Keys, progress Progress) (*EditResult, error) {
	out, err := r.ApplyEdits(ctx, &Edits{ID: e.ID, Kind: e.Kind, Edits: []*Edit{e}}, keys, 1,
		func(_ trustdata.GUN, step string) { progress(step) })
	if len(out) == 0 {
		return nil, err
	}
	return out[0].Result, joined(out[0].Err, err)
}

func (r *Rotator) applyEdit(ctx context.Context, e *Edit, d *delivery, keys Keys, progress Progress) (*EditResult, error) {
	progress("sign")
	next, err := e.draft(r.Now())
	if err != nil {
		return nil, r.giveUp(ctx, d, StateAbandoned, err)
	}
	files, versions, err := next.sign(keys, r.Now())
	if err != nil {
		return nil, r.giveUp(ctx, d, StateAbandoned, err)
	}
	d.files, d.unit.Version = files, versions[d.unit.Anchor]
	res := &EditResult{GUN: e.GUN, Changed: e.Roles, Versions: versions, Published: true, WillNotFollow: e.WillNotFollow, Waived: e.Waived}
	got, err := r.deliver(ctx, d, progress)
	err = e.aboutSnapshot(err)
	switch {
	case errors.Is(err, ErrLanded):
		res.Problems = []string{err.Error()}
		return res, err
	case err != nil:
		return nil, err
	}
	if err := e.check(got.known.Repo, d.files, versions); err != nil {
		err = r.noted(d, StateUnverified, err)
		res.Problems = []string{err.Error()}
		return res, err
	}
	_, notes := r.conclude(ctx, d, got)
	res.Verified, res.Notes = true, append(got.notes, notes...)
	return res, nil
}

// aboutSnapshot adds to a refusal that the snapshot key is nowhere, which servers say in
// words that hide it: with a remote signer they name the missing key and nothing else.
func (e *Edit) aboutSnapshot(err error) error {
	if e.withSnapshot || !errors.Is(err, ErrRefused) {
		return err
	}
	_, ids, bad := roleKeys(&e.base.Repo.Root.Body, trustdata.RoleSnapshot)
	if bad != nil {
		return err
	}
	for _, id := range ids {
		if text := err.Error(); strings.Contains(text, string(id)) || strings.Contains(text, "snapshot") {
			return fmt.Errorf("%w; the snapshot key %s is not here, and the server does not seem to have it: whoever has it must sign, or give the role to the server (keyrite rotate %s snapshot --to server)",
				err, id.Short(), e.GUN)
		}
	}
	return err
}

// check compares what was read back with what was sent, and with what was meant. Somebody
// else may have changed a role on top of that meanwhile; every tag still has to be as meant.
func (e *Edit) check(repo *notary.Repository, sent map[trustdata.Role][]byte, versions map[trustdata.Role]int64) error {
	for _, role := range e.Roles {
		version, raw := fileOf(repo, role)
		if version < versions[role] || version == versions[role] && !bytes.Equal(raw, sent[role]) {
			return fmt.Errorf("%w in %q, but as read back %s is not the file that was sent", ErrLanded, e.GUN, role)
		}
		for _, want := range e.sets[role] {
			got, signed := entryOf(repo, role, want.Tag)
			if signed == want.gone() || signed && got != want.Target {
				return fmt.Errorf("%w in %q, but as read back %s does not say of %q what was meant", ErrLanded, e.GUN, role, want.Tag)
			}
		}
	}
	return nil
}

// fileOf is the version and the bytes of a role's verified file; 0 and nil for none.
func fileOf(repo *notary.Repository, role trustdata.Role) (int64, []byte) {
	switch role {
	case trustdata.RoleRoot:
		return repo.Root.Body.Version, repo.Root.Raw
	case trustdata.RoleSnapshot:
		return repo.Snapshot.Body.Version, repo.Snapshot.Raw
	}
	if file, ok := repo.Targets[role]; ok {
		return file.Body.Version, file.Raw
	}
	return 0, nil
}
