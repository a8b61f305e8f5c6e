package main

import (
	"context"
	"errors"
	"fmt"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui/rotate"
)

// tufRotateService is what the rotation wizard needs for the folder that --tuf names. It
// holds the new key from when it is made until it has signed or is given up.
type tufRotateService struct {
	desk *desk
	*tufRotation
	next *keyring.PrivateKey
}

var _ rotate.Service = (*tufRotateService)(nil)

func newTUFRotateService(d *desk) *tufRotateService {
	return &tufRotateService{desk: d, tufRotation: &tufRotation{session: d.session, flags: rotateFlags{iterations: d.rounds}}}
}

// Plan implements rotate.Service. What an earlier run decided is finished first.
func (s *tufRotateService) Plan(ctx context.Context, req rotation.Request) (*rotation.Plan, error) {
	var err error
	if s.options, err = s.tufOptions(); err != nil {
		return nil, err
	}
	unlock, err := s.keys.Lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := s.finish(); err != nil {
		return nil, err
	}
	if err := s.look(ctx, req.Role); err != nil {
		return nil, err
	}
	return s.shown, nil
}

// Unlocked implements ui.KeyOpener: a key without a passphrase, or one whose passphrase is
// set for this run.
func (s *tufRotateService) Unlocked(ctx context.Context, id trustdata.KeyID) (*keyring.PrivateKey, error) {
	return s.cli.openSet(ctx, s.keys, id)
}

// Open implements ui.KeyOpener.
func (s *tufRotateService) Open(ctx context.Context, id trustdata.KeyID, p keyring.Passphrase) (*keyring.PrivateKey, error) {
	return s.keys.Open(ctx, id, p)
}

// Prepare implements rotate.Service. The end of the program waits for it, so that no key
// is half made.
func (s *tufRotateService) Prepare(ctx context.Context, p *rotation.Plan, pass keyring.Passphrase) (*rotation.Prepared, error) {
	s.desk.working.Add(1)
	defer s.desk.working.Done()
	next, staged, err := s.make(ctx, pass)
	if err != nil {
		return nil, err
	}
	s.next = next
	return &rotation.Prepared{NewIDs: []trustdata.KeyID{staged.KeyID}, Staged: []keyring.Staged{staged}}, nil
}

// BackUp implements rotate.Service.
func (s *tufRotateService) BackUp(ctx context.Context, prep *rotation.Prepared, folder string, recipients []string) (*backup.CreateResult, error) {
	parsed, err := s.cli.typedRecipients(recipients)
	if err != nil {
		return nil, err
	}
	return s.backupBefore(ctx, prep.Staged, folder, parsed)
}

// Waive implements rotate.Service.
func (s *tufRotateService) Waive(_ context.Context, p *rotation.Plan, reason string) error {
	return s.waive(p.Kind, string(p.GUN), "backup: "+reason)
}

// Publish implements rotate.Service. The end of the program waits for it.
func (s *tufRotateService) Publish(ctx context.Context, prep *rotation.Prepared, keys rotation.Keys, progress rotation.Progress) (*rotation.Result, error) {
	s.desk.working.Add(1)
	defer s.desk.working.Done()
	defer s.next.Wipe()
	unlock, err := s.keys.Lock(ctx)
	if err != nil {
		return nil, s.unwritten(ctx, prep, err)
	}
	defer unlock()
	progress("sign")
	change, err := s.plan.Build(ctx, keys, s.next, s.cli.now())
	if err != nil {
		return nil, s.unwritten(ctx, prep, err)
	}
	progress("promote")
	if err := s.promote(ctx, prep.NewIDs[0]); err != nil {
		return nil, err
	}
	return s.land(ctx, change, prep.NewIDs[0], progress)
}

// unwritten gives the new key up and says where it is.
func (s *tufRotateService) unwritten(ctx context.Context, prep *rotation.Prepared, err error) error {
	if discarding := s.Abandon(ctx, prep); discarding != nil {
		return errors.Join(fmt.Errorf("nothing was written, and the new key stays in pending/: %w", err), discarding)
	}
	return fmt.Errorf("nothing was written, and the unused new key is in the trash: %w", err)
}

// Abandon implements rotate.Service.
func (s *tufRotateService) Abandon(ctx context.Context, prep *rotation.Prepared) error {
	s.next.Wipe()
	_, err := s.keys.Discard(ctx, s.shown.ID, prep.NewIDs[0], s.cli.now())
	return err
}
