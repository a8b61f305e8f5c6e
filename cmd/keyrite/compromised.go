package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui/rotate"
)

// judgeTags is the plan of a repository key that somebody else may have, once it is settled
// for each tag of today whether the new key vouches for it: what the old one vouched for is
// listed first. A dry run leaves open what no flag names, and says so.
func (c *cli) judgeTags(ctx context.Context, r *rotation.Rotator, plan *rotation.Plan, f rotateFlags) (*rotation.Plan, error) {
	history, err := r.Vouched(ctx, plan)
	if err != nil {
		return nil, err
	}
	drop, open, err := judged(plan.Tags(), f)
	if err != nil {
		return nil, err
	}
	switch {
	case c.flags.dryRun:
		for _, tag := range open {
			c.say("tag %s is neither kept nor dropped yet: --keep or --drop says", trustdata.Visible(tag))
		}
	case len(open) > 0:
		asked, err := c.judge(ctx, history, open)
		if err != nil {
			return nil, err
		}
		drop = append(drop, asked...)
	}
	slices.Sort(drop)
	if plan, err = r.Judged(ctx, plan, drop); err != nil {
		return nil, err
	}
	plan.Vouched = history
	return plan, nil
}

// judged sorts tags by what the flags say of them. Open are those that no flag names.
func judged(tags []string, f rotateFlags) (drop, open []string, err error) {
	named := func(patterns []string, tag string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool { return like(p, tag) })
	}
	for _, tag := range tags {
		keep, gone := named(f.keep, tag), named(f.drop, tag)
		switch {
		case keep && gone:
			return nil, nil, usagef("tag %q is named by --keep and by --drop", tag)
		case gone:
			drop = append(drop, tag)
		case !keep:
			open = append(open, tag)
		}
	}
	for _, p := range slices.Concat(f.keep, f.drop) {
		if !slices.ContainsFunc(tags, func(tag string) bool { return like(p, tag) }) {
			return nil, nil, usagef("targets.json has no tag %q", p)
		}
	}
	return drop, open, nil
}

// judge asks of each open tag whether the new key vouches for it again. --yes answers
// nothing here: to sign what a thief may have put there is no default.
func (c *cli) judge(ctx context.Context, h *rotation.History, open []string) (drop []string, err error) {
	if c.flags.yes || !c.canPrompt() {
		return nil, fmt.Errorf("say of each tag whether the new key vouches for it again, with --keep TAG or --drop TAG: %s: %w", strings.Join(open, ", "), errUnanswered)
	}
	for _, sentence := range rotate.VouchedLines(h) {
		fmt.Fprintf(c.err, "  %s\n", sentence)
	}
	in := bufio.NewReader(c.in)
	for _, tag := range open {
		answer, err := c.ask(ctx, in, fmt.Sprintf("Type keep or drop for %s: ", trustdata.Visible(tag)))
		switch {
		case err != nil:
			return nil, err
		case answer == "drop":
			drop = append(drop, tag)
		case answer != "keep":
			return nil, fmt.Errorf("that is neither keep nor drop; nothing has changed: %w", errUnanswered)
		}
	}
	return drop, nil
}

// shelve retires a compromised root key where nobody lists it any more and a backup of it is
// proven. Where that is not so it stays, and a note says why.
func (s *session) shelve(ctx context.Context, ids []trustdata.KeyID) (paths, notes []string) {
	for _, id := range ids {
		if _, err := s.keys.Raw(ctx, id); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		path, err := s.shelveOne(ctx, id)
		if err != nil {
			notes = append(notes, fmt.Sprintf("the compromised root key %s is still in private/: %v; then: keyrite retire %s", id.Short(), err, id.Short()))
			continue
		}
		paths = append(paths, path)
		s.act("retire key", string(id), path)
	}
	return paths, notes
}

func (s *session) shelveOne(ctx context.Context, id trustdata.KeyID) (string, error) {
	_, proven, err := s.proofOf(id)
	if err != nil {
		return "", err
	}
	if !proven {
		return "", errors.New("no record here says that a backup with it was decrypted")
	}
	if err := s.unfinishedWith(id); err != nil {
		return "", err
	}
	l, err := s.whoLists(ctx, id)
	if err != nil {
		return "", err
	}
	if err := l.free(id); err != nil {
		return "", err
	}
	return s.keys.Retire(ctx, id)
}

// shelveAll does so after an operation over several repositories.
func (c *cli) shelveAll(ctx context.Context, s *session, outcomes []rotation.Outcome) {
	var ids []trustdata.KeyID
	for _, o := range outcomes {
		if o.Err == nil && o.Result != nil && o.Result.Compromised && o.Result.Role == trustdata.RoleRoot {
			ids = append(ids, o.Result.OldKeys...)
		}
	}
	slices.Sort(ids)
	paths, notes := s.shelve(ctx, slices.Compact(ids))
	for _, path := range paths {
		c.say("the compromised root key is out of reach: %s", trustdata.Visible(path))
	}
	for _, note := range notes {
		c.say("%s", trustdata.Visible(note))
	}
}
