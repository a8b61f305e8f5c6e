package rotation

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/state"
)

// Recovered is what became of one operation that an earlier run did not finish, or of a
// key in pending/ that belongs to none, or of one in the trash that is wanted.
type Recovered struct {
	// Op is the operation as it stands now; nil for a key that belongs to none.
	Op *Operation
	// AfterAll is a change that was given up and has landed; Op is nil then.
	AfterAll *AfterAll
	// Stray is that key.
	Stray keyring.Staged
	// Promoted are the keys that were moved from pending/ into private/, because the
	// server's verified metadata lists them.
	Promoted []trustdata.KeyID
	// Trashed are the files of the keys that they replaced, Notes what did not go as
	// planned.
	Trashed, Notes []string
}

// Recover looks at everything that earlier runs have left in this trust directory. It
// asks the servers what became of what was sent, finishes what has landed, ends what
// cannot land any more, and gives up what was never sent and made no key. It sends
// nothing: what then is unfinished waits for Resume or GiveUp.
func (r *Rotator) Recover(ctx context.Context) ([]Recovered, error) {
	ops, err := r.Unfinished()
	if err != nil {
		return nil, err
	}
	var out []Recovered
	known := map[string]bool{}
	for _, op := range ops {
		known[op.ID] = true
		rec, err := r.settle(ctx, op)
		if err != nil {
			return nil, err
		}
		out = append(out, rec)
	}
	pending, err := r.Keys.Pending(ctx)
	if err != nil {
		return nil, err
	}
	for _, staged := range pending {
		if !known[staged.Op] {
			out = append(out, Recovered{Stray: staged})
		}
	}
	late, err := r.afterAll(ctx)
	return append(out, late...), err
}

// Unfinished are the operations of this trust directory that have not ended, as the
// journal has them: no server is asked.
func (r *Rotator) Unfinished() ([]*Operation, error) {
	all, err := r.Journal.Unfinished()
	return slices.DeleteFunc(all, func(op *Operation) bool { return op.Place != r.Place }), err
}

// settle asks what became of every unit that was sent.
func (r *Rotator) settle(ctx context.Context, op *Operation) (Recovered, error) {
	rec := Recovered{Op: op}
	run, err := r.Journal.resume(op)
	if err != nil {
		return rec, err
	}
	for _, u := range op.Units {
		d := &delivery{run: run, unit: u, shared: op.shared()}
		switch {
		case u.State.Sent():
			r.settleUnit(ctx, d, &rec)
		case op.nothingOf(u):
			if err := r.noted(d, StateAbandoned, nil); err != nil {
				rec.Notes = append(rec.Notes, err.Error())
			}
		}
	}
	if err := r.dropUnused(ctx, run); err != nil {
		rec.Notes = append(rec.Notes, err.Error())
	}
	return rec, run.end()
}

// nothingOf reports whether there is nothing to go on with of a unit that has not ended:
// nothing was sent and no key waits, or no file of its ceremony has left this machine.
func (o *Operation) nothingOf(u *Unit) bool {
	switch o.Ceremony {
	case OnlineSide:
		return !u.State.Ended() && o.unprepared()
	case OfflineSide:
		return false
	}
	return !u.State.Ended() && (o.edits() || len(o.Keys) == 0 && len(o.Units) == 1)
}

// settleUnit asks what became of a unit that was sent, and finishes it if it has landed.
func (r *Rotator) settleUnit(ctx context.Context, d *delivery, rec *Recovered) {
	server, err := r.Server(d.unit.GUN)
	if err != nil {
		rec.Notes = append(rec.Notes, err.Error())
		return
	}
	found, err := r.look(ctx, d, server)
	switch found {
	case foundOurs:
		if d.unit.Gone {
			r.conclude(ctx, d, r.finishGone(nil))
			return
		}
		waiting := r.waiting(ctx, d)
		got, err := r.finish(ctx, d, nil, func(string) {})
		if err != nil {
			rec.Notes = append(rec.Notes, err.Error())
			return
		}
		rec.Promoted = append(rec.Promoted, waiting...)
		trashed, notes := r.conclude(ctx, d, got)
		rec.Trashed, rec.Notes = append(rec.Trashed, trashed...), append(rec.Notes, notes...)
	case foundOther:
		if err := r.giveUp(ctx, d, StateConflict, nil); err != nil {
			rec.Notes = append(rec.Notes, err.Error())
		}
	case foundBase:
		d.unit.Why = "the server still has what it had before"
	default:
		d.unit.Why = fmt.Sprintf("the server could not tell whether it has the change: %v", err)
	}
}

