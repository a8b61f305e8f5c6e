package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"keyrite/cmd/keyrite/demo"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation/ceremony"
	"keyrite/ui"
	"keyrite/ui/uitest"
)

const (
	payWeb = trustdata.GUN(demo.Host + "/pay/web")
	payAPI = trustdata.GUN(demo.Host + "/pay/api")
)

// gap is the demo's company with its root keys on a machine of its own, and a stick that is
// carried between the two.
type gap struct {
	t      *testing.T
	world  *demo.World
	online *desk
	away   *desk
	stick  string
}

func newGap(t *testing.T) *gap {
	t.Helper()
	w, err := demo.New(t.Context(), t.TempDir(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	home := t.TempDir()
	offline := func(name string) string {
		switch name {
		case "HOME", "USERPROFILE":
			return home
		case "DOCKER_CONTENT_TRUST_SERVER":
			return "https://127.0.0.1:1" // nobody listens
		}
		return ""
	}
	private := filepath.Join(home, ".docker", "trust", "private")
	if err := os.MkdirAll(private, 0o700); err != nil {
		t.Fatal(err)
	}
	g := &gap{t: t, world: w, online: deskOf(t, w.Getenv, func(*flags) {}), stick: filepath.Join(t.TempDir(), "stick")}
	infos, err := g.online.session.keys.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range infos {
		if info.Role == string(trustdata.RoleRoot) {
			if err := os.Rename(info.Path, filepath.Join(private, filepath.Base(info.Path))); err != nil {
				t.Fatal(err)
			}
		}
	}
	g.away = deskOf(t, offline, func(f *flags) { f.offline = true })
	return g
}

// root is a repository's root role as a client that knows nothing reads it.
func (g *gap) root(gun trustdata.GUN) trustdata.RoleView { return g.role(gun, trustdata.RoleRoot) }

func (g *gap) role(gun trustdata.GUN, role trustdata.Role) trustdata.RoleView {
	g.t.Helper()
	res, err := g.online.session.fresh().Fetch(context.Background(), gun)
	if err != nil {
		g.t.Fatal(err)
	}
	view, _ := res.Collection.Role(role)
	return view
}

// speak gives the digits of a root as somebody reads them from the server.
func (g *gap) speak(gun trustdata.GUN) string {
	g.t.Helper()
	res, err := g.online.session.fresh().Fetch(context.Background(), gun)
	if err != nil {
		g.t.Fatal(err)
	}
	return ceremony.Sum(res.Repo.Root.Raw)[:16]
}

// keys are the IDs of the keys in private/ and those in pending/.
func (g *gap) keys(d *desk) (private, pending []trustdata.KeyID) {
	g.t.Helper()
	infos, err := d.session.keys.List(g.t.Context())
	if err != nil {
		g.t.Fatal(err)
	}
	for _, info := range infos {
		private = append(private, info.KeyID)
	}
	for _, k := range pendingKeys(g.t, d) {
		pending = append(pending, k.KeyID)
	}
	return private, pending
}

// carried is the file of a stage on the stick.
func (g *gap) carried(stage ceremony.Stage) *ceremony.Bundle {
	g.t.Helper()
	files, err := filepath.Glob(filepath.Join(g.stick, "*."+string(stage)+".tar"))
	if err != nil || len(files) != 1 {
		g.t.Fatalf("on the stick: %v, %v", files, err)
	}
	b, err := ceremony.ReadFile(files[0])
	if err != nil {
		g.t.Fatal(err)
	}
	return b
}

func (g *gap) path(b *ceremony.Bundle) string {
	return filepath.Join(g.stick, ceremony.FileName(b.Stage(), b.ID))
}

// sure answers a question whose digits come from paper.
func sure(screen *uitest.Driver, typed string) *uitest.Driver {
	return screen.Fits().Has("(locked)").Advance(time.Second).Type(typed).Press("tab", "enter")
}

// yes answers a question without them.
func yes(screen *uitest.Driver) *uitest.Driver {
	return screen.Fits().Lacks("(locked)").Advance(time.Second).Press("tab", "enter")
}

// prepare goes from the first screen to the file on the stick. down is how far the kind is
// below the first.
func (g *gap) prepare(down int, marks ...string) (*uitest.Driver, *ceremony.Bundle) {
	g.t.Helper()
	screen := drive(g.t, g.online).Press("3").Has("[3 Repos")
	for _, name := range marks {
		screen.Press("/").Type(name).Press("enter", "space", "esc")
	}
	screen.Press("A").Fits().Has("a file was brought here", "prepare: new root key").Press("j")
	for range down {
		screen.Press("j")
	}
	screen.Press("enter").Fits().Has("[1 Check]", "The root key is not needed here", "Leaving now changes nothing.").Press("enter")
	if strings.Contains(screen.Text(), "NEW PASSPHRASE") {
		screen.Paste("for the new key").Press("enter").Paste("for the new key").Press("enter")
	}
	screen.Has("WHERE THE FILE FOR THE OFFLINE MACHINE GOES").Paste(g.stick).Press("enter").Fits().Has("[3 Folder]", "no private key", g.stick)
	yes(screen.Press("enter")).Fits().Has("[5 Close]", "NOTHING WAS SENT", "UNMOUNT THE STICK, THEN TAKE IT OUT", "there: A on Keys")
	b := g.carried(ceremony.StagePrepared)
	return screen.Has(ui.Spelled(b.SHA256), ui.Fours(b.SHA256[:32])), b
}

// bring opens the file on the stick from the list of keys.
func (g *gap) bring(d *desk, b *ceremony.Bundle) *uitest.Driver {
	g.t.Helper()
	screen := drive(g.t, d)
	for range 3 {
		if !strings.Contains(screen.Text(), "[2 Keys") {
			screen.Press("esc")
		}
	}
	return screen.Press("2", "A", "enter").Has("A FILE THAT WAS BROUGHT HERE").Paste(g.path(b)).Press("enter").Fits()
}

// TestCeremonyOnScreens is a new root key for two repositories, from the list of repositories
// on a machine that is online, over one that never is, to the trust server.
func TestCeremonyOnScreens(t *testing.T) {
	t.Parallel()
	g := newGap(t)
	before := map[trustdata.GUN]trustdata.RoleView{payWeb: g.root(payWeb), payAPI: g.root(payAPI)}
	had, _ := g.keys(g.online)
	screen, b := g.prepare(0, "pay/web", "pay/api")
	screen.Press("enter").Has("[3 Repos")
	if b.Kind != "rotate root" || !slices.Equal(b.GUNs(), []trustdata.GUN{payAPI, payWeb}) {
		t.Fatalf("prepared: %s of %v", b.Kind, b.GUNs())
	}
	// Nothing was sent, and the machine that prepared it does not sign it.
	if v := g.root(payWeb); v.Version != before[payWeb].Version {
		t.Fatalf("root.json went to version %d", v.Version)
	}
	drive(t, g.online).Has("A CEREMONY WAITS").Press("enter").Has("the signed file is here", "write the file once more")
	g.bring(g.online, b).Has("CARRY IT TO THE MACHINE THAT HAS THE ROOT KEY", b.SHA256[:4]).Press("enter").Has("It is signed on the machine")

	signed := g.sign(b)
	if _, pending := g.keys(g.away); len(pending) != 0 {
		t.Errorf("pending on the offline machine: %v", pending)
	}
	if after, pending := g.keys(g.online); !slices.Equal(after, had) || len(pending) != 0 {
		t.Errorf("keys on the online machine: %v, pending %v, before %v", after, pending, had)
	}

	screen = g.bring(g.online, signed).Has("PUBLISH IT HERE", "____ ____").Lacks(signed.SHA256[:4] + " " + signed.SHA256[4:8]).Press("enter")
	screen.Fits().Has("[1 Check]", "signed for exactly what was prepared", "The stick may be taken out").Press("enter").Fits().Has("[3 Review]", "2 REPOSITORIES WILL TRUST A DIFFERENT ROOT", "a drill").Press("enter")
	sure(screen, "00000000").Has("Locked").Press("esc", "enter")
	sure(screen, signed.SHA256[:8]).Fits().Has("[5 Close]", "DONE. 2 of 2", "KEEP THE OLD KEY")
	for gun, was := range before {
		now := g.root(gun)
		if now.Version != was.Version+1 || now.Keys[0].KeyID == was.Keys[0].KeyID || now.Keys[0].KeyID != signed.Signed.Root(gun).NewKeys[0] {
			t.Errorf("%s: root.json version %d with %v, before %d with %v", gun, now.Version, now.Keys, was.Version, was.Keys)
		}
		if slices.Contains(had, now.Keys[0].KeyID) {
			t.Errorf("%s: the new root key is on the online machine", gun)
		}
	}
	screen.Press("enter").Has("[2 Keys")
	g.bring(g.online, signed).Has("NOTHING IS LEFT TO DO WITH IT: this ceremony was published here.")
	g.bring(g.away, signed).Has("CARRY IT BACK")
}

// sign goes through the offline machine, where nothing is known of any repository.
func (g *gap) sign(b *ceremony.Bundle) *ceremony.Bundle {
	t := g.t
	t.Helper()
	was, _ := g.keys(g.away)
	screen := g.bring(g.away, b).Has("SIGN IT HERE", "____ ____").Lacks(b.SHA256[:4] + " " + b.SHA256[4:8]).Press("enter")
	screen.Fits().Has("[1 Check]", "NOTHING IS KNOWN HERE OF", "NOT BELIEVED YET").Press("enter").Has("d asks for digits")
	for _, gun := range b.GUNs() {
		sure(screen.Press("d").Has(string(gun)), g.speak(gun))
	}
	screen.Fits().Lacks("NOTHING IS KNOWN HERE OF").Has("given by a person").Press("enter").Has("IS IT THE FILE THAT WAS PREPARED?")
	sure(screen, "00000000").Has("Locked").Press("esc").Has("[1 Check]").Press("enter")
	sure(screen, b.SHA256[:8]).Has("PASSPHRASE OF THE OLD ROOT KEY").Paste("not the one").Press("enter").Has("Second try. Nothing has")
	screen.Paste(g.world.Passphrases["root"]).Press("enter").Has("NEW PASSPHRASE OF THE ROOT KEY").Paste("for the new key").Press("enter").Paste("for the new key").Press("enter")
	screen.Fits().Has("[3 New key]").Press("N").Has("WRITE DOWN THE FIRST EIGHT DIGITS", "moves the new key to the trash")
	pending := pendingKeys(t, g.away)
	if len(pending) != 1 {
		t.Fatalf("pending %v", pending)
	}
	paper := string(pending[0].KeyID[:8])
	screen.Press("enter").Has("BACKED UP BEFORE ANYTHING IS SIGNED").Press("x").Type("a drill").Press("enter", "enter").Fits().Has("[5 Review]", "WAIVED: a drill", g.stick).Lacks(paper[:4] + " " + paper[4:]).Press("enter")
	sure(screen, paper).Fits().Has("[7 Close]", "NO REPOSITORY HAS CHANGED YET", "UNMOUNT THE STICK, THEN TAKE IT OUT")
	signed := g.carried(ceremony.StageSigned)
	screen.Has(ui.Spelled(signed.SHA256)).Press("enter").Has("[2 Keys")
	now, _ := g.keys(g.away)
	if len(now) != len(was)+1 || !slices.Contains(now, pending[0].KeyID) {
		t.Errorf("keys on the offline machine: %v, before %v, made %s", now, was, pending[0].KeyID)
	}
	k, err := g.away.session.keys.Open(t.Context(), pending[0].KeyID, keyring.NewPassphrase([]byte("for the new key")))
	if err != nil {
		t.Fatalf("the new key does not open with what was typed: %v", err)
	}
	k.Wipe()
	if !slices.Contains(signed.Signed.Waived, "backup: a drill") {
		t.Errorf("waived: %v", signed.Signed.Waived)
	}
	return signed
}

// TestCeremonyUnfinishedOnScreens: the next start of each machine leads to its step.
func TestCeremonyUnfinishedOnScreens(t *testing.T) {
	t.Parallel()
	g := newGap(t)
	was := g.role(payWeb, trustdata.RoleTargets)
	_, b := g.prepare(3, "pay/web")
	_, pending := g.keys(g.online)
	if len(pending) != 1 || b.Repositories[0].New[0].KeyID != pending[0] {
		t.Fatalf("pending %v, prepared %+v", pending, b.Repositories[0].New)
	}
	// Another stick gets the very same file.
	other := filepath.Join(t.TempDir(), "other")
	drive(t, g.online).Has("A CEREMONY WAITS", "waits for the signed file").Press("enter", "j", "enter").Paste(other).Press("enter", "enter").Fits().Has("UNMOUNT THE STICK", ui.Spelled(b.SHA256))
	if again, err := ceremony.ReadFile(filepath.Join(other, ceremony.FileName(ceremony.StagePrepared, b.ID))); err != nil || again.SHA256 != b.SHA256 {
		t.Fatalf("written once more: %v", err)
	}

	// The stick cannot be written on: what is signed is kept, and the next start says it.
	full := filepath.Join(t.TempDir(), "full")
	if err := os.WriteFile(full, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	screen := g.bring(g.away, b).Press("enter", "d")
	sure(screen, g.speak(payWeb))
	sure(screen.Press("enter"), b.SHA256[:8]).Has("PASSPHRASE OF THE ROOT KEY").Paste(g.world.Passphrases["root"]).Press("enter").Has("[3 Review]", "SIGN ROOT.JSON OF 1 REPOSITORY")
	screen.Press("f").Press("ctrl+u").Paste(full).Press("enter").Has(full).Press("enter")
	sure(screen, string(payWeb)).Fits().Has("IT IS SIGNED AND KEPT HERE", "Nothing will be signed a second time")
	screen = drive(t, g.away).Has("A CEREMONY WAITS", "signed, and kept here").Press("enter").Has("A FILE THAT WAS BROUGHT HERE").Paste(g.path(b)).Press("enter").Press("enter")
	screen.Fits().Has("THIS FILE WAS SIGNED HERE BEFORE").Press("enter").Has("WRITE THE SIGNED FILE ONCE MORE").Press("enter")
	yes(screen).Fits().Has("UNMOUNT THE STICK").Press("enter").Lacks("A CEREMONY WAITS")
	if acts, err := g.away.session.journal(); err != nil {
		t.Fatal(err)
	} else if ops, err := acts.Unfinished(); err != nil || len(ops) != 0 {
		t.Errorf("unfinished on the offline machine: %v, %v", ops, err)
	}

	// Publishing opens the key that waits; a server that is away leaves the ceremony waiting.
	signed := g.carried(ceremony.StageSigned)
	screen = drive(t, g.online).Has("A CEREMONY WAITS").Press("enter", "enter").Paste(g.path(signed)).Press("enter", "enter").Has("[1 Check]").Press("enter")
	screen.Has("PASSPHRASE OF THE NEW REPOSITORY KEY").Paste("for the new key").Press("enter").Has("[3 Review]", "PUBLISH A SIGNED ROOT.JSON TO 1 REPOSITORY").Press("enter")
	sure(screen, signed.SHA256[:8]).Fits().Has("[5 Close]", "DONE. 1 of 1", "back up the new keys")
	now := g.role(payWeb, trustdata.RoleTargets)
	if now.Keys[0].KeyID != pending[0] || now.Keys[0].KeyID == was.Keys[0].KeyID {
		t.Errorf("targets keys %v, before %v, made %v", now.Keys, was.Keys, pending)
	}
	private, left := g.keys(g.online)
	if !slices.Contains(private, pending[0]) || len(left) != 0 {
		t.Errorf("the new key is not in private/: %v, pending %v", private, left)
	}
	screen.Press("enter").Lacks("A CEREMONY WAITS")
}
