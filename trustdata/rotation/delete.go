package rotation

import (
	"context"
	"errors"
	"fmt"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
)

// Deletion is the end of a repository's trust data on its server before it happens. No key
// is touched, and what this machine remembers of the repository stays: a new one under the
// same name is noticed.
type Deletion struct {
	ID            string        `json:"id"`
	Kind          string        `json:"kind"`
	GUN           trustdata.GUN `json:"-"`
	Server        string        `json:"-"`
	Steps         []string      `json:"steps"`
	Need          []Need        `json:"needs"`
	Changes       []string      `json:"changes"`
	WillNotFollow []string      `json:"will_not_follow"`
	// Tags is how many signed tags go, -1 where the repository does not verify.
	Tags int `json:"-"`

	version int64
	sha256  string
	// base is the fingerprint of what the plan lists, "" where it does not verify.
	base string
}

// DeletionResult is a deletion that was read back: the server has no root any more.
type DeletionResult struct {
	GUN     trustdata.GUN `json:"gun"`
	Deleted bool          `json:"deleted"`
	// Verified is set after the server has said, asked anew, that it has nothing.
	Verified bool `json:"verified"`
	Tags     int  `json:"tags"`
	// Archive is the folder that the evidence was kept in before, or "".
	Archive string   `json:"archive"`
	Waived  []string `json:"waived"`
	Notes   []string `json:"-"`
}

// PlanDelete plans to delete a repository from its server. One that does not verify can be
// deleted too: that is often why.
func (r *Rotator) PlanDelete(ctx context.Context, gun trustdata.GUN) (*Deletion, error) {
	server, err := r.Server(gun)
	if err != nil {
		return nil, err
	}
	raw, err := server.Get(ctx, trustdata.RoleRoot, notary.Limit(trustdata.RoleRoot))
	if err != nil {
		return nil, err
	}
	d := &Deletion{ID: operationID(r.Now()), Kind: "delete", GUN: gun, Server: server.Server(), Need: []Need{}, Tags: -1,
		Changes: clockWarning(r.Now(), server.Clock()), sha256: hash(raw),
		Steps: []string{"keep the evidence, if a folder for it is named (--archive-to DIR)", "check that the server still has what this plan saw",
			"have the server delete the repository's trust data", "ask it again: it must have none"}}
	if root, err := notary.ParseRoot(raw); err == nil {
		d.version = root.Body.Version
	}
	d.Changes = append(d.Changes, fmt.Sprintf("%s: every version of its metadata is deleted from %s", gun, d.Server))
	if err := r.whatGoes(ctx, d); err != nil {
		return nil, err
	}
	d.Changes = append(d.Changes, "no private key is touched here; the server's own snapshot and timestamp keys are the server's affair",
		"this machine goes on remembering its root: a repository founded anew under this name is noticed (keyrite init --anew)")
	d.WillNotFollow = []string{
		"docker with content trust refuses every tag of it from now on, wherever nobody has a copy of the metadata",
		"clients that have a copy go on listing its tags until that copy expires; that the server has none is a mere warning to them",
		"clients that have a copy refuse a repository that is founded anew under this name, with the same root key too, until somebody deletes tuf/" + string(gun) + " in their trust directory",
		"a notary-server that keeps its data in memory alone deletes every repository whose name begins with this one",
	}
	return d, nil
}

// whatGoes lists every tag that loses its signature.
func (r *Rotator) whatGoes(ctx context.Context, d *Deletion) error {
	res, err := r.Fetch(ctx, d.GUN)
	switch {
	case errors.Is(err, trustdata.ErrVerify):
		d.Changes = append(d.Changes, fmt.Sprintf("what it signs cannot be told, because it does not verify: %v", err))
		return nil
	case err != nil:
		return err
	}
	d.base = fingerprint(res.Repo)
	d.Tags = len(res.Collection.Tags)
	for _, t := range res.Collection.Tags {
		d.Changes = append(d.Changes, fmt.Sprintf("%s loses its signature for sha256:%s", t.Name, t.Digest))
	}
	return nil
}

