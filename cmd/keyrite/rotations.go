package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// operationJSON is an operation as "rotations" prints it. Past ones name under ended how
// each repository ended; to_do and unknown are empty then.
type operationJSON struct {
	ID      string                             `json:"id"`
	Kind    string                             `json:"kind"`
	Started time.Time                          `json:"started"`
	State   rotation.State                     `json:"state"`
	GUNs    operationGUNs                      `json:"guns"`
	Ended   map[rotation.State][]trustdata.GUN `json:"ended"`
	Why     map[trustdata.GUN]string           `json:"why"`
	Place   string                             `json:"trust_dir"`
}

type operationGUNs struct {
	Done    []trustdata.GUN `json:"done"`
	Unknown []trustdata.GUN `json:"unknown"`
	ToDo    []trustdata.GUN `json:"to_do"`
}

func (c *cli) rotationsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "rotations [ID]", Short: "List unfinished changes and past ones, or print the record of one",
		Long: "List the changes of keys and metadata that were begun on this machine: unfinished ones first. It asks no\n" +
			"server. keyrite rotate --resume ID goes on with an unfinished one, --abandon ID gives it up.\n" +
			"With an ID it prints the record of that operation, to be kept on paper.",
		Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				return c.rotationRecord(args[0])
			}
			return c.rotations()
		},
	}
}

func (c *cli) rotations() error {
	s, err := c.open()
	if err != nil {
		return err
	}
	journal, err := s.journal()
	if err != nil {
		return err
	}
	defer journal.Close()
	open, err := journal.Unfinished()
	if err != nil {
		return err
	}
	past, err := journal.Past()
	if err != nil {
		return err
	}
	out := []operationJSON{}
	for _, op := range append(open, past...) {
		out = append(out, newOperationJSON(op))
	}
	return c.emit(out, operationsPage(open, past))
}

func newOperationJSON(op *rotation.Operation) operationJSON {
	out := operationJSON{ID: op.ID, Kind: op.Kind, Started: op.Started.UTC(), State: op.State(), Place: op.Place,
		GUNs:  operationGUNs{[]trustdata.GUN{}, []trustdata.GUN{}, []trustdata.GUN{}},
		Ended: map[rotation.State][]trustdata.GUN{}, Why: map[trustdata.GUN]string{}}
	for _, u := range op.Units {
		switch {
		case u.State == rotation.StateDone:
			out.GUNs.Done = append(out.GUNs.Done, u.GUN)
		case u.State.Ended():
			out.Ended[u.State] = append(out.Ended[u.State], u.GUN)
		case u.State.Sent():
			out.GUNs.Unknown = append(out.GUNs.Unknown, u.GUN)
		default:
			out.GUNs.ToDo = append(out.GUNs.ToDo, u.GUN)
		}
		if u.Why != "" {
			out.Why[u.GUN] = u.Why
		}
	}
	return out
}

// operationsPage lists operations for people.
func operationsPage(open, past []*rotation.Operation) ui.Page {
	page := ui.Page{Title: "Changes begun on this machine", Notes: []string{"No change is unfinished."}}
	if len(open) > 0 {
		page.Notes = []string{"keyrite rotate --resume ID goes on with an unfinished change, --abandon ID gives it up."}
	}
	unfinished, ended := ui.Section{Title: "UNFINISHED"}, ui.Section{Title: "ENDED"}
	for _, op := range open {
		unfinished.Facts = append(unfinished.Facts, ui.Fact{Label: op.ID, Value: trustdata.Visible(op.Summary()), Mark: ui.MarkNow})
	}
	for _, op := range past {
		mark := ui.MarkOK
		if op.State() != rotation.StateDone {
			mark = ui.MarkNote
		}
		ended.Facts = append(ended.Facts, ui.Fact{Label: op.ID, Value: trustdata.Visible(op.Summary()), Mark: mark})
	}
	for _, s := range []ui.Section{unfinished, ended} {
		if len(s.Facts) > 0 {
			page.Sections = append(page.Sections, s)
		}
	}
	return page
}

