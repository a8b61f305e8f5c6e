package main

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"keyrite/backup/media"
	"keyrite/cmd/keyrite/demo"
	"keyrite/trustdata"
	"keyrite/trustdata/remote"
	"keyrite/ui/uitest"
)

// broken is the demo's console with its palette at hand.
type broken struct {
	*testing.T
	*uitest.Driver
	world *demo.World
	desk  *desk
}

func breakable(t *testing.T) *broken {
	world, desk, d := demoConsole(t)
	d.Press("esc", "1").Has("[1 Overview").Lacks("STOP")
	return &broken{t, d, world, desk}
}

// choose takes an entry of the palette. What it answered stands until the next key.
func (b *broken) choose(line string) *uitest.Driver {
	return b.Press(":").Type(line).Press("enter").Advance(time.Second)
}

// open opens a repository by its name.
func (b *broken) open(path string) *uitest.Driver {
	return b.Press("o").Type(demo.Host + "/" + path).Press("enter")
}

// published is the version of a repository's tags as a client that knows nothing reads them.
func (b *broken) published(gun trustdata.GUN) int64 {
	b.Helper()
	res, err := b.desk.session.fresh().Fetch(b.Context(), gun)
	if err != nil {
		b.Fatal(err)
	}
	return res.Repo.Targets[trustdata.RoleTargets].Body.Version
}

// TestDemoTamperedTag: a tag that serves what nobody signed is MOVED in its list and on the
// Overview, which compares once it is told to.
func TestDemoTamperedTag(t *testing.T) {
	b := breakable(t)
	b.Press("d").Has("pay/web:stable", "signed digest is not what is served").Lacks("pay/web:latest")
	b.choose("break tampered tag").Has("BROKEN: the registry serves another image as pay/web:latest. On 1, d compares tags.", "pay/web:latest and 1 more")
	b.open("pay/web").Has("latest       SIGNED, MOVED", "signed but moved")
	b.choose("mend tampered tag").Has("Mended: tampered tag.", "latest       signed")
	b.Press("1").Has("pay/web:stable").Lacks("pay/web:latest")
	b.Press("/").Type("without pay").Press("enter", "enter").Has("overview > pay/web", ">!  2026.11-rc1", "latest").Press("esc").Has("overview /without pay", ">!  --       served without a signature")
}

// TestDemoTamperedMetadata: nothing of what somebody changed on its way is used, or called
// live, and the error goes with what it was about.
func TestDemoTamperedMetadata(t *testing.T) {
	b := breakable(t)
	b.open("infra/proxy").Has("2 signed and current", "live ")
	b.choose("break tampered metadata").Has("What happened", "0 of 1 needed signatures are valid", "Do not pull.", "REFUSED, ").Lacks("live ")
	b.choose("mend tampered metadata").Has("Mended: tampered metadata.", "2 signed and current", "live ").Lacks("What happened", "REFUSED")
	b.choose("messages").Has("Read again, and the error before is over: infra/proxy.", "0 of 1 needed signatures")
	b.Press("1")
	b.choose("break tampered metadata").Has("metadata does not verify", "infra/proxy", "look")
	b.choose("mend tampered metadata").Lacks("metadata does not verify")
}

// TestDemoRollback: a server that contradicts what was seen is the one alarm. k keeps refusing,
// e keeps the evidence, nothing can be put off, and nothing is signed on top of it.
func TestDemoRollback(t *testing.T) {
	b := breakable(t)
	gun := trustdata.GUN(demo.Host + "/pay/api")
	before := b.published(gun)
	b.choose("break rollback").Has("BROKEN: the trust server gives out what pay/api was before the last change. 1 says so.", "STOP: the server contradicts what was seen")
	var conflict *remote.Conflict
	if _, err := b.desk.session.collection(t.Context(), gun); !errors.As(err, &conflict) {
		t.Errorf("rolled back: %v", err)
	}
	b.Press("g", "Z").Has("STOP: the server", "that cannot be put off").Lacks("Why:")
	b.Press("enter").Has("overview > pay/api", "So does an attack", "k keep refusing (safe)", "e export both copies", "REFUSED, ").Lacks("live ")
	b.Press("e").Has("Both copies are in ")
	b.Press("k").Has("It stays refused until the server is in order.", "REFUSED, ").Lacks("What happened", "k keep refusing")
	b.Press("j", "S").Has("So does an attack").Press("esc")
	b.choose("mend rollback").Has("Mended: rollback.").Lacks("STOP")
	if now := b.published(gun); now != before {
		t.Errorf("targets of %s has version %d after it was %d: something was published", gun, now, before)
	}

	// What is signed anew once the server is in order again is what it may not go behind.
	at(b.Driver, "pay/api").Press("F", "a", "enter").Type(b.world.Passphrases["root"]).Press("enter").Type(b.world.Passphrases["targets"]).Press("enter", "enter")
	b.Advance(time.Second).Press("tab", "enter").Has("[5 Close]").Press("enter", "1")
	if now := b.published(gun); now != before+1 {
		t.Errorf("targets of %s has version %d, want %d", gun, now, before+1)
	}
	b.choose("break rollback").Has("STOP: the server contradicts what was seen")
	b.choose("mend rollback").Lacks("STOP")
}

