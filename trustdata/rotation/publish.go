package rotation

import (
	"context"
	"errors"
	"fmt"

	"keyrite/trustdata"
)

// Result is a rotation that has landed. Verified is only ever set after it was read back.
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
	// RootCertificateID is the ID under which root.json lists a new root key: what a pin
	// has to name from now on. Empty for other roles.
	RootCertificateID trustdata.CertificateID `json:"root_certificate_id,omitempty"`
	// PinsToChange are sentences on the settings of this machine that refuse the new root.
	PinsToChange []string `json:"pins_to_change,omitempty"`
	// Problems say why what has landed is not verified.
	Problems []string `json:"problems,omitempty"`
	// Trashed are the files that the old keys were moved to.
	Trashed []string `json:"trashed,omitempty"`
	// Notes are sentences for people on what did not go as planned after the change landed.
	Notes []string `json:"-"`
}

// Publish signs with the opened keys, sends, confirms and brings the new key in. Every
// error before the change has landed leaves each key where it was and the unused new key
// in the trash; ErrUnknown leaves the new key in pending/, where the next start finds it.
// Only ErrLanded has a result beside it.
func (r *Rotator) Publish(ctx context.Context, prep *Prepared, keys Keys, progress Progress) (*Result, error) {
	p := prep.plan
	progress("sign")
	b := &builder{plan: p, keys: keys, now: r.Now(), next: prep.New}
	d := &delivery{op: prep.operation(), base: p.base}
	if prep.key != nil {
		b.nextKey = prep.key
		d.keys = []made{{prep.key, prep.Staged}}
		defer prep.key.Wipe()
	}
	d.certificate = prep.certificate()
	var err error
	if d.files, err = b.upload(); err != nil {
		return nil, r.discard(ctx, d, err)
	}
	d.op.SHA256 = hash(d.files[trustdata.RoleRoot])
	got, err := r.deliver(ctx, d, progress)
	switch {
	case errors.Is(err, ErrLanded):
		res := r.landed(prep)
		res.Problems = []string{err.Error()}
		return res, err
	case err != nil:
		return nil, err
	}
	return r.result(context.WithoutCancel(ctx), prep, d, got)
}

// landed is the result before anything was read back.
func (r *Rotator) landed(prep *Prepared) *Result {
	p, yes := prep.plan, true
	return &Result{GUN: p.GUN, Role: p.Role, OldKeys: p.OldKeys, NewKeys: []trustdata.KeyID{prep.NewID},
		Published: &yes, RootVersion: p.RootVersion, Waived: []string{},
		RootCertificateID: trustdata.CertificateID(prep.certificate()), PinsToChange: r.pinsToChange(prep)}
}

// result checks that the repository as read back lists the new key alone, and only then
// lets the old ones go.
func (r *Rotator) result(ctx context.Context, prep *Prepared, d *delivery, got *landed) (*Result, error) {
	p, res := prep.plan, r.landed(prep)
	if _, ids, err := roleKeys(&got.known.Repo.Root.Body, p.Role); err != nil || len(ids) != 1 || ids[0] != prep.NewID {
		err := r.noted(d.op, stateUnverified, fmt.Errorf("%w, but %q now lists %s for %s, not the new key %q", ErrLanded, p.GUN, shortIDs(ids), p.Role, prep.NewID))
		res.Problems = []string{err.Error()}
		return res, err
	}
	res.Verified = true
	trashed, notes := r.retireOld(ctx, d.op, got.known.Collection)
	res.Trashed, res.Notes = trashed, append(got.notes, notes...)
	if err := r.noted(d.op, stateDone, nil); err != nil {
		res.Notes = append(res.Notes, err.Error())
	}
	return res, nil
}

// retireOld moves the old targets or snapshot keys of an operation to the trash, unless a
// collection known here still lists them: now, which is the repository as read back, or
// another one. Failing to do so harms nothing: it is a note.
func (r *Rotator) retireOld(ctx context.Context, op operation, now *trustdata.Collection) (trashed, notes []string) {
	if op.Role == trustdata.RoleRoot || op.Role == trustdata.RoleTimestamp {
		return nil, nil
	}
	for _, id := range op.OldKeys {
		if _, err := r.Keys.Raw(ctx, id); err != nil {
			continue // not on this machine
		}
		path, err := r.retireKey(ctx, id, now)
		if err != nil {
			notes = append(notes, fmt.Sprintf("the old key %s stays in private/: %v", id, err))
			continue
		}
		trashed = append(trashed, path)
	}
	return trashed, notes
}

func (r *Rotator) retireKey(ctx context.Context, id trustdata.KeyID, now *trustdata.Collection) (string, error) {
	if roles := listedFor(now, id); len(roles) > 0 {
		return "", fmt.Errorf("%q lists it for %s too", now.GUN, roles[0])
	}
	listed, err := r.StillListed(ctx, id, now.GUN)
	if err != nil {
		return "", err
	}
	if len(listed) > 0 {
		return "", fmt.Errorf("%q still lists it", listed[0])
	}
	return r.Keys.Trash(ctx, id, r.Now())
}
