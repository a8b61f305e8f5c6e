package main

import (
	"context"
	"slices"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
	"keyrite/ui/change"
)

// editService is what every wizard of an edit needs of the layers below.
type editService struct {
	desk *desk
	// rotator is opened by the first plan: opening reads the journal, and a screen must not
	// wait for a disk.
	rotator *rotation.Rotator
}

// planned opens the rotator and makes a plan with it.
func (s *editService) planned(ctx context.Context, plan func(*rotation.Rotator) (*rotation.Edit, error)) (*rotation.Edit, error) {
	if err := s.open(); err != nil {
		return nil, err
	}
	e, err := plan(s.rotator)
	return e, s.desk.session.explain(ctx, err)
}

func (s *editService) open() (err error) {
	if s.rotator == nil {
		s.rotator, err = s.desk.session.rotator(s.desk.rounds)
	}
	return err
}

// Unlocked implements ui.KeyOpener: a key without a passphrase, or one whose passphrase is
// set for this run.
func (s *editService) Unlocked(ctx context.Context, id trustdata.KeyID) (*keyring.PrivateKey, error) {
	return s.desk.session.cli.openSet(ctx, s.desk.session.keys, id)
}

// Open implements ui.KeyOpener.
func (s *editService) Open(ctx context.Context, id trustdata.KeyID, p keyring.Passphrase) (*keyring.PrivateKey, error) {
	return s.desk.session.keys.Open(ctx, id, p)
}

// Apply implements change.Editor.
func (s *editService) Apply(ctx context.Context, e *rotation.Edit, keys rotation.Keys, progress rotation.Progress) (res *rotation.EditResult, err error) {
	err = s.desk.locked(ctx, func() error {
		res, err = s.rotator.ApplyEdit(ctx, e, keys, progress)
		return err
	})
	return res, err
}

// locked does something under the lock of the trust directories. The end of the program
// waits for it.
func (d *desk) locked(ctx context.Context, do func() error) error {
	d.working.Add(1)
	defer d.working.Done()
	unlock, err := d.session.keys.Lock(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = unlock() }()
	return do()
}

// changeable says why one of these repositories cannot be changed here, or is "".
func (d *desk) changeable(guns ...trustdata.GUN) string {
	if reason := d.readOnlyReason(); reason != "" {
		return reason
	}
	if slices.ContainsFunc(guns, d.session.isTUF) {
		return tufNotSigned
	}
	return ""
}

// refresh is the wizard that signs roles of repositories again, or why there is none.
func (d *desk) refresh(guns []trustdata.GUN) (ui.Screen, string) {
	if reason := d.changeable(guns...); reason != "" {
		return nil, reason
	}
	return change.NewRefresh(d.changing(), guns, &refreshService{editService{desk: d}}), ""
}

func (d *desk) refreshOne(gun trustdata.GUN) (ui.Screen, string) {
	return d.refresh([]trustdata.GUN{gun})
}

// refreshService is editService for several repositories.
type refreshService struct{ editService }

var _ change.Refresher = (*refreshService)(nil)

// Plan implements change.Refresher.
func (s *refreshService) Plan(ctx context.Context, guns []trustdata.GUN, all bool) (*rotation.Edits, error) {
	if err := s.open(); err != nil {
		return nil, err
	}
	edits, err := s.rotator.PlanEdits(ctx, guns, s.desk.session.atOnce(false), refreshing(s.rotator, rotation.RefreshRequest{All: all}))
	if err != nil {
		return nil, err
	}
	edits.Again = refreshAgain(nil, all)
	for i, l := range edits.Left {
		edits.Left[i].Why = s.desk.session.explain(ctx, l.Why)
	}
	return edits, nil
}

// Apply implements change.Refresher.
func (s *refreshService) Apply(ctx context.Context, all *rotation.Edits, keys rotation.Keys, told func(trustdata.GUN, string)) (out []rotation.EditOutcome, err error) {
	err = s.desk.locked(ctx, func() error {
		out, err = s.rotator.ApplyEdits(ctx, all, keys, s.desk.session.atOnce(false), told)
		return err
	})
	return out, err
}

// repair is the wizard that signs again what has expired, or why there is none.
func (d *desk) repair(gun trustdata.GUN) (ui.Screen, string) {
	if reason := d.changeable(gun); reason != "" {
		return nil, reason
	}
	return change.NewRepair(d.changing(), gun, &repairService{editService{desk: d}}), ""
}

// repairService is editService for a repair.
type repairService struct{ editService }

var _ change.Repairer = (*repairService)(nil)

// Plan implements change.Repairer.
func (s *repairService) Plan(ctx context.Context, gun trustdata.GUN, drop []string) (*rotation.Edit, error) {
	return s.planned(ctx, func(r *rotation.Rotator) (*rotation.Edit, error) {
		return r.PlanRepair(ctx, rotation.RepairRequest{GUN: gun, Drop: drop})
	})
}

// addSigner and removeSigner are the wizards for signers, or why there is none.
func (d *desk) addSigner(gun trustdata.GUN, name string, files []string) (ui.Screen, string) {
	return d.changeSigner(change.SignerChange{GUN: gun, Name: name, Files: files})
}

func (d *desk) removeSigner(gun trustdata.GUN, name string) (ui.Screen, string) {
	return d.changeSigner(change.SignerChange{GUN: gun, Name: name, Remove: true})
}

func (d *desk) changeSigner(c change.SignerChange) (ui.Screen, string) {
	if reason := d.changeable(c.GUN); reason != "" {
		return nil, reason
	}
	return change.NewSigner(d.changing(), c, &signerService{editService{desk: d}}), ""
}

// signerService is editService for signers.
type signerService struct{ editService }

var _ change.SignerEditor = (*signerService)(nil)

// Plan implements change.SignerEditor.
func (s *signerService) Plan(ctx context.Context, c change.SignerChange) (*rotation.Edit, error) {
	if c.Remove {
		return s.planned(ctx, func(r *rotation.Rotator) (*rotation.Edit, error) { return r.PlanRemoveSigner(ctx, c.GUN, c.Name) })
	}
	cli := s.desk.session.cli
	req := rotation.SignerRequest{GUN: c.GUN, Name: c.Name, Releases: true}
	for _, file := range c.Files {
		key, err := cli.publicKey(cli.typedPath(file))
		if err != nil {
			return nil, err
		}
		req.Keys = append(req.Keys, key)
	}
	return s.planned(ctx, func(r *rotation.Rotator) (*rotation.Edit, error) { return r.PlanAddSigner(ctx, req) })
}
