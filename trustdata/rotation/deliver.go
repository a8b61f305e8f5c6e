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

// Progress is told each step as it begins: sign, send, confirm, promote.
type Progress func(step string)

// delivery is one upload on its way: the unit that it belongs to, and the exact bytes.
type delivery struct {
	run  *run
	unit *Unit
	// base is the repository as it was planned for; nil for one that does not exist yet.
	base  *notary.Repository
	files map[trustdata.Role][]byte
	// shut are the delegations whose file no longer counts after it, on purpose.
	shut []trustdata.Role
	// shared is Operation.shared.
	shared bool
}

// landed is a change that the server has and that was read back.
type landed struct {
	// known is the repository as a client sees it that knew it before.
	known *remote.Result
	notes []string
}

// deliver sends an upload and confirms it. Every error before the change has landed leaves
// each key where it was, with the new ones in the trash; ErrUnknown leaves the new ones in
// pending/, where the next start finds them. Every error after that is ErrLanded.
func (r *Rotator) deliver(ctx context.Context, d *delivery, progress Progress) (*landed, error) {
	anchor := d.unit.Anchor
	d.unit.SHA256, d.unit.Base = hash(d.files[anchor]), fingerprint(d.base)
	if err := notary.CheckUpload(d.base, d.files, notary.Policy{GUN: d.unit.GUN, Now: r.Now()}, d.shut...); err != nil {
		return nil, r.giveUp(ctx, d, StateRefused, fmt.Errorf("our own upload would not verify, nothing was sent: %w", err))
	}
	if err := d.run.signed(d.unit, d.files); err != nil {
		return nil, r.giveUp(ctx, d, StateAbandoned, fmt.Errorf("nothing was sent, because it could not be recorded: %w", err))
	}
	server, err := r.Server(d.unit.GUN)
	if err != nil {
		return nil, r.giveUp(ctx, d, StateAbandoned, err)
	}
	if err := r.unmoved(ctx, d, server); err != nil {
		as := StateAbandoned
		if errors.Is(err, ErrMoved) {
			as = StateConflict
		}
		return nil, r.giveUp(ctx, d, as, err)
	}
	if err := d.run.submitting(d.unit); err != nil {
		return nil, r.giveUp(ctx, d, StateAbandoned, fmt.Errorf("nothing was sent: %w", err))
	}
	return r.submit(ctx, d, server, progress)
}

// submit sends what was signed, and asks what became of it. That it is about to be sent
// is durable already.
func (r *Rotator) submit(ctx context.Context, d *delivery, server TrustServer, progress Progress) (*landed, error) {
	// From here on a cancelled ctx stops nothing: a request that is cut off may land.
	ctx = context.WithoutCancel(ctx)
	progress("send")
	sent := d.send(ctx, server)
	// Failing to note the answer changes nothing: it is never believed without a look.
	_ = d.run.step(d.unit, answered(sent), reasonOf(sent))
	progress("confirm")
	return r.confirm(ctx, d, server, sent, progress)
}

// answered is the state that an upload's answer is noted as.
func answered(sent error) State {
	switch {
	case sent == nil:
		return StateAcked
	case refusal(sent):
		return StateRejected
	}
	return StateUnknown
}

func reasonOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// confirm asks the server what it has, and only then believes anything about the upload.
// Of several sendings of the same bytes an earlier one may still land, whatever the last
// one was answered: then only what the server shows counts.
func (r *Rotator) confirm(ctx context.Context, d *delivery, server TrustServer, sent error, progress Progress) (*landed, error) {
	found, err := r.look(ctx, d, server)
	once := d.unit.Tries <= 1
	switch {
	case found == foundOurs:
		if err := d.run.step(d.unit, StateConfirmed, ""); err != nil {
			sent = errors.Join(sent, err)
		}
		if d.unit.Gone {
			return r.finishGone(sent), nil
		}
		return r.finish(ctx, d, sent, progress)
	case found == foundOther:
		return nil, r.giveUp(ctx, d, StateConflict, fmt.Errorf("%q: %w", d.unit.GUN, ErrConflict))
	case once && neverLeft(sent):
		return nil, r.giveUp(ctx, d, StateRefused, fmt.Errorf("%w: %w", ErrUnsent, sent))
	case once && found == foundBase && refusal(sent):
		return nil, r.giveUp(ctx, d, StateRefused, fmt.Errorf("%w: %w", ErrRefused, sent))
	case sent == nil && err == nil && d.unit.Gone:
		sent = errors.New("the server still shows what it was to delete")
	case sent == nil && err == nil:
		sent = fmt.Errorf("the server shows another version %d of %s than was sent, and no repository that verifies with it", d.unit.Version, d.unit.Anchor)
	case sent == nil:
		sent = err
	}
	unknown := fmt.Errorf("%q: %w; every old key is in place, and a new one waits in pending/: %w", d.unit.GUN, ErrUnknown, sent)
	return nil, r.noted(d, StateUnknown, unknown)
}

