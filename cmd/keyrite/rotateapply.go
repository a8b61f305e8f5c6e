package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"

	"keyrite/backup"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/state"
	"keyrite/ui/rotate"
)

func (c *cli) applyRotation(ctx context.Context, s *session, r *rotation.Rotator, plan *rotation.Plan, f rotateFlags, given *givenKey) error {
	recipients, err := c.rotationRecipients(ctx, f)
	if err != nil {
		return err
	}
	release, err := c.begin(ctx, s, r)
	if err != nil {
		return err
	}
	defer release()
	waived, err := c.confirmRotation(ctx, confirmationOf(plan, f))
	if err != nil {
		return err
	}
	open, err := c.satisfy(ctx, s, append(plan.Needs(), given.unlocked(plan.Role, plan.GUN)...))
	if err != nil {
		return err
	}
	defer open.wipe()
	pass := open.take(given)
	prep, err := r.PrepareWith(ctx, plan, open.signing(), pass)
	if err != nil {
		return err
	}
	if waived, err = c.beforeSending(ctx, s, r, prep, f.backupTo, recipients, waived); err != nil {
		return err
	}
	result, err := r.Publish(ctx, prep, open.signing(), func(step string) { c.progress(rotate.StepSentence(step, plan)) })
	if result != nil {
		result.Waived = append(result.Waived, waived...)
	}
	if err != nil {
		return c.landed(result, err)
	}
	if result.Compromised && result.Role == trustdata.RoleRoot {
		retired, notes := s.shelve(ctx, result.OldKeys)
		result.Retired, result.Notes = retired, append(result.Notes, notes...)
	}
	for _, note := range result.Notes {
		c.say("%s", trustdata.Visible(note))
	}
	return c.emit(result, rotate.ResultPage(plan, result))
}

// rotationRecipients are those of the backup that is asked for before anything is sent.
func (c *cli) rotationRecipients(ctx context.Context, f rotateFlags) ([]backup.Recipient, error) {
	if f.backupTo == "" {
		return nil, nil
	}
	all, err := c.recipientsOf(ctx, backupFlags{recipients: f.recipients})
	if err != nil {
		return nil, err
	}
	return all, c.compareFingerprints(ctx, all)
}

// beforeSending backs the keys up, where a folder is named, and records what is waived,
// which it gives. Where it fails the new keys are given up: nothing was sent.
func (c *cli) beforeSending(ctx context.Context, s *session, r *rotation.Rotator, prep *rotation.Prepared, dir string, recipients []backup.Recipient, waived []string) ([]string, error) {
	if dir != "" {
		res, err := s.backupBefore(ctx, prep.Staged, dir, recipients)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("the backup before the rotation failed, nothing was sent: %w", err), r.Abandon(ctx, prep))
		}
		c.progress("backed up: " + trustdata.Visible(res.File))
		waived = append(waived, res.Waived...)
		if err := prep.BackedUp(rotation.Saved{File: res.File, SHA256: res.SHA256, State: string(res.State)}); err != nil {
			return nil, errors.Join(fmt.Errorf("nothing was sent, because the backup could not be recorded: %w", err), r.Abandon(ctx, prep))
		}
	}
	kind, on := prep.Names()
	for _, what := range waived {
		if err := errors.Join(prep.Waived(what), s.waive(kind, on, what)); err != nil {
			return nil, errors.Join(fmt.Errorf("nothing was sent, because what was waived could not be recorded: %w", err), r.Abandon(ctx, prep))
		}
	}
	return waived, nil
}

// waive records among the acts what an operation was done without.
func (s *session) waive(kind, on, what string) error {
	return s.state.Activity().Append(state.Act{What: kind, On: on, Result: "waived", Detail: what})
}

// confirmation is what is asked before a rotation.
type confirmation struct {
	role     trustdata.Role
	of       string // the repository or how many there are, as errors name them
	word     string // what is to be typed
	question string
	lines    []string // what is shown before
	backedUp bool     // a backup of the keys is part of it, or no key comes in
}

// confirmationOf is that of one repository: its name is to be typed.
func confirmationOf(plan *rotation.Plan, f rotateFlags) confirmation {
	return confirmation{
		role: plan.Role, of: fmt.Sprintf("%q", plan.GUN), word: string(plan.GUN), backedUp: f.backupTo != "" || !plan.Brings(),
		lines:    append(plan.Changes, plan.WillNotFollow...),
		question: fmt.Sprintf("Type %s to rotate its %s key: ", plan.GUN, plan.Role.Title()),
	}
}

// confirmRotation asks for the confirmation that a rotation's danger demands: a word to be
// typed. --yes answers it, and waives the backup of a root key unless one is made. It
// gives what is waived.
func (c *cli) confirmRotation(ctx context.Context, q confirmation) ([]string, error) {
	backedUp := q.backedUp || q.role != trustdata.RoleRoot
	if c.flags.requireBackup && !backedUp {
		return nil, fmt.Errorf("rotating a root key without a backup of the old and the new key: %w: name a folder with --backup-to and a recipient with -r", errRequired)
	}
	if c.flags.yes {
		if backedUp {
			return nil, nil
		}
		return []string{"backup"}, nil
	}
	if !c.canPrompt() {
		return nil, fmt.Errorf("rotating the %s key of %s wants a confirmation: %w", q.role.Title(), q.of, errUnanswered)
	}
	for _, line := range q.lines {
		fmt.Fprintf(c.err, "  %s\n", trustdata.Visible(line))
	}
	var waived []string
	in := bufio.NewReader(c.in)
	if !backedUp {
		reason, err := c.ask(ctx, in, "The old and the new root key would not be backed up. Type why, or nothing to stop: ")
		if err != nil || reason == "" {
			return nil, errors.Join(fmt.Errorf("stopped before anything changed: %w", errUnanswered), err)
		}
		waived = append(waived, "backup: "+reason)
	}
	typed, err := c.ask(ctx, in, q.question)
	if err != nil {
		return nil, err
	}
	if typed != q.word {
		return nil, fmt.Errorf("that is not %q; nothing has changed: %w", q.word, errUnanswered)
	}
	return waived, nil
}
