package rotation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

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
	// PinsToChange are sentences on the settings, of this machine and of clients that are
	// named in them, that refuse the new root.
	PinsToChange []string `json:"pins_to_change,omitempty"`
	// Problems say why what has landed is not verified.
	Problems []string `json:"problems,omitempty"`
	// Compromised says that the key was replaced because somebody else may have it.
	Compromised bool `json:"compromised,omitempty"`
	// Vouched is what such a key had signed.
	Vouched *History `json:"vouched,omitempty"`
	// Trusted is what such a root key had trusted others with.
	Trusted *RootHistory `json:"trusted,omitempty"`
	// Trashed are the files that the old keys were moved to.
	Trashed []string `json:"trashed,omitempty"`
	// Retired are the files that compromised root keys were moved to; the caller does that.
	Retired []string `json:"retired,omitempty"`
	// Notes are sentences for people on what did not go as planned after the change landed.
	Notes []string `json:"-"`
}

// Publish signs with the opened keys, sends, confirms and brings the new key in. Every
// error before the change has landed leaves each key where it was and the unused new key
// in the trash; ErrUnknown leaves the new key in pending/, where the next start finds it.
// Only ErrLanded has a result beside it.
func (r *Rotator) Publish(ctx context.Context, prep *Prepared, keys Keys, progress Progress) (*Result, error) {
	out, err := r.PublishBatch(ctx, prep, keys, 1, func(_ trustdata.GUN, step string) {
		if step != StepDone && step != StepStopped {
			progress(step)
		}
	})
	return out[0].Result, joined(out[0].Err, err)
}

// joined is errors.Join that leaves a single error as it is.
func joined(first, second error) error {
	if second == nil {
		return first
	}
	return errors.Join(first, second)
}

// closing ends an operation, as far as it has ended, and returns err.
func closing(run *run, err error) error {
	if end := run.end(); end != nil {
		return joined(err, fmt.Errorf("the journal could not be closed: %w", end))
	}
	return err
}

// publish carries out one repository's part of a prepared operation.
// Others of the operation may be under way beside it: shared was found out before the first.
func (r *Rotator) publish(ctx context.Context, prep *Prepared, u *ready, shared bool, keys Keys, progress Progress) (*Result, error) {
	progress("sign")
	d := &delivery{run: prep.run, unit: u.unit, base: u.plan.base, shared: shared}
	if u.key != nil {
		keys = maps.Clone(keys)
		keys[u.newID] = u.key
	}
	if err := u.listExisting(keys, r.Now()); err != nil {
		return nil, r.giveUp(ctx, d, StateAbandoned, err)
	}
	var err error
	if d.files, _, err = u.plan.draft(u.new, r.Now()).sign(keys, r.Now()); err != nil {
		return nil, r.giveUp(ctx, d, StateAbandoned, err)
	}
	got, err := r.deliver(ctx, d, progress)
	switch {
	case errors.Is(err, ErrLanded):
		res := r.landed(u)
		res.Problems = []string{err.Error()}
		return res, err
	case err != nil:
		return nil, err
	}
	return r.result(context.WithoutCancel(ctx), u, d, got)
}

// landed is the result before anything was read back.
func (r *Rotator) landed(u *ready) *Result {
	p, yes := u.plan, true
	return &Result{GUN: p.GUN, Role: p.Role, OldKeys: p.OldKeys, NewKeys: append([]trustdata.KeyID{}, u.unit.NewKeys...),
		Published: &yes, RootVersion: p.RootVersion, Waived: []string{}, Compromised: p.Compromised, Vouched: p.Vouched, Trusted: p.Trusted,
		RootCertificateID: trustdata.CertificateID(u.unit.Certificate), PinsToChange: r.pinsToChange(u)}
}

// result checks that the repository as read back lists the new key beside those that stay
// and no other, and only then lets the old ones go.
func (r *Rotator) result(ctx context.Context, u *ready, d *delivery, got *landed) (*Result, error) {
	p, res := u.plan, r.landed(u)
	if listed, meant := u.nowLists(got.known.Repo); !meant {
		err := r.noted(d, StateUnverified, fmt.Errorf("%w, but %q now lists %q for %s, and not %q", ErrLanded, p.GUN, listed, p.Role, u.listed()))
		res.Problems = []string{err.Error()}
		return res, err
	}
	res.Verified = true
	trashed, notes := r.conclude(ctx, d, got)
	res.Trashed, res.Notes = trashed, append(got.notes, notes...)
	return res, nil
}

// listed are the keys that the role is to list, as it lists them.
func (u *ready) listed() []trustdata.ListedID {
	if u.plan.origin() == keyNone {
		return u.plan.kept
	}
	return append(slices.Clone(u.plan.kept), u.new.ListedID())
}

func sameKeys(a, b []trustdata.ListedID) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(id trustdata.ListedID) bool { return !slices.Contains(b, id) })
}

// conclude lets the keys go that a landed change has replaced, and notes that it is done.
func (r *Rotator) conclude(ctx context.Context, d *delivery, got *landed) (trashed, notes []string) {
	trashed, notes = r.retireOld(ctx, d.unit, got.known.Collection)
	if err := r.noted(d, StateDone, nil); err != nil {
		notes = append(notes, err.Error())
	}
	return trashed, notes
}

// retireOld moves the old targets or snapshot keys of a unit to the trash, unless a
// collection known here still lists them: now, which is the repository as read back, or
// another one. Failing to do so harms nothing: it is a note.
func (r *Rotator) retireOld(ctx context.Context, u *Unit, now *trustdata.Collection) (trashed, notes []string) {
	if u.Role == trustdata.RoleRoot || u.Role == trustdata.RoleTimestamp {
		return nil, nil
	}
	for _, id := range u.OldKeys {
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
