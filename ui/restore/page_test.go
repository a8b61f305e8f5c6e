package restore_test

import (
	"strings"
	"testing"

	sets "keyrite/backup"
	"keyrite/trustdata"
	"keyrite/ui"
	"keyrite/ui/restore"
	"keyrite/ui/uitest"
)

func row(short string, kind sets.Kind, action sets.Action, reason string) sets.RestoreRow {
	id := uitest.KeyID(short)
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

func TestPlanPage(t *testing.T) {
	p := somePlan()
	uitest.InBoth(t, uitest.PageText(t, restore.PlanPage(p)), "1 key to add, 1 key the same, 1 key to decide, 1 key left in the backup", "/home/ops/.docker/trust",
		"7f3a9c1", "ASK: another is here", "leave alone, the same", "this machine keeps its own", "2026-11-22 09:41:00 UTC")
	if n := len(restore.PlanPage(p).Rows); n != 4 {
		t.Errorf("%d rows, want one for each key", n)
	}
}

func TestRestoredPage(t *testing.T) {
	r := &sets.RestoreResult{File: "/b.age", To: "/home/ops/.docker/trust", Restored: []trustdata.KeyID{uitest.KeyID("7f3a9c1"), uitest.KeyID("c41d07e"), uitest.KeyID("e90b3aa")}, Same: []trustdata.KeyID{uitest.KeyID("5419081")},
		Replaced: []trustdata.KeyID{uitest.KeyID("b7712fe")}, Refused: []sets.Refusal{{Path: "private/" + string(uitest.KeyID("0aa94c6")) + ".key", Reason: "left alone, as decided"}},
		Trashed: []string{"/home/ops/.docker/trust/trash/2026-11-22/x.key"}, Kept: []trustdata.GUN{"a/b"}, OK: true,
		Tried: map[trustdata.KeyID]string{uitest.KeyID("7f3a9c1"): "", uitest.KeyID("e90b3aa"): "the passphrase given does not open it\x1b"}}
	uitest.InBoth(t, uitest.PageText(t, restore.RestoredPage(r)), "7f3a9c1", "written and proved", "left alone: it was here already", "the old file is in the trash", "0aa94c6", "refused: left alone, as decided",
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
	r.OK, r.Lost, r.LostMetadata = false, []sets.Lost{{KeyID: uitest.KeyID("d00dfee"), Path: "private/x.key", Reason: "torn"}}, []trustdata.GUN{"a/b"}
	uitest.InBoth(t, uitest.PageText(t, restore.RestoredPage(r)), "d00dfee", "LOST in this copy", "Metadata of 1 repository is not whole")
	if got := uitest.PageText(t, restore.RestoredPage(r)); !strings.Contains(got, "NOT RESTORED") || strings.Contains(got, "is what the backup says") {
		t.Errorf("a restore that is not complete says:\n%s", got)
	}
}

func TestPlanPageOfADamagedCopy(t *testing.T) {
	p := somePlan()
	p.Rows = append(p.Rows, row("d00dfee", sets.KindKey, sets.ActionLost, "torn"))
	p.Given = []sets.Given{{File: p.File, Problem: "the backup is damaged: cut short"}}
	page := restore.PlanPage(p)
	uitest.InBoth(t, uitest.PageText(t, page), "1 key lost", "LOST in this copy", "DAMAGED: "+p.File+": the backup is damaged: cut short.")
	if first := page.Rows[0]; first.Cells[0] != "d00dfee" || first.Mark != ui.MarkNow {
		t.Errorf("what is lost does not come first: %+v", first)
	}
	p.Given = []sets.Given{{File: "/other.age", Problem: "cut short"}, {File: p.File}}
	uitest.InBoth(t, uitest.PageText(t, restore.PlanPage(p)), "DAMAGED: /other.age", "All comes from "+p.File+", which is whole.")
	plan, old := somePlan(), map[trustdata.KeyID]string{uitest.KeyID("7f3a9c1"): "a/b\x1b does not list it any more"}
	page = restore.PlanPage(plan)
	restore.Warn(&page, plan, old)
	uitest.InBoth(t, uitest.PageText(t, page), "add, UNLISTED", "1 KEY IS NO LONGER LISTED")
}
