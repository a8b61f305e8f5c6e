package main

import (
	"context"
	"slices"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/rotation/ceremony"
	shown "keyrite/ui/ceremony"
)

// ceremonyPreparing prepares on a machine that is online.
type ceremonyPreparing struct {
	ceremonyPart
	reqs []rotation.CeremonyRequest
}

// Plan implements shown.Preparing.
func (p *ceremonyPreparing) Plan(ctx context.Context) (*rotation.CeremonyPlan, error) {
	if err := p.open(ctx, p.desk.session.rotator); err != nil {
		return nil, err
	}
	return p.rotator.PlanCeremony(ctx, p.reqs, p.desk.session.atOnce(false))
}

// Prepare implements shown.Preparing.
func (p *ceremonyPreparing) Prepare(ctx context.Context, plan *rotation.CeremonyPlan, pass keyring.Passphrase) (b *ceremony.Bundle, err error) {
	err = p.locked(ctx, func() error {
		b, err = p.rotator.PrepareCeremony(ctx, plan, pass, "keyrite "+version())
		return err
	})
	return b, err
}

// Write implements shown.Preparing.
func (p *ceremonyPreparing) Write(_ context.Context, b *ceremony.Bundle, folder string) (string, error) {
	p.desk.working.Add(1)
	defer p.desk.working.Done()
	return ceremony.WriteFile(p.desk.session.cli.typedPath(folder), ceremony.FileName(ceremony.StagePrepared, b.ID), b.Raw)
}

// ceremonySigning signs on the machine that has the root key, and asks no network.
type ceremonySigning struct {
	ceremonyPart
	bundle *ceremony.Bundle
	begun  bool // before this run: leaving lets it wait
}

// Plan implements shown.Signing.
func (p *ceremonySigning) Plan(ctx context.Context, given map[trustdata.GUN]string) (*rotation.SigningPlan, error) {
	if err := p.open(ctx, p.desk.session.offlineRotator); err != nil {
		return nil, err
	}
	plan, err := p.rotator.PlanSigning(ctx, p.bundle, rotation.CeremonyTrust{Local: p.desk.session.local, Given: given})
	if err != nil {
		return nil, p.desk.session.explain(ctx, err)
	}
	p.begun = plan.Begun()
	p.noteStaged(plan.Need)
	return plan, nil
}

// Prepare implements shown.Signing.
func (p *ceremonySigning) Prepare(ctx context.Context, plan *rotation.SigningPlan, keys rotation.Keys, pass keyring.Passphrase) (prep *rotation.Prepared, err error) {
	err = p.locked(ctx, func() error {
		prep, err = p.rotator.PrepareSigning(ctx, plan, keys, pass)
		return err
	})
	return prep, err
}

// BackUp implements shown.Signing.
func (p *ceremonySigning) BackUp(ctx context.Context, prep *rotation.Prepared, folder string, recipients []string) (*backup.CreateResult, error) {
	session := p.desk.session
	parsed, err := session.cli.typedRecipients(recipients)
	if err != nil {
		return nil, err
	}
	if prep != nil {
		return session.backupBefore(ctx, prep.Staged, folder, parsed)
	}
	pending, err := session.keys.Pending(ctx)
	if err != nil {
		return nil, err
	}
	own := slices.DeleteFunc(pending, func(k keyring.Staged) bool { return k.Op != p.staged })
	return session.backupBefore(ctx, own, folder, parsed)
}

// Record implements shown.Signing.
func (p *ceremonySigning) Record(_ context.Context, prep *rotation.Prepared, made *backup.CreateResult, waived string) error {
	return p.desk.session.recordSecured(prep, made, waived)
}

// Sign implements shown.Signing. The end of the program waits for it.
func (p *ceremonySigning) Sign(ctx context.Context, plan *rotation.SigningPlan, prep *rotation.Prepared, keys rotation.Keys, folder string, told func(string)) (out shown.Written, err error) {
	var files signedJSON
	write := func(b *ceremony.Bundle) error {
		told(shown.StepWrite)
		err := p.desk.session.cli.writeSigned(b, p.desk.session.cli.typedPath(folder), &files)
		if err == nil && plan.MakesRoot() {
			told(shown.StepPromote)
		}
		return err
	}
	err = p.locked(ctx, func() error {
		if plan.Signed != nil {
			out.Bundle = plan.Signed
			out.Notes, err = p.rotator.SignedAgain(ctx, plan, write)
			return err
		}
		told(shown.StepSign)
		out.Bundle, out.Notes, err = p.rotator.SignCeremony(ctx, plan, prep, keys, "keyrite "+version(), write)
		return err
	})
	if err == nil {
		out.File, out.Record = files.File, files.RecordText
	}
	return out, err
}

// Abandon implements shown.Signing.
func (p *ceremonySigning) Abandon(ctx context.Context, prep *rotation.Prepared) error {
	if p.begun {
		return p.rotator.Pause(prep)
	}
	return p.rotator.Abandon(ctx, prep)
}

// ceremonyPublishing publishes on the machine that prepared it.
type ceremonyPublishing struct {
	ceremonyPart
	bundle *ceremony.Bundle
}

// Plan implements shown.Publishing.
func (p *ceremonyPublishing) Plan(ctx context.Context) (*rotation.PublishingPlan, error) {
	if err := p.open(ctx, p.desk.session.rotator); err != nil {
		return nil, err
	}
	plan, err := p.rotator.PlanPublishing(ctx, p.bundle, p.desk.session.atOnce(false))
	if err != nil {
		return nil, err
	}
	p.noteStaged(plan.Need)
	return plan, nil
}

// Publish implements shown.Publishing. The end of the program waits for it.
func (p *ceremonyPublishing) Publish(ctx context.Context, plan *rotation.PublishingPlan, keys rotation.Keys, told func(trustdata.GUN, string)) (out []rotation.Outcome, err error) {
	err = p.locked(context.WithoutCancel(ctx), func() error {
		if len(plan.Again) > 0 {
			if _, err := p.rotator.Again(ctx, plan.Op, told); err != nil {
				return err
			}
			if plan, err = p.rest(ctx, plan); err != nil || plan == nil {
				return err
			}
		}
		out, err = p.rotator.PublishCeremony(ctx, plan, keys, p.desk.session.atOnce(false), told)
		return err
	})
	return out, err
}

// rest plans what was never sent of a ceremony, nil where that is nothing.
func (p *ceremonyPublishing) rest(ctx context.Context, plan *rotation.PublishingPlan) (*rotation.PublishingPlan, error) {
	op, err := p.rotator.Journal.Reload(plan.Op.ID)
	if err != nil || !op.Unsent() {
		return nil, err
	}
	return p.rotator.PlanPublishing(ctx, p.bundle, p.desk.session.atOnce(false))
}

// Standing implements shown.Publishing.
func (p *ceremonyPublishing) Standing(context.Context) (*rotation.Operation, string, error) {
	return p.rotator.Journal.Record(p.bundle.ID)
}
