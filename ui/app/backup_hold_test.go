package app_test

import (
	"context"
	"testing"
	"time"

	"keyrite/backup"
	"keyrite/ui"
	backupui "keyrite/ui/backup"
	"keyrite/ui/restore"
	"keyrite/ui/uitest"
)

// endless is a service whose work goes on until somebody stops it.
type endless struct{ sets }

func (endless) Write(ctx context.Context, _ *backup.CreatePlan, _ backup.Progress) (*backup.CreateResult, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (endless) Verify(ctx context.Context, _ string, _ backupui.Opening, _ backup.Progress) (*backup.VerifyResult, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// endlessRestore is the same for restoring, and for the reading before it where opens is false.
type endlessRestore struct {
	restores
	opens bool
}

func (e endlessRestore) Plan(ctx context.Context, file string, with restore.Opening, p backup.Progress) (*backup.RestorePlan, error) {
	if e.opens {
		return e.restores.Plan(ctx, file, with, p)
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

func (endlessRestore) Restore(ctx context.Context, _ *backup.RestorePlan, _ backup.Progress) (*backup.RestoreResult, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// While something is written, proven or read, nothing that leads elsewhere leaves it without a
// word: it says what runs, and that Esc stops it. Then it can be left.
func TestBackupIsNotLeftWithoutAWord(t *testing.T) {
	screen := func(make func(*ui.Styles, ui.Clock) ui.Screen) *uitest.Driver { return enter(t, 100, 30, make) }
	create := func(w backupui.Writer) *uitest.Driver {
		return screen(func(st *ui.Styles, clock ui.Clock) ui.Screen {
			return backupui.NewCreate(backupui.CreateOptions{Context: t.Context(), Styles: st, Clock: clock, Writer: w, Sheets: sets{}, Folder: "/media/ada/ACME-A", Recipients: []string{recipient}})
		}).Background()
	}
	restoring := func(opens bool) *uitest.Driver {
		return screen(func(st *ui.Styles, clock ui.Clock) ui.Screen {
			return restore.New(restore.Options{Context: t.Context(), Styles: st, Clock: clock, Service: endlessRestore{opens: opens}, File: "/media/stick/" + backupName})
		}).Press("2").Type(newPass).Background().Press("enter")
	}
	for name, tt := range map[string]struct {
		run  func() *uitest.Driver
		says string
	}{
		"[2 Write]": {func() *uitest.Driver { return create(endless{}).Press("B") }, "The copy is being written. Esc stops it, and takes away what was written."},
		"[3 Prove]": {func() *uitest.Driver { return create(drives{hand: true}).Press("B").Await("UNMOUNT") }, "The proof is under way. Esc stops it, and the copy stays read back."},
		"3 backups in": {func() *uitest.Driver {
			return screen(func(st *ui.Styles, clock ui.Clock) ui.Screen {
				return backupui.New(backupui.Options{Context: t.Context(), Styles: st, Clock: clock, Reader: endless{}, Folder: "/media/stick"})
			}).Press("d", "1").Type("/home/ops/identity.txt").Background().Press("enter")
		}, "The backup is being read to its end. Esc stops it, and nothing has changed."},
		"[2 Open]": {func() *uitest.Driver { return restoring(false) }, "The backup is being read. Esc stops it, and nothing has changed."},
		"[4 Write]": {func() *uitest.Driver {
			return restoring(true).Await("[3 Compare]").Press("enter").Await("REPLACE A KEY FILE").Advance(time.Second).Type("trust").Press("tab", "enter")
		}, "The keys are being restored. Esc stops it, and takes back what was written."},
	} {
		t.Run(name, func(t *testing.T) {
			d := tt.run().Await(name)
			for _, key := range []string{"2", "q"} {
				d.Press(key).Await(name, tt.says).Fits()
			}
			d.Press("esc").Await("Stopped.").Press("2").Await("THE LOBBY")
		})
	}
}
