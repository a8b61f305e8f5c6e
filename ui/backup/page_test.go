package backup_test

import (
	"strings"
	"testing"
	"time"

	sets "keyrite/backup"
	"keyrite/trustdata"
	"keyrite/ui"
	"keyrite/ui/backup"
	"keyrite/ui/uitest"
)

func someKeys() []sets.Key {
	return []sets.Key{{KeyID: uitest.KeyID("7f3a9c1"), Role: "root", Path: "private/" + string(uitest.KeyID("7f3a9c1")) + ".key"},
		{KeyID: uitest.KeyID("b7712fe"), Role: "targets", GUN: "registry.acme.io/pay/web", Path: "private/" + string(uitest.KeyID("b7712fe")) + ".key"},
		{Role: "\x1b]0;owned\a", Path: "private/odd.key", Problem: "the file is no PEM block"}}
}

func created(state sets.State, waived ...string) *sets.CreateResult {
	return &sets.CreateResult{File: "/media/stick/keyrite-2026-11-22T094100Z.age", SHA256: "sha256:" + strings.Repeat("4e1f09c3", 8), Keys: someKeys(),
		Metadata: []trustdata.GUN{"registry.acme.io/pay/web"}, State: state, Waived: waived,
		Beside: []string{"/media/stick/RESTORE.txt", "/media/stick/keyrite-2026-11-22T094100Z.age.sha256"}}
}

func TestCreatedPageNeverSaysMoreThanIsProven(t *testing.T) {
	got := uitest.PageText(t, backup.CreatedPage(created(sets.StateReadBack, sets.WaiverProof)))
	uitest.InBoth(t, got, "keyrite-2026-11-22T094100Z.age", "4e1f09c3 4e1f09c3", "nobody has decrypted it", "the proof: no identity was at hand", "RESTORE.txt", "age -d -i KEYFILE")
	if strings.Contains(got, "decrypted to the end") {
		t.Errorf("a backup that was only read back is called decrypted:\n%s", got)
	}
	got = uitest.PageText(t, backup.CreatedPage(created(sets.StateProven)))
	uitest.InBoth(t, got, "decrypted to the end, every file compared", "not every key was opened")
	if got = uitest.PageText(t, backup.CreatedPage(created(sets.StateDrilled))); strings.Contains(got, "not every key was opened") {
		t.Errorf("a drilled backup is called undrilled:\n%s", got)
	}
}

func TestVerifiedPage(t *testing.T) {
	good := &sets.VerifyResult{File: "/b/x.age", SHA256: "sha256:" + strings.Repeat("ab", 32), Created: uitest.Start, Tool: "keyrite 1.0", Keys: someKeys(),
		Sums: sets.SumsOK, Decrypted: true, State: sets.StateProven, OK: true, LeftOut: []sets.LeftOut{{Path: "private/link.key", Reason: "it is a link"}}}
	uitest.InBoth(t, uitest.PageText(t, backup.VerifiedPage(good)), "It is sound", "7f3a9c1", "b7712fe", "the file is no PEM block", "it is a link", "agrees")
	bad := &sets.VerifyResult{File: "/b/x.age", SHA256: "sha256:00", Sums: sets.SumsDiffer, State: sets.StateUnknown, Problems: []string{"the backup is damaged: cut short"}}
	got := uitest.PageText(t, backup.VerifiedPage(bad))
	uitest.InBoth(t, got, "It is NOT sound", "cut short", "says another SHA-256", "it was not decrypted")
	if strings.Contains(got, "It is sound") {
		t.Errorf("a damaged backup is called sound:\n%s", got)
	}
}

func TestListPage(t *testing.T) {
	at := uitest.Start.Add(-48 * time.Hour)
	list := []sets.Listed{
		{File: "/b/keyrite-a.age", Created: at, Size: 62000, SHA256: "sha256:" + strings.Repeat("ab", 32), Sums: sets.SumsOK, State: sets.StateProven, ProvenAt: at},
		{File: "/b/keyrite-b.age", Created: at, Size: 10, SHA256: "sha256:" + strings.Repeat("cd", 32), Sums: sets.SumsDiffer, State: sets.StateUnknown},
		{File: "/b/\x1b[2J.age", Problem: "it is not a regular file"},
	}
	p := backup.ListPage(list, uitest.Start)
	uitest.InBoth(t, uitest.PageText(t, p), "keyrite-a.age", "proven", "61 KiB", "2026-11-20", "not known", "says another SHA-256", "UNREADABLE", `\x1b[2J`)
	if p.Rows[0].Mark != ui.MarkOK || p.Rows[1].Mark != ui.MarkNow || p.Rows[2].Mark != ui.MarkNow {
		t.Errorf("marks %v %v %v", p.Rows[0].Mark, p.Rows[1].Mark, p.Rows[2].Mark)
	}
	if got := uitest.PageText(t, backup.ListPage(nil, uitest.Start)); !strings.Contains(got, "There is no backup in this folder.") {
		t.Errorf("an empty folder says:\n%s", got)
	}
}
