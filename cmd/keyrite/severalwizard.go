package main

import (
	"context"
	"errors"
	"slices"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
	"keyrite/ui/keys"
	"keyrite/ui/rotate"
)

// rotateRootKey is the wizard that rotates a root key of every repository that lists it;
// used are those known to.
func (d *desk) rotateRootKey(id trustdata.KeyID, used []keys.Use) ui.Screen {
	var guns []trustdata.GUN
	for _, u := range used {
		if u.Role == trustdata.RoleRoot && !slices.Contains(guns, u.GUN) {
			guns = append(guns, u.GUN)
		}
	}
	return rotate.NewSeveral(d.severalOptions(rotate.SeveralOptions{Role: trustdata.RoleRoot, GUNs: guns, Elsewhere: d.elsewhere(guns...)}), func(req rotation.Request) rotate.Operation {
		return &severalService{desk: d, req: req, rootKey: id}
	})
}

// rotateMarked is the wizard that rotates a key of each of these repositories, or why there
// is none.
func (d *desk) rotateMarked(guns []trustdata.GUN) (ui.Screen, string) {
	switch reason := d.readOnlyReason(); {
	case reason != "":
		return nil, reason
	case len(guns) == 1:
		return d.rotateRepository(guns[0])
	case slices.ContainsFunc(guns, d.session.isTUF):
		return nil, "A TUF 1.0 repository is rotated by itself: take its mark away."
	}
	return rotate.NewSeveral(d.severalOptions(rotate.SeveralOptions{GUNs: guns, Elsewhere: d.elsewhere(guns...)}), func(req rotation.Request) rotate.Operation {
		return &severalService{desk: d, req: req, guns: guns}
	}), ""
}

// goOn is the screen that does what is still to do of an operation, or why there is none.
func (d *desk) goOn(op *rotation.Operation) (ui.Screen, string) {
	first := op.Units[0]
	if op.Ceremony != "" {
		return d.goOnCeremony(op), ""
	}
	switch reason := d.readOnlyReason(); {
	case reason != "":
		return nil, reason
	case first.Role == "", first.Role == trustdata.RoleRoot && !first.SameKey && len(op.Keys) == 0:
		return nil, "keyrite rotate --resume " + op.ID + " does what is still to do."
	}
	opt := rotate.SeveralOptions{Role: first.Role, SameKey: first.SameKey, Begun: op, Operation: &severalService{desk: d, id: op.ID, begun: true}}
	for _, u := range op.Units {
		if !u.State.Ended() {
			opt.GUNs = append(opt.GUNs, u.GUN)
		}
	}
	return rotate.NewOperation(d.severalOptions(opt)), ""
}

func (d *desk) severalOptions(opt rotate.SeveralOptions) rotate.SeveralOptions {
	opt.Context, opt.Styles, opt.Clock, opt.Profile, opt.Readers = d.ctx, d.styles, d.clock, d.session.cli.profileLabel(), d.readers
	return opt
}

// severalService is one operation as the wizard of several repositories does it.
type severalService struct {
	desk *desk
	// req is what is done to each of guns, or of those whose root.json lists rootKey.
	req     rotation.Request
	guns    []trustdata.GUN
	rootKey trustdata.KeyID
	// id is the operation's once it has begun, begun whether leaving lets it wait.
	id    string
	begun bool

	rotator *rotation.Rotator
	op      *rotation.Operation // as it was planned to go on
}

var _ rotate.Operation = (*severalService)(nil)

// open makes the rotator, which reads the journal: a screen must not wait for a disk.
func (s *severalService) open() (*rotation.Rotator, error) {
	var err error
	if s.rotator == nil {
		s.rotator, err = s.desk.session.rotator(s.desk.rounds)
	}
	return s.rotator, err
}

// Plan implements rotate.Operation.
func (s *severalService) Plan(ctx context.Context) (*rotation.Batch, error) {
	r, err := s.open()
	if err != nil {
		return nil, err
	}
	atOnce := s.desk.session.atOnce(false)
	if s.begun {
		if s.op, err = r.Journal.Reload(s.id); err != nil {
			return nil, err
		}
		return r.PlanResume(ctx, s.op, atOnce)
	}
	if err := s.desk.locked(ctx, func() error { _, err := r.Recover(ctx); return err }); err != nil {
		return nil, err
	}
	if s.rootKey == "" {
		return r.PlanBatch(ctx, many(s.req).for_(s.guns), atOnce)
	}
	known, err := s.desk.session.known(ctx)
	if err != nil {
		return nil, err
	}
	guns, left, looked := s.desk.session.listing(ctx, known, s.rootKey)
	once := *r
	once.Fetch = looked.or(r.Fetch)
	b, err := once.PlanBatch(ctx, many(s.req).for_(guns), atOnce)
	if err == nil {
		b.Left = append(b.Left, left...)
	}
	return b, err
}

