package main

import (
	"bytes"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"keyrite/cmd/keyrite/demo"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
	"keyrite/ui/app"
	"keyrite/ui/uitest"
)

// demoConsole is the console as the demo opens it, on a rotation that was cut off.
func demoConsole(t *testing.T) (*demo.World, *desk, *uitest.Driver) {
	t.Helper()
	world, err := demo.New(t.Context(), t.TempDir(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := world.Close(); err != nil {
			t.Error(err)
		}
	})
	outside := newCLI(process{in: strings.NewReader(""), out: new(bytes.Buffer), err: new(bytes.Buffer), getenv: emptyHome(t), now: time.Now})
	c := outside.inside(world)
	page := world.Page()
	c.acts, c.about, c.sticks = breaking(t.Context(), world), &page, world.Sticks()
	if err := c.warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.cutOff(t.Context(), world); err != nil {
		t.Fatal(err)
	}
	s, err := c.openKeys()
	if err != nil {
		t.Fatal(err)
	}
	clock := uitest.ClockAt(time.Now())
	d := &desk{session: s, ctx: t.Context(), styles: ui.NewStyles(ui.Look{}), clock: clock.UI(), rounds: keyring.MinIterations}
	return world, d, uitest.New(t, app.New(d.options()), clock, 100, 30)
}

// rootVersion is that of root.json as a client that knows nothing reads it.
func (d *desk) rootVersion(t *testing.T, gun trustdata.GUN) int64 {
	t.Helper()
	res, err := d.session.fresh().Fetch(t.Context(), gun)
	if err != nil {
		t.Fatal(err)
	}
	return res.Repo.Root.Body.Version
}

var spokenDigits = regexp.MustCompile(`(?m)^ ((?:[0-9a-f] ){3}[0-9a-f]   (?:[0-9a-f] ){3}[0-9a-f])$`)

// confirmRoot goes from the new key to the end, without a backup.
func confirmRoot(t *testing.T, d *uitest.Driver) *uitest.Driver {
	t.Helper()
	found := spokenDigits.FindStringSubmatch(d.Text())
	if found == nil {
		t.Fatalf("the new key is not shown:\n%s", d.Text())
	}
	d.Press("enter", "x").Type("a drill").Press("enter", "enter").Has("THIS CANNOT BE UNDONE").Lacks(strings.ReplaceAll(found[1], " ", "")[:4] + " ")
	return d.Press("enter").Advance(time.Second).Type(strings.ReplaceAll(found[1], " ", "")).Press("tab", "enter")
}

// TestDemoOpensOnWhatIsUnfinished: the first screen says it, and leads to its end.
func TestDemoOpensOnWhatIsUnfinished(t *testing.T) {
	world, desk, d := demoConsole(t)
	d.Has("A ROTATION IS UNFINISHED: 0 OF 2", "shop/front", "the server still has what it had before", "to do")
	d.Press("enter").Has("GO ON WITH 2 REPOSITORIES", "sent once more").Press("enter")
	d.Type(world.Passphrases["root"]).Press("enter").Type(world.Passphrases["snapshot"]).Press("enter").Type(world.Passphrases["root"]).Press("enter")
	confirmRoot(t, d.Has("[3 New key]")).Has("DONE. 2 of 2 repositories").Press("enter").Has("[1 Overview")
	for _, path := range []string{"shop/front", "shop/cart"} {
		if v := desk.rootVersion(t, trustdata.GUN(demo.Host+"/"+path)); v != 2 {
			t.Errorf("%s: root.json has version %d, want 2", path, v)
		}
	}
	d.Press("5", "w").Has("NOTHING IS UNFINISHED.")
}

// TestConsoleRotatesRootKeyOfAll: R on a root key rotates it everywhere, and names whoever
// could not be asked. The key that was made then signs, and the next start is silent.
func TestConsoleRotatesRootKeyOfAll(t *testing.T) {
	world, desk, d := demoConsole(t)
	d.Press("esc", "2").Has("[2 Keys").Press("g", "R").Has("renew the root certificate", "new root key").Lacks("snapshot").Press("G", "enter").Has("ROTATE THE ROOT KEY OF 3 REPOSITORIES", "infra/base", "left out")
	d.Press("enter").Type(world.Passphrases["root"]).Press("enter").Type("a new long phrase").Press("enter").Type("a new long phrase").Press("enter").Press("N")
	confirmRoot(t, d).Has("DONE. 3 of 3 repositories", "infra/base was left out")
	if v := desk.rootVersion(t, trustdata.GUN(demo.Host+"/pay/web")); v != 2 {
		t.Errorf("root.json has version %d, want 2", v)
	}
	r, err := desk.session.rotator(2048)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Journal.Close()
	past, err := r.Journal.Past()
	if err != nil || len(past) != 1 || past[0].State() != rotation.StateDone || len(past[0].Waived) != 1 {
		t.Errorf("the journal has %+v, %v", past, err)
	}
}

