package keys_test

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui"
	"keyrite/ui/keys"
	"keyrite/ui/uitest"
)

var now = time.Date(2026, 11, 22, 9, 41, 0, 0, time.UTC)

func id(c string) trustdata.KeyID { return trustdata.KeyID(strings.Repeat(c, 64)) }

func file(c, role, gun string) keyring.Info {
	return keyring.Info{KeyID: id(c), Role: role, GUN: trustdata.GUN(gun), Encrypted: true, KDFIterations: 2048, Mode: 0o600, Path: "/p/" + c, ModTime: now}
}

func with(k keyring.Info, change func(*keyring.Info)) keyring.Info {
	change(&k)
	return k
}

// TestMarks: what a key's row says of it, before and after anything is known of its use.
func TestMarks(t *testing.T) {
	day := 24 * time.Hour
	use := func(left time.Duration) keys.Uses {
		return keys.Uses{id("a"): {{GUN: "reg.example/app", Role: "targets", Expires: now.Add(left)}}}
	}
	plain := file("a", "targets", "reg.example/app")
	for name, c := range map[string]struct {
		key  keyring.Info
		uses keys.Uses
		mark ui.Mark
		want string
	}{
		"nothing looked at": {plain, nil, ui.MarkUnchecked, "reg.example/app"},
		"used":              {plain, use(400 * day), ui.MarkOK, "locked"},
		"ends soon":         {plain, use(100 * day), ui.MarkSoon, "2027-03-02"},
		"ends now":          {plain, use(10 * day), ui.MarkNow, "2026-12-02"},
		"ended":             {plain, use(-day), ui.MarkNow, "PAST 2026-11-21"},
		"used by nobody":    {file("b", "root", ""), use(400 * day), ui.MarkNote, "nothing found"},
		"root, not looked":  {file("b", "root", ""), nil, ui.MarkUnchecked, "not known yet"},
		"open to others":    {with(plain, func(k *keyring.Info) { k.Mode = 0o640 }), use(400 * day), ui.MarkSoon, "mode 0640"},
		"no passphrase":     {with(plain, func(k *keyring.Info) { k.Encrypted = false }), use(400 * day), ui.MarkSoon, "NOT LOCKED"},
		"damaged":           {with(plain, func(k *keyring.Info) { k.Problem = "truncated\x1b" }), use(400 * day), ui.MarkNow, `truncated\x1b`},
		"no role":           {file("a", "", ""), use(400 * day), ui.MarkSoon, "(none)"},
		"old layout":        {with(plain, func(k *keyring.Info) { k.Legacy = true }), use(400 * day), ui.MarkNote, "old layout"},
		"signer":            {file("a", "targets/alice", "reg.example/app"), nil, ui.MarkUnchecked, "reg.example/app, as alice"},
		"no key ID":         {with(plain, func(k *keyring.Info) { k.KeyID, k.Path = "", "/p/my\nkey.key" }), nil, ui.MarkUnchecked, `my\x0akey.key`},
	} {
		p := keys.Page(keys.List{Keys: []keyring.Info{c.key}, Dirs: []string{"/p"}, Uses: c.uses}, now)
		if got := p.Rows[0]; got.Mark != c.mark || !strings.Contains(strings.Join(got.Cells, "|"), c.want) {
			t.Errorf("%s: %q %q, want %q and %q", name, got.Mark, got.Cells, c.mark, c.want)
		}
	}
}

// TestCertificateEndsFirst: a root key's certificate may end long before root.json.
func TestCertificateEndsFirst(t *testing.T) {
	uses := keys.Uses{id("b"): {{GUN: "g/x", Role: "root", Expires: now.AddDate(9, 0, 0), CertificateExpires: now.AddDate(0, 0, 11)}, {GUN: "g/y", Role: "root", Expires: now.AddDate(8, 0, 0)}}}
	p := keys.Page(keys.List{Keys: []keyring.Info{file("b", "root", "")}, Uses: uses}, now)
	if got := p.Rows[0]; got.Cells[4] != "2026-12-03" || got.Cells[2] != "g/x +1" || got.Cells[3] != "2" || got.Mark != ui.MarkNow {
		t.Errorf("got %q %q", got.Mark, got.Cells)
	}
}

func TestEmpty(t *testing.T) {
	p := keys.Page(keys.List{Dirs: []string{"/a", "/b"}}, now)
	if !strings.Contains(p.Empty, "no keys in /a and /b") || p.Summary != "0 keys in /a and /b" {
		t.Errorf("says %q and %q", p.Summary, p.Empty)
	}
}

// TestNarrow: at 80 columns a long path loses its left, the counts lose nothing, and what is
// wrong with a file loses its end.
func TestNarrow(t *testing.T) {
	long := "/srv/a/very/long/way/to/the/folder/where/somebody/keeps/keys/of/docker/trust"
	infos := []keyring.Info{file("a", "root", ""), file("b", "targets", "reg.example/app"), file("c", "snapshot", "reg.example/app"),
		with(file("d", "", ""), func(k *keyring.Info) {
			k.Problem = "the file is cut off in the middle of its base64, after 3 whole lines of 64"
		})}
	l := ui.NewList(uitest.Styles(), "key", "keys")
	l.Set(ui.NewListing(keys.Page(keys.List{Keys: infos, Dirs: []string{long}}, now)))
	got := ansi.Strip(l.View(80, 18))
	for _, want := range []string{"4 keys (1 root, 1 repository, 1 snapshot, 1 damaged) in ...", "/docker/trust\n", "the file is cut off in the middle"} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %q:\n%s", want, got)
		}
	}
	if wide := ansi.Strip(l.View(139, 18)); !strings.Contains(wide, "in "+long) {
		t.Errorf("a path that has room is cut:\n%s", wide)
	}
}

func TestDetail(t *testing.T) {
	p := keys.DetailPage(file("a", "targets", "reg.example/app"), []keys.Use{{GUN: "reg.example/app", Role: "targets", Algorithm: "ecdsa", Expires: now.AddDate(1, 0, 0)}}, now)
	text := ""
	for _, s := range p.Sections {
		for _, f := range s.Facts {
			text += f.Label + " " + f.Value + "\n"
		}
	}
	for _, want := range []string{"aaaa aaaa aaaa aaaa", "ecdsa, by metadata", "2048 rounds", "/p/a", "Role in file targets"} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
	if len(p.Rows) != 1 || p.TableTitle != "SIGNS FOR 1 REPOSITORY" {
		t.Errorf("%d rows under %q", len(p.Rows), p.TableTitle)
	}
	// A key that cannot be used, and one without an ID, have pages too.
	for _, k := range []keyring.Info{{Path: "/p/x", Problem: "empty"}, {Path: "/p/y"}} {
		if keys.DetailPage(k, nil, now).Title == "" {
			t.Errorf("no page for %+v", k)
		}
	}
}
