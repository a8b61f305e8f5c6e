package audit

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/registry"
	"keyrite/trustdata/remote"
)

// written are the codes that the package's own source gives to findings.
func written(t *testing.T) map[string]bool {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]bool{}
	text := func(e ast.Expr) {
		if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if code, err := strconv.Unquote(lit.Value); err == nil {
				codes[code] = true
			}
		}
	}
	code := func(e ast.Expr) bool { s, ok := e.(*ast.SelectorExpr); return ok && s.Sel.Name == "Code" }
	severity := func(e ast.Expr) bool {
		name, ok := e.(*ast.Ident)
		return ok && slices.Contains([]string{"Error", "Warning", "Info"}, name.Name)
	}
	see := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Code" {
				text(n.Value)
			}
		case *ast.AssignStmt:
			for i, to := range n.Lhs {
				if code(to) && len(n.Rhs) == len(n.Lhs) {
					text(n.Rhs[i])
				}
			}
		case *ast.CallExpr:
			if name, ok := n.Fun.(*ast.Ident); ok && name.Name == "ofKey" {
				text(n.Args[2])
			}
		case *ast.CompositeLit: // a line of a table
			if len(n.Elts) > 1 && severity(n.Elts[0]) {
				text(n.Elts[1])
			}
		}
		return true
	}
	for _, name := range slices.DeleteFunc(names, func(name string) bool { return strings.HasSuffix(name, "_test.go") }) {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, see)
	}
	for _, state := range []registry.State{registry.Moved, registry.Gone, registry.Unsigned, registry.Unknown} {
		codes["image_"+string(state)] = true
	}
	delete(codes, "image_")
	return codes
}

// TestKinds: every code that a finding can have is explained, and nothing else is.
func TestKinds(t *testing.T) {
	all := map[string]kind{}
	for _, table := range kindTables() {
		for code, k := range table {
			if _, twice := all[code]; twice {
				t.Errorf("%s is explained twice", code)
			}
			all[code] = k
		}
	}
	codes := written(t)
	if len(codes) < 60 {
		t.Fatalf("only %d codes were found in the source", len(codes))
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(codes)), slices.Sorted(maps.Keys(all))); diff != "" {
		t.Errorf("-used in a finding +explained:\n%s", diff)
	}
	for code, k := range all {
		if k.title == "" || k.brief == "" || k.step == "" || k.means == "" || k.fix == "" {
			t.Errorf("%s lacks a title, a short one, a step, what it means or what mends it", code)
		}
		if len(k.brief) > 24 {
			t.Errorf("%s: %q is too long for a small window", code, k.brief)
		}
		for _, text := range []string{k.means, k.fix, k.first} {
			if text != "" && !strings.HasSuffix(text, ".") {
				t.Errorf("%s: %q is no sentence", code, text)
			}
		}
	}
}

// TestStops: what may be an attack is alone in being an alarm, and it, what clients refuse
// now and what was cut off are not put off.
func TestStops(t *testing.T) {
	l := calm()
	for code, never := range map[string]bool{"contradiction": true, "unverified": true, "expired": true, "unfinished": true, "expires": false, "no_backup": false, "certificate_ended": false} {
		f := Finding{Severity: Error, Code: code, GUN: app}
		items := l.Attention([]Finding{f})
		if items[0].Alarm != (code == "contradiction") {
			t.Errorf("%s: alarm %v", code, items[0].Alarm)
		}
		_, err := Snooze([]Finding{f}, today, today.Add(oneDay), "later")
		if (err != nil) != never || (items[0].Unsnoozable() != "") != never {
			t.Errorf("%s is put off: %v, %q", code, err, items[0].Unsnoozable())
		}
	}
}

