package rotation

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
)

// Edit is a change of a repository's tags before it happens: signing some, or taking
// their signatures away. Several tags are one upload. It holds no secret.
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
	// Roles get a new version, in the order in which docker looks into them.
	Roles []trustdata.Role `json:"-"`

	base *remote.Result
	// sets says for each role which tags it gets; one with no target goes.
	sets map[trustdata.Role][]TagTarget
	// anew are the roles whose file starts afresh, with the version that it must be above.
	anew         map[trustdata.Role]int64
	withSnapshot bool
}

// EditResult is an edit that has landed. Verified is only ever set after it was read back.
type EditResult struct {
	GUN       trustdata.GUN            `json:"gun"`
	Changed   []trustdata.Role         `json:"changed"`
	Versions  map[trustdata.Role]int64 `json:"versions"`
	Published bool                     `json:"published"`
	Verified  bool                     `json:"verified"`
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
	u := &Unit{Request: Request{GUN: e.GUN}, Anchor: e.Roles[0]}
	run, err := r.Journal.begin(&Operation{ID: e.ID, Kind: e.Kind, Place: r.Place, Units: []*Unit{u}})
	if err != nil {
		return nil, err
	}
	res, err := r.applyEdit(ctx, e, &delivery{run: run, unit: u, base: e.base.Repo}, keys, progress)
	return res, closing(run, err)
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
	res := &EditResult{GUN: e.GUN, Changed: e.Roles, Versions: versions, Published: true}
	got, err := r.deliver(ctx, d, progress)
	err = e.aboutSnapshot(err)
	switch {
	case errors.Is(err, ErrLanded):
		res.Problems = []string{err.Error()}
		return res, err
	case err != nil:
		return nil, err
	}
	if err := e.check(got.known.Repo); err != nil {
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

// check compares what was read back with what was meant.
func (e *Edit) check(repo *notary.Repository) error {
	for _, role := range e.Roles {
		for _, want := range e.sets[role] {
			got, signed := entryOf(repo, role, want.Tag)
			if signed == want.gone() || signed && got != want.Target {
				return fmt.Errorf("%w in %q, but as read back %s does not say of %q what was meant", ErrLanded, e.GUN, role, want.Tag)
			}
		}
	}
	return nil
}

// draft is the edit's change: the next version of every role that it touches.
func (e *Edit) draft(now time.Time) (*draft, error) {
	b := &editor{repo: e.base.Repo}
	d := &draft{base: e.base.Repo, targets: map[trustdata.Role]notary.Targets{}, withSnapshot: e.withSnapshot}
	for _, role := range e.Roles {
		body, err := b.next(role, e)
		if err != nil {
			return nil, err
		}
		body.Expires = now.Add(notary.Lifetime(trustdata.RoleTargets))
		d.targets[role] = body
	}
	return d, nil
}

// next is the content of a role once the edit is made.
func (b *editor) next(role trustdata.Role, e *Edit) (notary.Targets, error) {
	body := notary.Targets{Version: e.anew[role], Keys: map[trustdata.ListedID]trustdata.PublicKey{}}
	if file, ok := b.repo.Targets[role]; ok {
		body = file.Body.Clone()
	}
	body.Version++
	for _, t := range e.sets[role] {
		if t.gone() {
			body.Targets.Delete(t.Tag)
			continue
		}
		raw, err := hex.DecodeString(t.Digest)
		if err != nil {
			return body, err
		}
		body.Targets.Put(t.Tag, notary.Entry{Hashes: notary.Hashes{SHA256: raw}, Length: t.Length})
	}
	return body, nil
}
