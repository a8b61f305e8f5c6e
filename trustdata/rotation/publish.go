package rotation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
)

// Progress is told each step as it begins, in the plan's words.
type Progress func(step string)

// Result is a finished rotation. It is only ever returned for a change that was read back.
type Result struct {
	GUN     trustdata.GUN     `json:"gun"`
	Role    trustdata.Role    `json:"role"`
	OldKeys []trustdata.KeyID `json:"old_keys"`
	NewKeys []trustdata.KeyID `json:"new_keys"`
	// Published is nil where it is not known whether the change has landed.
	Published   *bool    `json:"published"`
	RootVersion int64    `json:"root_version"`
	Verified    bool     `json:"verified"`
	Waived      []string `json:"waived"`
	// Trashed are the files that the old keys were moved to.
	Trashed []string `json:"trashed,omitempty"`
	// Notes are sentences for people on what did not go as planned after the change landed.
	Notes []string `json:"-"`
}

// Publish signs with the opened keys, sends, confirms and brings the new key in. Every
// error before the change has landed leaves each key where it was and the unused new key
// in the trash; ErrUnknown leaves the new key in pending/, where the next start finds it.
func (r *Rotator) Publish(ctx context.Context, prep *Prepared, keys Keys, progress Progress) (*Result, error) {
	p := prep.plan
	progress("sign")
	b := &builder{plan: p, keys: keys, now: r.Now(), next: prep.New}
	if prep.key != nil {
		b.nextKey = prep.key
		defer prep.key.Wipe()
	}
	files, err := b.upload()
	if err != nil {
		return nil, r.abandon(ctx, prep, err)
	}
	if err := notary.CheckUpload(p.base, files, notary.Policy{GUN: p.GUN, Now: r.Now()}); err != nil {
		return nil, r.abandon(ctx, prep, fmt.Errorf("our own upload would not verify, nothing was sent: %w", err))
	}
	if err := r.unmoved(ctx, p); err != nil {
		return nil, r.abandon(ctx, prep, err)
	}
	server, err := r.Server(p.GUN)
	if err != nil {
		return nil, r.abandon(ctx, prep, err)
	}
	if err := r.submitting(prep, hash(files[trustdata.RoleRoot])); err != nil {
		return nil, r.abandon(ctx, prep, fmt.Errorf("nothing was sent, because the step could not be recorded: %w", err))
	}
	progress("send")
	sent := server.Publish(ctx, files)
	progress("confirm")
	// From here on a cancelled ctx must not stop the look at what the server has.
	return r.confirm(context.WithoutCancel(ctx), prep, server, files, sent, progress)
}

// confirm asks the server what it has, and only then believes anything about the POST.
func (r *Rotator) confirm(ctx context.Context, prep *Prepared, server TrustServer, files map[trustdata.Role][]byte, sent error, progress Progress) (*Result, error) {
	p := prep.plan
	have, err := server.ByVersion(ctx, trustdata.RoleRoot, p.RootVersion, notary.Limit(trustdata.RoleRoot))
	switch {
	case err == nil && hash(have) == hash(files[trustdata.RoleRoot]):
		return r.finish(ctx, prep, sent, progress)
	case err == nil:
		err := r.noted(prep, stateConflict, fmt.Errorf("%q: %w", p.GUN, ErrConflict))
		return nil, r.abandon(ctx, prep, err)
	case errors.Is(err, remote.ErrNotFound) && sent != nil && r.stillBase(ctx, p):
		return nil, r.abandon(ctx, prep, r.noted(prep, stateRefused, fmt.Errorf("%w: %w", ErrRefused, sent)))
	}
	if sent == nil {
		sent = err
	}
	return nil, r.noted(prep, stateUnknown, fmt.Errorf("%q: %w; the new key %q waits in pending/, the old key is in place: %w",
		p.GUN, ErrUnknown, prep.NewID, sent))
}

