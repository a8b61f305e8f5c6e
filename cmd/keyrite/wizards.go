package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
	"keyrite/ui/rotate"
)

// readOnlyReason says why nothing can be sent or changed now, or is "".
func (d *desk) readOnlyReason() string {
	if reason := d.fixedReason(); reason != "" || !d.session.cli.flags.offline {
		return reason
	}
	return "Offline: nothing can be sent."
}

// fixedReason says why nothing can be changed now, here or on a server, or is "".
func (d *desk) fixedReason() string {
	switch {
	case d.session.cli.flags.dryRun:
		return "This is a dry run: start keyrite without --dry-run to change something."
	case d.session.cli.flags.readOnly:
		return "Read-only: start keyrite without --read-only to change it."
	}
	return ""
}

// rotateKey is the screen that rotates a key of a key file, or why there is none.
func (d *desk) rotateKey(info keyring.Info) (ui.Screen, string) {
	if reason := d.readOnlyReason(); reason != "" {
		return nil, reason
	}
	role, err := trustdata.ParseRole(info.Role)
	switch {
	case info.Problem != "":
		return nil, "This file is not usable: " + info.Problem
	case err != nil || role.IsDelegation():
		return d.rotateSigner(info)
	case role == trustdata.RoleRoot || info.GUN == "":
		return d.rotateListed(info, role)
	}
	return d.rotateScreen(info.GUN, role), ""
}

// rotateListed leads to the one repository that a key is known to sign for, by what the
// list of keys was drawn from: files of root keys, and those of TUF 1.0, name none.
func (d *desk) rotateListed(info keyring.Info, role trustdata.Role) (ui.Screen, string) {
	switch list := d.lastUses()[info.KeyID]; {
	case len(list) == 0:
		return nil, "No repository read here lists it: open one with o first."
	case len(list) > 1 && role == trustdata.RoleRoot && !d.session.isTUF(list[0].GUN):
		return d.rotateRootKey(info.KeyID, list), ""
	case len(list) > 1:
		return nil, "Several repositories list it: open each, and rotate there."
	case d.session.isTUF(list[0].GUN):
		return d.rotateTUF(role)
	default:
		return d.rotateScreen(list[0].GUN, role), ""
	}
}

// rotateSigner leads to the only repository in which a key is known to sign for a delegation.
func (d *desk) rotateSigner(info keyring.Info) (ui.Screen, string) {
	var guns []trustdata.GUN
	for _, u := range d.lastUses()[info.KeyID] {
		if u.Role.IsDelegation() && !slices.Contains(guns, u.GUN) {
			guns = append(guns, u.GUN)
		}
	}
	switch {
	case len(guns) == 0:
		return nil, "No repository read here lists it: open one with o first."
	case len(guns) > 1:
		return nil, "Several repositories list it: open each, and rotate there."
	}
	return d.rotateScreen(guns[0], ""), ""
}

// delegations are those of a repository, by what the list of keys was drawn from.
func (d *desk) delegations(gun trustdata.GUN) (roles []trustdata.Role) {
	for _, uses := range d.lastUses() {
		for _, u := range uses {
			if u.GUN == gun && u.Role.IsDelegation() && !slices.Contains(roles, u.Role) {
				roles = append(roles, u.Role)
			}
		}
	}
	slices.Sort(roles)
	return roles
}

func (d *desk) rotateRepository(gun trustdata.GUN) (ui.Screen, string) {
	if reason := d.readOnlyReason(); reason != "" {
		return nil, reason
	}
	if d.session.isTUF(gun) {
		return d.rotateTUF("")
	}
	return d.rotateScreen(gun, ""), ""
}

// rotateScreen is the wizard that rotates a key of gun; role "" lets it ask which.
func (d *desk) rotateScreen(gun trustdata.GUN, role trustdata.Role) ui.Screen {
	return rotate.New(rotate.Options{Profile: d.session.cli.profileLabel(), Context: d.ctx, Styles: d.styles, Clock: d.clock, GUN: gun, Role: role,
		Delegations: d.delegations(gun), Service: &rotateService{desk: d}, Elsewhere: d.elsewhere(gun), Readers: d.readers})
}

// rotateService is what the rotation wizard needs of the layers below.
type rotateService struct {
	desk *desk
	// rotator is opened by Plan, which every rotation begins with: opening reads the
	// journal, and a screen must not wait for a disk.
	rotator *rotation.Rotator
}

var _ rotate.Service = (*rotateService)(nil)

// Plan implements rotate.Service. What an earlier run left in pending/ is looked at first.
func (s *rotateService) Plan(ctx context.Context, req rotation.Request) (*rotation.Plan, error) {
	r, err := s.desk.session.rotator(s.desk.rounds)
	if err != nil {
		return nil, err
	}
	s.rotator = r
	if _, err := r.Recover(ctx); err != nil {
		return nil, err
	}
	if req.Key != "" { // the beginning of its ID, as it was typed
		own, err := s.desk.session.pickOwn(ctx, string(req.Key))
		if err != nil {
			return nil, err
		}
		req.Key = own.KeyID
	}
	return r.Plan(ctx, req)
}

// Unlocked implements rotate.Service: a key without a passphrase, or one whose passphrase
// is set for this run.
func (s *rotateService) Unlocked(ctx context.Context, id trustdata.KeyID) (*keyring.PrivateKey, error) {
	return s.desk.session.cli.openSet(ctx, s.desk.session.keys, id)
}

// Open implements rotate.Service.
func (s *rotateService) Open(ctx context.Context, id trustdata.KeyID, p keyring.Passphrase) (*keyring.PrivateKey, error) {
	return s.desk.session.keys.Open(ctx, id, p)
}

// Prepare implements rotate.Service. The end of the program waits for it too, so that no
// key is half made.
func (s *rotateService) Prepare(ctx context.Context, p *rotation.Plan, pass keyring.Passphrase) (*rotation.Prepared, error) {
	s.desk.working.Add(1)
	defer s.desk.working.Done()
	return s.rotator.Prepare(ctx, p, pass)
}

// BackUp implements rotate.Service.
func (s *rotateService) BackUp(ctx context.Context, prep *rotation.Prepared, folder string, recipients []string) (*backup.CreateResult, error) {
	parsed, err := s.desk.session.cli.typedRecipients(recipients)
	if err != nil {
		return nil, err
	}
	return s.desk.session.backupBefore(ctx, prep.Staged, folder, parsed)
}

// Waive implements rotate.Service.
func (s *rotateService) Waive(_ context.Context, p *rotation.Plan, reason string) error {
	return s.desk.session.waive(p.Kind, string(p.GUN), "backup: "+reason)
}

// Publish implements rotate.Service. The end of the program waits for it.
func (s *rotateService) Publish(ctx context.Context, prep *rotation.Prepared, keys rotation.Keys, progress rotation.Progress) (*rotation.Result, error) {
	s.desk.working.Add(1)
	defer s.desk.working.Done()
	unlock, err := s.desk.session.keys.Lock(ctx)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("nothing was sent: %w", err), s.rotator.Abandon(ctx, prep))
	}
	defer unlock()
	return s.rotator.Publish(ctx, prep, keys, progress)
}

// Abandon implements rotate.Service.
func (s *rotateService) Abandon(ctx context.Context, prep *rotation.Prepared) error {
	return s.rotator.Abandon(ctx, prep)
}