// ApplyDelete has the server delete the repository and reads that back. Its errors are
// Publish's.
func (r *Rotator) ApplyDelete(ctx context.Context, p *Deletion, waived []string, progress Progress) (*DeletionResult, error) {
	u := &Unit{Request: Request{GUN: p.GUN}, Anchor: trustdata.RoleRoot, Version: p.version, SHA256: p.sha256, Gone: true}
	run, err := r.Journal.begin(&Operation{ID: p.ID, Kind: p.Kind, Place: r.Place, Units: []*Unit{u}})
	if err != nil {
		return nil, err
	}
	res, err := r.applyDelete(ctx, p, &delivery{run: run, unit: u}, waived, progress)
	return res, closing(run, err)
}

func (r *Rotator) applyDelete(ctx context.Context, p *Deletion, d *delivery, waived []string, progress Progress) (*DeletionResult, error) {
	for _, what := range waived {
		if err := d.run.waived(what); err != nil {
			return nil, r.giveUp(ctx, d, StateAbandoned, err)
		}
	}
	server, err := r.Server(p.GUN)
	if err != nil {
		return nil, r.giveUp(ctx, d, StateAbandoned, err)
	}
	if found, err := r.look(ctx, d, server); found != foundBase {
		if err == nil {
			err = fmt.Errorf("%q: %w", p.GUN, ErrMoved)
		}
		return nil, r.giveUp(ctx, d, StateConflict, err)
	}
	if p.base != "" {
		if err := r.stillAs(ctx, &Unit{Request: Request{GUN: p.GUN}, Base: p.base}); err != nil {
			return nil, r.giveUp(ctx, d, StateConflict, err)
		}
	}
	if err := d.run.submitting(d.unit); err != nil {
		return nil, r.giveUp(ctx, d, StateAbandoned, fmt.Errorf("nothing was sent: %w", err))
	}
	got, err := r.submit(ctx, d, server, progress)
	if err != nil {
		return nil, err
	}
	_, notes := r.conclude(context.WithoutCancel(ctx), d, got)
	return &DeletionResult{GUN: p.GUN, Deleted: true, Verified: true, Tags: max(p.Tags, 0), Waived: append([]string{}, waived...), Notes: append(got.notes, notes...)}, nil
}

// lookGone is look for a repository that is to be gone: it is, if the server says in its
// own words that it has no root of it. A proxy's or a registry's 404 tells nothing.
func lookGone(ctx context.Context, u *Unit, server TrustServer) (found, error) {
	raw, err := server.Get(ctx, trustdata.RoleRoot, notary.Limit(trustdata.RoleRoot))
	switch {
	case err == nil && hash(raw) == u.SHA256:
		return foundBase, nil
	case err == nil:
		return foundOther, nil
	case errors.Is(err, remote.ErrNotFound) && !errors.Is(err, remote.ErrNotTrustServer):
		return foundOurs, nil
	}
	return foundNothing, err
}

// finishGone is finish for a repository that is gone: there is nothing left to verify.
func (r *Rotator) finishGone(sent error) *landed {
	out := &landed{known: &remote.Result{Collection: &trustdata.Collection{}}}
	if sent != nil {
		out.notes = append(out.notes, fmt.Sprintf("the answer to the deletion was an error (%v), but the server has nothing any more", sent))
	}
	return out
}

// send sends what a unit is about.
func (d *delivery) send(ctx context.Context, server TrustServer) error {
	if d.unit.Gone {
		return server.Delete(ctx)
	}
	return server.Publish(ctx, d.files)
}

// unchanged reports whether a unit's server verifiably still has what it had before.
func (r *Rotator) unchanged(ctx context.Context, u *Unit) bool {
	if !u.Gone {
		return r.stillAs(ctx, u) == nil
	}
	server, err := r.Server(u.GUN)
	if err != nil {
		return false
	}
	found, _ := lookGone(ctx, u, server)
	return found == foundBase
}
