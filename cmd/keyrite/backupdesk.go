package main

import (
	"context"
	"errors"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui"
	backupui "keyrite/ui/backup"
	"keyrite/ui/restore"
)

// backupDesk is what the screens of backups need of the layers below.
type backupDesk struct{ *desk }

var (
	_ backupui.Reader = backupDesk{}
	_ backupui.Writer = backupDesk{}
	_ backupui.Sheets = backupDesk{}
	_ restore.Service = restoreDesk{}
)

// backupsScreen is the list of the copies that are remembered.
func (d *desk) backupsScreen() ui.Screen {
	opt := backupui.Options{Context: d.ctx, Styles: d.styles, Clock: d.clock, Reader: backupDesk{d}, Sheets: backupDesk{d}, Create: d.createScreen, Add: d.addScreen}
	if !d.session.cli.flags.readOnly {
		opt.Restore = d.restoreScreen
	}
	return backupui.New(opt)
}

// createScreen is the wizard that writes a backup. Writing one changes no key, so a
// read-only session may do it.
func (d *desk) createScreen(folder string) ui.Screen {
	return backupui.NewCreate(backupui.CreateOptions{Context: d.ctx, Styles: d.styles, Clock: d.clock, Writer: backupDesk{d}, Sheets: backupDesk{d}, Folder: folder, Readers: d.readers})
}

// addScreen is the wizard that writes the next copy of a set, for the readers of the others.
func (d *desk) addScreen(set backup.Set) ui.Screen {
	opt := backupui.CreateOptions{Context: d.ctx, Styles: d.styles, Clock: d.clock, Writer: backupDesk{d}, Sheets: backupDesk{d}, Readers: d.readers, Set: set}
	opt.Recipients = publicKeys(set.Copies[0].Recipients)
	return backupui.NewCreate(opt)
}

func (d *desk) backupScreen() ui.Screen { return d.createScreen("") }

// restoreScreen is the wizard that restores into the first trust directory.
func (d *desk) restoreScreen(file string) ui.Screen {
	return restore.New(restore.Options{Context: d.ctx, Styles: d.styles, Clock: d.clock, Service: restoreDesk{d}, File: file,
		Into: trustdata.Visible(d.session.paths.trust[0])})
}

// open reads what opens a backup: an identity file, or the backup's own passphrase.
func (d backupDesk) open(identity string, pass keyring.Passphrase) ([]backup.Identity, error) {
	if identity != "" {
		return d.session.cli.identities(backupFlags{identities: []string{identity}}, d.session.cli.allowedPlugins())
	}
	if pass.IsEmpty() {
		return nil, nil
	}
	id, err := backup.PassphraseIdentity(pass)
	if err != nil {
		return nil, err
	}
	return []backup.Identity{id}, nil
}

// Copies implements backupui.Reader.
func (d backupDesk) Copies(context.Context) ([]backup.Copy, error) { return d.session.copies() }

// Find implements backupui.Reader.
func (d backupDesk) Find(ctx context.Context, c backup.Copy) (string, error) {
	drives, err := d.drives()
	if err != nil {
		return "", err
	}
	return drives.Find(ctx, c)
}

// List implements backupui.Reader.
func (d backupDesk) List(ctx context.Context, folder string) ([]backup.Listed, error) {
	known, err := d.session.copies()
	if err != nil {
		return nil, err
	}
	return backup.List(ctx, absolute(folder), known, d.session.cli.reading(ctx))
}

// Verify implements backupui.Reader.
func (d backupDesk) Verify(ctx context.Context, file string, with backupui.Opening, progress backup.Progress) (*backup.VerifyResult, error) {
	ids, err := d.open(with.Identity, with.Passphrase)
	if err != nil {
		return nil, err
	}
	drives, err := d.drives()
	if err != nil {
		return nil, err
	}
	known, err := d.session.copies()
	if err != nil {
		return nil, err
	}
	res, err := drives.Verify(ctx, absolute(file), known, ids, backup.VerifyOptions{Passphrases: d.session.cli.keyPassphrases, Keep: with.Drill, Progress: progress, Open: d.session.cli.reading(ctx)})
	if res == nil {
		return nil, err
	}
	what := "verify backup"
	if with.Drill {
		what = "drill"
	}
	return res, errors.Join(err, d.session.recordBackup(what, res.Record()))
}

// Record implements backupui.Recorder.
func (d backupDesk) Record(_ context.Context, what string, rec backup.Record) error {
	return d.session.recordBackup(what, rec)
}

// restoreDesk is what the restore wizard needs of the layers below.
type restoreDesk struct{ *desk }

// Plan implements restore.Service.
func (d restoreDesk) Plan(ctx context.Context, file string, with restore.Opening, progress backup.Progress) (*backup.RestorePlan, error) {
	ids, err := backupDesk(d).open(with.Identity, with.Passphrase)
	if err != nil {
		return nil, err
	}
	to, err := keyring.OpenDir(d.session.paths.trust[0], keyring.DirOptions{Create: true})
	if err != nil {
		return nil, err
	}
	return backup.PlanRestore(ctx, absolute(file), ids, to, backup.RestoreOptions{Passphrases: d.session.cli.keyPassphrases,
		Progress: progress, Now: d.session.cli.now(), Open: d.session.cli.reading(d.ctx), Salvage: true})
}

// Restore implements restore.Service. The end of the program waits for it.
func (d restoreDesk) Restore(ctx context.Context, p *backup.RestorePlan, progress backup.Progress) (*backup.RestoreResult, error) {
	d.working.Add(1)
	defer d.working.Done()
	res, err := p.Apply(ctx, progress)
	if err == nil {
		// A machine that has no place for a log can be restored to all the same.
		_ = d.session.recordRestore(res)
	}
	return res, err
}
