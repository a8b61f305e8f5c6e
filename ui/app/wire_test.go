package app_test

import (
	"context"
	"fmt"
	"strings"

	"charm.land/bubbles/v2/key"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/access"
	saving "keyrite/trustdata/archive"
	"keyrite/trustdata/migration"
	"keyrite/trustdata/registry"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/state"
	"keyrite/ui"
	"keyrite/ui/activity"
	"keyrite/ui/app"
	"keyrite/ui/archive"
	"keyrite/ui/change"
	"keyrite/ui/help"
	"keyrite/ui/keys"
	"keyrite/ui/migrate"
	"keyrite/ui/repos"
	"keyrite/ui/tags"
	"keyrite/ui/uitest"
)

// wire puts the console together as cmd does.
func (w *world) wire(opt *app.Options) {
	st, ctx := opt.Styles, context.Background()
	open := func(gun trustdata.GUN) ui.Screen {
		sign, unsign := w.signing(st, opt.Clock)
		return tags.New(tags.Options{Context: ctx, Styles: st, Clock: opt.Clock, Source: w, GUN: gun, Sign: sign, Unsign: unsign, Archive: w.archive(st, opt.Clock),
			Signatures: w.signatures, Notation: w.judged(st, opt.Clock)})
	}
	backUp := func() ui.Screen { return w.wizard(opt.Clock, st) }
	k := keys.New(keys.Options{BackUp: backUp, Context: ctx, Styles: st, Clock: opt.Clock, Store: w, Finder: w, Dirs: []string{"~/.docker/trust"}, OpenRepository: open})
	opt.Tabs = []app.Tab{
		{Digit: "1", Name: "Overview", Screen: w.overview(st, opt.Clock)},
		{Digit: "2", Name: "Keys", Screen: k},
		{Digit: "3", Name: "Repos", Screen: repos.New(repos.Options{Context: ctx, Styles: st, Clock: opt.Clock, Source: w, Open: open, Archive: w.archive(st, opt.Clock),
			Leave: w.leave(st, opt.Clock)})},
		{Digit: "4", Name: "Backups", Missing: "There is no list of backups yet. b on the keys makes one."},
		{Digit: "5", Name: "Activity", Screen: activity.New(activity.Options{Context: ctx, Styles: st, Clock: opt.Clock, Log: w.log(),
			Unfinished: func() (ui.Screen, string) { return nil, "Nothing is unfinished." }})},
	}
	opt.Open = open
	opt.Help = func(about ui.Screen, everywhere []key.Binding) ui.Screen { return help.New(st, about, everywhere) }
}

// signing makes the screens that sign and unsign tags; both change the world.
func (w *world) signing(st *ui.Styles, clock ui.Clock) (sign, unsign func(trustdata.GUN, []string, []string) (ui.Screen, string)) {
	if w.sign != nil {
		return w.sign(st, clock), w.sign(st, clock)
	}
	screen := func(unsign bool) func(trustdata.GUN, []string, []string) (ui.Screen, string) {
		return func(gun trustdata.GUN, tags, hidden []string) (ui.Screen, string) {
			return change.New(change.Options{Setting: change.Setting{Context: context.Background(), Styles: st, Clock: clock}, GUN: gun, Tags: tags, Hidden: hidden, Unsign: unsign,
				Service: &worldly{signings{unsign: unsign}, w}}), ""
		}
	}
	return screen(false), screen(true)
}

// signatures finds one of notation on every digest.
func (w *world) signatures(_ context.Context, _ trustdata.GUN, digest string) (registry.Found, error) {
	if w.looked = append(w.looked, digest); w.lookErr != nil {
		return registry.Found{}, w.lookErr
	}
	return registry.Found{Signatures: []registry.Signature{{Kind: registry.Notation, Form: registry.FormNotation, Digest: strings.Repeat("e", 64), On: digest}}}, nil
}

// leave plans to sign one digest of each repository anew.
func (w *world) leave(st *ui.Styles, clock ui.Clock) func([]trustdata.GUN) (ui.Screen, string) {
	plan := func(_ context.Context, guns []trustdata.GUN, system string) (*migration.Plan, error) {
		p := &migration.Plan{For: system, Made: clock.Now(), Warnings: []string{"Disable last."}}
		for _, gun := range guns {
			digest := "sha256:" + strings.Repeat("a", 64)
			p.Repositories = append(p.Repositories, migration.Repository{GUN: gun, Source: w.planSource, Sign: []migration.Item{{Digest: digest, Tags: []string{"1.0", "latest"}, Line: system + " sign " + string(gun) + "@" + digest}},
				Asked: []migration.Tag{{Tag: "stable", Signed: "sha256:" + strings.Repeat("b", 64), Served: digest}}})
		}
		return p, w.lookErr
	}
	return func(guns []trustdata.GUN) (ui.Screen, string) {
		return migrate.New(migrate.Options{Context: context.Background(), Styles: st, Clock: clock, GUNs: guns, Plan: plan}), ""
	}
}

