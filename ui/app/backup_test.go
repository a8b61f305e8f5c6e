package app_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"filippo.io/age"

	"keyrite/backup"
	"keyrite/backup/media"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui"
	backupui "keyrite/ui/backup"
	"keyrite/ui/restore"
	"keyrite/ui/uitest"
)

// vault is a real trust directory with two keys, and real backups of it.
type vault struct {
	t        *testing.T
	dir      *keyring.Dir
	stick    string // where backups go
	identity string // the path of a file that opens them
	public   string // its recipient
	end      string // of the recipient's fingerprint
	ids      []trustdata.KeyID
	key      *keyring.PrivateKey // the first one
	writeErr error
	found    []restore.Found
	old      map[trustdata.KeyID]string // keys that sign for nothing any more
	away     bool                       // no copy's medium is in
	hidden   bool                       // this system does not show its drives
	written  []backup.Record
	waived   []string // the operations
	deeds    []string // what was recorded later
}

func newVault(t *testing.T) *vault {
	t.Helper()
	folder := t.TempDir()
	v := &vault{t: t, stick: filepath.Join(folder, "stick"), identity: filepath.Join(folder, "identity.txt")}
	v.dir = v.openDir(filepath.Join(folder, "trust"))
	for _, role := range []string{"root", "targets"} {
		k, err := keyring.Generate(trustdata.KeyECDSA)
		v.must(err)
		v.put(k, role, oldPass)
		v.ids = append(v.ids, k.KeyID())
		if v.key == nil {
			v.key = k
		}
	}
	id, err := age.GenerateX25519Identity()
	v.must(err)
	v.public = id.Recipient().String()
	to, err := backup.ParseRecipients([]string{v.public})
	v.must(err)
	v.end = to[0].LastGroup()
	v.must(os.WriteFile(v.identity, []byte(id.String()+"\n"), 0o600))
	return v
}

func (v *vault) openDir(path string) *keyring.Dir {
	v.t.Helper()
	dir, err := keyring.OpenDir(path, keyring.DirOptions{Create: true})
	v.must(err)
	return dir
}

func (v *vault) put(k *keyring.PrivateKey, role, pass string) {
	v.t.Helper()
	enc, err := keyring.Encode(k, keyring.NewPassphrase([]byte(pass)), keyring.Header{Role: role, GUN: "a/b"}, quick)
	v.must(err)
	v.must(v.dir.Put(context.Background(), string(k.KeyID()), enc))
}

func (v *vault) must(err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
}

func (v *vault) identities(path string, pass keyring.Passphrase) ([]backup.Identity, error) {
	if path != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		return backup.ParseIdentities(data)
	}
	if pass.IsEmpty() {
		return nil, nil
	}
	id, err := backup.PassphraseIdentity(pass)
	return []backup.Identity{id}, err
}

// workFactor keeps the tests quick.
const workFactor = 10

// writer, reader and restorer are the services over the real package.
type writer struct{ *vault }

func (w writer) Plan(ctx context.Context, wish backupui.Wish) (*backup.CreatePlan, error) {
	var to []backup.Recipient
	var err error
	if len(wish.Recipients) > 0 {
		to, err = backup.ParseRecipients(wish.Recipients)
	} else {
		var r backup.Recipient
		r, err = backup.PassphraseRecipient(wish.Passphrase, workFactor)
		to = []backup.Recipient{r}
	}
	if err != nil {
		return nil, err
	}
	ids, err := w.identities(wish.Identity, keyring.Passphrase{})
	if err != nil {
		return nil, err
	}
	opt := backup.CreateOptions{Dir: wish.Folder, Recipients: to, Identities: ids, Now: uitest.Start, Operation: "the-set", Copies: 2, Copy: backupui.NextCopy(wish.After)}
	return backup.PlanCreate(ctx, backup.Source{Dirs: []*keyring.Dir{w.dir}, Tool: "keyrite test"}, opt)
}

func (w writer) Drives(context.Context) ([]backupui.Place, error) {
	if w.hidden {
		return nil, media.ErrNotFound
	}
	return nil, nil
}

func (w writer) Write(ctx context.Context, p *backup.CreatePlan, progress backup.Progress) (*backup.CreateResult, error) {
	if w.writeErr != nil {
		return nil, w.writeErr
	}
	r, err := p.Apply(ctx, progress)
	if err == nil {
		v := w.vault
		v.written = append(v.written, r.Record())
	}
	return r, err
}