// TestConsoleRootKeyLostOnTheWay: what one server loses is tried again with the keys that
// are open.
func TestConsoleRootKeyLostOnTheWay(t *testing.T) {
	world, desk, d := demoConsole(t)
	d.Press("esc", "2", "g", "R", "G", "enter", "enter").Type(world.Passphrases["root"]).Press("enter").Type("a new long phrase").Press("enter").Type("a new long phrase").Press("enter").Press("N")
	gun := trustdata.GUN(demo.Host + "/pay/web")
	world.LoseNext(gun, func() {})
	confirmRoot(t, d).Has("STOPPED AFTER 2 OF 3", http.StatusText(http.StatusBadGateway))
	if v := desk.rootVersion(t, gun); v != 1 {
		t.Errorf("the upload was not lost: root.json has version %d", v)
	}
	d.Press("T").Has("DONE. 3 of 3 repositories")
	if v := desk.rootVersion(t, gun); v != 2 {
		t.Errorf("root.json has version %d, want 2", v)
	}
}

// TestConsoleRotatesMarked: R rotates a key of every marked repository.
func TestConsoleRotatesMarked(t *testing.T) {
	world, desk, d := demoConsole(t)
	d.Press("esc", "3", "/").Type("pay/").Press("enter", "*").Press("j").Has("2 marked. a archives them, R rotates a key of each, F refreshes their dates.").Press("R").Has("new repository key").Press("enter")
	d.Has("ROTATE THE REPOSITORY KEY OF 2 REPOSITORIES").Press("enter").Type(world.Passphrases["root"]).Press("enter").Type("a new long phrase").Press("enter").Type("a new long phrase").Press("enter")
	d.Has("[3 Review]").Press("enter").Advance(time.Second).Type("2 repositories").Press("tab", "enter").Has("DONE. 2 of 2 repositories")
	for _, path := range []string{"pay/web", "pay/api"} {
		if v := desk.rootVersion(t, trustdata.GUN(demo.Host+"/"+path)); v != 2 {
			t.Errorf("%s: root.json has version %d, want 2", path, v)
		}
	}
}

// TestConsoleRenewsCertificatesOfAll: the same root key, and a new certificate for each.
func TestConsoleRenewsCertificatesOfAll(t *testing.T) {
	world, desk, d := demoConsole(t)
	d.Press("esc", "2").Has("[2 Keys").Press("g", "R", "g", "enter").Has("3 REPOSITORIES", "infra/base").Press("enter").Type(world.Passphrases["root"]).Press("enter")
	d.Has("[3 Review]", "the same key, with a new certificate").Press("enter").Advance(time.Second).Type("3 repositories").Press("tab", "enter").Has("DONE. 3 of 3 repositories")
	if v := desk.rootVersion(t, trustdata.GUN(demo.Host+"/pay/web")); v != 2 {
		t.Errorf("root.json has version %d, want 2", v)
	}
}

// TestOrderOutlivesTheConsole: the next console of this machine lists in the same order, and
// one that must change nothing keeps none.
func TestOrderOutlivesTheConsole(t *testing.T) {
	_, first, d := demoConsole(t)
	d.Press("esc", "2", "s").Has("by role").Press("3").Has("Sorted by role.")
	again := func() *uitest.Driver {
		clock := uitest.NewClock()
		next := &desk{session: first.session, ctx: t.Context(), styles: ui.NewStyles(ui.Look{}), clock: clock.UI(), rounds: keyring.MinIterations}
		return uitest.New(t, app.New(next.options()), clock, 100, 30).Press("esc", "2")
	}
	again().Has("sorted by role")
	first.session.cli.flags.readOnly = true
	again().Press("s", "1").Has("Sorted worst first.")
	first.session.cli.flags.readOnly = false
	again().Has("sorted by role")
}
