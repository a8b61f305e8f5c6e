package main

import (
	"context"
	"errors"
	"fmt"

	"keyrite/backup"
	"keyrite/backup/media"
	"keyrite/keyring"
	backupui "keyrite/ui/backup"
)

// Plan implements backupui.Writer.
func (d backupDesk) Plan(ctx context.Context, w backupui.Wish) (*backup.CreatePlan, error) {
	recipients, err := d.session.cli.typedRecipients(w.Recipients)
	if err != nil {
		return nil, err
	}
	if len(w.Recipients) == 0 {
		if err := backup.CheckPassphrase(w.Passphrase); err != nil {
			return nil, err
		}
		one, err := backup.PassphraseRecipient(w.Passphrase, 0)
		if err != nil {
			return nil, err
		}
		recipients = []backup.Recipient{one}
	}
	ids, err := d.open(w.Identity, keyring.NewPassphrase(nil))
	if err != nil {
		return nil, err
	}
	src, err := d.session.backupSource(ctx)
	if err != nil {
		return nil, err
	}
	return d.planCopy(ctx, src, w, backup.CreateOptions{Dir: absolute(w.Folder), Recipients: recipients, Identities: ids, Passphrases: d.session.cli.keyPassphrases, Open: d.session.cli.folders})
}

// planCopy plans the first copy of a new set, or the next one of the set that w.After began.
func (d backupDesk) planCopy(ctx context.Context, src backup.Source, w backupui.Wish, opt backup.CreateOptions) (*backup.CreatePlan, error) {
	drives, err := d.drives()
	if err != nil {
		return nil, err
	}
	known, err := d.session.copies()
	if err != nil {
		return nil, err
	}
	opt.Now, opt.Copies, opt.Copy = d.session.cli.now(), backup.DefaultCopies, backupui.NextCopy(w.After)
	if len(w.After) == 0 {
		opt.Operation = backup.NewOperation(opt.Now)
		return drives.Plan(ctx, src, opt, known)
	}
	first := w.After[0]
	opt.Operation, opt.Now, opt.Copies = first.Operation, first.Created, first.Copies
	for _, r := range w.After { // also what could not be recorded
		known = append(known, backup.Copy{Operation: r.Operation, Number: r.Copy, File: r.File, Medium: r.Medium})
	}
	p, err := drives.Plan(ctx, src, opt, known)
	if err == nil && p.ManifestSHA256() != first.Manifest {
		err = fmt.Errorf("the keys or the metadata are not any more what copy 1 of the set %q was made of: leave, and begin a new set", first.Operation)
	}
	return p, err
}

// drives is how the console reaches removable drives.
func (d backupDesk) drives() (backup.Drives, error) {
	return d.session.drives(d.session.cli.flags.virtual)
}

// Drives implements backupui.Writer.
func (d backupDesk) Drives(ctx context.Context) ([]backupui.Place, error) {
	drives, err := d.drives()
	if err != nil {
		return nil, err
	}
	known, err := d.session.copies()
	if err != nil {
		return nil, err
	}
	all := d.session.cli.sticks
	if all == nil {
		if all, err = media.Scan(ctx, drives.Options); err != nil {
			return nil, err
		}
	}
	places := make([]backupui.Place, len(all))
	for i, drive := range all {
		places[i] = backupui.Place{Drive: drive, Before: backup.On(drive, known)}
	}
	return places, nil
}

// Write implements backupui.Writer. The end of the program waits for it.
func (d backupDesk) Write(ctx context.Context, p *backup.CreatePlan, progress backup.Progress) (*backup.CreateResult, error) {
	d.working.Add(1)
	defer d.working.Done()
	drives, err := d.drives()
	if err != nil {
		return nil, err
	}
	res, err := drives.Write(ctx, p, progress)
	if err != nil {
		return nil, err
	}
	if err := d.session.recordBackup("back up", res.Record()); err != nil {
		res.Warnings = append(res.Warnings, fmt.Sprintf("this backup could not be recorded: %v", err))
	}
	return res, nil
}

// Replug implements backupui.Writer. What was found is recorded, be it damage.
func (d backupDesk) Replug(ctx context.Context, p *backup.CreatePlan, made *backup.CreateResult, told func(backup.Moment, string), progress backup.Progress) (*backup.VerifyResult, error) {
	drives, err := d.drives()
	if err != nil {
		return nil, err
	}
	v, err := drives.Replug(ctx, made, p.Identities(), backup.VerifyOptions{Passphrases: d.session.cli.keyPassphrases, Keep: true, Progress: progress}, told)
	if v == nil {
		return nil, err
	}
	return v, errors.Join(err, d.session.recordBackup("prove backup", v.Record()))
}

// Reread implements backupui.Writer. What was found is recorded, be it damage.
func (d backupDesk) Reread(ctx context.Context, p *backup.CreatePlan, made *backup.CreateResult, progress backup.Progress) (*backup.VerifyResult, error) {
	v, err := backup.Verify(ctx, made.File, p.Identities(), backup.VerifyOptions{Passphrases: d.session.cli.keyPassphrases, Keep: true, Progress: progress,
		Open: d.session.cli.reading(ctx), Medium: made.Medium, SHA256: made.SHA256})
	if v == nil {
		return nil, err
	}
	return v, errors.Join(err, d.session.recordBackup("prove backup", v.Record()))
}
