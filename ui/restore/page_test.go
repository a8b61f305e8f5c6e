package restore_test

import (
	"bytes"
	"strings"
	"testing"

	sets "keyrite/backup"
	"keyrite/trustdata"
	"keyrite/ui"
	"keyrite/ui/restore"
	"keyrite/ui/uitest"
)

func keyID(short string) trustdata.KeyID {
	return trustdata.KeyID(short + strings.Repeat("5d20b846a1c7f093", 4)[:64-len(short)])
}

func row(short string, kind sets.Kind, action sets.Action, reason string) sets.RestoreRow {
	id := keyID(short)
	return sets.RestoreRow{File: sets.File{Path: "private/" + string(id) + ".key", Kind: kind, KeyID: id, Role: "targets", GUN: "registry.acme.io/pay/" + trustdata.GUN(short)}, Action: action, Reason: reason}
}

func somePlan() *sets.RestorePlan {
	meta := row("aaaaaaa", sets.KindMetadata, sets.ActionKeep, "this machine has metadata of the repository, which is kept")
	return &sets.RestorePlan{File: "/media/stick/keyrite-2026-11-22T094100Z.age", SHA256: "sha256:" + strings.Repeat("4e1f09c3", 8), To: "/home/ops/.docker/trust",
		Manifest: &sets.Manifest{Created: uitest.Start, Tool: "keyrite 1.0"},
		Rows: []sets.RestoreRow{row("7f3a9c1", sets.KindKey, sets.ActionAdd, ""), row("5419081", sets.KindKey, sets.ActionSame, ""),
			row("b7712fe", sets.KindKey, sets.ActionAsk, "a different file is here under this name"),
			row("0aa94c6", sets.KindKey, sets.ActionRefuse, "it is no usable key file: \x1b[2J"), meta}}
}

func text(t *testing.T, p ui.Page) string {
	t.Helper()
	var plain, table bytes.Buffer
	if err := ui.WritePlain(&plain, p); err != nil {
		t.Fatal(err)
	}
	if err := ui.WriteTable(&table, p); err != nil {
		t.Fatal(err)
	}
	return plain.String() + table.String()
}

func both(t *testing.T, got string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if strings.Count(got, want) < 2 {
			t.Errorf("the page lacks %q in plain or as a table:\n%s", want, got)
		}
	}
	if strings.Contains(got, "\x1b") {
		t.Errorf("the page acts on the terminal: %q", got)
	}
}

func TestPlanPage(t *testing.T) {
	p := somePlan()
	both(t, text(t, restore.PlanPage(p)), "1 key to add, 1 key the same, 1 key to decide, 1 key left in the backup", "/home/ops/.docker/trust",
		"7f3a9c1", "ASK: another is here", "leave alone, the same", "this machine keeps its own", "2026-11-22 09:41:00 UTC")
	if n := len(restore.PlanPage(p).Rows); n != 4 {
		t.Errorf("%d rows, want one for each key", n)
	}
}

func TestRestoredPage(t *testing.T) {
	r := &sets.RestoreResult{File: "/b.age", To: "/home/ops/.docker/trust", Restored: []trustdata.KeyID{keyID("7f3a9c1"), keyID("c41d07e"), keyID("e90b3aa")}, Same: []trustdata.KeyID{keyID("5419081")},
		Replaced: []trustdata.KeyID{keyID("b7712fe")}, Refused: []sets.Refusal{{Path: "private/" + string(keyID("0aa94c6")) + ".key", Reason: "left alone, as decided"}},
		Trashed: []string{"/home/ops/.docker/trust/trash/2026-11-22/x.key"}, Kept: []trustdata.GUN{"a/b"}, OK: true,
		Tried: map[trustdata.KeyID]string{keyID("7f3a9c1"): "", keyID("e90b3aa"): "the passphrase given does not open it\x1b"}}
	both(t, text(t, restore.RestoredPage(r)), "7f3a9c1", "written and proved", "left alone: it was here already", "the old file is in the trash", "0aa94c6", "refused: left alone, as decided",
		"written, not opened: the passphrase given does not open it", "written, passphrase not tried, the old file is in the trash", "Kept in the trash: /home/ops/.docker/trust/trash/2026-11-22/x.key")
	said := map[string]string{}
	for _, row := range restore.RestoredPage(r).Rows {
		said[row.Cells[0]] = string(row.Mark) + " " + row.Cells[1]
	}
	for short, want := range map[string]string{"7f3a9c1": "ok written and proved", "c41d07e": string(ui.MarkUnchecked) + " written, passphrase not tried"} {
		if said[short] != want {
			t.Errorf("%s reads %q, want %q", short, said[short], want)
		}
	}
	r.OK = false
	if got := text(t, restore.RestoredPage(r)); !strings.Contains(got, "not complete") || strings.Contains(got, "is what the backup says") {
		t.Errorf("a restore that is not complete says:\n%s", got)
	}
}
