package app_test

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"keyrite/backup"
	"keyrite/backup/media"
	"keyrite/trustdata"
	"keyrite/ui"
	backupui "keyrite/ui/backup"
	"keyrite/ui/restore"
	"keyrite/ui/uitest"
)

// sets is a service over made-up backups, for frames that are the same on every machine.
type sets struct{}

func keyEntry(short, role, gun string) backup.File {
	return backup.File{Path: "private/" + string(id(short)) + ".key", Kind: backup.KindKey, Size: 500, KeyID: id(short), Role: role, GUN: trustdata.GUN(gun)}
}

func manifest() *backup.Manifest {
	return &backup.Manifest{Created: uitest.Start, Tool: "keyrite 1.0", Files: []backup.File{keyEntry("7f3a9c1", "root", ""), keyEntry("5419081", "targets", "registry.acme.io/pay/api"),
		keyEntry("b7712fe", "targets", "registry.acme.io/pay/web"), keyEntry("6cf02d9", "alice", "")}}
}

func (sets) Plan(_ context.Context, w backupui.Wish) (*backup.CreatePlan, error) {
	to, err := backup.ParseRecipients(w.Recipients)
	return &backup.CreatePlan{File: w.Folder + "/" + backupName, Manifest: manifest(), Recipients: to, Bytes: 61 << 10,
		Warnings: []string{`"/media/stick" is on the same file system as the keys in "/home/ops/.docker/trust": what destroys the one destroys the other`}}, err
}

func (sets) Write(_ context.Context, p *backup.CreatePlan, progress backup.Progress) (*backup.CreateResult, error) {
	progress(backup.Step{Phase: backup.PhaseWrite, Done: 61 << 10, Total: 61 << 10})
	progress(backup.Step{Phase: backup.PhaseRead, Done: 62 << 10, Total: 62 << 10})
	return &backup.CreateResult{File: p.File, SHA256: "sha256:" + strings.Repeat("4e1f09c3", 8), Keys: p.Keys(), Metadata: []trustdata.GUN{"registry.acme.io/pay/web"},
		State: backup.StateReadBack, Operation: "the-set", Copy: 1, Copies: 2, Waived: []string{backup.WaiverProof}, Beside: []string{"/media/stick/RESTORE.txt", p.File + ".sha256"}}, nil
}

func (sets) Drives(context.Context) ([]backupui.Place, error) { return nil, nil }

func (sets) Replug(context.Context, *backup.CreatePlan, *backup.CreateResult, func(backup.Moment, string), backup.Progress) (*backup.VerifyResult, error) {
	return nil, nil
}

func (sets) Reread(context.Context, *backup.CreatePlan, *backup.CreateResult, backup.Progress) (*backup.VerifyResult, error) {
	return nil, nil
}

func (sets) Record(context.Context, string, backup.Record) error { return nil }

func (sets) Waive(context.Context, string) error { return nil }

func (sets) Sheet(context.Context, string) ([]byte, error) {
	return backup.Sheet([]backup.Copy{{Operation: "the-set", Number: 1, Of: 2}}, uitest.Start), nil
}

func (sets) Save(context.Context, []byte, string) error { return nil }

func (sets) List(context.Context, string) ([]backup.Listed, error) {
	at := uitest.Start.AddDate(0, 0, -20)
	return []backup.Listed{
		{File: "/media/stick/" + backupName, Created: uitest.Start, Size: 62000, SHA256: "sha256:" + strings.Repeat("4e1f09c3", 8), Sums: backup.SumsOK, State: backup.StateUnknown},
		{File: "/media/stick/keyrite-2026-11-02T094100Z.age", Created: at, Size: 61000, SHA256: "sha256:" + strings.Repeat("aa4107de", 8), Sums: backup.SumsOK, State: backup.StateProven, ProvenAt: at},
		{File: "/media/stick/keyrite-2025-01-02T094100Z.age", Created: at.AddDate(-1, 0, 0), Size: 1000, SHA256: "sha256:" + strings.Repeat("00ff07de", 8), Sums: backup.SumsDiffer, State: backup.StateUnknown},
	}, nil
}

