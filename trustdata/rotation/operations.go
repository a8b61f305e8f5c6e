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

// operation is what the operations log holds of a change. It has no secret.
type operation struct {
	ID     string        `json:"id"`
	Kind   string        `json:"kind"`
	GUN    trustdata.GUN `json:"gun"`
	Server string        `json:"server"`
	// Anchor is the file that tells whether the change has landed: its version, and the
	// SHA-256 of its bytes.
	Anchor  trustdata.Role `json:"anchor"`
	Version int64          `json:"version"`
	SHA256  string         `json:"sha256"`
	// NewKeys are the keys that the change makes on this machine or on the server.
	NewKeys []trustdata.KeyID `json:"new_keys"`
	// Role, To and OldKeys are a rotation's: whose key, who holds the new one, and which
	// keys give way.
	Role    trustdata.Role    `json:"role,omitempty"`
	To      Manager           `json:"to,omitempty"`
	OldKeys []trustdata.KeyID `json:"old_keys,omitempty"`
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
	return operation{ID: p.ID, Kind: p.Kind, GUN: p.GUN, Server: p.Server, Anchor: trustdata.RoleRoot, Version: p.RootVersion,
		NewKeys: []trustdata.KeyID{prep.NewID}, Role: p.Role, To: p.to, OldKeys: p.OldKeys}
}

// noted records how the operation stands and returns cause. A log that cannot be written
// any more changes nothing in the world, so its failure only joins the cause.
func (r *Rotator) noted(op operation, outcome string, cause error) error {
	err := r.Journal.Append(outcome, op)
	if err == nil {
		err = r.State.Activity().Append(state.Act{What: op.Kind, On: string(op.GUN), Result: outcome,
			Detail: fmt.Sprintf("%s version %d", op.Anchor, op.Version)})
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
		if !ok || !slices.Contains(op.NewKeys, staged.KeyID) {
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
	// With everything remembered: what a new client would trust proves nothing here.
	res, err := r.Fetch(ctx, op.GUN)
	if err != nil {
		out.Why = fmt.Sprintf("the server of %q could not tell whether it lists the key: %v", op.GUN, err)
		return out
	}
	if len(listedFor(res.Collection, staged.KeyID)) == 0 {
		out.Why = fmt.Sprintf("%q does not list it: the change has not landed", op.GUN)
		return out
	}
	if err := r.Keys.Promote(ctx, staged.Op, staged.KeyID); err != nil {
		out.Why = fmt.Sprintf("%q lists it, but it could not be moved into private/: %v", op.GUN, err)
		return out
	}
	out.Promoted = true
	out.Trashed, out.Notes = r.retireOld(ctx, op, res.Collection)
	if err := r.noted(op, stateDone, nil); err != nil {
		out.Notes = append(out.Notes, err.Error())
	}
	return out
}

// listedFor are the roles that a collection lists a key for.
func listedFor(col *trustdata.Collection, id trustdata.KeyID) (roles []trustdata.Role) {
	for _, role := range col.Roles {
		for _, k := range role.Keys {
			if k.KeyID == id {
				roles = append(roles, role.Role)
			}
		}
	}
	return roles
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
