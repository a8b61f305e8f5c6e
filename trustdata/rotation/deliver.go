package rotation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"slices"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
)

// Progress is told each step as it begins: sign, send, confirm, promote.
type Progress func(step string)

// made is a key of this operation that waits in pending/.
type made struct {
	key    *keyring.PrivateKey
	staged keyring.Staged
}

// delivery is one upload on its way: what it changes, the exact bytes, and the new keys
// that come in when it has landed.
type delivery struct {
	op operation
	// base is the repository as it was planned for; nil for one that does not exist yet.
	base  *notary.Repository
	files map[trustdata.Role][]byte
	keys  []made
	// certificate is the new root key's, "" where the change makes none.
	certificate trustdata.ListedID
	// forget lets go of what was remembered of the repository, once this has landed.
	forget bool
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
	if err := notary.CheckUpload(d.base, d.files, notary.Policy{GUN: d.op.GUN, Now: r.Now()}); err != nil {
		return nil, r.discard(ctx, d, fmt.Errorf("our own upload would not verify, nothing was sent: %w", err))
	}
	if err := r.stillAs(ctx, d.op.GUN, d.base); err != nil {
		return nil, r.discard(ctx, d, err)
	}
	server, err := r.Server(d.op.GUN)
	if err != nil {
		return nil, r.discard(ctx, d, err)
	}
	if err := r.Journal.Append(stateSubmitting, d.op); err != nil {
		return nil, r.discard(ctx, d, fmt.Errorf("nothing was sent, because the step could not be recorded: %w", err))
	}
	// From here on a cancelled ctx stops nothing: a request that is cut off may land.
	ctx = context.WithoutCancel(ctx)
	progress("send")
	sent := server.Publish(ctx, d.files)
	progress("confirm")
	return r.confirm(ctx, d, server, sent, progress)
}

// confirm asks the server what it has, and only then believes anything about the POST.
func (r *Rotator) confirm(ctx context.Context, d *delivery, server TrustServer, sent error, progress Progress) (*landed, error) {
	have, err := server.ByVersion(ctx, d.op.Anchor, d.op.Version, notary.Limit(d.op.Anchor))
	switch {
	case err == nil && hash(have) == d.op.SHA256:
		return r.finish(ctx, d, sent, progress)
	case err == nil && r.another(ctx, d):
		return nil, r.discard(ctx, d, r.noted(d.op, stateConflict, fmt.Errorf("%q: %w", d.op.GUN, ErrConflict)))
	case neverLeft(sent):
		return nil, r.discard(ctx, d, r.noted(d.op, stateRefused, fmt.Errorf("%w: %w", ErrUnsent, sent)))
	case errors.Is(err, remote.ErrNotFound) && refusal(sent) && r.stillAs(ctx, d.op.GUN, d.base) == nil:
		return nil, r.discard(ctx, d, r.noted(d.op, stateRefused, fmt.Errorf("%w: %w", ErrRefused, sent)))
	case sent == nil && err == nil:
		sent = fmt.Errorf("the server shows another version %d of %s than was sent, and no repository that verifies with it", d.op.Version, d.op.Anchor)
	case sent == nil:
		sent = err
	}
	return nil, r.noted(d.op, stateUnknown, fmt.Errorf("%q: %w; every old key is in place, and a new one waits in pending/: %w",
		d.op.GUN, ErrUnknown, sent))
}

// another reports whether the server has a verified state that is neither what was there
// before nor this change: only that tells that somebody else has published. Bytes that
// nobody has signed tell nothing, and a new key must not go to the trash for them.
func (r *Rotator) another(ctx context.Context, d *delivery) bool {
	res, err := r.Fetch(ctx, d.op.GUN)
	if err != nil || d.base != nil && fingerprint(res.Repo) == fingerprint(d.base) {
		return false
	}
	for _, m := range d.keys {
		if len(listedFor(res.Collection, m.staged.KeyID)) > 0 {
			return false
		}
	}
	return true
}

