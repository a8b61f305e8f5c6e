package doctor

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/audit"
	"keyrite/trustdata/registry"
	"keyrite/ui"
)

func TestAuditPage(t *testing.T) {
	const evil = "x\x1b[2J\u202e"
	day := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	of := func(digit string) audit.Finding {
		return audit.Finding{Severity: audit.Warning, Code: "no_backup", Role: trustdata.RoleRoot, KeyID: trustdata.KeyID(strings.Repeat(digit, 64)),
			Path: "/trust/" + evil, Message: "no backup has this key", Remedy: "back it up"}
	}
	findings := []audit.Finding{
		{Severity: audit.Error, Code: "expired", GUN: evil, Message: "it expired", Remedy: "repair it"}, of("1"), of("2"), of("3"),
		{Severity: audit.Info, Code: "key_damaged", Path: evil, Message: "of no use: " + evil},
	}
	var table, plain bytes.Buffer
	page := AuditPage(findings, Checked{Keys: 3, Repositories: 1, Tags: 2},
		[]audit.Image{{Reference: audit.Reference{Text: "reg.example/" + evil}, State: registry.Moved, Created: day}}, day.Add(50*time.Hour))
	if err := ui.WriteTable(&table, page); err != nil {
		t.Fatal(err)
	}
	if err := ui.WritePlain(&plain, page); err != nil {
		t.Fatal(err)
	}
	for what, out := range map[string]string{"table": table.String(), "plain": plain.String()} {
		if strings.ContainsAny(out, "\x1b\u202e") {
			t.Errorf("%s shows what it must not:\n%s", what, out)
		}
		for _, want := range []string{`x\x1b[2J\u202e: it expired.`, "repair it", "root key 1111111 and 2 more: no backup has this key.", "3 keys, 1 repository, 2 signed tags", `reg.example/x\x1b`, "2 d ago"} {
			if !strings.Contains(out, want) {
				t.Errorf("%s has no %q:\n%s", what, want, out)
			}
		}
		if strings.Contains(out, "2222222") {
			t.Errorf("%s says the same twice:\n%s", what, out)
		}
	}
	if page := AuditPage(nil, Checked{}, nil, day); !strings.Contains(page.Sections[0].Facts[0].Value, "Nothing needs you") {
		t.Errorf("nothing found: %+v", page.Sections)
	}
}
