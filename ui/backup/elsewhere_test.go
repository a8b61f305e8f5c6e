package backup_test

import (
	"testing"

	sets "keyrite/backup"
	"keyrite/trustdata"
	"keyrite/ui"
	"keyrite/ui/backup"
	"keyrite/ui/uitest"
)

func TestDamagedPage(t *testing.T) {
	r := &sets.VerifyResult{File: "/b/x.age", SHA256: "sha256:00", State: sets.StateUnknown, Problems: []string{"the backup is damaged: cut short"}}
	uitest.InBoth(t, uitest.PageText(t, backup.VerifiedPage(r)), "WHAT IS WHOLE", "Nothing of it can be used")
	keys := someKeys()
	r.Salvage = &sets.Salvage{Keys: 3, Whole: keys[:1], Lost: []sets.Lost{{KeyID: keys[1].KeyID, Role: keys[1].Role, GUN: keys[1].GUN, Path: keys[1].Path, Reason: "torn"},
		{Role: "\x1b]0;owned\a", Path: keys[2].Path, Reason: "torn"}}, LostMetadata: []trustdata.GUN{}}
	uitest.InBoth(t, uitest.PageText(t, backup.VerifiedPage(r)), "It is NOT sound", "1 of its 3 keys are whole", "Lost: repository b7712fe registry.acme.io/pay/web", `\x1b]0;owned\x07 private/odd.key`)
}

func TestElsewhere(t *testing.T) {
	page := ui.Page{Title: "x", Sections: backup.Elsewhere([]sets.Copy{{Number: 2, Of: 2, File: "/media/b/k.age", LookedAt: uitest.Start, Medium: &sets.Medium{Label: "KEYS-B\x1b", Serial: "4711"}}})}
	uitest.InBoth(t, uitest.PageText(t, page), `Copy 2 of 2 on "KEYS-B\x1b" (serial "4711"), last seen 2026-11-22 as "/media/b/k.age"`)
	page.Sections = backup.Elsewhere(nil)
	uitest.InBoth(t, uitest.PageText(t, page), "No other copy of its set is remembered")
}
