package rotation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/rotation/ceremony"
)

// PublishingPlan is the last part of a ceremony before it happens. It needs no root key.
type PublishingPlan struct {
	Op            *Operation
	Need          []Need
	Changes       []string
	WillNotFollow []string
	// Left are the repositories that cannot be published now, with why.
	Left []LeftOut
	// Again are those whose exact bytes were sent before: Again settles them.
	Again []trustdata.GUN

	units []*publishing
}

// publishing is one repository of it.
type publishing struct {
	unit *Unit
	repo *ceremony.Repository
	// base is the repository as it is now, next the root that was signed for it.
	base *notary.Repository
	next *notary.File[notary.Root]
	// withSnapshot says that the snapshot key is here.
	withSnapshot bool
}

// GUNs are the repositories that are to be published.
func (p *PublishingPlan) GUNs() []trustdata.GUN {
	guns := []trustdata.GUN{}
	for _, u := range p.units {
		guns = append(guns, u.unit.GUN)
	}
	return guns
}

// PlanPublishing holds a signed file against what was prepared here, and the servers
// against both. It changes nothing.
func (r *Rotator) PlanPublishing(ctx context.Context, b *ceremony.Bundle, atOnce int) (*PublishingPlan, error) {
	op, own, err := r.preparedFor(b)
	if err != nil {
		return nil, err
	}
	h, err := r.here(ctx)
	if err != nil {
		return nil, err
	}
	p := &PublishingPlan{Op: op, Need: []Need{}, WillNotFollow: []string{}}
	var todo []*Unit
	for _, u := range op.Units {
		switch {
		case u.State.Sent() || u.refusedBefore():
			p.Again = append(p.Again, u.GUN)
		case !u.State.Ended():
			todo = append(todo, u)
		}
	}
	units, why := make([]*publishing, len(todo)), make([]error, len(todo))
	needs := make([][]Need, len(todo))
	sideBySide(ctx, len(todo), atOnce, func(i int) {
		units[i], needs[i], why[i] = r.planPublishing(ctx, op, todo[i], own.Repository(todo[i].GUN), b.Signed.Root(todo[i].GUN), h)
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for i, u := range units {
		if why[i] != nil {
			p.Left = append(p.Left, LeftOut{todo[i].GUN, why[i]})
			continue
		}
		p.units, p.Need = append(p.units, u), append(p.Need, needs[i]...)
		p.Changes = append(p.Changes, u.words()...)
		for _, who := range r.leftBehind(u.repo, u.base.Root) {
			p.WillNotFollow = append(p.WillNotFollow, fmt.Sprintf("%s: %s", u.repo.GUN, who))
		}
	}
	p.Need = onceEach(p.Need)
	return p, nil
}

func onceEach(needs []Need) []Need {
	out := []Need{}
	for _, n := range needs {
		if !slices.ContainsFunc(out, func(o Need) bool { return o.KeyID == n.KeyID }) {
			out = append(out, n)
		}
	}
	return out
}

// preparedFor finds the operation that waits for a signed file, and the file that was
// prepared, as this machine has kept it.
func (r *Rotator) preparedFor(b *ceremony.Bundle) (*Operation, *ceremony.Bundle, error) {
	if b.Signed == nil {
		return nil, nil, usagef("this file is not signed yet: keyrite ceremony sign does that, on the machine that has the root key")
	}
	op, err := r.Journal.lookUp(b.ID)
	switch {
	case err != nil:
		return nil, nil, err
	case op == nil || op.Ceremony != OnlineSide:
		return nil, nil, fmt.Errorf("%w: no ceremony %s was prepared on this machine", ErrCeremony, b.ID)
	case op.Place != r.Place:
		return nil, nil, fmt.Errorf("%w: the ceremony %s was prepared with the trust directory %q: name that with --trust-dir", ErrCeremony, b.ID, op.Place)
	case op.Ended() && op.State() == StateDone:
		return nil, nil, fmt.Errorf("%w: the ceremony %s was published already", ErrCeremony, b.ID)
	case op.Ended():
		return nil, nil, fmt.Errorf("%w: the ceremony %s has ended here (%s): prepare another one", ErrCeremony, b.ID, op.State())
	case op.unprepared():
		return nil, nil, fmt.Errorf("%w: the ceremony %s was not prepared to its end: give it up with rotate --abandon %s, and prepare another one", ErrCeremony, b.ID, op.ID)
	}
	own, err := r.Journal.bundle(op)
	if err != nil {
		return nil, nil, err
	}
	if own.SHA256 != op.Units[0].Bundle {
		return nil, nil, fmt.Errorf("the file that was kept of the ceremony %s is not the one that was prepared: %w", b.ID, ceremony.ErrDamaged)
	}
	if own.SHA256 != b.PreparedSHA256 {
		return nil, nil, fmt.Errorf("%w: it is signed for another preparation (SHA-256 %s), and this machine prepared %s", ErrCeremony, b.PreparedSHA256, own.SHA256)
	}
	return op, own, nil
}

// planPublishing checks the root that was signed for a repository, and that its server
// still has the root that this one follows. Tags and snapshots may have moved meanwhile:
// what goes with the new root is signed here, on top of what is there now.
func (r *Rotator) planPublishing(ctx context.Context, op *Operation, unit *Unit, repo *ceremony.Repository, signed *ceremony.SignedRoot, h here) (*publishing, []Need, error) {
	policy := notary.Policy{GUN: repo.GUN, Now: r.Now()} // that a pin has to be changed is said in the result
	chain, err := repo.Chain(policy)
	if err != nil {
		return nil, nil, err
	}
	base := chain[len(chain)-1]
	u := &publishing{unit: unit, repo: repo}
	if u.next, err = repo.Fits(base, signed.Raw(), policy); err != nil {
		return nil, nil, err
	}
	res, err := r.Fetch(ctx, repo.GUN)
	if err != nil {
		return nil, nil, err
	}
	u.base = res.Repo
	switch now := res.Repo.Root; {
	case bytes.Equal(now.Raw, u.next.Raw):
		return nil, nil, fmt.Errorf("%w: the server has exactly this root.json, version %d, already", ErrCeremony, now.Body.Version)
	case !bytes.Equal(now.Raw, base.Raw):
		return nil, nil, fmt.Errorf("%q: %w: the server has version %d of root.json, and this one was signed to follow version %d: prepare another ceremony", repo.GUN, ErrMoved, now.Body.Version, base.Body.Version)
	}
	needs, err := u.needs(op, h)
	return u, needs, err
}

// needs are the keys that sign what goes with the root: the new one of the role, which
// waits in pending/, those that the role keeps, and the snapshot's where that is here.
func (u *publishing) needs(op *Operation, h here) ([]Need, error) {
	var out []Need
	b := &planner{held: h.held, plan: &Plan{Request: u.unit.Request, base: u.base, to: u.unit.To}}
	if err := b.snapshotKey(); err != nil {
		return nil, err
	}
	u.withSnapshot = b.plan.withSnapshot
	if k, ok := op.keyFor(u.unit.GUN, u.unit.Role); ok {
		out = append(out, Need{KeyID: k.KeyID, Role: u.unit.Role, GUN: u.unit.GUN, Staged: op.ID,
			Why: fmt.Sprintf("it is the new %s key, which waits in pending/", u.unit.Role.Title())})
		_, ids, err := roleKeys(&u.next.Body, u.unit.Role)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			if _, here := h.held[id]; here && len(out) < u.next.Body.Roles[u.unit.Role].Threshold {
				out = append(out, Need{KeyID: id, Role: u.unit.Role, GUN: u.unit.GUN, Why: "it stays a key of that role, which needs more than one"})
			}
		}
	}
	return append(out, b.plan.Need...), nil
}

// words says what is sent, and what has moved since it was prepared.
func (u *publishing) words() []string {
	out := changeWords(u.repo, u.base.Root.Body.Version)
	for role, now := range versionsOf(u.base) {
		if was := u.repo.Versions[role]; was != now && role != trustdata.RoleTimestamp {
			out = append(out, fmt.Sprintf("%s: %s went from version %d to %d since this was prepared; that stays as it is now", u.repo.GUN, role, was, now))
		}
	}
	slices.Sort(out[2:])
	return out
}

// draft is what is sent: the root as it was signed, and what has to go with it.
func (u *publishing) draft(r *Rotator) *draft {
	d := &draft{base: u.base, root: &u.next.Body, signed: u.next.Raw, withSnapshot: u.withSnapshot}
	if u.repo.Role == trustdata.RoleTargets {
		body := u.base.Targets[trustdata.RoleTargets].Body.Clone()
		body.Version++
		body.Expires = r.Now().Add(notary.Lifetime(trustdata.RoleTargets))
		d.targets = map[trustdata.Role]notary.Targets{trustdata.RoleTargets: body}
	}
	return d
}

// PublishCeremony sends every root of a plan with what goes with it, as PublishBatch does.
// Whatever is not taken goes on waiting.
func (r *Rotator) PublishCeremony(ctx context.Context, p *PublishingPlan, keys Keys, atOnce int, told func(trustdata.GUN, string)) ([]Outcome, error) {
	run, err := r.Journal.resume(p.Op)
	if err != nil {
		return nil, err
	}
	out := make([]Outcome, len(p.units))
	for i, u := range p.units {
		out[i] = Outcome{GUN: u.unit.GUN, Err: ErrNotBegun}
	}
	sideBySide(ctx, len(p.units), atOnce, func(i int) {
		u := p.units[i]
		res, err := r.publishSigned(ctx, run, u, keys, func(step string) { told(u.unit.GUN, step) })
		out[i] = Outcome{GUN: u.unit.GUN, Result: res, Err: err}
		told(u.unit.GUN, lastStep(err))
	})
	return out, closing(run, nil)
}

func (r *Rotator) publishSigned(ctx context.Context, run *run, u *publishing, keys Keys, progress Progress) (*Result, error) {
	progress("sign")
	d := &delivery{run: run, unit: u.unit, base: u.base, shared: true}
	var err error
	if d.files, _, err = u.draft(r).sign(keys, r.Now()); err != nil {
		return nil, r.giveUp(ctx, d, StateWaiting, err)
	}
	if u.unit.Role == trustdata.RoleRoot {
		listed := u.next.Body.Roles[trustdata.RoleRoot].KeyIDs
		if u.unit.Certificate = listed[len(listed)-1]; u.repo.Change == ceremony.Refresh {
			u.unit.Certificate = ""
		}
		if _, u.unit.NewKeys, err = roleKeys(&u.next.Body, trustdata.RoleRoot); err != nil {
			return nil, r.giveUp(ctx, d, StateWaiting, err)
		}
	}
	got, err := r.deliver(ctx, d, progress)
	if err != nil && !errors.Is(err, ErrLanded) {
		return nil, err
	}
	yes := true
	res := &Result{GUN: u.unit.GUN, Role: u.unit.Role, OldKeys: u.unit.OldKeys, NewKeys: u.unit.NewKeys, Published: &yes,
		RootVersion: u.next.Body.Version, Waived: []string{}, RootCertificateID: trustdata.CertificateID(u.unit.Certificate),
		PinsToChange: r.pinsToChange(&ready{plan: &Plan{Request: u.unit.Request}, unit: u.unit, new: u.next.Body.Keys[u.unit.Certificate]})}
	if err == nil && !bytes.Equal(got.known.Repo.Root.Raw, u.next.Raw) {
		err = r.noted(d, StateUnverified, fmt.Errorf("%w, but %q as read back has another root.json than was sent", ErrLanded, u.unit.GUN))
	}
	if err != nil {
		res.Problems = []string{err.Error()}
		return res, err
	}
	res.Verified = true
	trashed, notes := r.conclude(context.WithoutCancel(ctx), d, got)
	res.Trashed, res.Notes = trashed, append(got.notes, notes...)
	return res, nil
}