func (sets) Copies(context.Context) ([]backup.Copy, error) {
	at := uitest.Start
	medium := func(label string) *backup.Medium {
		return &backup.Medium{Vendor: "KINGSTON", Model: "DT", Serial: label + "9F2A7", UUID: "1A2B-3C4D", Label: "ACME-" + label, FileSystem: "exfat", Token: strings.Repeat("a", 32), Recognised: true}
	}
	all := []backup.Copy{
		{Number: 1, Medium: medium("A"), State: backup.StateDrilled, Reading: media.Replugged, ProvenAt: at, DrilledAt: at, Clock: backup.ClockOK},
		{Number: 2, Medium: medium("B"), State: backup.StateProven, Reading: media.Cold, ProvenAt: at, Clock: backup.ClockOK},
		{Number: 3, Medium: medium("C\x1b[2J"), State: backup.StateProven, Reading: media.Replugged, ProvenAt: at.AddDate(-2, 0, 0), Clock: backup.ClockLate},
		{Number: 4, State: backup.StateUnknown, Problem: "cut short", Clock: backup.ClockBad},
	}
	for i := range all {
		all[i].Operation, all[i].Of, all[i].File, all[i].SHA256 = "the-set", 4, "/media/ada/"+backupName, "sha256:"+strings.Repeat("4e1f09c"+string(rune('0'+i)), 8)
		all[i].Written, all[i].LookedAt = at.AddDate(-2, 0, 0), at
		if all[i].Clock == backup.ClockOK {
			all[i].Due = at.Add(backup.DefaultIntervals.Due)
		}
		all[i].Keys, all[i].Recipients = []trustdata.KeyID{id("7f3a9c1")}, []string{recipient}
		all[i].Holds = []backup.Held{{KeyID: id("7f3a9c1"), Role: "root"}}
	}
	return all, nil
}

func (sets) Find(_ context.Context, c backup.Copy) (string, error) { return c.File, nil }

func (sets) Verify(_ context.Context, file string, _ backupui.Opening, _ backup.Progress) (*backup.VerifyResult, error) {
	p := backup.CreatePlan{Manifest: manifest()}
	return &backup.VerifyResult{File: file, SHA256: "sha256:" + strings.Repeat("4e1f09c3", 8), Created: uitest.Start, Tool: "keyrite 1.0", Keys: p.Keys(),
		Metadata: []trustdata.GUN{"registry.acme.io/pay/web"}, Sums: backup.SumsOK, Decrypted: true, State: backup.StateProven, OK: true}, nil
}

// restores is the same for the other wizard.
type restores struct{}

func (restores) Plan(_ context.Context, file string, _ restore.Opening, _ backup.Progress) (*backup.RestorePlan, error) {
	files := manifest().Files
	rows := []backup.RestoreRow{{File: files[0], Action: backup.ActionAdd}, {File: files[1], Action: backup.ActionSame},
		{File: files[2], Action: backup.ActionReplace, Reason: "the file here goes to the trash"}, {File: files[3], Action: backup.ActionRefuse, Reason: "it is no usable key file: the file is no PEM block"}}
	return &backup.RestorePlan{File: file, SHA256: "sha256:" + strings.Repeat("4e1f09c3", 8), Manifest: manifest(), To: "/home/ops/.docker/trust", Rows: rows}, nil
}

func (restores) Look(context.Context) ([]restore.Found, error) {
	return []restore.Found{{File: "/media/ada/ACME-A/" + backupName, Drive: drive("DT", "A9F2A7").Title(), Copy: "1 of 2", State: "drilled"}}, nil
}

func (restores) Others(context.Context, string, string) ([]ui.Fact, error) { return nil, nil }

func (restores) Unlisted(_ context.Context, p *backup.RestorePlan) (map[trustdata.KeyID]string, error) {
	return map[trustdata.KeyID]string{p.Rows[0].KeyID: "registry.acme.io/pay/api does not list it any more"}, nil
}

func (restores) Restore(_ context.Context, p *backup.RestorePlan, _ backup.Progress) (*backup.RestoreResult, error) {
	return &backup.RestoreResult{File: p.File, To: p.To, Restored: []trustdata.KeyID{p.Rows[0].KeyID}, Same: []trustdata.KeyID{p.Rows[1].KeyID}, Replaced: []trustdata.KeyID{p.Rows[2].KeyID},
		Refused: []backup.Refusal{{Path: p.Rows[3].Path, Reason: p.Rows[3].Reason}}, Trashed: []string{"/home/ops/.docker/trust/trash/2026-11-22/" + string(p.Rows[2].KeyID) + ".key"}, OK: true,
		Tried: map[trustdata.KeyID]string{p.Rows[0].KeyID: ""}}, nil
}

func createFrom(t testing.TB) func(w, h int) *uitest.Driver {
	return func(w, h int) *uitest.Driver {
		return enter(t, w, h, func(st *ui.Styles, clock ui.Clock) ui.Screen {
			return backupui.NewCreate(backupui.CreateOptions{Context: context.Background(), Styles: st, Clock: clock, Writer: sets{}, Sheets: sets{}})
		})
	}
}

func listFrom(t testing.TB) func(w, h int) *uitest.Driver {
	return func(w, h int) *uitest.Driver {
		return enter(t, w, h, func(st *ui.Styles, clock ui.Clock) ui.Screen {
			return backupui.New(backupui.Options{Context: context.Background(), Styles: st, Clock: clock, Reader: sets{}, Folder: "/media/stick"})
		})
	}
}

