package main

import (
	"context"
	"errors"
	"slices"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/rotation/ceremony"
	"keyrite/ui"
	shown "keyrite/ui/ceremony"
)

// ceremonyScreen is what a ceremony is entered by: a file that was brought here, or
// something to prepare for these repositories.
func (d *desk) ceremonyScreen(guns []trustdata.GUN) (ui.Screen, string) {
	if slices.ContainsFunc(guns, d.session.isTUF) {
		return nil, "A ceremony is for repositories on a trust server: this one is TUF 1.0."
	}
	return shown.New(d.ceremonyOptions(), guns, d.parseName), ""
}

// elsewhere is that as the wizards of a rotation lead to it.
func (d *desk) elsewhere(guns ...trustdata.GUN) func() (ui.Screen, string) {
	return func() (ui.Screen, string) { return d.ceremonyScreen(guns) }
}

// ceremonyOf is that for the repositories that a root key is known to sign for.
func (d *desk) ceremonyOf(id trustdata.KeyID) (ui.Screen, string) {
	var guns []trustdata.GUN
	for _, use := range d.lastUses()[id] {
		if use.Role == trustdata.RoleRoot && !slices.Contains(guns, use.GUN) {
			guns = append(guns, use.GUN)
		}
	}
	return d.ceremonyScreen(slices.DeleteFunc(guns, d.session.isTUF))
}

// goOnCeremony is the screen of a part of a ceremony that has not ended.
func (d *desk) goOnCeremony(op *rotation.Operation) ui.Screen {
	if op.Ceremony == rotation.OfflineSide {
		return shown.NewFile(d.ceremonyOptions(), "")
	}
	return shown.NewWaiting(d.ceremonyOptions(), op)
}

func (d *desk) ceremonyOptions() shown.Options {
	opt := shown.Options{Context: d.ctx, Styles: d.styles, Clock: d.clock, Profile: d.session.cli.profileLabel(), Service: &ceremonyDesk{d}, Readers: d.readers, Fixed: d.fixedReason()}
	if d.session.cli.flags.offline {
		opt.NoServer = "Offline: no server can be asked. Start keyrite without --offline for that."
	}
	return opt
}

// ceremonyDesk is what the screens of a ceremony need of the layers below.
type ceremonyDesk struct{ desk *desk }

var _ shown.Service = (*ceremonyDesk)(nil)

// Read implements shown.Service.
func (s *ceremonyDesk) Read(ctx context.Context, file string) (*shown.Brought, error) {
	session := s.desk.session
	path := session.cli.typedPath(file)
	b, err := ceremony.ReadFile(path)
	if err != nil {
		return nil, err
	}
	out := &shown.Brought{File: path, Bundle: b, Problems: rotation.CheckCeremony(b, notary.Policy{Now: session.cli.now()})}
	journal, err := session.journal()
	if err != nil {
		return nil, err
	}
	defer journal.Close()
	op, err := journal.Online(b.ID)
	if err != nil {
		return nil, err
	}
	if op != nil {
		out.Here, out.Ended = true, op.EndedAs()
	}
	held, err := session.held(ctx)
	for _, row := range rootsOf(b) {
		out.Root = out.Root || slices.ContainsFunc(row.Keys, func(id trustdata.KeyID) bool { _, here := held[id]; return here })
	}
	return out, err
}

// Waiting implements shown.Service.
func (s *ceremonyDesk) Waiting(_ context.Context, id string) (*ceremony.Bundle, error) {
	r, err := s.desk.session.rotator(s.desk.rounds)
	if err != nil {
		return nil, err
	}
	defer r.Journal.Close()
	op, err := r.Journal.Find(id)
	if err != nil {
		return nil, err
	}
	return r.AgainCeremony(op)
}

// Preparing implements shown.Service.
func (s *ceremonyDesk) Preparing(reqs []rotation.CeremonyRequest) shown.Preparing {
	return &ceremonyPreparing{ceremonyPart{desk: s.desk}, reqs}
}

// Signing implements shown.Service.
func (s *ceremonyDesk) Signing(b *ceremony.Bundle) shown.Signing {
	return &ceremonySigning{ceremonyPart: ceremonyPart{desk: s.desk}, bundle: b}
}

// Publishing implements shown.Service.
func (s *ceremonyDesk) Publishing(b *ceremony.Bundle) shown.Publishing {
	return &ceremonyPublishing{ceremonyPart{desk: s.desk}, b}
}

// ceremonyPart is one run of a part of a ceremony. Its rotator is opened by the plan, which
// every part begins with: opening reads the journal, and a screen must not wait for a disk.
type ceremonyPart struct {
	desk    *desk
	rotator *rotation.Rotator
	// staged names the operation whose keys wait in pending/ and are needed.
	staged string
}

// locked does something under the lock of the trust directories. The end of the program
// waits for it.
func (p *ceremonyPart) locked(ctx context.Context, do func() error) error {
	p.desk.working.Add(1)
	defer p.desk.working.Done()
	unlock, err := p.desk.session.keys.Lock(ctx)
	if err != nil {
		return err
	}
	return errors.Join(do(), unlock())
}

// open makes the rotator, and looks at what earlier runs have left.
func (p *ceremonyPart) open(ctx context.Context, make func(int) (*rotation.Rotator, error)) error {
	if p.rotator == nil {
		r, err := make(p.desk.rounds)
		if err != nil {
			return err
		}
		p.rotator = r
	}
	return p.locked(ctx, func() error { _, err := p.rotator.Recover(ctx); return err })
}

// noteStaged takes note of the operation whose waiting keys are needed.
func (p *ceremonyPart) noteStaged(needs []rotation.Need) {
	for _, n := range needs {
		if n.Staged != "" {
			p.staged = n.Staged
		}
	}
}

func (p *ceremonyPart) store() keyring.Store {
	if p.staged == "" {
		return p.desk.session.keys
	}
	return rotation.WithStaged{Store: p.desk.session.keys, Op: p.staged}
}

// Unlocked implements ui.KeyOpener.
func (p *ceremonyPart) Unlocked(ctx context.Context, id trustdata.KeyID) (*keyring.PrivateKey, error) {
	return p.desk.session.cli.openSet(ctx, p.store(), id)
}

// Open implements ui.KeyOpener.
func (p *ceremonyPart) Open(ctx context.Context, id trustdata.KeyID, pass keyring.Passphrase) (*keyring.PrivateKey, error) {
	return p.store().Open(ctx, id, pass)
}