// store has the keys, the operation's own among them while they wait.
func (s *severalService) store() keyring.Store {
	if s.id == "" {
		return s.desk.session.keys
	}
	return rotation.WithStaged{Store: s.desk.session.keys, Op: s.id}
}

// Unlocked implements ui.KeyOpener.
func (s *severalService) Unlocked(ctx context.Context, id trustdata.KeyID) (*keyring.PrivateKey, error) {
	return s.desk.session.cli.openSet(ctx, s.store(), id)
}

// Open implements ui.KeyOpener.
func (s *severalService) Open(ctx context.Context, id trustdata.KeyID, p keyring.Passphrase) (*keyring.PrivateKey, error) {
	return s.store().Open(ctx, id, p)
}

// Prepare implements rotate.Operation.
func (s *severalService) Prepare(ctx context.Context, b *rotation.Batch, keys rotation.Keys, pass keyring.Passphrase) (prep *rotation.Prepared, err error) {
	err = s.desk.locked(ctx, func() error {
		prep, err = s.rotator.PrepareBatch(ctx, b, keys, pass)
		return err
	})
	if err == nil {
		s.id = prep.ID()
	}
	return prep, err
}

// BackUp implements rotate.Operation.
func (s *severalService) BackUp(ctx context.Context, prep *rotation.Prepared, folder string, recipients []string) (*backup.CreateResult, error) {
	parsed, err := s.desk.session.cli.typedRecipients(recipients)
	if err != nil {
		return nil, err
	}
	if prep != nil {
		return s.desk.session.backupBefore(ctx, prep.Staged, folder, parsed)
	}
	pending, err := s.desk.session.keys.Pending(ctx)
	if err != nil {
		return nil, err
	}
	own := slices.DeleteFunc(pending, func(k keyring.Staged) bool { return k.Op != s.id })
	return s.desk.session.backupBefore(ctx, own, folder, parsed)
}

// Record implements rotate.Operation.
func (s *severalService) Record(_ context.Context, prep *rotation.Prepared, made *backup.CreateResult, waived string) error {
	return s.desk.session.recordSecured(prep, made, waived)
}

// recordSecured notes the backup of a prepared operation's keys, or why there is none.
func (s *session) recordSecured(prep *rotation.Prepared, made *backup.CreateResult, waived string) error {
	var without []string
	if made != nil {
		if err := prep.BackedUp(rotation.Saved{File: made.File, SHA256: made.SHA256, State: string(made.State)}); err != nil {
			return err
		}
		without = made.Waived
	}
	if waived != "" {
		without = append(without, "backup: "+waived)
	}
	kind, on := prep.Names()
	for _, what := range without {
		if err := errors.Join(prep.Waived(what), s.waive(kind, on, what)); err != nil {
			return err
		}
	}
	return nil
}

// Again implements rotate.Operation.
func (s *severalService) Again(ctx context.Context, told func(trustdata.GUN, string)) error {
	return s.desk.locked(ctx, func() error {
		_, err := s.rotator.Again(ctx, s.op, told)
		return err
	})
}

// Publish implements rotate.Operation.
func (s *severalService) Publish(ctx context.Context, prep *rotation.Prepared, keys rotation.Keys, told func(trustdata.GUN, string)) (out []rotation.Outcome, err error) {
	s.begun = true
	err = s.desk.locked(context.WithoutCancel(ctx), func() error {
		out, err = s.rotator.PublishBatch(ctx, prep, keys, s.desk.session.atOnce(false), told)
		return err
	})
	if out == nil && err != nil {
		return nil, errors.Join(err, s.rotator.Pause(prep))
	}
	return out, err
}

// Abandon implements rotate.Operation.
func (s *severalService) Abandon(ctx context.Context, prep *rotation.Prepared) error {
	if s.begun {
		return s.rotator.Pause(prep)
	}
	s.id = ""
	return s.rotator.Abandon(ctx, prep)
}

// Standing implements rotate.Operation.
func (s *severalService) Standing(context.Context) (*rotation.Operation, string, error) {
	if s.id == "" {
		return nil, "", nil
	}
	return s.rotator.Journal.Record(s.id)
}