func (w writer) Replug(context.Context, *backup.CreatePlan, *backup.CreateResult, func(backup.Moment, string), backup.Progress) (*backup.VerifyResult, error) {
	return nil, errors.New("there is no drive")
}

func (w writer) Reread(ctx context.Context, p *backup.CreatePlan, made *backup.CreateResult, progress backup.Progress) (*backup.VerifyResult, error) {
	return backup.Verify(ctx, made.File, p.Identities(), backup.VerifyOptions{Keep: true, Progress: progress, SHA256: made.SHA256, Medium: made.Medium})
}

func (v *vault) Record(_ context.Context, what string, rec backup.Record) error {
	v.written, v.deeds = append(v.written, rec), append(v.deeds, what)
	return nil
}

func (w writer) Waive(_ context.Context, operation string) error {
	w.vault.waived = append(w.vault.waived, operation)
	return nil
}

func (w writer) Sheet(_ context.Context, operation string) ([]byte, error) {
	var of []backup.Copy
	for _, r := range w.written {
		of = append(of, backup.Copy{Operation: operation, Number: r.Copy, Of: r.Copies, File: r.File, SHA256: r.SHA256, State: r.State, Holds: r.Holds})
	}
	return backup.Sheet(of, uitest.Start), nil
}

func (w writer) Save(_ context.Context, sheet []byte, file string) error {
	return os.WriteFile(file, sheet, 0o600)
}

type reader struct{ *vault }

func (r reader) List(ctx context.Context, folder string) ([]backup.Listed, error) {
	return backup.List(ctx, folder, nil, nil)
}

func (r reader) Copies(context.Context) ([]backup.Copy, error) {
	now := func() time.Time { return uitest.Start }
	records, err := backup.OpenRecords(filepath.Join(r.t.TempDir(), "backups.jsonl"), now)
	if err != nil {
		return nil, err
	}
	defer records.Close()
	for _, w := range r.written {
		if err := records.Note(w); err != nil {
			return nil, err
		}
	}
	for _, operation := range r.waived {
		if err := records.Waive(operation, backup.WaiverCopies); err != nil {
			return nil, err
		}
	}
	return records.Copies(now(), backup.DefaultIntervals), nil
}

func (r reader) Find(_ context.Context, c backup.Copy) (string, error) {
	if r.away {
		return "", backup.ErrElsewhere
	}
	return c.File, nil
}

func (r reader) Verify(ctx context.Context, file string, with backupui.Opening, progress backup.Progress) (*backup.VerifyResult, error) {
	ids, err := r.identities(with.Identity, with.Passphrase)
	if err != nil {
		return nil, err
	}
	return backup.Verify(ctx, file, ids, backup.VerifyOptions{Progress: progress, Keep: with.Drill})
}

type restorer struct{ *vault }

func (r restorer) Plan(ctx context.Context, file string, with restore.Opening, progress backup.Progress) (*backup.RestorePlan, error) {
	ids, err := r.identities(with.Identity, with.Passphrase)
	if err != nil {
		return nil, err
	}
	return backup.PlanRestore(ctx, file, ids, r.dir, backup.RestoreOptions{Now: uitest.Start, Progress: progress, Salvage: true})
}

func (r restorer) Look(context.Context) ([]restore.Found, error) { return r.found, nil }

func (r restorer) Others(context.Context, string, string) ([]ui.Fact, error) {
	return []ui.Fact{{Value: "copy 2 of 2, on ACME-B"}}, nil
}

func (r restorer) Unlisted(_ context.Context, p *backup.RestorePlan) (map[trustdata.KeyID]string, error) {
	return r.old, nil
}

func (r restorer) Restore(ctx context.Context, p *backup.RestorePlan, progress backup.Progress) (*backup.RestoreResult, error) {
	return p.Apply(ctx, progress)
}

func (v *vault) create(width, height int, folder string) *uitest.Driver {
	return enter(v.t, width, height, func(st *ui.Styles, clock ui.Clock) ui.Screen {
		return backupui.NewCreate(backupui.CreateOptions{Context: context.Background(), Styles: st, Clock: clock, Writer: writer{v}, Sheets: writer{v}, Folder: folder})
	})
}

