package tags_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/registry"
	"keyrite/ui"
	"keyrite/ui/tags"
)

var now = time.Date(2026, 11, 22, 9, 41, 0, 0, time.UTC)

func dig(c string) string { return strings.Repeat(c, 64) }

func row(name, signed, served string, state registry.State) registry.Compared {
	r := registry.Compared{Tag: trustdata.Tag{Name: name, Digest: signed, Pulled: signed != ""}, RegistryDigest: served, State: state}
	if signed != "" {
		r.Roles, r.Signers = []trustdata.Role{"targets/releases"}, []string{"alice"}
	}
	return r
}

var col = &trustdata.Collection{GUN: "reg.example/app", Source: trustdata.SourceLive, ReadAt: now}

func compared() []registry.Compared {
	return []registry.Compared{
		row("1.0", dig("a"), dig("a"), registry.Signed), row("latest", dig("a"), dig("b"), registry.Moved), row("old", dig("c"), "", registry.Gone),
		row("new", "", dig("b"), registry.Unsigned), row("odd", dig("d"), "", registry.Unknown),
	}
}

func TestStates(t *testing.T) {
	p := tags.Page(col, compared(), true, now)
	for i, want := range []string{
		"ok 1.0|signed|aaaaaaaaaaaa|=|alice", "! latest|SIGNED, MOVED|aaaaaaaaaaaa|bbbbbbbbbbbb|alice", "i old|SIGNED, GONE|cccccccccccc|--|alice",
		"! new|UNSIGNED|--|bbbbbbbbbbbb|--", "?? odd|not known|dddddddddddd|--|alice",
	} {
		if got := string(p.Rows[i].Mark) + " " + strings.Join(p.Rows[i].Cells, "|"); got != want {
			t.Errorf("row %d is %q, want %q", i, got, want)
		}
	}
	if want := "5 tags: 1 signed and current, 1 signed but moved, 1 unsigned, 1 gone, 1 not known"; p.Summary != want {
		t.Errorf("summary %q, want %q", p.Summary, want)
	}
	if got := strings.Join(p.Rows[1].Detail, " "); !strings.Contains(got, "aaaaaaaaaaaa, which is 1.0") || !strings.Contains(got, "bbbbbbbbbbbb, which is new") {
		t.Errorf("the moved tag says %q", got)
	}
}

// TestNotCompared: without the registry's word nothing is called signed.
func TestNotCompared(t *testing.T) {
	rows := []registry.Compared{{Tag: trustdata.Tag{Name: "1.0", Digest: dig("a"), Pulled: true}}, {Tag: trustdata.Tag{Name: "1.0", Digest: dig("b")}}}
	p := tags.Page(col, rows, false, now)
	if got := strings.Join(p.Rows[0].Cells, "|"); p.Rows[0].Mark != ui.MarkUnchecked || got != "1.0|not compared|aaaaaaaaaaaa|--" {
		t.Errorf("the row is %q %q", p.Rows[0].Mark, got)
	}
	if got := p.Rows[1].Cells[1]; got != "not pulled" {
		t.Errorf("a digest that docker does not take is %q", got)
	}
	if !strings.Contains(p.Summary, "1 tag, signed; what the registry serves was not compared") {
		t.Errorf("summary %q", p.Summary)
	}
	if len(p.Columns) != len(p.Rows[0].Cells) {
		t.Errorf("%d columns, %d cells", len(p.Columns), len(p.Rows[0].Cells))
	}
}

// TestHiddenTags: a delegation that does not count hides tags, and the page says so.
func TestHiddenTags(t *testing.T) {
	c := *col
	c.Roles = []trustdata.RoleView{{Role: "targets/bob", Problem: "expired at 2026-11-19 14:02 UTC"}}
	p := tags.Page(&c, nil, true, now)
	if !strings.Contains(strings.Join(p.Notes, " "), "targets/bob does not count: expired at 2026-11-19 14:02 UTC. Tags that it signs are hidden, they are not unsigned.") {
		t.Errorf("notes %q", p.Notes)
	}
	if p.Empty != "app has no tags yet." {
		t.Errorf("empty says %q", p.Empty)
	}
}