func TestAttention(t *testing.T) {
	l := calm()
	other, third := whole(), whole()
	other.GUN, third.GUN = "reg.example/other", "reg.example/third"
	l.Repositories = append(l.Repositories, other, third)
	l.Keys = append(l.Keys, key("5", "root"), keyring.Info{Path: "/trust/private/odd\x1b.key", Problem: "cut short"})
	in := func(code string, gun trustdata.GUN, role trustdata.Role, keyID, path string, days int) Finding {
		f := Finding{Severity: Warning, Code: code, GUN: gun, Role: role, Path: path, Message: "m of " + string(gun), Remedy: "keyrite x " + string(gun)}
		if keyID != "" {
			f.KeyID = id(keyID)
		}
		if days != 0 {
			f.Due = today.AddDate(0, 0, days)
		}
		return f
	}
	tags := in("tag_moved", app, "", "", "", 0)
	tags.Tags = []string{"stable", "b", "c"}
	worse := in("expires", third.GUN, "targets", "", "", 200)
	worse.Severity = Error
	for _, tt := range []struct {
		name     string
		findings []Finding
		want     []string // title | where | step | day
	}{
		{"one repository", []Finding{in("expired", app, "targets", "", "", -3)}, []string{"targets metadata has expired | reg.example/app | repair | 2026-11-19"}},
		{"two of its roles", []Finding{in("expired", app, "targets", "", "", -3), in("expired", app, "snapshot", "", "", -4)},
			[]string{"targets and snapshot metadata has expired | reg.example/app | repair | 2026-11-18"}},
		{"two repositories that expired", []Finding{in("expired", app, "targets", "", "", -3), in("expired", other.GUN, "targets", "", "", -3)},
			[]string{"targets metadata has expired | reg.example/app | repair | 2026-11-19", "targets metadata has expired | reg.example/other | repair | 2026-11-19"}},
		{"one refresh", []Finding{in("expires", app, "targets", "", "", 112), in("expires", other.GUN, "targets", "", "", 100), worse, in("expires", app, "snapshot", "", "", 90)},
			[]string{"targets and snapshot metadata expires 2027-02-20 | reg.example/app and 2 more | refresh | 2027-02-20"}},
		{"many roles", []Finding{in("expires", app, "targets", "", "", 90), in("expires", app, "targets/a", "", "", 90), in("expires", app, "targets/b", "", "", 90)},
			[]string{"metadata expires 2027-02-20 | reg.example/app | refresh | 2027-02-20"}},
		{"one root", []Finding{in("certificate_ends", app, "root", "1", "", 11), in("certificate_ends", other.GUN, "root", "1", "", 11), in("certificate_ends", third.GUN, "root", "9", "", 11)},
			[]string{"root certificate ends 2026-12-03 | 2 repos, root 1111111 | renew | 2026-12-03", "root certificate ends 2026-12-03 | reg.example/third, root 9999999 | renew | 2026-12-03"}},
		{"one server", []Finding{in("server_closes", "docker.io/a/b", "", "", "", 16), in("server_closes", "docker.io/a/c", "", "", "", 16)},
			[]string{"trust server closes 2026-12-08 | 2 repos on docker.io | archive | 2026-12-08"}},
		{"tags", []Finding{tags}, []string{"signed digest is not what is served | reg.example/app:stable and 2 more | look | 0001-01-01"}},
		{"keys of one role", []Finding{in("no_backup", "", "root", "1", "/a", 0), in("no_backup", "", "root", "5", "/b", 0), in("no_backup", app, "targets", "2", "/c", 0), in("no_backup", "", "", "6", "/d", 0)},
			[]string{"root key has no backup | root 1111111 and 1 more | back up | 0001-01-01", "repository key has no backup | repository 2222222 | back up | 0001-01-01", "signer's key has no backup | key 6666666 | back up | 0001-01-01"}},
		{"one root key for three repositories", []Finding{in("root_online", "", "root", "1", "/a", 0)}, []string{"root key on an online disk | 3 repos, root 1111111 | move | 0001-01-01"}},
		{"a hostile file", []Finding{in("key_damaged", "", "", "", "/trust/private/odd\x1b.key", 0)}, []string{`key file is of no use | odd\x1b.key | restore | 0001-01-01`}},
		{"files", []Finding{in("key_mode", "", "", "1", "/a", 0), in("key_mode", "", "", "2", "/b", 0)}, []string{"key file is open to others | key 1111111 and 1 more | correct | 0001-01-01"}},
		{"the machine", []Finding{in("content_trust_ignored", "", "", "", "", 0)}, []string{"docker here checks nothing | this machine | doctor | 0001-01-01"}},
		{"who knows", []Finding{in("novel", app, "", "", "", 0)}, []string{"novel | reg.example/app | look | 0001-01-01"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			items := l.Attention(tt.findings)
			var got []string
			n := 0
			for _, i := range items {
				got = append(got, strings.Join([]string{i.Title, i.Where, string(i.Step), day{i.Due}.String()}, " | "))
				n += len(i.Findings)
				if len(i.Says) == 0 || len(i.By) == 0 {
					t.Errorf("%s says nothing, or not what to type: %+v", i.Title, i)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if n != len(tt.findings) {
				t.Errorf("%d of %d findings are in items", n, len(tt.findings))
			}
		})
	}
	items := l.Attention([]Finding{in("expires", app, "targets", "", "", 112), worse})
	if items[0].Severity != Error || !slices.Equal(items[0].Keys, []trustdata.KeyID{id("2")}) || !strings.Contains(items[0].Fix, "Key 2222222 for that is here.") {
		t.Errorf("severity %s, keys %v, %q", items[0].Severity, items[0].Keys, items[0].Fix)
	}
}

func TestPutOff(t *testing.T) {
	find := func() Finding {
		return Finding{Severity: Info, Code: "expires", GUN: app, Role: "targets", Due: today.AddDate(0, 0, 112), Tags: []string{"a", "b"}}
	}
	put, err := Snooze([]Finding{find()}, today, today.AddDate(0, 0, 7), "the key is in the safe")
	if err != nil {
		t.Fatal(err)
	}
	for i := range put {
		put[i].At = today
	}
	for _, tt := range []struct {
		name   string
		change func(*Finding)
		days   int
		holds  bool
	}{
		{"as it was", func(*Finding) {}, 0, true},
		{"a day before its time", func(*Finding) {}, 6, true},
		{"its day has come", func(*Finding) {}, 7, false},
		{"worse", func(f *Finding) { f.Severity = Warning }, 1, false},
		{"sooner", func(f *Finding) { f.Due = f.Due.AddDate(0, 0, -1) }, 1, false},
		{"later", func(f *Finding) { f.Due = f.Due.AddDate(0, 0, 1) }, 1, true},
		{"another tag", func(f *Finding) { f.Tags = append(f.Tags, "c") }, 1, false},
		{"a tag less", func(f *Finding) { f.Tags = f.Tags[:1] }, 1, true},
		{"another repository", func(f *Finding) { f.GUN = "reg.example/other" }, 1, false},
		{"another role", func(f *Finding) { f.Role = "snapshot" }, 1, false},
		{"gone bad", func(f *Finding) { f.Code = "expired" }, 1, false},
	} {
		f := find()
		tt.change(&f)
		all := []Finding{f}
		PutOff(all, put, today.AddDate(0, 0, tt.days))
		if got := all[0].Snoozed != nil; got != tt.holds {
			t.Errorf("%s: put off %v", tt.name, got)
		}
		if tt.holds && (all[0].Snoozed.Reason != "the key is in the safe" || len(Awake(all)) != 0) {
			t.Errorf("%s: %+v, awake %v", tt.name, all[0].Snoozed, Awake(all))
		}
	}
	// What is put off for long comes back when it is called for now, and on its day.
	near := find()
	near.Due = today.AddDate(0, 0, 40)
	put, err = Snooze([]Finding{near}, today, today.AddDate(1, 0, 0), "x")
	if err != nil || !put[0].Until.Equal(near.Due) {
		t.Fatalf("until %s, %v", put[0].Until, err)
	}
	put[0].At = today
	all := []Finding{near}
	for days, want := range map[int]bool{9: true, 10: false} {
		if PutOff(all, put, today.AddDate(0, 0, days)); (all[0].Snoozed != nil) != want {
			t.Errorf("after %d days: put off %v", days, !want)
		}
	}
	if _, err := Snooze([]Finding{find()}, today, today, "x"); err == nil {
		t.Error("put off until now")
	}
	// Nothing new hides behind what is put off.
	PutOff(all, put, today)
	fresh := near
	fresh.GUN, fresh.Snoozed = "reg.example/other", nil
	if items := calm().Attention(append(all, fresh)); len(items) != 2 || items[0].Snoozed == nil || items[1].Snoozed != nil {
		t.Errorf("items: %+v", items)
	}
}

func TestNext(t *testing.T) {
	l := calm()
	l.Copies[0].Due = today.AddDate(0, 0, -1)
	if at, gun := l.Next(); !at.Equal(today.Add(1000*oneDay)) || gun != app || !l.NextDrill().IsZero() {
		t.Errorf("next: %s of %q, drill %s", at, gun, l.NextDrill())
	}
	sooner := whole()
	sooner.GUN, sooner.Roles[0].Keys[0].CertificateExpires = "reg.example/other", today.Add(5*oneDay)
	past := whole()
	past.Roles[1].Expires = today.Add(-oneDay)
	l.Repositories = append(l.Repositories, past, sooner)
	l.Copies = append(l.Copies, copyOf(oneDay, "1"))
	l.Copies[1].Due = today.AddDate(0, 0, 40)
	if at, gun := l.Next(); !at.Equal(today.Add(5*oneDay)) || gun != sooner.GUN || !l.NextDrill().Equal(today.AddDate(0, 0, 40)) {
		t.Errorf("next: %s of %q, drill %s", at, gun, l.NextDrill())
	}
}

// TestOver: what was known stays where a server could not be asked or contradicts it, and
// goes where it says that there is nothing, or something that does not verify.
func TestOver(t *testing.T) {
	for name, tt := range map[string]struct {
		err   error
		stays bool
	}{
		"read": {}, "unreachable": {errors.New("refused"), true}, "not there": {remote.ErrNotFound, false},
		"forged":    {trustdata.Refuse("targets", trustdata.ReasonSignature, "none holds"), false},
		"went back": {&remote.Conflict{Refused: trustdata.Refuse("root", trustdata.ReasonRollback, "older")}, true},
	} {
		now := Repository{GUN: app, Err: tt.err}
		if tt.err == nil {
			now = whole()
		}
		got := now.Over(whole())
		if (len(got.Roles) > 0) != (tt.stays || tt.err == nil) || got.Err != tt.err {
			t.Errorf("%s: %d roles, %v", name, len(got.Roles), got.Err)
		}
	}
}