// TestDemoKilledRotation: what was cut off is on the Overview as long as it is unfinished.
func TestDemoKilledRotation(t *testing.T) {
	b := breakable(t)
	b.Has("a change is unfinished", "go on").Press("j", "enter").Has("A ROTATION IS UNFINISHED: 0 OF 2", "shop/front", "shop/cart").Press("enter").Has("GO ON WITH 2 REPOSITORIES").Press("enter")
	for _, role := range []string{"root", "snapshot", "root"} {
		b.Type(b.world.Passphrases[role]).Press("enter")
	}
	confirmRoot(t, b.Driver).Has("DONE. 2 of 2 repositories").Press("enter").Has("[1 Overview").Lacks("a change is unfinished")
}

// TestDemoLyingStick: a copy on a stick that has begun to forget is found out by a drill, and
// counts again only when one has found it whole.
func TestDemoLyingStick(t *testing.T) {
	b := breakable(t)
	i := slices.IndexFunc(b.world.Sticks(), func(d media.Drive) bool { return d.Label == "BARGAIN" })
	args := []string{"backup", "create", "--to", b.world.Sticks()[i].Mount, "-r", b.world.Recipient, "-i", b.world.IdentityFile, "--yes"}
	if err := b.desk.session.cli.execute(t.Context(), args); err != nil {
		t.Fatal(err)
	}
	b.Press("4").Has("1 of 2 copies", "proven")
	b.choose("break lying stick").Has("BROKEN: the stick BARGAIN forgets what it is given. On 4, b writes a copy to it and d drills one.")
	b.Press("d", "enter").Type(b.world.IdentityFile).Press("enter").Has("backups > drill", "It is NOT sound. Do not rely on it.", "Nothing of it can be used.", "says another SHA-256").Lacks("\\x0a")
	b.Press("esc").Has("0 of 2 copies", "DAMAGED", "make another copy")
	b.Press("1").Has("no backup")

	b.choose("mend lying stick").Has("Mended: lying stick.")
	b.Press("4", "d", "enter", "enter")
	for _, role := range []string{"root", "targets", "snapshot", "delegation"} {
		b.Type(b.world.Passphrases[role]).Press("enter", "2")
	}
	b.Has("It is sound as far as it was looked at.", "12 of 13 passphrases").Press("esc", "esc").Has("1 of 2 copies", "proven").Lacks("DAMAGED")
	b.Press("1").Lacks("no backup")
}

// TestDemoTellsOfItself: what the banner said is a page of the palette, with what is to be typed.
func TestDemoTellsOfItself(t *testing.T) {
	b := breakable(t)
	b.choose("demo").Has("overview > demo", b.world.Passphrases["delegation"], b.world.Recipient, "WHAT CAN GO WRONG", "lying stick", "On 4, b writes a copy to it")
	b.Press("y").Has("COPY", "the public key for backups", "the path of the identity file").Press("esc", "esc").Has("[1 Overview")
}

// TestDemoNamesItsProblems: --with takes the names of problems alone.
func TestDemoNamesItsProblems(t *testing.T) {
	got, err := problemsNamed([]string{"rollback", "lying-stick"})
	if err != nil || len(got) != 2 || got[0] != demo.Rollback || got[1] != demo.LyingStick {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := problemsNamed([]string{"rollback", "fire"}); !errors.Is(err, errUsage) || !strings.Contains(err.Error(), `"fire"`) {
		t.Errorf("fire: %v", err)
	}
}
