package repos_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/access"
	"keyrite/trustdata/remote"
	"keyrite/ui"
	"keyrite/ui/repos"
)

var now = time.Date(2026, 11, 22, 9, 41, 0, 0, time.UTC)

func collection(targets int, source trustdata.Source) *trustdata.Collection {
	id := func(c string) trustdata.KeyID { return trustdata.KeyID(strings.Repeat(c, 64)) }
	role := func(r trustdata.Role, days int, key string) trustdata.RoleView {
		return trustdata.RoleView{Role: r, Version: 2, Expires: now.AddDate(0, 0, days), Keys: []trustdata.RoleKey{{KeyID: id(key)}}}
	}
	return &trustdata.Collection{GUN: "reg.example/app", Source: source, ReadAt: now.Add(-3 * time.Hour),
		Roles: []trustdata.RoleView{role("root", 3000, "a"), role("targets", targets, "b"), role("snapshot", 900, "c"), role("timestamp", 3, "d")},
		Tags:  []trustdata.Tag{{Name: "1.0"}, {Name: "1.0"}, {Name: "2.0"}}}
}

func TestRows(t *testing.T) {
	held := map[trustdata.KeyID]keyring.Info{trustdata.KeyID(strings.Repeat("a", 64)): {}}
	status := func(n int) error { return fmt.Errorf("x: %w", &access.StatusError{Status: n, URL: "https://n"}) }
	for name, c := range map[string]struct {
		res  *trustdata.Collection
		err  error
		want string
	}{
		"fine":        {collection(700, trustdata.SourceLive), nil, "ok reg.example/app|2|2028-10-22|aaaaaaa here|no key|live 3 h"},
		"soon":        {collection(112, trustdata.SourceLive), nil, "! reg.example/app|2|targets 112 d|aaaaaaa here|no key|live 3 h"},
		"past":        {collection(-3, trustdata.SourceLive), nil, "!! reg.example/app|2|targets PAST|aaaaaaa here|no key|live 3 h"},
		"cached":      {collection(700, trustdata.SourceCache), nil, "?? reg.example/app|2|2028-10-22|aaaaaaa here|no key|cache 3 h"},
		"refused":     {nil, trustdata.Refuse("root", trustdata.ReasonRollback, "x"), "!! reg.example/app|--|DOES NOT VERIFY|--|--|refused"},
		"unsigned":    {nil, status(404), "-- reg.example/app|--|never signed|--|--|live"},
		"forbidden":   {nil, status(403), "?? reg.example/app|--|not checked|--|--|failed"},
		"unreachable": {nil, errors.New("dial\x1b"), "?? reg.example/app|--|not checked|--|--|failed"},
		"not cached":  {nil, remote.ErrNotCached, "?? reg.example/app|--|not checked|--|--|..."},
		"not tried":   {nil, nil, "?? reg.example/app|--|not checked|--|--|..."},
	} {
		r := repos.NewRepo("reg.example/app", c.res, held, c.err)
		row := repos.Page([]repos.Repo{r}, now).Rows[0]
		if got := string(row.Mark) + " " + strings.Join(row.Cells, "|"); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if strings.ContainsRune(strings.Join(row.Detail, ""), '\x1b') {
			t.Errorf("%s: a raw escape in %q", name, row.Detail)
		}
		if c.err != nil && r.Problem == "" || r.RootHeld != (c.res != nil) {
			t.Errorf("%s: problem %q, root held %v", name, r.Problem, r.RootHeld)
		}
	}
}

// TestDeleted: what was signed once is not called never signed, whoever deleted it.
func TestDeleted(t *testing.T) {
	r := repos.NewRepo("reg.example/app", nil, nil, fmt.Errorf("x: %w", &access.StatusError{Status: 404, URL: "https://n"}))
	r.FoundIn = []repos.Origin{repos.FromCache}
	page := repos.Page([]repos.Repo{r}, now)
	if row := page.Rows[0]; row.Mark != ui.MarkSoon || row.Cells[2] != "NONE ANY MORE" || !strings.Contains(row.Detail[1], "it was deleted") || strings.Contains(page.Summary, "never") {
		t.Errorf("%q %q %q, %q", row.Mark, row.Cells, row.Detail, page.Summary)
	}
}

// TestTimestamp: the server renews it by itself, so its end counts when it has passed.
func TestTimestamp(t *testing.T) {
	res := collection(700, trustdata.SourceLive)
	res.Roles[3].Expires = now.Add(-time.Hour)
	row := repos.Page([]repos.Repo{repos.NewRepo("reg.example/app", res, nil, nil)}, now).Rows[0]
	if row.Mark != ui.MarkNow || row.Cells[2] != "timestamp PAST" {
		t.Errorf("got %q %q", row.Mark, row.Cells)
	}
}

// TestTagsAreCounted: a name with two digests is one name, and no tag is kept.
func TestTagsAreCounted(t *testing.T) {
	res := collection(700, trustdata.SourceLive)
	res.Tags = []trustdata.Tag{{Name: "a"}, {Name: "a"}, {Name: "b"}}
	r := repos.Of(res, nil)
	if row := repos.Page([]repos.Repo{r}, now).Rows[0]; r.Tags != 3 || r.Names != 2 || row.Cells[1] != "2" || r.Collection.Tags != nil || len(res.Tags) != 3 {
		t.Errorf("%d tags, %d names, %q, kept %v of %v", r.Tags, r.Names, row.Cells, r.Collection.Tags, res.Tags)
	}
}

// TestOldestCounts: a list is as fresh as its oldest row.
func TestOldestCounts(t *testing.T) {
	live, cached := collection(700, trustdata.SourceLive), collection(700, trustdata.SourceCache)
	for _, list := range [][]repos.Repo{{repos.Of(live, nil), repos.Of(cached, nil)}, {repos.Of(cached, nil), repos.Of(live, nil)}} {
		if f := repos.Page(list, now).Freshness; f.Source != trustdata.SourceCache {
			t.Errorf("the list claims to be %q", f.Source)
		}
	}
	if f := repos.Page(nil, now).Freshness; !f.At.IsZero() {
		t.Errorf("an empty list claims to be of %v", f.At)
	}
}

// TestLookAlikes: a repository whose name reads like another's says so, and the copied name is bare.
func TestLookAlikes(t *testing.T) {
	list := []repos.Repo{repos.NewRepo("reg.example/pay", nil, nil, nil), repos.NewRepo("reg.example/p\u0430y", collection(700, trustdata.SourceLive), nil, nil), repos.NewRepo("reg.example/web", nil, nil, nil)}
	list[1].GUN = "reg.example/p\u0430y"
	rows := repos.Page(list, now).Rows
	for i, want := range []string{`reg.example/pay (looks like "reg.example/p\u0430y")`, "reg.example/p\u0430y (mixed script, looks like \"reg.example/pay\")", "reg.example/web"} {
		if got := rows[i].Cells[0]; got != want || !strings.HasPrefix(rows[i].Detail[0], want) {
			t.Errorf("row %d is %q with %q, want %q", i, got, rows[i].Detail, want)
		}
		if got := rows[i].Copy[0].Text; got != string(list[i].GUN) {
			t.Errorf("row %d copies %q", i, got)
		}
	}
}