func TestTagPage(t *testing.T) {
	rows := compared()
	p := tags.TagPage(col, rows, rows[1], true, now)
	text := ""
	for _, s := range p.Sections {
		for _, f := range s.Facts {
			text += f.Label + ": " + f.Value + "\n"
		}
	}
	for _, want := range []string{"SIGNED: sha256: aaaaaaaa aaaaaaaa", "SERVED: sha256: bbbbbbbb", "SIGNED IS: 1.0", "SERVED IS: new", "TAG: reg.example/app:latest"} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
	copies := []string{}
	for _, c := range p.Copy {
		copies = append(copies, c.Text)
	}
	for _, want := range []string{"sha256:" + dig("a"), "sha256:" + dig("b"), "docker pull reg.example/app@sha256:" + dig("a"), "reg.example/app:latest"} {
		if !slices.Contains(copies, want) {
			t.Errorf("cannot copy %q of %q", want, copies)
		}
	}
}

func TestInspect(t *testing.T) {
	c := *col
	here := trustdata.KeyID(dig("7"))
	c.Roles = []trustdata.RoleView{
		{Role: "root", Version: 3, Expires: now.AddDate(9, 0, 0), Threshold: 1, Keys: []trustdata.RoleKey{{KeyID: here, CertificateID: "c", CertificateExpires: now.AddDate(0, 0, 11), Algorithm: "ecdsa-x509"}}},
		{Role: "timestamp", Version: 9, Expires: now.AddDate(0, 0, 12), Threshold: 1, Keys: []trustdata.RoleKey{{KeyID: trustdata.KeyID(dig("8"))}}},
		{Role: "targets/bob", Problem: "bad signature", Threshold: 1},
	}
	p := tags.InspectPage(&c, map[trustdata.KeyID]keyring.Info{here: {}}, now)
	for i, want := range []string{
		"!! root|v3|2035-11-22|1 of 1|7777777|yes|ecdsa-x509|2026-12-03", "ok timestamp|v9|2026-12-04|1 of 1|8888888|no||--",
		"!! targets/bob|v0|DOES NOT COUNT|1 of 0|--|--|--|--",
	} {
		if got := string(p.Rows[i].Mark) + " " + strings.Join(p.Rows[i].Cells, "|"); got != want {
			t.Errorf("row %d is %q, want %q", i, got, want)
		}
	}
}

// TestLookAlikes: what cannot be told apart by eye is told apart in words, in every form.
func TestLookAlikes(t *testing.T) {
	rows := []registry.Compared{row("pay", dig("a"), dig("a"), registry.Signed), row("p\u0430y", "", dig("b"), registry.Unsigned), row("web", dig("c"), dig("c"), registry.Signed)}
	rows[2].Signers = []string{"\u0430lice"}
	want := []string{`pay (looks like "p\u0430y")`, "p\u0430y (mixed script, looks like \"pay\")", "web"}
	p := tags.Page(col, rows, true, now)
	_, table := tags.Table(col, rows)
	signed := *col
	signed.Tags = []trustdata.Tag{rows[0].Tag, rows[1].Tag, rows[2].Tag}
	_, uncompared := tags.SignedTable(&signed)
	for i, name := range want {
		for form, cells := range map[string][]string{"page": p.Rows[i].Cells, "table": second(table.Row(i, nil)), "signed": second(uncompared.Row(i, nil))} {
			if cells[0] != name {
				t.Errorf("%s: row %d is %q, want %q", form, i, cells[0], name)
			}
		}
		if about := strings.Join(p.Rows[i].Detail, " "); !strings.HasPrefix(about, name+"  ") {
			t.Errorf("the detail is %q", about)
		}
	}
	if got := p.Rows[2].Cells[4]; got != "\u0430lice (mixed script)" {
		t.Errorf("the signer is %q", got)
	}
	if got := tags.TagPage(col, rows, rows[1], true, now).Sections[0].Facts[0].Value; got != "reg.example/app:"+want[1] {
		t.Errorf("the tag's page says %q", got)
	}
}

func second(_ ui.Mark, cells []string) []string { return cells }

// TestLookAlikeSigners: a role named like another one stands out among a repository's signers.
func TestLookAlikeSigners(t *testing.T) {
	c := *col
	c.Roles = []trustdata.RoleView{{Role: "targets/alice"}, {Role: "targets/\u0430lice"}, {Role: "targets"}}
	p := tags.SignersPage(&c, nil)
	if got := p.Rows[0].Cells[0] + ", " + p.Rows[1].Cells[0]; got != "alice (looks like \"\\u0430lice\"), \u0430lice (mixed script, looks like \"alice\")" {
		t.Errorf("the signers are %q", got)
	}
	if got := tags.InspectPage(&c, nil, now).Rows[1].Cells[0]; got != "targets/\u0430lice (mixed script)" {
		t.Errorf("the role is %q", got)
	}
}
