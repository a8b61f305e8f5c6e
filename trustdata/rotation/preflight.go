package rotation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/access"
	"keyrite/trustdata/state"
)

// Verdict is how one look before a rotation came out.
type Verdict string

// The verdicts, worst first. Unknown is not fine.
const (
	VerdictNow     Verdict = "now"     // it stops the rotation, or will soon be too late
	VerdictSoon    Verdict = "soon"    // worth doing something about first
	VerdictUnknown Verdict = "unknown" // cannot be told from here
	VerdictOK      Verdict = "ok"      // looked at just now
)

// Check is one thing that was looked at before a rotation; GUN is "" for what is of this
// machine. Detail is a sentence fragment for people.
type Check struct {
	Mark   Verdict       `json:"mark"`
	What   string        `json:"what"`
	Detail string        `json:"detail"`
	GUN    trustdata.GUN `json:"gun"`
}

// Around is what a look before a rotation takes of the world around it.
type Around struct {
	// Visit asks the trust server of a repository as a change would, and sends nothing;
	// Resource is what it calls the repository in its tokens.
	Visit func(context.Context, trustdata.GUN) (v access.Visit, resource string, err error)
	// Staged are the change lists of other clients.
	Staged func(context.Context, trustdata.GUN) ([]keyring.Changelist, error)
	// Proven says when a backup with a key was decrypted, and names its file.
	Proven func(trustdata.KeyID) (at time.Time, file string, proven bool, err error)
	// Room is how many bytes are free where keys are kept.
	Room func() (uint64, error)
	// Opened are keys that were opened already; it may be nil.
	Opened Keys
}

// leastRoom is what the files of an operation and a backup of some hundred keys take, many
// times over.
const leastRoom = 64 << 20

// Preflight looks at everything that could stop a rotation or follow from it, and changes
// nothing. Left are the repositories that could not be planned. The rows of this machine come
// first, then those of each repository in order.
func (r *Rotator) Preflight(ctx context.Context, plans []*Plan, left []LeftOut, around Around, atOnce int) ([]Check, error) {
	checks := []Check{r.checkLock(ctx), checkRoom(around)}
	keys, err := r.checkKeys(ctx, plans, around)
	if err != nil {
		return nil, err
	}
	checks = append(checks, keys...)
	open, err := r.Journal.Unfinished()
	if err != nil {
		return nil, err
	}
	of := make([][]Check, len(plans))
	sideBySide(ctx, len(plans), atOnce, func(i int) { of[i] = r.checkPlan(ctx, plans[i], open, around) })
	for _, rows := range of {
		checks = append(checks, rows...)
	}
	for _, l := range left {
		checks = append(checks, Check{VerdictNow, "it can be rotated now", "left out: " + l.Why.Error(), l.GUN})
	}
	return checks, ctx.Err()
}

func (r *Rotator) checkLock(ctx context.Context) Check {
	c := Check{Mark: VerdictOK, What: "no other program changes the keys", Detail: "the trust directory's lock was free just now"}
	unlock, err := r.Keys.Lock(ctx)
	switch {
	case errors.Is(err, state.ErrLocked):
		c.Mark, c.Detail = VerdictNow, err.Error()
	case err != nil:
		c.Mark, c.Detail = VerdictUnknown, err.Error()
	default:
		if err := unlock(); err != nil {
			c.Mark, c.Detail = VerdictUnknown, err.Error()
		}
	}
	return c
}

func checkRoom(around Around) Check {
	c := Check{Mark: VerdictOK, What: "room on the disk with the keys"}
	free, err := around.Room()
	switch {
	case err != nil:
		c.Mark, c.Detail = VerdictUnknown, err.Error()
	case free < leastRoom:
		c.Mark, c.Detail = VerdictNow, fmt.Sprintf("%d MiB free", free>>20)
	default:
		c.Detail = fmt.Sprintf("%d MiB free", free>>20)
	}
	return c
}

// involved are the keys on this machine that the plans open or replace, each once, and the
// role of each.
func (r *Rotator) involved(ctx context.Context, plans []*Plan) (ids []trustdata.KeyID, roles map[trustdata.KeyID]trustdata.Role, err error) {
	h, err := r.here(ctx)
	if err != nil {
		return nil, nil, err
	}
	roles = map[trustdata.KeyID]trustdata.Role{}
	add := func(id trustdata.KeyID, role trustdata.Role) {
		if _, here := h.held[id]; here && roles[id] == "" {
			ids, roles[id] = append(ids, id), role
		}
	}
	for _, p := range plans {
		for _, n := range p.Need {
			add(n.KeyID, n.Role)
		}
		for _, id := range p.OldKeys {
			add(id, p.Role)
		}
	}
	return ids, roles, nil
}

func (r *Rotator) checkKeys(ctx context.Context, plans []*Plan, around Around) ([]Check, error) {
	ids, roles, err := r.involved(ctx, plans)
	if err != nil {
		return nil, err
	}
	var checks []Check
	for _, id := range ids {
		name := fmt.Sprintf("%s key %s", roles[id].Title(), id.Short())
		here := Check{VerdictOK, name + " is here", "its passphrase has not been tried yet", ""}
		if around.Opened[id] != nil {
			here.Detail = "its passphrase opens it, tried just now"
		}
		checks = append(checks, here, checkBackup(name, id, around))
	}
	return checks, nil
}

func checkBackup(name string, id trustdata.KeyID, around Around) Check {
	c := Check{Mark: VerdictOK, What: "a backup of " + name + " was decrypted"}
	at, file, proven, err := around.Proven(id)
	switch {
	case err != nil:
		c.Mark, c.Detail = VerdictUnknown, err.Error()
	case !proven:
		c.Mark, c.Detail = VerdictSoon, "no record here says so: keyrite backup verify FILE makes one"
	default:
		c.Detail = day(at) + ", " + file
	}
	return c
}

// worstFirst orders verdicts.
func worstFirst(a, b Verdict) int {
	order := []Verdict{VerdictNow, VerdictSoon, VerdictUnknown, VerdictOK}
	return cmp.Compare(slices.Index(order, a), slices.Index(order, b))
}

// Worst is the worst verdict among checks, VerdictOK for none.
func Worst(checks []Check) Verdict {
	worst := VerdictOK
	for _, c := range checks {
		if worstFirst(c.Mark, worst) < 0 {
			worst = c.Mark
		}
	}
	return worst
}
