package rotation

import (
	"context"
	"errors"
	"slices"

	"keyrite/trustdata"
)

// Edits are one operation on several repositories, an edit for each. They make no key, so
// one that fails ends; Operation.Rest says how to ask for what is left.
type Edits struct {
	ID, Kind string
	// Again is Operation.Again: whoever asks sets it.
	Again string
	Edits []*Edit
	// Left are the repositories that were asked for and cannot be part of it, with why.
	// Those where nothing is to do have ErrNothing.
	Left []LeftOut
}

// PlanEdits plans an edit of every repository, a few side by side.
func (r *Rotator) PlanEdits(ctx context.Context, guns []trustdata.GUN, atOnce int, plan func(context.Context, trustdata.GUN) (*Edit, error)) (*Edits, error) {
	planned, why := make([]*Edit, len(guns)), make([]error, len(guns))
	sideBySide(ctx, len(guns), atOnce, func(i int) { planned[i], why[i] = plan(ctx, guns[i]) })
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	all := &Edits{ID: operationID(r.Now())}
	for i, e := range planned {
		if why[i] != nil {
			all.Left = append(all.Left, LeftOut{guns[i], why[i]})
			continue
		}
		e.ID, all.Kind = all.ID, e.Kind
		all.Edits = append(all.Edits, e)
	}
	return all, nil
}

// Needs lists every key that must be opened, each once.
func (all *Edits) Needs() []Need {
	var needs []Need
	for _, e := range all.Edits {
		needs = append(needs, e.Need...)
	}
	return unique(needs)
}

// Changes are the sentences of all edits, warnings first, each with its repository.
func (all *Edits) Changes() (lines []string) {
	for _, e := range all.Edits {
		lines = append(lines, saidOf(e.GUN, slices.Concat(e.Warnings, e.Changes))...)
	}
	return lines
}

// WillNotFollow is what stays as it is, each with its repository.
func (all *Edits) WillNotFollow() (lines []string) {
	for _, e := range all.Edits {
		lines = append(lines, saidOf(e.GUN, e.WillNotFollow)...)
	}
	return lines
}

// EditOutcome is what became of one repository. Result is nil where nothing has landed;
// Err is nil where everything did.
type EditOutcome struct {
	GUN    trustdata.GUN
	Result *EditResult
	Err    error
}

// Outcome is the same as every operation over several repositories gives it.
func (o EditOutcome) Outcome() Outcome { return Outcome{GUN: o.GUN, Err: o.Err, edit: o.Result} }

// ApplyEdits signs with the opened keys, sends, and reads back, at most atOnce repositories
// side by side. A failure stops its own repository only. After ctx has ended no further one
// begins. told hears each step as it begins, from many goroutines.
func (r *Rotator) ApplyEdits(ctx context.Context, all *Edits, keys Keys, atOnce int, told func(trustdata.GUN, string)) ([]EditOutcome, error) {
	op := &Operation{ID: all.ID, Kind: all.Kind, Place: r.Place, Again: all.Again}
	for _, e := range all.Edits {
		op.Units = append(op.Units, &Unit{Request: Request{GUN: e.GUN}, Anchor: e.Roles[0], Late: e.late})
		for _, what := range e.Waived {
			if !slices.Contains(op.Waived, what) {
				op.Waived = append(op.Waived, what)
			}
		}
	}
	run, err := r.Journal.begin(op)
	if err != nil {
		return nil, err
	}
	out := make([]EditOutcome, len(all.Edits))
	for i, e := range all.Edits {
		out[i] = EditOutcome{GUN: e.GUN, Err: ErrNotBegun}
	}
	sideBySide(ctx, len(all.Edits), atOnce, func(i int) {
		e := all.Edits[i]
		d := &delivery{run: run, unit: op.Units[i], base: e.base.Repo, shut: e.shut}
		res, err := r.applyEdit(ctx, e, d, keys, func(step string) { told(e.GUN, step) })
		out[i] = EditOutcome{e.GUN, res, err}
	})
	for i, o := range out {
		if errors.Is(o.Err, ErrNotBegun) {
			out[i].Err = r.noted(&delivery{run: run, unit: op.Units[i]}, StateAbandoned, o.Err)
		}
	}
	return out, closing(run, nil)
}