// worldly is a service that changes the world.
type worldly struct {
	signings
	w *world
}

func (s *worldly) Unlocked(context.Context, trustdata.KeyID) (*keyring.PrivateKey, error) {
	return keyring.Generate(trustdata.KeyECDSA)
}

func (s *worldly) Apply(ctx context.Context, e *rotation.Edit, keys rotation.Keys, progress rotation.Progress) (*rotation.EditResult, error) {
	s.w.changed = append(s.w.changed, e.Kind)
	return s.signings.Apply(ctx, e, keys, progress)
}

func (w *world) archive(st *ui.Styles, clock ui.Clock) func([]trustdata.GUN) (ui.Screen, string) {
	return func(guns []trustdata.GUN) (ui.Screen, string) {
		return archive.New(archive.Options{Context: context.Background(), Styles: st, Clock: clock, GUNs: guns, Service: w}), ""
	}
}

// Archive says of every repository but one that it is kept.
func (w *world) Archive(_ context.Context, gun trustdata.GUN, folder string) (*saving.Saved, error) {
	if gun.Path() == "infra/proxy" {
		return nil, &access.StatusError{Status: 403, URL: "https://notary.acme.io/v2/", Message: "denied"}
	}
	w.archived = append(w.archived, string(gun)+" to "+folder)
	return &saving.Saved{GUN: gun, Path: folder + "/" + saving.Folder(gun), Files: 9, Roots: 3, Tags: 7, Missing: []int64{}, Verified: true}, nil
}

type acts []state.ActRecord

func (a acts) List() ([]state.ActRecord, error) { return a, nil }

func (w *world) log() acts {
	at := uitest.Start
	return acts{
		{Seq: 1, Time: at.AddDate(0, 0, -20), Act: state.Act{What: "rotate targets", On: "registry.acme.io/pay/api", Result: "done", Detail: "root.json v2, read back"}},
		{Seq: 2, Time: at.AddDate(0, 0, -2), Act: state.Act{What: "publish", On: "registry.acme.io/shop/search", Result: "refused", Detail: "502 Bad Gateway; nothing changed"}},
	}
}

func (w *world) Held(context.Context) (map[trustdata.KeyID]keyring.Info, error) {
	held := map[trustdata.KeyID]keyring.Info{}
	for _, k := range w.infos {
		held[k.KeyID] = k
	}
	return held, nil
}

// collection is a repository's metadata, whose targets end after so many days.
func collection(gun trustdata.GUN, targetsDays int) *trustdata.Collection {
	at := uitest.Start
	end := func(days int) trustdata.RoleView {
		return trustdata.RoleView{Version: 7, Expires: at.AddDate(0, 0, days), Threshold: 1}
	}
	root, targets, snapshot, timestamp, alice := end(3000), end(targetsDays), end(900), end(12), end(580)
	root.Role, targets.Role, snapshot.Role, timestamp.Role, alice.Role = "root", "targets", "snapshot", "timestamp", "targets/alice"
	root.Keys = []trustdata.RoleKey{{KeyID: id("7f3a9c1"), CertificateID: trustdata.CertificateID(id("aa00bb1")), CertificateExpires: at.AddDate(0, 0, 411), Algorithm: "ecdsa-x509"}}
	targets.Keys = []trustdata.RoleKey{{KeyID: id("b7712fe"), Algorithm: "ecdsa"}}
	snapshot.Keys = []trustdata.RoleKey{{KeyID: id("5a5a5a5"), Algorithm: "ecdsa"}}
	timestamp.Keys = []trustdata.RoleKey{{KeyID: id("7777777"), Algorithm: "ecdsa"}}
	alice.Keys, alice.Paths = []trustdata.RoleKey{{KeyID: id("6cf02d9"), Algorithm: "ecdsa"}}, []string{""}
	return &trustdata.Collection{GUN: gun, Server: "notary.acme.io", Source: trustdata.SourceLive, ReadAt: at,
		Roles: []trustdata.RoleView{root, targets, snapshot, timestamp, alice}}
}

func digest(n string) string { return strings.Repeat(n, 64)[:64] }