func copiesFrom(t testing.TB) func(w, h int) *uitest.Driver {
	return func(w, h int) *uitest.Driver {
		return enter(t, w, h, func(st *ui.Styles, clock ui.Clock) ui.Screen {
			return backupui.New(backupui.Options{Context: context.Background(), Styles: st, Clock: clock, Reader: sets{}, Sheets: sets{}})
		})
	}
}

func restoreFrom(t testing.TB) func(w, h int) *uitest.Driver {
	return func(w, h int) *uitest.Driver {
		return enter(t, w, h, func(st *ui.Styles, clock ui.Clock) ui.Screen {
			return restore.New(restore.Options{Context: context.Background(), Styles: st, Clock: clock, Service: restores{}, Into: "/home/ops/.docker/trust", Profile: "PROD acme"})
		})
	}
}

var createFlow = []stage{
	{"1 nothing chosen", press()},
	{"1 folder", press("enter")},
	{"1 folder chosen", typeIn("/media/stick")},
	{"1 recipients", press("enter")},
	{"1 fingerprint", func(d *uitest.Driver) { d.Paste(recipient).Press("enter") }},
	{"1 chosen", typeIn(recipientEnd)},
	{"2 write", func(d *uitest.Driver) { d.Pause().Press("B") }},
	{"3 prove", func(d *uitest.Driver) { d.Resume() }},
	{"4 sheet", press("W", "2")},
}

// drives is a writer with two sticks and drives that are none; a copy is proven once what it
// waits for is let go.
type drives struct {
	sets
	fails error
	wrong bool // another stick is put in first
	hand  bool // nobody unmounts it for us
	bad   error
}

func drive(model, serial string) media.Drive {
	return media.Drive{Vendor: "KINGSTON", Model: model, Serial: serial, Label: "ACME-" + serial[:1], FileSystem: "exfat", Size: 16 << 30, Free: 14 << 30,
		Device: "sd" + serial[:1], Mount: "/media/ada/ACME-" + serial[:1], DiskSeq: 7, Token: media.Token(strings.Repeat(serial[:1], 32))}
}

func (drives) Drives(context.Context) ([]backupui.Place, error) {
	system := media.Drive{Model: "Card\x1b[2J reader", Device: "sdz", Free: -1, Refused: media.NoMedium}
	last := backup.Copy{Operation: "the-set", Number: 1, Of: 2, File: "/media/old/keyrite-2026-11-02T094100Z.age", State: backup.StateProven, Written: uitest.Start.AddDate(0, 0, -20), LookedAt: uitest.Start.AddDate(0, 0, -20)}
	return []backupui.Place{{Drive: drive("DT", "A9F2A7")}, {Drive: drive("DT", "B11C40"), Before: []backup.Copy{last}}, {Drive: system}}, nil
}

func (f drives) Plan(ctx context.Context, w backupui.Wish) (*backup.CreatePlan, error) {
	p, err := f.sets.Plan(ctx, w)
	if p.Warnings = nil; strings.HasPrefix(w.Folder, "/media/ada/ACME-") {
		d := drive("DT", strings.TrimPrefix(w.Folder, "/media/ada/ACME-")+"9F2A7")
		p.Drive = &d
	}
	return p, err
}

func (f drives) Write(ctx context.Context, p *backup.CreatePlan, progress backup.Progress) (*backup.CreateResult, error) {
	if f.fails != nil {
		return nil, f.fails
	}
	r, err := f.sets.Write(ctx, p, progress)
	r.Drive, r.Operation, r.Copy, r.Copies, r.Reading = p.Drive, "another-set", 1, 2, media.Cold
	return r, err
}

func (f drives) Replug(ctx context.Context, _ *backup.CreatePlan, made *backup.CreateResult, told func(backup.Moment, string), progress backup.Progress) (*backup.VerifyResult, error) {
	told(backup.MomentUnmount, "")
	if f.hand {
		told(backup.MomentHand, "it is still mounted\x1b")
		<-ctx.Done()
		return nil, ctx.Err()
	}
	told(backup.MomentOut, "")
	told(backup.MomentBack, "")
	if f.wrong {
		told(backup.MomentBack, "SanDisk: it is another medium")
		<-ctx.Done()
		return nil, ctx.Err()
	}
	told(backup.MomentProve, "")
	progress(backup.Step{Phase: backup.PhaseVerify, Done: 61 << 10})
	told(backup.MomentSettle, "")
	told(backup.MomentAway, "")
	v := &backup.VerifyResult{File: made.File, SHA256: made.SHA256, Keys: made.Keys, Decrypted: true, Drilled: 2, State: backup.StateProven, Reading: media.Replugged, OK: true}
	if f.bad != nil {
		v.OK, v.Decrypted, v.State = false, false, backup.StateUnknown
	}
	return v, f.bad
}

