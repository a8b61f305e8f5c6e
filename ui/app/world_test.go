package app_test

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui"
	"keyrite/ui/app"
	"keyrite/ui/keys"
	"keyrite/ui/uitest"
)

// id makes a key ID that begins with short.
func id(short string) trustdata.KeyID { return uitest.KeyID(short) }

func keyFile(short, role, gun string) keyring.Info {
	return keyring.Info{KeyID: id(short), Role: role, GUN: trustdata.GUN(gun), Encrypted: true, KDFIterations: 600000,
		Path: "/home/ops/.docker/trust/private/" + string(id(short)) + ".key", Mode: 0o600,
		ModTime: uitest.Start.AddDate(0, -1, 0), SHA256: strings.Repeat("4e1f09c3", 8)}
}

// world is the company that the frames are about.
type world struct {
	infos   []keyring.Info
	uses    keys.Uses
	listErr error
	// fetchErr is what every server answers, and fetched what they were asked for.
	fetchErr error
	fetched  []trustdata.GUN
	// names are the tags of evil.example/x, and changed what was changed.
	names   []string
	changed []string
	// company is what the overview judges; offline leaves its servers alone, and note is what
	// stands below it.
	company *company
	offline bool
	note    string
	// archived is what was archived.
	archived []string
	// sign makes the screens that sign and unsign, in place of ones that change the world.
	sign func(*ui.Styles, ui.Clock) func(trustdata.GUN, []string, []string) (ui.Screen, string)
	// looked are the digests that other systems' signatures were looked for on, and lookErr
	// is why that cannot be.
	looked  []string
	lookErr error
	// planSource is where the metadata of a plan to leave came from.
	planSource trustdata.Source
	// noPolicy is why no verdict can be asked for; revocation is what each one asked about.
	noPolicy   string
	revocation []bool
}

func (w *world) List(context.Context) ([]keyring.Info, error) { return w.infos, w.listErr }

func (w *world) Uses(context.Context) (keys.Uses, error) { return w.uses, nil }

func newWorld() *world {
	w := &world{uses: keys.Uses{}}
	w.infos = []keyring.Info{
		keyFile("7f3a9c1", "root", ""), keyFile("c41d07e", "root", ""), keyFile("e90b3aa", "root", ""),
		keyFile("91d27b3", "targets", "registry.acme.io/infra/base"), keyFile("5419081", "targets", "registry.acme.io/pay/api"),
		keyFile("b7712fe", "targets", "registry.acme.io/pay/web"), keyFile("44e81c0", "targets", "registry.acme.io/日本/倉庫"),
		keyFile("6cf02d9", "alice", ""), keyFile("33c9aa7", "", ""),
	}
	w.infos[5].Mode = 0o644
	w.infos[6].Encrypted = false
	damaged := keyFile("0aa94c6", "", "")
	damaged.Problem = "the file is no PEM block"
	w.infos = append(w.infos, damaged)
	day := 24 * time.Hour
	use := func(short, gun string, role trustdata.Role, left time.Duration) {
		w.uses[id(short)] = append(w.uses[id(short)], keys.Use{GUN: trustdata.GUN("registry.acme.io/" + gun), Role: role, Algorithm: "ecdsa", Expires: uitest.Start.Add(left)})
	}
	for _, g := range []string{"pay/api", "pay/web", "infra/base"} {
		use("7f3a9c1", g, "root", 11*day)
	}
	use("c41d07e", "日本/倉庫", "root", 1600*day)
	use("91d27b3", "infra/base", "targets", -3*day)
	use("5419081", "pay/api", "targets", 580*day)
	use("b7712fe", "pay/web", "targets", 580*day)
	use("44e81c0", "日本/倉庫", "targets", 450*day)
	use("6cf02d9", "pay/api", "targets/alice", 580*day)
	use("6cf02d9", "pay/web", "targets/alice", 580*day)
	return w
}

// console makes the whole console over the world.
func (w *world) console(t testing.TB, width, height int) *uitest.Driver {
	return w.consoleWith(t, width, height, func(*app.Options) {})
}

func (w *world) consoleWith(t testing.TB, width, height int, change func(*app.Options)) *uitest.Driver {
	clock, st := uitest.NewClock(), ui.NewStyles(ui.Look{})
	opt := app.Options{Styles: st, Clock: clock.UI(), Profile: "PROD acme", Server: "notary.acme.io", Badge: "RW", ParseName: app.ParseName, Start: "2"}
	w.wire(&opt)
	change(&opt)
	return uitest.New(t, app.New(opt), clock, width, height)
}

func sizes() [][2]int { return [][2]int{{100, 30}, {80, 24}, {60, 15}, {40, 10}} }

func sizeName(s [2]int) string { return fmt.Sprintf("%dx%d", s[0], s[1]) }

var errDisk = fmt.Errorf("reading %q: %w", "/home/ops/.docker/trust", fs.ErrPermission)
