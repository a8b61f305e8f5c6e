package trash_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"keyrite/keyring"
	"keyrite/ui/trash"
	"keyrite/ui/uitest"
)

func TestPage(t *testing.T) {
	at := func(day, short string) string { return "/t/trash/" + day + "/" + string(uitest.KeyID(short)) + ".key" }
	infos := []keyring.Info{
		{KeyID: uitest.KeyID("7f3a9c1"), Role: "root", Path: at("2026-10-09", "7f3a9c1")},
		{KeyID: uitest.KeyID("b7712fe"), Role: "targets", GUN: "registry.acme.io/pay/web", Path: at("2026-11-22", "b7712fe")},
		{KeyID: uitest.KeyID("6cf02d9"), Role: "ali\x1bce", Path: at("2026-11-03", "6cf02d9")},
		{Path: "/t/trash/2026-01-01/x\u202e.key", Problem: "its name is no key ID"},
	}
	before := slices.Clone(infos)
	p := trash.Page(infos, time.Date(2026, 11, 22, 9, 41, 0, 0, time.UTC))
	var got []string
	for _, r := range p.Rows {
		got = append(got, strings.Join(r.Cells, "|"))
	}
	want := []string{"b7712fe|repository|registry.acme.io/pay/web|2026-11-22", `6cf02d9|ali\x1bce||2026-11-03`, "7f3a9c1|root||2026-10-09", `x\u202e.key|||2026-01-01`}
	if !slices.Equal(got, want) {
		t.Errorf("the rows are\n%s", strings.Join(got, "\n"))
	}
	if !slices.EqualFunc(infos, before, func(a, b keyring.Info) bool { return a.Path == b.Path }) {
		t.Error("the page has put the keys of its caller into another order")
	}
	text := uitest.PageText(t, p)
	uitest.InBoth(t, text, "b7712fe", `x\u202e.key`)
	if !strings.Contains(text, "4 removed key files") || !strings.Contains(text, "It cannot be used: its name is no key ID.") || !strings.Contains(text, "Enter brings it back") {
		t.Errorf("the page is\n%s", text)
	}
	if empty := uitest.PageText(t, trash.Page(nil, time.Time{})); !strings.Contains(empty, "Nothing was removed") {
		t.Errorf("without files the page is\n%s", empty)
	}
}