// refusal reports whether a server has definitely said no. A 5xx or a lost connection says
// nothing, and neither does somebody on the way who would not wait any longer: what was
// sent may still be stored after we have looked.
func refusal(sent error) bool {
	var status *remote.StatusError
	if !errors.As(sent, &status) || status.Status < 400 || status.Status >= 500 {
		return false
	}
	const requestTimeout, tooEarly, closedByClient = 408, 425, 499 // the last is nginx's
	return !slices.Contains([]int{requestTimeout, tooEarly, closedByClient}, status.Status)
}

// neverLeft reports whether no connection was made, so that nothing can have arrived.
func neverLeft(sent error) bool {
	var op *net.OpError
	return errors.As(sent, &op) && op.Op == "dial"
}

// finish verifies everything as a client with an empty cache, brings the new keys in, and
// verifies once more as a client that knew the repository before.
func (r *Rotator) finish(ctx context.Context, d *delivery, sent error, progress Progress) (*landed, error) {
	out := &landed{}
	if sent != nil {
		out.notes = append(out.notes, fmt.Sprintf("the answer to the upload was an error (%v), but the server has taken it", sent))
	}
	_, verify := r.Fresh(ctx, d.op.GUN)
	// Whatever that found: the server lists the new keys now, so they must be where they
	// can sign.
	if err := r.promote(ctx, d, progress); err != nil {
		return nil, err
	}
	if verify != nil {
		return nil, r.noted(d.op, stateUnverified,
			fmt.Errorf("%w and every key is in place, but a client with an empty cache cannot verify %q: %w", ErrLanded, d.op.GUN, verify))
	}
	if d.forget {
		if err := r.State.Forget(d.op.GUN); err != nil {
			return nil, r.noted(d.op, stateUnverified, fmt.Errorf("%w and every key is in place, but the old repository could not be forgotten: %w", ErrLanded, err))
		}
	}
	known, err := r.fetchMade(ctx, d)
	if err != nil {
		return nil, r.noted(d.op, stateUnverified,
			fmt.Errorf("%w and every key is in place, but a client that knew %q before cannot verify it: %w", ErrLanded, d.op.GUN, err))
	}
	out.known = known
	return out, nil
}

func (r *Rotator) promote(ctx context.Context, d *delivery, progress Progress) error {
	if len(d.keys) > 0 {
		progress("promote")
	}
	var failed error
	for _, m := range d.keys {
		m.key.Wipe()
		if err := r.Keys.Promote(ctx, d.op.ID, m.staged.KeyID); err != nil {
			failed = errors.Join(failed, fmt.Errorf("%w, but the new key %q is still in pending/: %w", ErrLanded, m.staged.KeyID, err))
		}
	}
	return failed
}

// discard gives up the new keys of an upload that was not sent or not taken, because of
// cause, which it returns.
func (r *Rotator) discard(ctx context.Context, d *delivery, cause error) error {
	for _, m := range d.keys {
		if err := r.throwAway(ctx, d.op.ID, m); err != nil {
			cause = fmt.Errorf("%w (%w)", cause, err)
		}
	}
	return cause
}

func (r *Rotator) throwAway(ctx context.Context, op string, m made) error {
	m.key.Wipe()
	if _, err := r.Keys.Discard(context.WithoutCancel(ctx), op, m.staged.KeyID, r.Now()); err != nil {
		return fmt.Errorf("the new key %q: %w: %w", m.staged.KeyID.Short(), ErrLeftPending, err)
	}
	return nil
}

// stillAs fails with ErrMoved unless the server has exactly the files of base: none at all
// where base is nil.
func (r *Rotator) stillAs(ctx context.Context, gun trustdata.GUN, base *notary.Repository) error {
	res, err := r.Fetch(ctx, gun)
	switch {
	case base == nil && errors.Is(err, remote.ErrNotFound):
		return nil
	case err != nil:
		return err
	case base == nil || fingerprint(res.Repo) != fingerprint(base):
		return fmt.Errorf("%q: %w", gun, ErrMoved)
	}
	return nil
}

// fingerprint is what a repository looked like: the bytes of every file but the timestamp.
func fingerprint(r *notary.Repository) string {
	h := sha256.New()
	for _, raw := range [][]byte{r.Root.Raw, r.Snapshot.Raw} {
		fmt.Fprintln(h, hash(raw))
	}
	return hex.EncodeToString(h.Sum(nil))
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