// waiting are the new keys of a unit that are in pending/ still.
func (r *Rotator) waiting(ctx context.Context, d *delivery) (ids []trustdata.KeyID) {
	pending, err := r.Keys.Pending(ctx)
	if err != nil {
		return nil // promoting them will say why
	}
	for _, staged := range pending {
		if staged.Op == d.run.op.ID && slices.Contains(d.unit.NewKeys, staged.KeyID) {
			ids = append(ids, staged.KeyID)
		}
	}
	return ids
}

// dropUnused moves the new keys of an operation that has ended to the trash, where no
// repository has come to list them.
func (r *Rotator) dropUnused(ctx context.Context, run *run) error {
	if !run.op.Ended() {
		return nil
	}
	pending, err := r.Keys.Pending(ctx)
	for _, staged := range pending {
		if staged.Op == run.op.ID && !run.landed(staged.KeyID) {
			err = errors.Join(err, r.throwAway(ctx, run.op.ID, staged.KeyID))
		}
	}
	return err
}

// landed reports whether a unit that lists the key has landed.
func (r *run) landed(id trustdata.KeyID) bool {
	return slices.ContainsFunc(r.op.Units, func(u *Unit) bool {
		return u.landed() && slices.Contains(u.NewKeys, id)
	})
}

// Again sends the exact bytes of those units of an operation once more whose servers
// verifiably still have what they had before; no key is needed for that. Other bytes are
// never sent in their place. It looks first, and again after. An operation that has ended
// is left as it is.
func (r *Rotator) Again(ctx context.Context, op *Operation, progress func(trustdata.GUN, string)) (Recovered, error) {
	rec := Recovered{Op: op}
	if op.Closed {
		return rec, nil
	}
	run, err := r.Journal.resume(op)
	if err != nil {
		return rec, err
	}
	for _, u := range op.Units {
		if !u.State.Sent() && !u.refusedBefore() {
			continue
		}
		d := &delivery{run: run, unit: u, shared: op.shared()}
		if err := r.again(ctx, d, &rec, func(step string) { progress(u.GUN, step) }); err != nil {
			rec.Notes = append(rec.Notes, err.Error())
		}
	}
	return rec, run.end()
}

func (r *Rotator) again(ctx context.Context, d *delivery, rec *Recovered, progress Progress) error {
	server, err := r.Server(d.unit.GUN)
	if err != nil {
		return err
	}
	if found, _ := r.look(ctx, d, server); found != foundBase {
		r.settleUnit(ctx, d, rec)
		return nil
	}
	if !d.unit.Gone {
		if d.files, err = r.Journal.payload(d.run.op, d.unit); err != nil {
			return err
		}
	}
	if err := d.run.submitting(d.unit); err != nil {
		return err
	}
	got, err := r.submit(ctx, d, server, progress)
	if err != nil {
		return err
	}
	trashed, notes := r.conclude(context.WithoutCancel(ctx), d, got)
	rec.Trashed, rec.Notes = append(rec.Trashed, trashed...), append(rec.Notes, append(got.notes, notes...)...)
	return nil
}

// GiveUp ends an unfinished operation. What was sent must be known to have landed or not:
// where a server cannot tell, the error is ErrUnknown and nothing has changed. New keys
// that no repository lists go to the trash. One that has ended is left as it is.
func (r *Rotator) GiveUp(ctx context.Context, op *Operation) (Recovered, error) {
	if op.Closed {
		return Recovered{Op: op}, nil
	}
	if op.handedOut() {
		return Recovered{Op: op}, usagef("what was signed in operation %s may have left this machine, and a new root key with it: keyrite ceremony sign writes the same file once more and ends it", op.ID)
	}
	rec, err := r.settle(ctx, op)
	if err != nil || op.Closed {
		return rec, err
	}
	run, err := r.Journal.resume(op)
	if err != nil {
		return rec, err
	}
	for _, u := range op.Units {
		if u.State.Sent() && !r.unchanged(ctx, u) {
			return rec, errors.Join(fmt.Errorf("%q: %w; nothing was given up: %s", u.GUN, ErrUnknown, u.Why), run.close())
		}
	}
	for _, u := range op.Units {
		if !u.State.Ended() {
			err = errors.Join(err, r.noted(&delivery{run: run, unit: u}, StateAbandoned, nil))
		}
	}
	return rec, errors.Join(err, r.dropUnused(ctx, run), run.end())
}

// remember notes the outcome of a unit among the acts.
func (r *Rotator) remember(op *Operation, u *Unit) error {
	return r.State.Activity().Append(state.Act{What: op.Kind, On: string(u.GUN), Result: string(u.State),
		Detail: fmt.Sprintf("%s version %d, operation %s", u.Anchor, u.Version, op.ID)})
}
