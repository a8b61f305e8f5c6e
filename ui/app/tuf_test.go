package app_test

import (
	"context"
	"testing"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/registry"
	"keyrite/ui"
	"keyrite/ui/app"
	"keyrite/ui/repos"
	"keyrite/ui/tags"
	"keyrite/ui/uitest"
)

const tufBase trustdata.GUN = "https://tuf.acme.io/metadata"

// tufWorld is a console on one TUF 1.0 repository.
type tufWorld struct {
	*world
	offline bool
	err     error
	rotated trustdata.GUN
}

func (w *tufWorld) col() *trustdata.Collection {
	at := uitest.Start
	role := func(r trustdata.Role, version int64, days int, key string) trustdata.RoleView {
		return trustdata.RoleView{Role: r, Version: version, Expires: at.AddDate(0, 0, days), Threshold: 1, Keys: []trustdata.RoleKey{{KeyID: id(key), Algorithm: "ed25519"}}}
	}
	alice := role("alice", 9, 90, "6cf02d9")
	alice.Paths = []string{"app/*"}
	bob := trustdata.RoleView{Role: "bob", Threshold: 1, Paths: []string{"tool/*"}, Problem: "expired at 2026-11-19 14:02 UTC", Keys: []trustdata.RoleKey{{KeyID: id("44e81c0"), Algorithm: "ecdsa"}}}
	c := &trustdata.Collection{GUN: tufBase, Dialect: trustdata.DialectTUF, Server: string(tufBase), Source: trustdata.SourceLive, ReadAt: at,
		Roles:    []trustdata.RoleView{role("root", 3, 400, "7f3a9c1"), role("targets", 12, 200, "91d27b3"), role("snapshot", 240, 6, "5a5a5a5"), role("timestamp", 1801, 1, "7777777"), alice, bob},
		Problems: []trustdata.Problem{{Role: "bob", Reason: trustdata.ReasonExpired, Detail: "expired at 2026-11-19 14:02 UTC"}}}
	tag := func(name, dig string, pulled bool, role trustdata.Role, signer string) trustdata.Tag {
		return trustdata.Tag{Name: name, Digest: digest(dig), Length: 4711, Roles: []trustdata.Role{role}, Signers: []string{signer}, Pulled: pulled}
	}
	c.Tags = []trustdata.Tag{tag("app/1.9", "4c0d9a83f1e6", true, "alice", "alice"), tag("app/1.10", "9d41c0f2b7aa", true, "alice", "alice"),
		tag("index.json", "e07b55c1903d", true, "targets", trustdata.RepoAdmin), tag("index.json", "71b2ee40c5d8", false, "alice", "alice")}
	c.Report = &trustdata.Report{At: at, Files: []trustdata.ReportFile{
		{Role: "root", Version: 3, SHA256: digest("1a2b3c4d"), Length: 2210, Threshold: 1, SignedBy: []trustdata.ListedID{trustdata.ListedID(id("7f3a9c1"))}, By: "root"},
		{Role: "alice", Version: 9, SHA256: digest("5e6f7a8b"), Length: 900, Threshold: 1, SignedBy: []trustdata.ListedID{trustdata.ListedID(id("6cf02d9"))}, By: "targets"}}}
	return c
}

func (w *tufWorld) Cached(context.Context, trustdata.GUN) (*trustdata.Collection, error) {
	c := w.col()
	c.Source, c.ReadAt = trustdata.SourceCache, uitest.Start.AddDate(0, 0, -1)
	return c, nil
}

func (w *tufWorld) Fetch(_ context.Context, gun trustdata.GUN) (*trustdata.Collection, error) {
	w.fetched = append(w.fetched, gun)
	if w.err != nil {
		return nil, w.err
	}
	return w.col(), nil
}

func (w *tufWorld) Compare(context.Context, *trustdata.Collection) ([]registry.Compared, error) {
	panic("no registry serves what a TUF repository signs")
}

