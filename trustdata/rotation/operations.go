package rotation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/state"
)

// operation is what the operations log holds of a rotation. It has no secret.
type operation struct {
	ID          string            `json:"id"`
	GUN         trustdata.GUN     `json:"gun"`
	Server      string            `json:"server"`
	Role        trustdata.Role    `json:"role"`
	To          Manager           `json:"to"`
	OldKeys     []trustdata.KeyID `json:"old_keys"`
	NewKey      trustdata.KeyID   `json:"new_key"`
	RootVersion int64             `json:"root_version"`
	RootSHA256  string            `json:"root_sha256,omitempty"`
}

// The states of an operation in the log. Nothing leaves this machine before submitting
// is durable.
const (
	stateSubmitting = "submitting"
	stateConflict   = "conflict"
	stateRefused    = "refused"
	stateUnknown    = "unknown"
	stateUnverified = "unverified"
	stateDone       = "done"
)

func (prep *Prepared) operation() operation {
	p := prep.plan
	return operation{ID: p.ID, GUN: p.GUN, Server: p.Server, Role: p.Role, To: p.to, OldKeys: p.OldKeys, NewKey: prep.NewID, RootVersion: p.RootVersion}
}

// submitting makes durable that the upload with this root is about to leave.
func (r *Rotator) submitting(prep *Prepared, rootSHA256 string) error {
	op := prep.operation()
	op.RootSHA256 = rootSHA256
	return r.Journal.Append(stateSubmitting, op)
}

// noted records how the operation stands and returns cause. A log that cannot be written
// any more changes nothing in the world, so its failure only joins the cause.
func (r *Rotator) noted(prep *Prepared, outcome string, cause error) error {
	op := prep.operation()
	err := r.Journal.Append(outcome, op)
	if err == nil {
		err = r.State.Activity().Append(state.Act{What: prep.plan.Kind, On: string(op.GUN), Result: outcome,
			Detail: fmt.Sprintf("root.json version %d, new key %s", op.RootVersion, op.NewKey)})
	}
	if err != nil {
		err = fmt.Errorf("the outcome %q could not be recorded: %w", outcome, err)
	}
	if cause == nil {
		return err
	}
	return errors.Join(cause, err)
}

// Recovered is one key that an earlier run left in pending/.
type Recovered struct {
	Staged keyring.Staged
	// Promoted is true where the server's verified metadata lists the key, which is now in
	// private/. Otherwise Why says why it stays in pending/.
	Promoted bool
	Why      string
	// Trashed and Notes say what became of the keys that it replaced, as in Result.
	Trashed, Notes []string
}

// Recover looks at every key in pending/. One that was sent and that the server's verified
// metadata lists is brought in; any other is kept where it is, and named.
func (r *Rotator) Recover(ctx context.Context) ([]Recovered, error) {
	pending, err := r.Keys.Pending(ctx)
	if err != nil || len(pending) == 0 {
		return nil, err
	}
	sent := r.sent()
	var out []Recovered
	for _, staged := range pending {
		op, ok := sent[staged.Op]
		if !ok || op.NewKey != staged.KeyID {
			out = append(out, Recovered{Staged: staged, Why: "it was made, and nothing that names it was ever sent"})
			continue
		}
		out = append(out, r.recoverOne(ctx, staged, op))
	}
	return out, nil
}

// sent maps operation IDs to what was about to be sent for them.
func (r *Rotator) sent() map[string]operation {
	ops := map[string]operation{}
	for _, rec := range r.Journal.Records() {
		var op operation
		if rec.Kind == stateSubmitting && json.Unmarshal(rec.Data, &op) == nil {
			ops[op.ID] = op
		}
	}
	return ops
}

func (r *Rotator) recoverOne(ctx context.Context, staged keyring.Staged, op operation) Recovered {
	out := Recovered{Staged: staged}
	res, err := r.Fresh(ctx, op.GUN)
	if err != nil {
		out.Why = fmt.Sprintf("the server of %q could not tell whether it lists the key: %v", op.GUN, err)
		return out
	}
	_, ids, err := roleKeys(&res.Repo.Root.Body, op.Role)
	if err != nil || !slices.Contains(ids, staged.KeyID) {
		out.Why = fmt.Sprintf("%q does not list it for %s: the change has not landed", op.GUN, op.Role)
		return out
	}
	if err := r.Keys.Promote(ctx, staged.Op, staged.KeyID); err != nil {
		out.Why = fmt.Sprintf("%q lists it, but it could not be moved into private/: %v", op.GUN, err)
		return out
	}
	out.Promoted = true
	out.Trashed, out.Notes = r.retireOld(ctx, op)
	if err := r.Journal.Append(stateDone, op); err != nil {
		out.Notes = append(out.Notes, fmt.Sprintf("that it is done could not be recorded: %v", err))
	}
	return out
}

// HeldByServer reports whether the last finished change of a role's key here gave it to
// the server.
func HeldByServer(journal *state.Log, gun trustdata.GUN, role trustdata.Role) bool {
	held := false
	for _, rec := range journal.Records() {
		var op operation
		if rec.Kind == stateDone && json.Unmarshal(rec.Data, &op) == nil && op.GUN == gun && op.Role == role {
			held = op.To == Server
		}
	}
	return held
}
