package rotation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"keyrite/keyring"
	"keyrite/trustdata"
)

// Batch is one operation on several repositories: one plan for each. A root key is made
// once for all of them, with one certificate per repository; any other key is made for
// each.
type Batch struct {
	ID    string
	Kind  string
	Plans []*Plan
	// Left are the repositories that were asked for and cannot be part of it, with why.
	Left []LeftOut

	// resumes is the operation that it goes on with, or nil.
	resumes *Operation
}

// LeftOut is a repository that a batch leaves as it is.
type LeftOut struct {
	GUN trustdata.GUN
	Why error
}

// PlanBatch plans every request, a few side by side. What cannot be planned is left out.
func (r *Rotator) PlanBatch(ctx context.Context, reqs []Request, atOnce int) (*Batch, error) {
	h, err := r.here(ctx)
	if err != nil {
		return nil, err
	}
	plans, why := make([]*Plan, len(reqs)), make([]error, len(reqs))
	sideBySide(ctx, len(reqs), atOnce, func(i int) { plans[i], why[i] = r.planWith(ctx, reqs[i], h) })
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b := &Batch{ID: operationID(r.Now())}
	for i, p := range plans {
		if why[i] != nil {
			b.Left = append(b.Left, LeftOut{reqs[i].GUN, why[i]})
			continue
		}
		p.ID, b.Kind = b.ID, p.Kind
		b.Plans = append(b.Plans, p)
	}
	return b, nil
}

// sideBySide calls do for each of n, at most atOnce at the same time: one after the other,
// on the caller's goroutine, where that is 1. It begins no more once ctx has ended.
func sideBySide(ctx context.Context, n, atOnce int, do func(i int)) {
	if atOnce <= 1 {
		for i := 0; i < n && ctx.Err() == nil; i++ {
			do(i)
		}
		return
	}
	var wg sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for i := range n {
		select {
		case <-ctx.Done():
			wg.Wait()
			return
		case slots <- struct{}{}:
		}
		wg.Go(trustdata.Guarded(func() {
			defer func() { <-slots }()
			do(i)
		}))
	}
	wg.Wait()
}

// Needs lists every key that must be opened or made, each once: a key that signs for many
// repositories is opened once, and the new keys of a role are locked with one passphrase.
func (b *Batch) Needs() []Need {
	var all []Need
	for _, p := range b.Plans {
		all = append(all, p.Need...)
	}
	all = unique(all)
	slices.SortStableFunc(all, func(x, y Need) int { return cmp.Compare(boolInt(x.New), boolInt(y.New)) })
	return all
}