// finish reads everything back and verifies it as a client with an empty cache, brings the
// new keys in, and verifies the same answers once more as a client that knew the repository
// before: what was made a moment ago is admitted, and whether a pin has to be changed for it
// is said beside it.
func (r *Rotator) finish(ctx context.Context, d *delivery, sent error, progress Progress) (*landed, error) {
	out := &landed{}
	if sent != nil {
		out.notes = append(out.notes, fmt.Sprintf("the answer to the upload was an error (%v), but the server has taken it", sent))
	}
	read, verify := r.Fresh(ctx, d.unit.GUN)
	// Whatever that found: the server lists the new keys now, so they must be where they
	// can sign.
	if err := r.promote(ctx, d, progress); err != nil {
		return nil, err
	}
	if verify != nil {
		return nil, r.noted(d, StateUnverified,
			fmt.Errorf("%w and every key is in place, but a client with an empty cache cannot verify %q: %w", ErrLanded, d.unit.GUN, verify))
	}
	if d.unit.Forget {
		if err := r.State.Forget(d.unit.GUN); err != nil {
			return nil, r.noted(d, StateUnverified, fmt.Errorf("%w and every key is in place, but the old repository could not be forgotten: %w", ErrLanded, err))
		}
	}
	known, err := r.Known(ctx, read, d.unit.Certificate)
	if err != nil {
		return nil, r.noted(d, StateUnverified,
			fmt.Errorf("%w and every key is in place, but a client that knew %q before cannot verify it: %w", ErrLanded, d.unit.GUN, err))
	}
	out.known = known
	return out, nil
}

// promote brings in those new keys of the unit that were made here. A key that is in
// already, because another unit of the operation lists it too, is a success.
func (r *Rotator) promote(ctx context.Context, d *delivery, progress Progress) error {
	var failed error
	made := d.run.made(d.unit)
	if len(made) > 0 {
		progress("promote")
	}
	for _, id := range made {
		if err := d.run.bringIn(id, func() error { return r.Keys.Promote(ctx, d.run.op.ID, id) }); err != nil {
			failed = errors.Join(failed, fmt.Errorf("%w, but the new key %q is still in pending/: %w", ErrLanded, id, err))
		}
	}
	if failed != nil {
		return failed
	}
	if err := d.run.step(d.unit, StatePromoted, ""); err != nil {
		return fmt.Errorf("%w and every key is in place, but %w", ErrLanded, err)
	}
	return nil
}

// giveUp ends a unit that was not sent or not taken, because of cause, which it returns.
// Its new keys go to the trash, once it is durable that nobody will ask for them: as long
// as the journal has the upload as sent, the next start may send it again. A unit of many,
// whose new key the others list too, is to do again instead: it can be planned anew, with
// that key, or goes on waiting for the root that is signed elsewhere.
func (r *Rotator) giveUp(ctx context.Context, d *delivery, as State, cause error) error {
	if d.unit.Bundle != "" {
		return r.noted(d, StateWaiting, cause)
	}
	if d.shared {
		return r.noted(d, StatePlanned, cause)
	}
	err := r.noted(d, as, cause)
	for _, id := range d.run.made(d.unit) {
		left := fmt.Errorf("the new key %q: %w", id.Short(), ErrLeftPending)
		if d.unit.State == as {
			left = r.throwAway(ctx, d.run.op.ID, id)
		}
		switch {
		case err == nil:
			err = left
		case left != nil:
			err = fmt.Errorf("%w (%w)", err, left)
		}
	}
	return err
}

// noted records how a unit stands and returns cause. A journal that cannot be written any
// more changes nothing in the world, so its failure only joins the cause.
func (r *Rotator) noted(d *delivery, as State, cause error) error {
	err := d.run.step(d.unit, as, reasonOf(cause))
	if err == nil && (as.Ended() || as == StateUnknown) {
		err = r.remember(d.run.op, d.unit)
	}
	if err != nil {
		err = fmt.Errorf("the outcome %q could not be recorded: %w", as, err)
	}
	if cause == nil {
		return err
	}
	return errors.Join(cause, err)
}

func (r *Rotator) throwAway(ctx context.Context, op string, id trustdata.KeyID) error {
	if _, err := r.Keys.Discard(context.WithoutCancel(ctx), op, id, r.Now()); err != nil {
		return fmt.Errorf("the new key %q: %w: %w", id.Short(), ErrLeftPending, err)
	}
	return nil
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