// stillBase reports whether a fresh look finds exactly the state from before.
func (r *Rotator) stillBase(ctx context.Context, p *Plan) bool {
	res, err := r.Fresh(ctx, p.GUN)
	return err == nil && fingerprint(res.Repo) == fingerprint(p.base)
}

// finish verifies everything as a client with an empty cache and as one that knows what
// was known before, and then moves the keys.
func (r *Rotator) finish(ctx context.Context, prep *Prepared, sent error, progress Progress) (*Result, error) {
	p := prep.plan
	yes := true
	res := &Result{GUN: p.GUN, Role: p.Role, OldKeys: p.OldKeys, NewKeys: []trustdata.KeyID{prep.NewID},
		Published: &yes, RootVersion: p.RootVersion, Waived: []string{}}
	if sent != nil {
		res.Notes = append(res.Notes, fmt.Sprintf("the answer to the upload was an error (%v), but the server has taken it", sent))
	}
	_, verify := r.Fresh(ctx, p.GUN)
	// Whatever that found: root lists the new key now, so it must be where it can sign.
	if err := r.promote(ctx, prep, progress); err != nil {
		return res, err
	}
	if verify != nil {
		return res, r.noted(prep, stateUnverified,
			fmt.Errorf("the change has landed and the new key is in place, but a client with an empty cache cannot verify %q: %w", p.GUN, verify))
	}
	known, err := r.Fetch(ctx, p.GUN)
	if err != nil {
		return res, r.noted(prep, stateUnverified,
			fmt.Errorf("the change has landed and the new key is in place, but a client that knew %q before cannot verify it: %w", p.GUN, err))
	}
	if _, ids, err := roleKeys(&known.Repo.Root.Body, p.Role); err != nil || len(ids) != 1 || ids[0] != prep.NewID {
		return res, fmt.Errorf("%q now lists %s for %s, not the new key %q", p.GUN, shortIDs(ids), p.Role, prep.NewID)
	}
	res.Verified = true
	trashed, notes := r.retireOld(ctx, prep.operation())
	res.Trashed, res.Notes = trashed, append(res.Notes, notes...)
	if err := r.noted(prep, stateDone, nil); err != nil {
		res.Notes = append(res.Notes, err.Error())
	}
	return res, nil
}

// promote brings the new key in.
func (r *Rotator) promote(ctx context.Context, prep *Prepared, progress Progress) error {
	if prep.key == nil {
		return nil
	}
	progress("promote")
	if err := r.Keys.Promote(ctx, prep.plan.ID, prep.NewID); err != nil {
		return fmt.Errorf("the server has taken the change, but the new key %q is still in pending/: %w", prep.NewID, err)
	}
	return nil
}

// retireOld moves the old targets or snapshot keys of an operation to the trash, unless a
// collection known here still lists them. Failing to do so harms nothing: it is a note.
func (r *Rotator) retireOld(ctx context.Context, op operation) (trashed, notes []string) {
	if op.Role == trustdata.RoleRoot || op.Role == trustdata.RoleTimestamp {
		return nil, nil
	}
	for _, id := range op.OldKeys {
		if _, err := r.Keys.Raw(ctx, id); err != nil {
			continue // not on this machine
		}
		path, err := r.retireKey(ctx, id, op.GUN)
		if err != nil {
			notes = append(notes, fmt.Sprintf("the old key %s stays in private/: %v", id, err))
			continue
		}
		trashed = append(trashed, path)
	}
	return trashed, notes
}

func (r *Rotator) retireKey(ctx context.Context, id trustdata.KeyID, gun trustdata.GUN) (string, error) {
	listed, err := r.StillListed(ctx, id, gun)
	if err != nil {
		return "", err
	}
	if len(listed) > 0 {
		return "", fmt.Errorf("%q still lists it", listed[0])
	}
	return r.Keys.Trash(ctx, id, r.Now())
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
