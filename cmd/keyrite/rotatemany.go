package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"keyrite/trustdata"
	"keyrite/trustdata/remote"
	"keyrite/trustdata/rotation"
	"keyrite/ui/rotate"
)

// several reports whether repositories are named by flags: one operation on all of them.
func (f rotateFlags) several() bool { return len(f.guns) > 0 || f.rootKey != "" }

// rotateMany rotates a role of several repositories in one operation.
func (c *cli) rotateMany(ctx context.Context, args []string, f rotateFlags) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	req, err := c.manyRequest(args, f)
	if err != nil {
		return err
	}
	s, r, release, err := c.settled(ctx, rotatingMany(f.iterations))
	if err != nil {
		return err
	}
	defer release()
	guns, looked, err := s.named(ctx, f)
	if err != nil {
		return err
	}
	r.Fetch = looked.or(r.Fetch)
	if err := s.nameKeys(ctx, (*rotation.Request)(&req), f); err != nil {
		return err
	}
	batch, err := r.PlanBatch(ctx, req.for_(guns), s.atOnce(false))
	if err != nil {
		return err
	}
	if len(batch.Plans) == 0 {
		return c.noneLeft(ctx, s, batch.Left)
	}
	c.sayLeftOut(batch.Left)
	if c.flags.dryRun {
		return c.emitRotationPlan(ctx, s, r, newBatchJSON(batch), rotate.BatchPage(batch), batch.Plans, batch.Left)
	}
	return c.applyBatch(ctx, s, r, batch, f)
}

// many is a request without its repository.
type many rotation.Request

func (m many) for_(guns []trustdata.GUN) []rotation.Request {
	reqs := make([]rotation.Request, len(guns))
	for i, gun := range guns {
		reqs[i] = rotation.Request(m)
		reqs[i].GUN = gun
	}
	return reqs
}

func (c *cli) manyRequest(args []string, f rotateFlags) (many, error) {
	role := trustdata.RoleRoot
	switch {
	case c.flags.offline:
		return many{}, usagef("rotating is not possible with --offline")
	case f.key != "" && looksLikeFile(f.key), f.rootCert != "", f.publicKey != "":
		return many{}, usagef("a key file or a certificate is for one repository: import the key (keyrite keys import), and name it by its ID")
	case len(f.guns) > 0 && f.rootKey != "":
		return many{}, usagef("--gun and --root-key exclude each other")
	case len(args) == 0 && f.rootKey == "":
		return many{}, usagef("--gun wants the ROLE to rotate")
	case len(args) == 1:
		var err error
		if role, err = trustdata.ParseRole(args[0]); err != nil {
			return many{}, usage(err)
		}
	}
	if f.compromised && role == trustdata.RoleTargets {
		return many{}, usagef("the tags of a compromised repository key are judged one repository at a time: name it as GUN")
	}
	common, err := c.rotationFlags(f)
	common.Role = role
	return many(common), err
}

// named are the repositories that the flags name. Those of a root key are asked for their
// root.json now; whichever cannot be asked is said, since it may list the key too.
// What was read of them is for the plan.
func (s *session) named(ctx context.Context, f rotateFlags) ([]trustdata.GUN, *looks, error) {
	known, err := s.known(ctx)
	if err != nil {
		return nil, nil, err
	}
	if f.rootKey == "" {
		guns, err := named(known, f.guns)
		return guns, &looks{}, err
	}
	id, err := s.wholeKeyID(ctx, f.rootKey)
	if err != nil {
		return nil, nil, err
	}
	guns, left, looked := s.listing(ctx, known, id)
	for _, l := range left {
		s.note(fmt.Sprintf("%s is left out: %s", l.GUN, trustdata.VisibleError(l.Why)))
	}
	if len(guns) == 0 {
		return nil, nil, errors.Join(fmt.Errorf("no known repository lists the root key %q", id.Short()), ctx.Err())
	}
	return guns, looked, ctx.Err()
}

// listing are those of the repositories whose root.json, fetched now, lists the root key,
// and those that cannot be asked whether it does.
func (s *session) listing(ctx context.Context, known []trustdata.GUN, id trustdata.KeyID) (guns []trustdata.GUN, left []rotation.LeftOut, looked *looks) {
	looked = &looks{}
	fetcher := s.exact()
	s.sideBySide(false, len(known), func(i int) func() {
		res, err := fetcher.Fetch(ctx, known[i])
		return func() {
			if err != nil {
				left = append(left, rotation.LeftOut{GUN: known[i], Why: fmt.Errorf("it cannot be told whether it lists the root key: %w", err)})
				return
			}
			if slices.Contains(rootIDs(res.Collection), id) {
				looked.found.Store(known[i], res)
				guns = append(guns, known[i])
			}
		}
	})
	slices.Sort(guns)
	return guns, left, looked
}

// looks are what was read of repositories a moment ago, each for one use.
type looks struct{ found sync.Map }

// or gives what was read, or else reads.
func (l *looks) or(fetch func(context.Context, trustdata.GUN) (*remote.Result, error)) func(context.Context, trustdata.GUN) (*remote.Result, error) {
	return func(ctx context.Context, gun trustdata.GUN) (*remote.Result, error) {
		if res, ok := l.found.LoadAndDelete(gun); ok {
			return res.(*remote.Result), nil
		}
		return fetch(ctx, gun)
	}
}