// resumeRotation goes on with an unfinished operation: it asks the servers what they
// have, sends what was sent before once more where they have not got it, and then does
// what is still to do.
func (c *cli) resumeRotation(ctx context.Context, id string, iterations int) error {
	s, r, op, release, err := c.unfinished(ctx, id, iterations)
	if err != nil {
		return err
	}
	defer release()
	if _, err := c.recovered(r.Again(ctx, op, c.batchStep)); err != nil {
		return err
	}
	var outcomes []rotation.Outcome
	if !op.Ended() {
		if outcomes, err = c.restOf(ctx, s, r, op); err != nil {
			return err
		}
	}
	return c.emitOperation(ctx, op, outcomes)
}

// restOf plans and carries out what is still to do of an operation.
func (c *cli) restOf(ctx context.Context, s *session, r *rotation.Rotator, op *rotation.Operation) ([]rotation.Outcome, error) {
	batch, err := r.PlanResume(ctx, op, s.atOnce(false))
	if err != nil {
		return nil, err
	}
	for _, l := range batch.Left {
		c.say("%s: %s", trustdata.Visible(string(l.GUN)), trustdata.VisibleError(l.Why))
	}
	if len(batch.Plans) == 0 {
		return nil, nil
	}
	if err := c.confirm(ctx, batch.Changes(), op.ID, "going on with "+op.ID); err != nil {
		return nil, err
	}
	return c.carryOut(ctx, s, r, batch, func(*rotation.Prepared) error { return nil })
}

// carryOut opens the keys of a batch, makes its new ones, has ready do what must come
// before anything is sent, and publishes.
func (c *cli) carryOut(ctx context.Context, s *session, r *rotation.Rotator, batch *rotation.Batch, ready func(*rotation.Prepared) error) ([]rotation.Outcome, error) {
	open, err := c.satisfy(ctx, s, batch.Needs())
	if err != nil {
		return nil, err
	}
	defer open.wipe()
	prep, err := r.PrepareBatch(ctx, batch, open.signing(), open.newPass())
	if err != nil {
		return nil, err
	}
	if err := ready(prep); err != nil {
		return nil, err
	}
	return r.PublishBatch(ctx, prep, open.signing(), s.atOnce(false), c.batchStep)
}

// batchStep tells a person at a terminal which step of which repository begins.
func (c *cli) batchStep(gun trustdata.GUN, step string) {
	c.progress(trustdata.Visible(string(gun)) + ": " + step)
}

// abandonRotation gives up an unfinished operation.
func (c *cli) abandonRotation(ctx context.Context, id string, iterations int) error {
	_, r, op, release, err := c.unfinished(ctx, id, iterations)
	if err != nil {
		return err
	}
	defer release()
	if err := c.confirm(ctx, []string{op.Summary(), "Nothing more of it is sent; new keys that no repository lists go to the trash. Should what was sent arrive all the same, the next change names the key's file."}, op.ID, "giving up "+op.ID); err != nil {
		return err
	}
	if _, err := c.recovered(r.GiveUp(ctx, op)); err != nil {
		return err
	}
	return c.emitEnded(ctx, op, nil, rotation.StateAbandoned)
}

// unfinished opens the operation that id begins, under the lock of the trust directory,
// and settles it first.
func (c *cli) unfinished(ctx context.Context, id string, iterations int) (*session, *rotation.Rotator, *rotation.Operation, func(), error) {
	s, err := c.openKeys()
	if err != nil {
		return nil, nil, nil, nil, err
	}
	r, err := rotatingMany(iterations)(s)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	op, err := r.Journal.Find(id)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	if op.Place != r.Place {
		return nil, nil, nil, nil, usagef("operation %s changes keys in %q: name that folder with --trust-dir", op.ID, op.Place)
	}
	release, err := c.begin(ctx, s, r)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	if op, err = r.Journal.Reload(op.ID); err != nil {
		release()
		return nil, nil, nil, nil, err
	}
	return s, r, op, release, nil
}

// recovered says what did not go as planned.
func (c *cli) recovered(rec rotation.Recovered, err error) (rotation.Recovered, error) {
	for _, note := range rec.Notes {
		c.say("%s", trustdata.Visible(note))
	}
	return rec, err
}