// unique keeps of several needs for one key the first.
func unique(needs []Need) []Need {
	all := []Need{}
	for _, n := range needs {
		if !slices.ContainsFunc(all, func(o Need) bool { return o.KeyID == n.KeyID && o.New == n.New && (!n.New || o.Role == n.Role) }) {
			all = append(all, n)
		}
	}
	return all
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Changes are the sentences of all plans, each with its repository.
func (b *Batch) Changes() (all []string) {
	for _, p := range b.Plans {
		all = append(all, saidOf(p.GUN, p.Changes)...)
	}
	return all
}

// saidOf names a repository before each of its sentences that does not begin so.
func saidOf(gun trustdata.GUN, lines []string) (all []string) {
	name := string(gun) + ": "
	for _, line := range lines {
		all = append(all, name+strings.TrimPrefix(line, name))
	}
	return all
}

// WillNotFollow names whom the plans leave behind, each with its repository.
func (b *Batch) WillNotFollow() (all []string) {
	for _, p := range b.Plans {
		all = append(all, saidOf(p.GUN, p.WillNotFollow)...)
	}
	return all
}

// PrepareBatch opens the journal and makes the new keys, all locked with pass. Keys that are
// given, and those that a resumed operation has made, must be in keys, opened; else that may
// be nil. That the servers still have what the plans saw is checked
// before each is sent.
func (r *Rotator) PrepareBatch(ctx context.Context, b *Batch, keys Keys, pass keyring.Passphrase) (*Prepared, error) {
	switch {
	case len(b.Plans) == 0:
		return nil, fmt.Errorf("no repository is left to change: %w", ErrNothing)
	case b.resumes != nil:
		return r.takeUp(ctx, b, keys, pass)
	}
	prep := &Prepared{}
	op := &Operation{ID: b.ID, Kind: b.Kind, Place: r.Place}
	for _, p := range b.Plans {
		u := &ready{plan: p, unit: p.unit()}
		prep.units = append(prep.units, u)
		op.Units = append(op.Units, u.unit)
	}
	var err error
	if prep.run, err = r.Journal.begin(op); err != nil {
		return nil, err
	}
	if err := r.newKeys(ctx, prep, keys, pass); err != nil {
		return nil, errors.Join(err, r.Abandon(ctx, prep))
	}
	return prep.name(), nil
}

// newKeys makes the key that all share, or brings one in for each.
func (r *Rotator) newKeys(ctx context.Context, prep *Prepared, keys Keys, pass keyring.Passphrase) error {
	if first := prep.units[0].plan; first.origin() == keyMade && first.Role == trustdata.RoleRoot {
		return r.sharedKey(ctx, prep, pass)
	}
	for _, u := range prep.units {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.newKey(ctx, prep, u, keys, pass); err != nil {
			return err
		}
	}
	return nil
}

// sharedKey makes the one new root key of all units.
func (r *Rotator) sharedKey(ctx context.Context, prep *Prepared, pass keyring.Passphrase) error {
	var units []*Unit
	for _, u := range prep.units {
		units = append(units, u.unit)
	}
	first := prep.units[0].plan
	gun := first.GUN
	if len(units) > 1 {
		gun = ""
	}
	key, err := r.makeKey(ctx, prep, pass, first.Role, gun, units...)
	if err != nil {
		return err
	}
	for _, u := range prep.units {
		if err := u.make(key, r.Now()); err != nil {
			return err
		}
	}
	return nil
}

// newKey brings in the new key of one unit.
func (r *Rotator) newKey(ctx context.Context, prep *Prepared, u *ready, keys Keys, pass keyring.Passphrase) error {
	switch u.plan.origin() {
	case keyAtServer:
		return r.askServer(ctx, u)
	case keyHere: // it is opened by the time that it signs
		u.newID = u.plan.existingKey()
		u.unit.NewKeys = []trustdata.KeyID{u.newID}
		return nil
	case keyGiven:
		return r.takeGiven(ctx, prep, u, keys, pass)
	case keyElsewhere:
		u.new, u.newID = *u.plan.public, u.plan.Key
		u.unit.NewKeys = []trustdata.KeyID{u.newID}
		return nil
	case keyNone:
		return nil
	}
	key, err := r.makeKey(ctx, prep, pass, u.plan.Role, u.plan.GUN, u.unit)
	if err != nil {
		return err
	}
	return u.make(key, r.Now())
}

// Outcome is what became of one repository of a batch. Result is nil where nothing has
// landed; Err is nil where everything did.
type Outcome struct {
	GUN    trustdata.GUN
	Result *Result
	Err    error

	edit *EditResult
}

// Changed are the roles that an edit has signed again, with their versions. A rotation has
// none: its Result says what it did.
func (o Outcome) Changed() ([]trustdata.Role, map[trustdata.Role]int64) {
	if o.edit == nil {
		return nil, nil
	}
	return o.edit.Changed, o.edit.Versions
}

// PublishBatch carries out every part of a prepared operation, at most atOnce side by
// side, and returns what became of each, in the order of the plans. A failure stops its
// own repository only: that is to do again, and the operation stays unfinished. After ctx
// has ended no further one begins; those are to do, too. told hears each step as it
// begins, and at last StepDone or StepStopped, from many goroutines.
func (r *Rotator) PublishBatch(ctx context.Context, prep *Prepared, keys Keys, atOnce int, told func(trustdata.GUN, string)) ([]Outcome, error) {
	defer prep.wipe()
	out := make([]Outcome, len(prep.units))
	for i, u := range prep.units {
		out[i] = Outcome{GUN: u.plan.GUN, Err: ErrNotBegun}
	}
	shared := prep.run.op.shared()
	sideBySide(ctx, len(prep.units), atOnce, func(i int) {
		u := prep.units[i]
		res, err := r.publish(ctx, prep, u, shared, keys, func(step string) { told(u.plan.GUN, step) })
		out[i] = Outcome{GUN: u.plan.GUN, Result: res, Err: err}
		told(u.plan.GUN, lastStep(err))
	})
	return out, closing(prep.run, nil)
}

// What is told last of a repository of a batch: that it is done, or that it is not.
const (
	StepDone    = "done"
	StepStopped = "not done"
)

func lastStep(err error) string {
	if err != nil {
		return StepStopped
	}
	return StepDone
}

// ErrNotBegun is the outcome of a repository that a batch did not come to.
var ErrNotBegun = errors.New("it was not begun: the operation was stopped before")
