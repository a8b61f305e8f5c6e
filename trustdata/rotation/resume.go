package rotation

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"keyrite/keyring"
	"keyrite/trustdata"
)

// PlanResume plans what is still to do of an unfinished operation: every unit that was
// never sent, or that was not taken, against the repository as it is now, with the key
// that the operation has made already. Units that were sent are settled by Recover and
// Again, never here; one that a server has refused, and that has not moved since, is left
// out: the same version is never signed twice.
func (r *Rotator) PlanResume(ctx context.Context, op *Operation, atOnce int) (*Batch, error) {
	if op.Ceremony != "" {
		return op.atCeremony(), nil
	}
	var reqs []Request
	for _, u := range op.Units {
		if !u.State.Sent() && !u.State.Ended() {
			reqs = append(reqs, u.Request)
		}
	}
	b, err := r.PlanBatch(ctx, reqs, atOnce)
	if err != nil {
		return nil, err
	}
	b.ID, b.Kind, b.resumes = op.ID, op.Kind, op
	plans := b.Plans
	b.Plans = nil
	for _, p := range plans {
		u := op.Unit(p.GUN)
		if u.refusedBefore() && fingerprint(p.base) == u.Base {
			b.Left = append(b.Left, LeftOut{p.GUN, fmt.Errorf("%w: %s", ErrRefused, u.Why)})
			continue
		}
		p.ID = op.ID
		r.reuse(op, p)
		b.Plans = append(b.Plans, p)
	}
	return b, nil
}

// reuse has a plan take the key that the operation has made for it, which must be opened,
// in place of a new one.
func (r *Rotator) reuse(op *Operation, p *Plan) {
	k, ok := op.keyFor(p.GUN, p.Role)
	if !ok || !p.Stages() {
		return
	}
	p.Need = slices.DeleteFunc(p.Need, func(n Need) bool { return n.New || n.Given })
	p.Need = append(p.Need, Need{KeyID: k.KeyID, Role: p.Role, GUN: p.GUN, Staged: op.ID,
		Why: fmt.Sprintf("it is the new %s key, which this operation has in pending/", p.Role.Title())})
}

// keyFor is the key that the operation has made for a repository's role: its own, or the
// one that all share.
func (o *Operation) keyFor(gun trustdata.GUN, role trustdata.Role) (Stored, bool) {
	for _, k := range o.Keys {
		if k.Role == role && (k.GUN == gun || k.GUN == "" || role == trustdata.RoleRoot) {
			return k, true
		}
	}
	return Stored{}, false
}

// WithStaged is a store in which an operation's own new keys are found too, while they
// wait in pending/.
type WithStaged struct {
	keyring.Store
	Op string
}

// List implements keyring.Store.
func (s WithStaged) List(ctx context.Context) ([]keyring.Info, error) {
	infos, err := s.Store.List(ctx)
	if err != nil {
		return nil, err
	}
	pending, err := s.Pending(ctx)
	for _, staged := range pending {
		if staged.Op == s.Op {
			infos = append(infos, keyring.Info{KeyID: staged.KeyID, Role: staged.Role, GUN: staged.GUN, Path: staged.Path, Problem: staged.Problem, Encrypted: true})
		}
	}
	return infos, err
}

// Open implements keyring.Store.
func (s WithStaged) Open(ctx context.Context, id trustdata.KeyID, p keyring.Passphrase) (*keyring.PrivateKey, error) {
	key, err := s.OpenStaged(ctx, s.Op, id, p)
	if errors.Is(err, fs.ErrNotExist) {
		return s.Store.Open(ctx, id, p)
	}
	return key, err
}

// takeUp goes on with the operation that a batch resumes: keys are the opened ones, the
// operation's own among them.
func (r *Rotator) takeUp(ctx context.Context, b *Batch, keys Keys, pass keyring.Passphrase) (*Prepared, error) {
	run, err := r.Journal.resume(b.resumes)
	if err != nil {
		return nil, err
	}
	prep := &Prepared{run: run}
	for _, p := range b.Plans {
		u := &ready{plan: p, unit: run.op.Unit(p.GUN)}
		*u.unit = *p.unit()
		u.unit.State = StatePlanned
		prep.units = append(prep.units, u)
		if err := r.readyAgain(ctx, prep, u, keys, pass); err != nil {
			return nil, joined(err, run.close())
		}
	}
	return prep.name(), nil
}

// readyAgain gives a unit the key that the operation has made for it, or makes it now.
func (r *Rotator) readyAgain(ctx context.Context, prep *Prepared, u *ready, keys Keys, pass keyring.Passphrase) error {
	k, ok := prep.run.op.keyFor(u.plan.GUN, u.plan.Role)
	if !ok || !u.plan.Stages() {
		return r.newKey(ctx, prep, u, keys, pass)
	}
	key, ok := keys[k.KeyID]
	if !ok {
		return fmt.Errorf("the new key %q was not opened: %w", k.KeyID.Short(), errTooFewOpened)
	}
	u.unit.NewKeys, u.lent = []trustdata.KeyID{k.KeyID}, true
	return u.make(key, r.Now())
}
