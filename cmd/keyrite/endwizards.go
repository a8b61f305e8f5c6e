package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"keyrite/keyring"
	"keyrite/trustdata"
	saving "keyrite/trustdata/archive"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
	"keyrite/ui/change"
)

// deleteRepository is the wizard that deletes a repository's trust data, or why there is none.
func (d *desk) deleteRepository(gun trustdata.GUN) (ui.Screen, string) {
	if reason := d.changeable(gun); reason != "" {
		return nil, reason
	}
	return change.NewDelete(d.changing(), gun, &deleteService{editService{desk: d}}), ""
}

// deleteService is what the wizard that deletes needs of the layers below.
type deleteService struct{ editService }

var _ change.Deleter = (*deleteService)(nil)

// Plan implements change.Deleter.
func (s *deleteService) Plan(ctx context.Context, gun trustdata.GUN) (*rotation.Deletion, error) {
	if err := s.open(); err != nil {
		return nil, err
	}
	return s.rotator.PlanDelete(ctx, gun)
}

// Archive implements change.Deleter.
func (s *deleteService) Archive(ctx context.Context, gun trustdata.GUN, folder string) (*saving.Saved, error) {
	return archiveService{s.desk}.Archive(ctx, gun, folder)
}

// Apply implements change.Deleter.
func (s *deleteService) Apply(ctx context.Context, p *rotation.Deletion, waived []string, progress rotation.Progress) (res *rotation.DeletionResult, err error) {
	err = s.desk.locked(ctx, func() error {
		for _, what := range waived {
			if err := s.desk.session.waive(p.Kind, string(p.GUN), what); err != nil {
				return fmt.Errorf("nothing was deleted, because what was waived could not be recorded: %w", err)
			}
		}
		res, err = s.rotator.ApplyDelete(ctx, p, waived, progress)
		return err
	})
	return res, err
}

// retireKey is the wizard that takes a root key out of use, or why there is none.
func (d *desk) retireKey(info keyring.Info) (ui.Screen, string) {
	reason := d.readOnlyReason()
	switch {
	case reason != "":
		return nil, reason
	case info.Problem != "":
		return nil, "This file is not usable: " + info.Problem
	case info.Role != string(trustdata.RoleRoot):
		return nil, "Only root keys are retired: any other goes to the trash when it is rotated."
	}
	return change.NewRetire(d.changing(), info.KeyID, retireService{d}), ""
}

// retireService is what the wizard that retires a key needs of the layers below.
type retireService struct{ desk *desk }

var _ change.Retirer = retireService{}

// Plan implements change.Retirer.
func (s retireService) Plan(ctx context.Context, id trustdata.KeyID) (*change.Retirement, error) {
	r, err := s.look(ctx, id)
	if err != nil {
		return nil, err
	}
	out := &change.Retirement{KeyID: id, Checked: r.asked.checked, Asked: r.asked.lines(id), Proof: proofSentence(r.proof, r.proven), Proven: r.proven}
	for _, f := range r.files {
		out.Files = append(out.Files, f.Path)
	}
	return out, nil
}

func (s retireService) look(ctx context.Context, id trustdata.KeyID) (*retirement, error) {
	infos, err := s.desk.session.keys.List(ctx)
	if err != nil {
		return nil, err
	}
	files := slices.DeleteFunc(infos, func(i keyring.Info) bool { return i.KeyID != id })
	if len(files) == 0 {
		return nil, fmt.Errorf("key %q is not in private/ any more: %w", id.Short(), rotation.ErrNothing)
	}
	if err := retirable(files[0], files); err != nil {
		return nil, err
	}
	return s.desk.session.retirement(ctx, id, files)
}

// errUnproven is what retiring a key Is whose proof of a backup is gone since the plan.
var errUnproven = errors.New("no backup with the key is proven any more; nothing was moved")

// Apply implements change.Retirer.
func (s retireService) Apply(ctx context.Context, r *change.Retirement, waived []string, progress rotation.Progress) (path string, err error) {
	err = s.desk.locked(ctx, func() error {
		progress("ask")
		now, err := s.look(ctx, r.KeyID)
		switch {
		case err != nil:
			return err
		case !now.proven && len(waived) == 0:
			return errUnproven
		}
		progress("move")
		path, err = s.desk.session.retireKey(ctx, r.KeyID, waived)
		return err
	})
	return path, err
}
