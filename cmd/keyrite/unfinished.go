package main

import (
	"context"
	"slices"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
	"keyrite/ui/unfinished"
)

// recover finishes what an earlier rotation of a folder has decided, and names the keys in
// pending/ that belong to no operation. It asks no server: what is unfinished there has a
// screen of its own, which does.
func (d *desk) recover() (notice string, changed bool) {
	if d.readOnlyReason() != "" {
		return "", false
	}
	folder, finished := d.recoverTUF()
	return strings.TrimSpace(folder + " " + d.strays()), finished
}

// strays says what waits in pending/ where nothing is unfinished.
func (d *desk) strays() string {
	r, err := d.session.rotator(d.rounds)
	if err != nil {
		return trustdata.VisibleError(err)
	}
	defer r.Journal.Close()
	ops, err := r.Unfinished()
	var found []rotation.Recovered
	if err == nil && len(ops) == 0 {
		found, err = r.Recover(d.ctx)
	}
	if err != nil {
		return trustdata.VisibleError(err)
	}
	notice := ""
	for _, f := range found {
		notice = ui.Capital(trustdata.Visible(f.Sentences()[0]))
	}
	return notice
}

// news is the screen of what an earlier run has left unfinished, nil where nothing is. It
// reads the journal, and asks no server.
func (d *desk) news() ui.Screen {
	if d.fixedReason() != "" {
		return nil
	}
	r, err := d.session.rotator(d.rounds)
	if err != nil {
		return nil // whatever needs the journal says so
	}
	defer r.Journal.Close()
	ops, err := r.Unfinished()
	if d.session.cli.flags.offline { // nothing else can be gone on with
		ops = slices.DeleteFunc(ops, func(op *rotation.Operation) bool { return op.Ceremony != rotation.OfflineSide })
	}
	if err != nil || len(ops) == 0 {
		return nil
	}
	return d.unfinishedScreen(ops)
}

// unfinished is that screen later on, or why there is none.
func (d *desk) unfinished() (ui.Screen, string) {
	if reason := d.fixedReason(); reason != "" {
		return nil, reason
	}
	return d.unfinishedScreen(nil), ""
}

func (d *desk) unfinishedScreen(found []*rotation.Operation) ui.Screen {
	return unfinished.New(unfinished.Options{Context: d.ctx, Styles: d.styles, Clock: d.clock, Service: &unfinishedService{d}, Found: found,
		GoOn: d.goOn, Profile: d.session.cli.profileLabel()})
}

// unfinishedService is what the screen of unfinished changes needs. Every call is made
// under the lock of the trust directory: whoever holds it may be in the middle of one.
type unfinishedService struct{ desk *desk }

var _ unfinished.Service = (*unfinishedService)(nil)

// locked opens a rotator under the lock, which the end of the program waits for.
func (s *unfinishedService) locked(ctx context.Context, do func(*rotation.Rotator) error) error {
	s.desk.working.Add(1)
	defer s.desk.working.Done()
	open := s.desk.session.rotator
	if s.desk.session.cli.flags.offline {
		open = s.desk.session.offlineRotator
	}
	r, err := open(s.desk.rounds)
	if err != nil {
		return err
	}
	defer r.Journal.Close()
	unlock, err := s.desk.session.keys.Lock(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = unlock() }()
	return do(r)
}

// Look implements unfinished.Service.
func (s *unfinishedService) Look(ctx context.Context) (found []rotation.Recovered, err error) {
	err = s.locked(ctx, func(r *rotation.Rotator) error {
		found, err = r.Recover(ctx)
		return err
	})
	return found, err
}

// Again implements unfinished.Service.
func (s *unfinishedService) Again(ctx context.Context, id string, told func(trustdata.GUN, string)) (rotation.Recovered, error) {
	return s.on(ctx, id, func(r *rotation.Rotator, op *rotation.Operation) (rotation.Recovered, error) {
		return r.Again(ctx, op, told)
	})
}

// GiveUp implements unfinished.Service.
func (s *unfinishedService) GiveUp(ctx context.Context, id string) (rotation.Recovered, error) {
	return s.on(ctx, id, func(r *rotation.Rotator, op *rotation.Operation) (rotation.Recovered, error) {
		return r.GiveUp(ctx, op)
	})
}

// on does something about an operation as its journal has it now.
func (s *unfinishedService) on(ctx context.Context, id string, do func(*rotation.Rotator, *rotation.Operation) (rotation.Recovered, error)) (rec rotation.Recovered, err error) {
	err = s.locked(ctx, func(r *rotation.Rotator) error {
		op, err := r.Journal.Find(id)
		if err != nil {
			return err
		}
		rec, err = do(r, op)
		return err
	})
	return rec, err
}