func (v *vault) list(width, height int) *uitest.Driver {
	return enter(v.t, width, height, func(st *ui.Styles, clock ui.Clock) ui.Screen {
		return backupui.New(backupui.Options{Context: context.Background(), Styles: st, Clock: clock, Reader: reader{v}, Sheets: writer{v},
			Create: func(folder string) ui.Screen {
				return backupui.NewCreate(backupui.CreateOptions{Context: context.Background(), Styles: st, Clock: clock, Writer: writer{v}, Sheets: writer{v}, Folder: folder})
			},
			Add: func(set backup.Set) ui.Screen {
				return backupui.NewCreate(backupui.CreateOptions{Context: context.Background(), Styles: st, Clock: clock, Writer: writer{v}, Sheets: writer{v}, Set: set, Recipients: set.Copies[0].Recipients})
			},
			Restore: func(file string) ui.Screen {
				return restore.New(restore.Options{Context: context.Background(), Styles: st, Clock: clock, Service: restorer{v}, File: file, Into: v.dir.Path(), Profile: "PROD acme"})
			}})
	})
}

// backups are the names in the stick's folder.
func (v *vault) backups() []string {
	entries, err := os.ReadDir(v.stick)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		v.t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

const backupName = "keyrite-2026-11-22T094100Z.age"

func (v *vault) file() string { return filepath.Join(v.stick, backupName) }

// made writes a backup without the console.
func (v *vault) made() *vault {
	v.t.Helper()
	plan, err := writer{v}.Plan(context.Background(), backupui.Wish{Folder: v.stick, Recipients: []string{v.public}})
	v.must(err)
	_, err = plan.Apply(context.Background(), nil)
	v.must(err)
	return v
}

func TestBackUpForReal(t *testing.T) {
	v := newVault(t)
	d := v.create(100, 30, "").Has("[1 Choose]", "no place yet", "nobody yet", "COPY 1 OF 2", "a folder", "Nothing is written yet.").Press("B").Has("It is not known where the backup goes.")
	d.Press("enter").Has("WHERE THE BACKUP GOES").Press("enter").Has("type a folder").Type(v.stick).Press("enter").Has(v.stick, "nobody yet").Press("B").Has("Nobody could open it yet.")
	d.Press("enter").Has("WHO CAN OPEN IT").Paste("AGE-SECRET-KEY-1CANARY").Has("That is a secret key").Lacks("CANARY").Press("ctrl+u").Paste(v.public).Press("enter").Type(v.end).Press("enter")
	d.Has("2 keys, each still locked", v.public[:20], "decrypted by nobody", backupName)
	d.Press("i").Type(v.identity).Press("enter").Has("decrypted to the end and compared").Press("enter").Has("All is known. B writes it.")
	if got := v.backups(); got != nil {
		t.Fatalf("before B there is %q", got)
	}
	d.Press("B").Fits().Has("[3 Prove]", "decrypted to the end, every file compared", "not every key was opened", backupName, "A folder is not taken out")
	if got := v.backups(); !slices.Equal(got, []string{"RESTORE.txt", backupName, backupName + ".sha256"}) {
		t.Errorf("the folder holds %q", got)
	}
	res, err := reader{v}.Verify(context.Background(), v.file(), backupui.Opening{Identity: v.identity}, nil)
	if err != nil || len(res.Keys) != 2 || !res.OK {
		t.Errorf("verify: %+v, %v", res, err)
	}
	d.Press("esc").Has("THE LOBBY")
}

func TestBackUpWithAPassphrase(t *testing.T) {
	v := newVault(t)
	d := v.create(100, 30, v.stick).Press("p").Has("NEW PASSPHRASE OF THE BACKUP").Type("short").Press("enter").Has("too short")
	d.Type(newPass).Press("enter").Type(newPass).Press("enter").Has("the backup's own, which is not a key's", "with the passphrase itself").Lacks("canary")
	// Another folder keeps the passphrase; another reader forgets it.
	d.Press("f").Press("ctrl+u").Type(v.stick+"2").Press("enter").Has("stick2", "2 keys, each").Press("B").Has("[3 Prove]", "decrypted to the end").Lacks("canary")
	v.stick += "2"
	d.Press("esc")
	l := v.list(100, 30).Press("f").Type(v.stick).Press("enter").Has(backupName).Press("v").Has("HOW IS IT OPENED?").Press("2").Has("PASSPHRASE OF THE BACKUP", backupName)
	l.Type("wrong one").Press("enter").Has("does not open this backup. Second try. Nothing has changed.").Type(newPass).Press("enter").Has("It is sound").Lacks("canary")
}

func TestBackUpStopsAndFails(t *testing.T) {
	v := newVault(t)
	d := v.create(100, 30, v.stick).Press("n").Paste(v.public).Press("enter").Type(v.end).Press("enter").Has("2 keys, each").Pause().Press("B").Has("[2 Write]", "Leaving now stops it")
	d.Press("esc").Resume().Has("THE BACKUP WAS NOT WRITTEN. YOUR KEYS ARE UNTOUCHED.")
	if got := v.backups(); len(got) != 0 {
		t.Errorf("after a stop the folder holds %q", got)
	}
	d.Press("enter").Has("[1 Choose]", "The last attempt was not finished.", "2 keys, each").Press("B").Has("[3 Prove]")
	v = newVault(t)
	v.writeErr = errDisk
	v.create(100, 30, v.stick).Press("n").Paste(v.public).Press("enter").Type(v.end).Press("enter").Press("B").Has("THE BACKUP WAS NOT WRITTEN", "permission denied").Press("esc").Has("THE LOBBY")
	// A folder that cannot be: the error stays, and nothing is lost of what was typed.
	v.create(100, 30, filepath.Join(v.dir.Path(), "inside")).Press("n").Paste(v.public).Press("enter").Type(v.end).Press("enter").Has("lies in the", v.public[:20])
	v.create(50, 12, v.stick).Press("n").Paste(v.public).Press("enter").Type(v.end).Press("enter").Fits().Press("B").Has("Make the window 60x15")
}

func TestBackupsListAndVerify(t *testing.T) {
	v := newVault(t).made()
	d := v.list(100, 30).Has("No backup is remembered on this machine").Press("v").Has("No backup is selected").Press("t").Has("No copy is selected")
	d.Press("f").Type(v.stick).Press("enter").Fits().Has(backupName, "not known", "agrees", "1 backup in")
	d.Press("v", "1").Type(v.identity).Press("enter").Has("It is sound", "2 keys", v.ids[0].Short(), "decrypted to the end").Press("esc").Has(backupName)
	d.Press("v", "3").Has("It is sound as far as it was looked at", "not known: it was not decrypted").Press("esc")
	d.Press("v", "1").Press("ctrl+u").Type("/no/such/file").Press("enter").Has("What happened", "no such file").Press("esc")
	raw, err := os.ReadFile(v.file())
	v.must(err)
	raw[len(raw)-20] ^= 1
	v.must(os.WriteFile(v.file(), raw, 0o600))
	d.Press("r").Has("!!", "says another SHA-256").Press("v", "1").Press("ctrl+u").Type(v.identity).Press("enter").Has("It is NOT sound", "WHAT IS WRONG")
}

// A backup is in the list as soon as it is written, wherever that was.
func TestBackupsListFollowsTheWriting(t *testing.T) {
	v := newVault(t)
	d := v.list(100, 44).Press("b").Press("f").Type(v.stick).Press("enter", "n").Paste(v.public).Press("enter").Type(v.end).Press("enter", "B").Has("[3 Prove]")
	d.Press("esc").Fits().Has(backupName, "1 copy is remembered", "1 of 2", "read back").Press("enter").Fits().Has("KEYS IN IT: 2", v.ids[0].Short(), "today: it was never proven", "a folder, not recognised").Press("esc")
	d.Press("t").Has("SIGNING KEYS: BACKUP SHEET").Press("w").Has("WRITE THE SHEET").Press("esc", "esc").Has("1 copy is remembered")
	d.Press("d").Has("DRILL: HOW IS IT OPENED?").Press("1").Type(v.identity).Press("enter").Has("PASSPHRASE OF THE ROOT KEY").Press("esc").Has("It is sound").Press("esc")
	v.away = true
	d.Press("d").Has("What happened", "Its medium is not in this machine").Press("esc").Press("f").Type(v.stick).Press("enter").Has("1 backup in " + v.stick).Press("esc").Has("1 copy is remembered")
}

// A set that was left early says so in the list, and its missing copy is written any day.
func TestBackUpTheMissingCopy(t *testing.T) {
	v := newVault(t)
	d := v.list(100, 30).Press("m").Has("No copy is selected").Press("b").Press("f").Type(v.stick).Press("enter", "n").Paste(v.public).Press("enter").Type(v.end).Press("enter", "i").Type(v.identity).Press("enter", "B").Has("[3 Prove]", "m in the list of backups")
	d.Press("esc").Fits().Has("1 of 2 copies", ">!  a folder", "The set has 1 of 2 copies: what destroys a medium").Press("enter").Fits().Has("Missing", "1 of 2 copies: what destroys a medium").Press("esc")
	d.Press("m").Fits().Has("[1 Choose]", "COPY 2 OF 2", "copy 1 is on "+v.stick, v.public[:20], "Leaving now leaves the set as it is.").Press("n").Has("All copies of a set are for the same readers.")
	d.Press("f").Type(v.stick+"2").Press("enter", "B").Has("[3 Prove]").Press("enter").Has("[4 Sheet]", "COPY 1 OF 2").Press("enter").Fits().Has("2 copies are remembered", "1 of 2", "2 of 2").Lacks("of 2 copies")
	if len(v.written) != 2 || v.written[0].Manifest != v.written[1].Manifest || v.written[0].Operation != v.written[1].Operation || v.written[1].Copy != 2 {
		t.Errorf("the copies: %+v", v.written)
	}
	d.Press("m").Has("The set has all its copies.")

	// Where copy 1 is damaged it is the one that is missing.
	v.written = append(v.written, backup.Record{File: v.file(), SHA256: "sha256:other", State: backup.StateUnknown, Problem: "cut short"})
	d.Press("r").Fits().Has("DAMAGED", "1 of 2 copies").Press("m").Has("COPY 1 OF 2", "copy 2 is on "+v.stick+"2").Press("esc")
	v.waived = []string{"the-set"}
	d.Press("r", "/").Type("stick2").Press("enter").Has("it was recorded that it does without the rest", "1 of 2 copies")
	v.waived, v.written = nil, append(v.written, backup.Record{File: v.stick + "2/" + backupName, SHA256: "sha256:other", State: backup.StateUnknown, Problem: "cut short"})
	d.Press("esc", "r", "m").Has("Every copy of this set is damaged.")
}

func TestRestoreForReal(t *testing.T) {
	v := newVault(t).made()
	v.dir = v.openDir(filepath.Join(t.TempDir(), "empty"))
	d := v.list(100, 30).Press("f").Type(v.stick).Press("enter", "T").Has("HOW IS IT OPENED?", "restore").Press("1").Type(v.identity).Press("enter")
	d.Fits().Has("[3 Compare]", "2 keys to add", v.ids[0].Short(), "Nothing is written yet. Leaving changes nothing.")
	d.Press("d").Has("There is nothing to decide about this key: add").Press("enter").Has("RESTORE INTO A TRUST DIRECTORY").Lacks("(locked)").Press("enter").Press("esc")
	if infos, err := v.dir.List(context.Background()); err != nil || len(infos) != 0 {
		t.Fatalf("before the confirmation: %v, %v", infos, err)
	}
	d.Press("enter").Advance(time.Second).Press("tab", "enter").Fits().Has("[5 Prove]", "written, passphrase not tried", v.ids[0].Short(), v.ids[1].Short(), "read back and is what the backup says")
	k, err := v.dir.Open(context.Background(), v.ids[1], keyring.NewPassphrase([]byte(oldPass)))
	if err != nil {
		t.Fatalf("the restored key does not open: %v", err)
	}
	k.Wipe()
	// Once more there is nothing to do.
	d.Press("enter", "T", "1").Type(v.identity).Press("enter").Has("2 keys the same").Press("enter").Has("There is nothing to restore")
}

func TestRestoreOverADifferentKey(t *testing.T) {
	v := newVault(t).made()
	v.dir = v.openDir(filepath.Join(t.TempDir(), "trust"))
	v.put(v.key, "root", "another passphrase")
	before, err := v.dir.Raw(context.Background(), v.ids[0])
	v.must(err)
	d := v.list(100, 30).Press("f").Type(v.stick).Press("enter", "T", "1").Type(v.identity).Press("enter").Has("1 key to decide", "ASK: another is here")
	d.Press("enter").Has("1 key is to be decided first: d on each.")
	d.Press("/").Type(v.ids[0].Short()).Press("enter", "d").Has("A DIFFERENT FILE OF "+v.ids[0].Short()).Press("esc", "enter").Has("to be decided first")
	d.Press("d", "1").Has("1 key left in the backup").Press("d", "2").Has("REPLACE", "1 key to replace")
	d.Press("enter").Has("REPLACE A KEY FILE", "Type  trust  to allow it:", "(locked)").Advance(time.Second).Paste("trust").Press("tab", "enter").Has("Locked")
	if now, err := v.dir.Raw(context.Background(), v.ids[0]); err != nil || string(now) != string(before) {
		t.Fatalf("the file changed before it was allowed: %v", err)
	}
	d.Type("trust").Press("enter").Has("[5 Prove]", "the old file is in the trash")
	k, err := v.dir.Open(context.Background(), v.ids[0], keyring.NewPassphrase([]byte(oldPass)))
	if err != nil {
		t.Fatalf("the restored key does not open: %v", err)
	}
	k.Wipe()
	trash, err := filepath.Glob(filepath.Join(v.dir.Path(), "trash", "*", string(v.ids[0])+".key"))
	v.must(err)
	if len(trash) != 1 {
		t.Fatalf("the trash holds %v", trash)
	}
	if kept, err := os.ReadFile(trash[0]); err != nil || string(kept) != string(before) {
		t.Errorf("the trash does not hold the old file: %v", err)
	}
}

func TestRestoreLeftAndRefused(t *testing.T) {
	v := newVault(t).made()
	other := newVault(t)
	v.dir = v.openDir(filepath.Join(t.TempDir(), "trust"))
	start := func() *uitest.Driver { return v.list(100, 30).Press("f").Type(v.stick).Press("enter", "T") }
	start().Press("1").Type(other.identity).Press("enter").Has("What happened", "[2 Open]")
	start().Press("2").Type("not it at all").Press("enter").Has("does not open this backup. Second try").Press("esc", "esc", "esc").Has("1 backup in", backupName)
	for _, keys := range [][]string{{}, {"enter"}, {"enter", "enter"}, {"d"}, {"enter", "tab"}} {
		d := start().Press("1").Type(v.identity).Press("enter").Press(keys...)
		for range 6 {
			d.Press("esc")
		}
		d.Has("THE LOBBY")
		if infos, err := v.dir.List(context.Background()); err != nil || len(infos) != 0 {
			t.Errorf("after %q: %v, %v", keys, infos, err)
		}
	}
	// Stopped while it writes, all is taken back.
	d := start().Press("1").Type(v.identity).Press("enter", "enter").Advance(time.Second).Press("tab").Pause().Press("enter").Has("[4 Write]", "Leaving now stops it")
	d.Press("esc").Resume().Has("THE RESTORE DID NOT GO THROUGH")
	if infos, err := v.dir.List(context.Background()); err != nil || len(infos) != 0 {
		t.Errorf("after a stop: %v, %v", infos, err)
	}
}

// A copy on a drive is offered; of a damaged one nothing is taken, and the others are named.
func TestRestoreFromADamagedCopy(t *testing.T) {
	v := newVault(t).made()
	v.found = []restore.Found{{File: v.file(), Drive: "KINGSTON \x1b", Copy: "1 of 2", State: "proven"}}
	v.dir = v.openDir(filepath.Join(t.TempDir(), "trust"))
	raw, err := os.ReadFile(v.file())
	v.must(err)
	bad := slices.Clone(raw)
	bad[len(bad)-20] ^= 1
	v.must(os.WriteFile(v.file(), bad, 0o600))
	d := v.list(100, 30).Press("T").Has("[1 Find]", backupName, `KINGSTON \x1b`, "1 of 2").Press("enter").Has("HOW IS IT OPENED?").Press("1").Type(v.identity).Press("enter")
	d.Fits().Has("THIS COPY IS DAMAGED. Nothing was taken from it.", "copy 2 of 2, on ACME-B", "[2 Open]", "f takes another copy")
	if infos, err := v.dir.List(context.Background()); err != nil || len(infos) != 0 {
		t.Errorf("restored %v, %v", infos, err)
	}
	v.must(os.WriteFile(v.file(), raw, 0o600))
	v.old = map[trustdata.KeyID]string{v.ids[0]: "a/b does not list it any more"}
	d.Press("f").Has("WHICH BACKUP").Press("enter").Has("HOW IS IT OPENED?").Press("1", "enter").Fits().Has("[3 Compare]", "UNLISTED", "1 KEY IS NO LONGER LISTED").Lacks("DAMAGED")
	d.Press("/").Type(v.ids[0].Short()).Press("enter").Has("NO LONGER LISTED: a/b does not list it any more.").Press("esc", "enter").Has("Unlisted", "1 key signs for nothing any more")
}