func (w *world) payWeb() (*trustdata.Collection, []registry.Compared) {
	col := collection("registry.acme.io/pay/web", 580)
	tag := func(name, dig string, signers ...string) trustdata.Tag {
		roles := []trustdata.Role{"targets/releases", "targets/alice"}
		return trustdata.Tag{Name: name, Digest: digest(dig), Length: 1862, Roles: roles, Signers: signers, Pulled: true}
	}
	col.Tags = []trustdata.Tag{tag("2026.9.4", "4c0d9a83f1e6", "ci-bot"), tag("2026.10.1", "9d41c0f2b7aa", "alice", "ci-bot"),
		tag("2026.10.2", "e07b55c1903d", "alice", "ci-bot"), tag("latest", "e07b55c1903d", "ci-bot"),
		tag("old", "71b2ee40c5d8", "alice"), tag("stable", "9d41c0f2b7aa", "alice"), tag("倉庫-v1", "b8f3372d0a95", "alice")}
	var rows []registry.Compared
	for _, t := range col.Tags {
		c := registry.Compared{Tag: t, RegistryDigest: t.Digest, State: registry.Signed}
		switch t.Name {
		case "stable":
			c.RegistryDigest, c.State = digest("e07b55c1903d"), registry.Moved
		case "old":
			c.RegistryDigest, c.State = "", registry.Gone
		case "倉庫-v1":
			c.RegistryDigest, c.State, c.Reason = "", registry.Unknown, "the registry answered 500"
		}
		rows = append(rows, c)
	}
	return col, append(rows,
		registry.Compared{Tag: trustdata.Tag{Name: "2026.11-rc1"}, RegistryDigest: digest("c2219f0e4b81"), State: registry.Unsigned},
		registry.Compared{Tag: trustdata.Tag{Name: "debug\x1b[2J\u202egnp"}, RegistryDigest: digest("0f77a1d3c9e4"), State: registry.Unsigned})
}

func (w *world) Cached(_ context.Context, gun trustdata.GUN) (*trustdata.Collection, error) {
	if gun != "registry.acme.io/pay/web" {
		return nil, nil
	}
	col, _ := w.payWeb()
	col.Source, col.ReadAt = trustdata.SourceCache, uitest.Start.AddDate(0, 0, -1)
	return col, nil
}

func (w *world) Fetch(_ context.Context, gun trustdata.GUN) (*trustdata.Collection, error) {
	w.fetched = append(w.fetched, gun)
	if w.fetchErr != nil {
		return nil, w.fetchErr
	}
	if gun == "registry.acme.io/pay/web" {
		col, _ := w.payWeb()
		return col, nil
	}
	return w.evil(gun), nil
}

// evil is a repository whose tags have the world's names.
func (w *world) evil(gun trustdata.GUN) *trustdata.Collection {
	col := collection(gun, 580)
	for i, n := range w.names {
		col.Tags = append(col.Tags, trustdata.Tag{Name: n, Digest: digest(fmt.Sprintf("%08x", i)), Signers: []string{n}, Roles: []trustdata.Role{trustdata.Role(n)}, Pulled: i%3 > 0})
	}
	return col
}

func (w *world) Compare(_ context.Context, col *trustdata.Collection) ([]registry.Compared, error) {
	if col.GUN != "registry.acme.io/pay/web" {
		var rows []registry.Compared
		for i, t := range col.Tags {
			rows = append(rows, registry.Compared{Tag: t, RegistryDigest: digest("ab"), State: []registry.State{registry.Signed, registry.Moved, registry.Unknown}[i%3], Reason: t.Name})
		}
		return rows, nil
	}
	_, rows := w.payWeb()
	return rows, nil
}

func (w *world) Known(context.Context) ([]repos.Repo, error) {
	col, _ := w.payWeb()
	col.Source, col.ReadAt = trustdata.SourceCache, uitest.Start.AddDate(0, 0, -1)
	held, _ := w.Held(context.Background())
	list := []repos.Repo{repos.Of(col, held)}
	for _, g := range []trustdata.GUN{"infra/base", "infra/proxy", "sandbox/tmp", "edge/gw", "日本/倉庫", "bad/root"} {
		list = append(list, repos.Repo{GUN: "registry.acme.io/" + g})
	}
	return list, nil
}

func (w *world) Catalog(context.Context, string) (repos.Heard, error) {
	return repos.Heard{GUNs: []trustdata.GUN{"registry.acme.io/edge/dns"}, From: repos.FromCatalog}, w.fetchErr
}

func (w *world) Check(ctx context.Context, guns []trustdata.GUN, _ func(repos.Heard), each func(repos.Repo)) error {
	held, _ := w.Held(ctx)
	for _, g := range guns {
		if w.fetchErr != nil {
			each(repos.NewRepo(g, nil, held, w.fetchErr))
			continue
		}
		switch g.Path() {
		case "infra/base":
			each(repos.Of(collection(g, -3), held))
		case "infra/proxy":
			each(repos.NewRepo(g, nil, held, &access.StatusError{Status: 403, URL: "https://notary.acme.io/v2/", Message: "denied"}))
		case "sandbox/tmp":
			each(repos.NewRepo(g, nil, held, &access.StatusError{Status: 404, URL: "https://notary.acme.io/v2/"}))
		case "edge/gw":
			each(repos.Of(collection(g, 112), held))
		case "bad/root":
			each(repos.NewRepo(g, nil, held, trustdata.Refuse("root", trustdata.ReasonRollback, "version 6 is older than version 7, which was seen on 2026-11-20")))
		case "pay/web":
			col, _ := w.payWeb()
			each(repos.Of(col, held))
		default:
			each(repos.Of(collection(g, 700), held))
		}
	}
	return nil
}