// rootIDs are the canonical IDs of the keys that root.json lists for root.
func rootIDs(col *trustdata.Collection) (ids []trustdata.KeyID) {
	for _, role := range col.Roles {
		if role.Role == trustdata.RoleRoot {
			for _, k := range role.Keys {
				ids = append(ids, k.KeyID)
			}
		}
	}
	return ids
}

// wholeKeyID is a whole key ID, or that of the one key here that it begins.
func (s *session) wholeKeyID(ctx context.Context, typed string) (trustdata.KeyID, error) {
	if id, err := trustdata.ParseKeyID(typed); err == nil {
		return id, nil
	}
	info, _, err := s.pickKey(ctx, typed)
	return info.KeyID, err
}

// named resolves patterns against what is known here. A name without * need not be known.
func named(known []trustdata.GUN, patterns []string) ([]trustdata.GUN, error) {
	var guns []trustdata.GUN
	for _, p := range patterns {
		var found []trustdata.GUN
		for _, gun := range known {
			if like(p, string(gun)) {
				found = append(found, gun)
			}
		}
		if len(found) == 0 {
			gun, err := trustdata.ParseGUN(p)
			if err != nil {
				return nil, usagef("no known repository is named by %q (keyrite repos lists them)", p)
			}
			found = []trustdata.GUN{trustdata.ExpandGUN(gun)}
		}
		guns = append(guns, found...)
	}
	slices.Sort(guns)
	return slices.Compact(guns), nil
}

// like reports whether a name is that of a pattern in which * stands for any characters.
func like(pattern, name string) bool {
	for i := range len(pattern) {
		if pattern[i] != '*' {
			continue
		}
		if len(name) < i || name[:i] != pattern[:i] {
			return false
		}
		for rest := i; rest <= len(name); rest++ {
			if like(pattern[i+1:], name[rest:]) {
				return true
			}
		}
		return false
	}
	return pattern == name
}

func (c *cli) sayLeftOut(left []rotation.LeftOut) {
	for _, l := range left {
		c.say("%s is left out: %s", trustdata.Visible(string(l.GUN)), trustdata.VisibleError(l.Why))
	}
}

// noneLeft is the error where no repository can be part of a batch: that of the only one,
// or that there is none, after what keeps each of them out.
func (c *cli) noneLeft(ctx context.Context, s *session, left []rotation.LeftOut) error {
	if len(left) == 1 {
		return c.unverified(left[0].GUN, s.explain(ctx, left[0].Why))
	}
	c.sayLeftOut(left)
	return fmt.Errorf("none of %d repositories can be changed now", len(left))
}

// applyBatch carries a batch out: confirmation, keys, backup, and then each repository.
func (c *cli) applyBatch(ctx context.Context, s *session, r *rotation.Rotator, batch *rotation.Batch, f rotateFlags) error {
	recipients, err := c.rotationRecipients(ctx, f)
	if err != nil {
		return err
	}
	waived, err := c.confirmBatch(ctx, batch, f)
	if err != nil {
		return err
	}
	outcomes, err := c.carryOut(ctx, s, r, batch, func(prep *rotation.Prepared) error {
		_, err := c.beforeSending(ctx, s, r, prep, f.backupTo, recipients, waived)
		return err
	})
	if err != nil {
		return err
	}
	c.shelveAll(ctx, s, outcomes)
	op, err := r.Journal.Reload(batch.ID)
	if err != nil {
		return err
	}
	return c.emitOperation(ctx, op, outcomes)
}

// confirmBatch asks for the confirmation of a rotation of several repositories: how many
// they are. It gives what is waived.
func (c *cli) confirmBatch(ctx context.Context, batch *rotation.Batch, f rotateFlags) ([]string, error) {
	n := fmt.Sprintf("%d repositories", len(batch.Plans))
	if len(batch.Plans) == 1 {
		n = string(batch.Plans[0].GUN)
	}
	return c.confirmRotation(ctx, confirmation{
		role: batch.Plans[0].Role, of: fmt.Sprintf("%q", n), word: n, backedUp: f.backupTo != "" || !batch.Plans[0].Brings(),
		lines:    slices.Concat(batch.Changes(), batch.WillNotFollow()),
		question: fmt.Sprintf("Type %s to rotate the %s key of each: ", n, batch.Plans[0].Role.Title()),
	})
}

// batchJSON is a plan for several repositories.
type batchJSON struct {
	planJSON
	Repositories []batchRow    `json:"repositories"`
	LeftOut      []leftOutJSON `json:"left_out"`
}

type batchRow struct {
	GUN         trustdata.GUN     `json:"gun"`
	OldKeys     []trustdata.KeyID `json:"old_keys"`
	RootVersion int64             `json:"root_version"`
}

type leftOutJSON struct {
	GUN    trustdata.GUN `json:"gun"`
	Reason string        `json:"reason"`
}

func newBatchJSON(b *rotation.Batch) batchJSON {
	out := batchJSON{planJSON: planJSON{ID: b.ID, Kind: b.Kind, Steps: b.Plans[0].Steps, Needs: b.Needs(), Changes: b.Changes(), WillNotFollow: list(b.WillNotFollow())},
		Repositories: []batchRow{}, LeftOut: leftOutOf(b.Left)}
	for _, p := range b.Plans {
		out.Repositories = append(out.Repositories, batchRow{p.GUN, p.OldKeys, p.RootVersion})
	}
	return out
}

func leftOutOf(left []rotation.LeftOut) []leftOutJSON {
	out := []leftOutJSON{}
	for _, l := range left {
		out = append(out, leftOutJSON{l.GUN, l.Why.Error()})
	}
	return out
}
