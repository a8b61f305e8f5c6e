package main

import (
	"context"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/access"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/state"
	"keyrite/ui"
	"keyrite/ui/rotate"
)

// around is what a look before a rotation takes of this session.
func (s *session) around(opened rotation.Keys) rotation.Around {
	return rotation.Around{
		Visit: func(ctx context.Context, gun trustdata.GUN) (access.Visit, string, error) {
			ep, err := s.access.TrustServer(gun)
			if err != nil {
				return access.Visit{}, "", err
			}
			return ep.Visit(ctx, rootPath(gun), access.Push, access.Pull), ep.Resource, nil
		},
		Staged: s.staged,
		Proven: func(id trustdata.KeyID) (time.Time, string, bool, error) {
			proof, proven, err := s.proofOf(id)
			return proof.At, proof.File, proven, err
		},
		Room:   func() (uint64, error) { return state.Room(s.paths.trust[0]) },
		Opened: opened,
	}
}

// staged are the changes of a repository that another client has prepared here, by trust
// directory.
func (s *session) staged(ctx context.Context, gun trustdata.GUN) (all []keyring.Changelist, err error) {
	for _, dir := range s.dirs {
		list, err := dir.StagedChanges(ctx, gun)
		if err != nil {
			return nil, err
		}
		all = append(all, list)
	}
	return all, nil
}

// emitRotationPlan prints a plan with what was looked at before it.
func (c *cli) emitRotationPlan(ctx context.Context, s *session, r *rotation.Rotator, plan any, page ui.Page, plans []*rotation.Plan, left []rotation.LeftOut) error {
	checks, err := r.Preflight(ctx, plans, left, s.around(nil), s.atOnce(false))
	if err != nil {
		return err
	}
	page.Sections = append([]ui.Section{rotate.Checks(checks)}, page.Sections...)
	return c.emit(struct {
		Plan   any              `json:"plan"`
		Checks []rotation.Check `json:"checks"`
	}{plan, checks}, page)
}

var (
	_ rotate.Preflighter = (*rotateService)(nil)
	_ rotate.Preflighter = (*severalService)(nil)
)

// Preflight implements rotate.Preflighter.
func (s *rotateService) Preflight(ctx context.Context, plans []*rotation.Plan) ([]rotation.Check, error) {
	session := s.desk.session
	return s.rotator.Preflight(ctx, plans, nil, session.around(nil), session.atOnce(false))
}

// Preflight implements rotate.Preflighter. The repositories that are left out stand in the
// wizard's table.
func (s *severalService) Preflight(ctx context.Context, plans []*rotation.Plan) ([]rotation.Check, error) {
	session := s.desk.session
	return s.rotator.Preflight(ctx, plans, nil, session.around(nil), session.atOnce(false))
}
