package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui/change"
)

// changing opens a session for a verb that changes a repository, and refuses where nothing
// may be changed or sent.
func (c *cli) changing(ctx context.Context, what, typed string) (*session, trustdata.GUN, error) {
	if c.flags.offline {
		return nil, "", usagef("%s is not possible with --offline", what)
	}
	s, err := c.openKeys()
	if err != nil {
		return nil, "", err
	}
	gun, err := s.resolve(ctx, typed)
	return s, gun, err
}

// begin takes the trust directory's lock and looks at what an earlier run left behind.
// The caller calls release when the change has ended.
func (c *cli) begin(ctx context.Context, s *session, r *rotation.Rotator) (release func(), err error) {
	if c.flags.readOnly {
		return nil, fmt.Errorf("this changes keys or metadata: %w", keyring.ErrReadOnly)
	}
	unlock, err := s.keys.Lock(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.recover(ctx, r); err != nil {
		_ = unlock()
		return nil, err
	}
	return func() { _ = unlock() }, nil
}

// settled opens a session and its way to change repositories, for a verb whose plan builds on
// how earlier runs have ended: unless it is a dry run, what they have left is looked at first,
// and no other program changes anything until the caller calls release. It is never nil.
func (c *cli) settled(ctx context.Context, open func(*session) (*rotation.Rotator, error)) (s *session, r *rotation.Rotator, release func(), err error) {
	release = func() {}
	if s, err = c.openKeys(); err != nil {
		return nil, nil, release, err
	}
	if r, err = open(s); err != nil {
		return nil, nil, release, err
	}
	if c.flags.dryRun {
		return s, r, release, nil
	}
	begun, err := c.begin(ctx, s, r)
	if err != nil {
		return nil, nil, release, err
	}
	return s, r, begun, nil
}

// rotating is the usual way for settled.
func rotating(iterations int) func(*session) (*rotation.Rotator, error) {
	return func(s *session) (*rotation.Rotator, error) { return s.rotator(iterations) }
}

// rotatingMany is rotating for a change of many repositories. Their files are asked for ahead,
// unless nothing is to go side by side, and the memory of those that are done is given back.
func rotatingMany(iterations int) func(*session) (*rotation.Rotator, error) {
	return func(s *session) (*rotation.Rotator, error) {
		s.ahead = s.atOnce(false) > 1
		s.cli.collectAsUsual()
		return s.rotator(iterations)
	}
}

// confirm shows what would change and asks for one typed word. --yes answers it.
func (c *cli) confirm(ctx context.Context, lines []string, word, deed string) error {
	if c.flags.yes {
		return nil
	}
	if !c.canPrompt() {
		return fmt.Errorf("%s wants a confirmation; --yes answers it: %w", deed, errUnanswered)
	}
	for _, line := range lines {
		fmt.Fprintf(c.err, "  %s\n", trustdata.Visible(line))
	}
	typed, err := c.ask(ctx, bufio.NewReader(c.in), fmt.Sprintf("Type %s to go on: ", word))
	if err != nil {
		return err
	}
	if typed != word {
		return fmt.Errorf("that is not %q; nothing has changed: %w", word, errUnanswered)
	}
	return nil
}

// applyEdit carries a plan for tags through: confirmation, keys, signing, sending and
// reading back.
func (c *cli) applyEdit(ctx context.Context, s *session, r *rotation.Rotator, e *rotation.Edit, word string) error {
	page := change.Plan{Kind: e.Kind, GUN: e.GUN, Changes: slices.Concat(e.Warnings, e.Changes), WillNotFollow: e.WillNotFollow, Steps: e.Steps, Needs: e.Need}
	if c.flags.dryRun {
		return c.emitPlan(e, change.PlanPage(page))
	}
	release, err := c.begin(ctx, s, r)
	if err != nil {
		return err
	}
	defer release()
	if err := c.confirm(ctx, slices.Concat(e.Warnings, e.Changes, e.WillNotFollow), word, e.Kind); err != nil {
		return err
	}
	open, err := c.satisfy(ctx, s, e.Need)
	if err != nil {
		return err
	}
	defer open.wipe()
	res, err := r.ApplyEdit(ctx, e, open.signing(), c.stepping)
	if err != nil {
		return c.landed(res, err)
	}
	return c.emitChange(res, e.Changes)
}

// landed prints the result of a change that the server has taken and that did not verify
// when it was read back: with its exit code a script still gets JSON.
func (c *cli) landed(result any, err error) error {
	if code, _ := classify(context.Background(), err); !errors.Is(err, rotation.ErrLanded) || code != exitUnverified || !c.flags.json {
		return err
	}
	if printing := c.emitJSON(result); printing != nil {
		return errors.Join(err, printing)
	}
	return err
}

func (c *cli) emitChange(res *rotation.EditResult, changes []string) error {
	for _, note := range slices.Concat(res.Notes, res.WillNotFollow) {
		c.say("%s", trustdata.Visible(note))
	}
	return c.emit(res, change.ResultPage(res, changes))
}

// stepping tells a person at a terminal which step begins.
func (c *cli) stepping(step string) { c.progress(change.StepSentence(step)) }

// recover looks at what earlier runs have left, finishes what has landed, and says how the
// rest stands.
func (c *cli) recover(ctx context.Context, r *rotation.Rotator) error {
	found, err := r.Recover(ctx)
	if err != nil {
		return err
	}
	for _, f := range found {
		for _, sentence := range f.Sentences() {
			c.say("%s", trustdata.Visible(sentence))
		}
	}
	return nil
}