func driveFrom(t testing.TB, f drives) func(w, h int) *uitest.Driver {
	return func(w, h int) *uitest.Driver {
		return enter(t, w, h, func(st *ui.Styles, clock ui.Clock) ui.Screen {
			return backupui.NewCreate(backupui.CreateOptions{Context: context.Background(), Styles: st, Clock: clock, Writer: f, Sheets: f, Recipients: []string{recipient}})
		})
	}
}

var driveFlow = []stage{
	{"1 drives", press()},
	{"1 not that one", press("j", "j", "space")},
	{"1 chosen", press("k", "k", "space")},
	{"2 write", func(d *uitest.Driver) { d.Pause().Press("B") }},
	{"3 proven", func(d *uitest.Driver) { d.Resume() }},
	{"3 waive", press("W")},
	{"1 second copy", press("esc", "enter")},
	{"4 sheet", press("j", "space", "B", "enter")},
}

var listFlow = []stage{
	{"list", press()},
	{"how", press("v")},
	{"identity", press("1")},
	{"verified", typeIn("/home/ops/identity.txt")},
	{"passphrase", press("esc", "v", "2")},
}

var copiesFlow = []stage{
	{"copies", press()},
	{"one", press("j", "enter")},
	{"drill", press("esc", "d")},
	{"sheet", press("esc", "t")},
}

var restoreFlow = []stage{
	{"1 find", press()},
	{"2 open", func(d *uitest.Driver) { d.Press("f").Type("/media/stick/" + backupName).Press("enter") }},
	{"2 passphrase", press("2")},
	{"3 compare", typeIn(newPass)},
	{"3 confirm", press("enter")},
	{"4 write", func(d *uitest.Driver) { d.Advance(time.Second).Type("trust").Press("tab").Pause().Press("enter") }},
	{"5 prove", func(d *uitest.Driver) { d.Resume() }},
}

func TestBackupFrames(t *testing.T) {
	t.Run("create", func(t *testing.T) { frames(t, createFlow, createFrom(t)) })
	t.Run("drive", func(t *testing.T) { frames(t, driveFlow, driveFrom(t, drives{})) })
	t.Run("list", func(t *testing.T) { frames(t, listFlow, listFrom(t)) })
	t.Run("copies", func(t *testing.T) { frames(t, copiesFlow, copiesFrom(t)) })
	t.Run("restore", func(t *testing.T) { frames(t, restoreFlow, restoreFrom(t)) })
}

// TestBackupShowsNoSecret: a passphrase that is typed is in no frame and in no message.
func TestBackupShowsNoSecret(t *testing.T) {
	d := restoreFrom(t)(100, 30)
	for _, s := range restoreFlow {
		s.do(d)
		for _, size := range [][2]int{{40, 10}, {60, 15}, {120, 40}, {100, 30}} {
			d.Resize(size[0], size[1]).Fits().Lacks("canary")
		}
	}
	d = createFrom(t)(100, 30).Press("p").Type(newPass).Lacks("canary").Press("enter").Type(newPass).Lacks("canary").Press("enter").Lacks("canary").Press("f")
	if d.Paste("AGE-SECRET-KEY-1CANARY").Lacks("CANARY"); strings.Contains(d.Text(), "canary") {
		t.Error("a passphrase is shown")
	}
}

// TestBackupSmallLettersAreHarmless: nothing is written or restored without a capital, or
// Tab on the question.
func TestBackupSmallLettersAreHarmless(t *testing.T) {
	for seed := range uint64(12) {
		v := newVault(t)
		d := v.create(100, 30, v.stick).Press("n").Paste(v.public).Press("enter").Type(v.end).Press("enter")
		wander(d, rand.New(rand.NewPCG(seed, 1)), 120, v.identity, v.public, newPass)
		if got := v.backups(); len(got) != 0 {
			t.Fatalf("seed %d: the folder holds %q", seed, got)
		}
		v.made().dir = v.openDir(filepath.Join(t.TempDir(), "trust"))
		d = v.list(100, 30).Press("f").Type(v.stick).Press("enter", "T", "1").Type(v.identity).Press("enter").Has("[3 Compare]")
		wander(d, rand.New(rand.NewPCG(seed, 2)), 120, v.identity, "trust", newPass)
		if infos, err := v.dir.List(context.Background()); err != nil || len(infos) != 0 {
			t.Fatalf("seed %d: restored %v, %v", seed, infos, err)
		}
		if got := v.backups(); !slices.Contains(got, backupName) || len(got) != 3 {
			t.Fatalf("seed %d: the folder holds %q", seed, got)
		}
	}
}
