package app_test

import (
	"strings"
	"testing"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/audit"
	"keyrite/trustdata/migration"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/state"
	"keyrite/ui"
	"keyrite/ui/activity"
	"keyrite/ui/change"
	"keyrite/ui/doctor"
	"keyrite/ui/keys"
	"keyrite/ui/migrate"
	"keyrite/ui/overview"
	"keyrite/ui/rotate"
	"keyrite/ui/uitest"
)

// TestMixedScript: a name whose words mix scripts carries its badge wherever it is listed, and
// not where it is copied to be used.
func TestMixedScript(t *testing.T) {
	const name, want = "reg.example/p\u0430y/web", "p\u0430y/web (mixed script)"
	gun := trustdata.GUN(name)
	findings := []audit.Finding{{Severity: audit.Error, Code: "expired", GUN: gun, Role: trustdata.RoleTargets, Message: "it has ended"}}
	items := audit.Look{}.Attention(findings)
	if len(items) != 1 || !strings.Contains(items[0].Where, want) {
		t.Errorf("attention: %+v", items)
	}
	plan := &migration.Plan{For: "cosign", Repositories: []migration.Repository{{GUN: gun, Sign: []migration.Item{{Digest: "sha256:aa", Tags: []string{"v\u0430lid"}, Line: "cosign sign " + name}}}}}
	for place, page := range map[string]ui.Page{
		"overview":        overview.Page(overview.News{Items: items, Now: uitest.Start}, false),
		"audit":           doctor.AuditPage(findings, doctor.Checked{}, nil, uitest.Start),
		"activity":        activity.Page([]state.ActRecord{{Act: state.Act{What: "sign", On: name, Result: "done"}}}, uitest.Start),
		"migrate plan":    migrate.PlanPage(plan, nil),
		"migrate check":   migrate.CheckPage(&migration.Checked{Repositories: []migration.State{{GUN: gun, Verified: true, ToSign: plan.Repositories[0].Sign}}}),
		"rotate":          rotate.PlanPage(&rotation.Plan{Request: rotation.Request{GUN: gun, Role: trustdata.RoleTargets}}),
		"change":          change.ResultPage(&rotation.EditResult{GUN: gun}, nil),
		"what a key does": keys.DetailPage(keyring.Info{KeyID: "aa", Role: "targets"}, []keys.Use{{GUN: gun, Role: trustdata.RoleTargets}}, uitest.Start),
	} {
		text := uitest.PageText(t, page)
		if !strings.Contains(text, want) {
			t.Errorf("%s has no badge:\n%s", place, text)
		}
		for _, r := range append(page.Rows, ui.Row{Copy: page.Copy}) {
			for _, c := range r.Copy {
				exact := c.What == "name" || c.What == "repository" || c.What == "command"
				if exact && strings.Contains(c.Text, "mixed script)") {
					t.Errorf("%s copies %s with a badge: %s", place, c.What, c.Text)
				}
			}
		}
	}
	plan.Repositories[0].Unsigned = []string{"valid"}
	if text := uitest.PageText(t, migrate.PlanPage(plan, nil)); !strings.Contains(text, "v\u0430lid (mixed script, looks like \"valid\")") {
		t.Errorf("a tag has no badge:\n%s", text)
	}
}