func (w *tufWorld) Known(ctx context.Context) ([]repos.Repo, error) {
	c, _ := w.Cached(ctx, tufBase)
	return []repos.Repo{repos.Of(c, nil)}, nil
}

func (w *tufWorld) Catalog(context.Context, string) (repos.Heard, error) {
	return repos.Heard{From: repos.FromCatalog}, nil
}

func (w *tufWorld) Check(ctx context.Context, guns []trustdata.GUN, _ func(repos.Heard), each func(repos.Repo)) error {
	held, err := w.Held(ctx)
	for _, g := range guns {
		each(repos.NewRepo(g, w.col(), held, w.err))
	}
	return err
}

func (w *tufWorld) Held(context.Context) (map[trustdata.KeyID]keyring.Info, error) {
	return map[trustdata.KeyID]keyring.Info{id("7f3a9c1"): {}}, nil
}

// console opens on the repository, over the list.
func (w *tufWorld) console(t testing.TB, width, height int) *uitest.Driver {
	w.world = newWorld()
	return w.consoleWith(t, width, height, func(opt *app.Options) {
		ctx, st, clock := context.Background(), opt.Styles, opt.Clock
		no := func(trustdata.GUN, []string, []string) (ui.Screen, string) { return nil, "Signed elsewhere." }
		keep := func([]trustdata.GUN) (ui.Screen, string) { return nil, "Kept elsewhere." }
		open := func(gun trustdata.GUN) ui.Screen {
			return tags.New(tags.Options{Context: ctx, Styles: st, Clock: clock, Source: w, GUN: gun, Dialect: trustdata.DialectTUF, Offline: w.offline,
				Sign: no, Unsign: no, Archive: keep, Rotate: func(gun trustdata.GUN) (ui.Screen, string) { w.rotated = gun; return nil, "Rotated elsewhere." }})
		}
		opt.Tabs[2].Screen = repos.New(repos.Options{Context: ctx, Styles: st, Clock: clock, Source: w, Open: open, Archive: keep, Offline: w.offline})
		opt.Start, opt.First, opt.Open = "3", open(tufBase), open
	})
}

// TestTUFFrames are the screens of a TUF 1.0 repository, at every size of the frame.
func TestTUFFrames(t *testing.T) {
	for _, s := range sizes() {
		t.Run(sizeName(s), func(t *testing.T) {
			for name, keys := range map[string][]string{"tags": nil, "tag": {"enter"}, "roles": {"i"}, "repos": {"esc"}} {
				t.Run(name, func(t *testing.T) { new(tufWorld).console(t, s[0], s[1]).Press(keys...).Fits().Golden() })
			}
		})
	}
}

// TestTUFActs: what is not to be had in this dialect says so, and refresh reads again.
func TestTUFActs(t *testing.T) {
	w := new(tufWorld)
	d := w.console(t, 80, 24).Has("live").Press("S").Has("Signed elsewhere.").Press("U").Has("Signed elsewhere.").Press("a").Has("Kept elsewhere.")
	if d.Press("R").Has("Rotated elsewhere."); w.rotated != tufBase || len(w.fetched) != 1 {
		t.Errorf("rotated %q, fetched %q", w.rotated, w.fetched)
	}
	d.Press("r").Lacks("not compared")
	if len(w.fetched) != 2 {
		t.Errorf("fetched %q", w.fetched)
	}
	w.err = trustdata.Refuse(trustdata.RoleTimestamp, trustdata.ReasonRollback, "version 3 is older than version 4")
	d.Press("r").Has("version 3 is older", "app/1.10").Press("esc", "esc", "a").Has("Kept elsewhere.")
}

// TestTUFOffline: what comes from the cache says so, and nobody is asked.
func TestTUFOffline(t *testing.T) {
	w := &tufWorld{offline: true}
	w.console(t, 80, 24).Has("OFFLINE, 24 h old", "?? app/1.9").Press("j").Has("server was not asked").Press("r")
	if len(w.fetched) != 0 {
		t.Errorf("fetched %q", w.fetched)
	}
}
