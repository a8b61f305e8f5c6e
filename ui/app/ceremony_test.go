package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation/ceremony"
	"keyrite/ui/uitest"
)

// fromPaper answers a question whose digits no screen of this machine shows.
func fromPaper(text func() string) func(*uitest.Driver) {
	return func(d *uitest.Driver) { d.Advance(time.Second).Type(text()).Press("tab", "enter") }
}

// ceremonyFlows are the three parts of a ceremony for two repositories, in their order.
func (c *ceremonyWorld) flows() (prepare, sign, publish []stage) {
	sum := func(stage ceremony.Stage) func() string { return func() string { return c.file(stage).SHA256[:8] } }
	root := func(gun trustdata.GUN) func() string {
		return func() string { return ceremony.Sum(c.file(ceremony.StagePrepared).Repository(gun).Roots()[0])[:16] }
	}
	bring := func(stage ceremony.Stage) func(*uitest.Driver) {
		return func(d *uitest.Driver) {
			d.Paste(stickName + "/" + ceremony.FileName(stage, c.file(stage).ID)).Press("enter")
		}
	}
	prepare = []stage{
		{"menu", press()}, {"1 check", press("j", "enter")}, {"3 folder asked", press("enter")}, {"3 folder", typeIn(stickName)}, {"3 confirm", press("enter")},
		{"4 write", func(d *uitest.Driver) { d.Advance(time.Second).Press("tab").Pause().Press("enter") }}, {"5 close", func(d *uitest.Driver) { d.Resume() }}, {"lobby", press("enter")}}
	sign = []stage{
		{"file asked", press("enter")}, {"file", bring(ceremony.StagePrepared)}, {"1 nothing known", press("enter")}, {"1 root", press("d")}, {"1 one known", fromPaper(root(realGUN))},
		{"1 check", func(d *uitest.Driver) { fromPaper(root(secondGUN))(d.Press("d")) }}, {"1 is it the file", press("enter")}, {"2 passphrase", fromPaper(sum(ceremony.StagePrepared))},
		{"2 new passphrase", typeIn(oldPass)}, {"2 once more", typeIn(newPass)}, {"3 no key yet", typeIn(newPass)}, {"3 new key", press("N")},
		{"4 not backed up", press("enter")}, {"5 review", func(d *uitest.Driver) { d.Press("x").Type("a drill").Press("enter", "enter") }}, {"5 confirm", press("enter")},
		{"6 sign", func(d *uitest.Driver) {
			d.Advance(time.Second).Type(string(c.away.pending()[0].KeyID[:8])).Press("tab").Pause().Press("enter")
		}}, {"7 close", func(d *uitest.Driver) { d.Resume() }}, {"lobby", press("enter")}}
	publish = []stage{
		{"file asked", press("enter")}, {"file", bring(ceremony.StageSigned)}, {"1 check", press("enter")}, {"3 review", press("enter")}, {"3 confirm", press("enter")},
		{"4 publish", func(d *uitest.Driver) {
			d.Advance(time.Second).Type(sum(ceremony.StageSigned)()).Press("tab").Pause().Press("enter")
		}}, {"5 close", func(d *uitest.Driver) { d.Resume() }}, {"lobby", press("enter")}}
	return prepare, sign, publish
}

// TestCeremonyFrames is the whole ceremony at every size; what differs from run to run is
// masked. Nothing that is typed as a passphrase is in any frame, and the digits that are to
// come from paper are not in those before they were typed.
func TestCeremonyFrames(t *testing.T) {
	for _, s := range [][2]int{{100, 30}, {80, 24}, {60, 15}} {
		t.Run(sizeName(s), func(t *testing.T) {
			c := newCeremonyWorld(t, secondGUN)
			prepare, sign, publish := c.flows()
			var all strings.Builder
			for _, part := range []struct {
				name string
				d    *uitest.Driver
				flow []stage
			}{{"prepare", c.at(c.trustWorld, s[0], s[1], realGUN, secondGUN), prepare}, {"sign", c.at(c.away, s[0], s[1]), sign}, {"publish", c.at(c.trustWorld, s[0], s[1]), publish}} {
				for _, st := range part.flow {
					st.do(part.d)
					fmt.Fprintf(&all, "==== %s %s\n%s", part.name, st.name, masked(part.d.Fits().Lacks("canary").Text()))
				}
				part.d.Has("THE LOBBY")
			}
			golden.RequireEqual(t, all.String())
			for _, gun := range []trustdata.GUN{realGUN, secondGUN} {
				if v, _ := c.collectionOf(gun).Role(trustdata.RoleRoot); v.Version != 2 || v.Keys[0].KeyID == c.root.KeyID() {
					t.Errorf("%s: root.json version %d lists %v", gun, v.Version, v.Keys)
				}
			}
			if len(c.pending())+len(c.away.pending()) != 0 || len(c.away.files()) != 2 {
				t.Errorf("pending %v and %v; keys on the offline machine %v", c.pending(), c.away.pending(), c.away.files())
			}
		})
	}
}

// toSign walks up to a stage of the signing.
func (c *ceremonyWorld) toSign(name string) *uitest.Driver {
	c.t.Helper()
	prepare, sign, _ := c.flows()
	until(c.t, c.at(c.trustWorld, 100, 30, realGUN, secondGUN), prepare, "5 close")
	return until(c.t, c.at(c.away, 100, 30), sign, name)
}

// TestCeremonySigningGivenUp: leaving before anything is signed undoes what was made, and the
// same file is signed afterwards.
func TestCeremonySigningGivenUp(t *testing.T) {
	c := newCeremonyWorld(t, secondGUN)
	d := c.toSign("5 review").Press("esc").Has("[1 Check]", "Given up before anything was signed", "is in the trash")
	if len(c.away.pending()) != 0 || len(c.away.files()) != 1 {
		t.Errorf("pending %v, keys %v", c.away.pending(), c.away.files())
	}
	d.Press("enter").Has("PASSPHRASE OF THE OLD ROOT KEY").Type(oldPass).Press("enter").Type(newPass).Press("enter").Type(newPass).Press("enter", "N", "enter", "x").Type("a drill").Press("enter", "enter", "enter")
	fromPaper(func() string { return string(c.away.pending()[0].KeyID[:8]) })(d)
	d.Fits().Has("[7 Close]", "NO REPOSITORY HAS CHANGED YET")
}

// TestCeremonyStickIsFull: what is signed is kept, nothing is signed twice, and another stick
// gets the very same file.
func TestCeremonyStickIsFull(t *testing.T) {
	c := newCeremonyWorld(t, secondGUN)
	d := c.toSign("6 sign")
	c.full = syscall.ENOSPC
	d.Resume().Fits().Has("IT IS SIGNED AND KEPT HERE", "Nothing will be signed a second time", "the stick may be taken out")
	kept := c.away.pending()
	c.full = nil
	d.Press("enter").Fits().Has("THIS FILE WAS SIGNED HERE BEFORE").Press("enter").Has("WRITE THE SIGNED FILE ONCE MORE").Press("enter").Advance(time.Second).Press("tab", "enter").Fits().Has("[7 Close]")
	if made := c.file(ceremony.StageSigned).Signed.Root(realGUN).NewKeys; len(kept) != 1 || made[0] != kept[0].KeyID || len(c.away.pending()) != 0 {
		t.Errorf("signed with %v, and %v was made", made, kept)
	}
}

// TestCeremonyPublishingStops: a server that does not answer leaves its repository waiting, T
// goes on with it, and nobody is asked for the digits again.
func TestCeremonyPublishingStops(t *testing.T) {
	c := newCeremonyWorld(t, secondGUN)
	c.toSign("7 close")
	_, _, publish := c.flows()
	d := until(t, c.at(c.trustWorld, 100, 30), publish, "4 publish")
	c.fault = badGateway
	d.Resume().Fits().Has("STOPPED AFTER 1 OF 2", "What happened", "T try again", "the stick may be taken out")
	if v, _ := c.collectionOf(secondGUN).Role(trustdata.RoleRoot); v.Version != 1 {
		t.Errorf("root.json has version %d", v.Version)
	}
	c.fault = nil
	d.Press("enter").Has("T tries again").Press("T").Fits().Has("[5 Close]", "DONE. 2 of 2")
	if v, _ := c.collectionOf(secondGUN).Role(trustdata.RoleRoot); v.Version != 2 {
		t.Errorf("root.json has version %d", v.Version)
	}
	d.Press("enter").Has("THE LOBBY")
}

// TestCeremonyPublishingRefused: a server that takes nothing leaves the ceremony waiting, and
// P keeps it for the next start.
func TestCeremonyPublishingRefused(t *testing.T) {
	c := newCeremonyWorld(t, secondGUN)
	c.toSign("7 close")
	refused := 0
	c.fault = func(rw http.ResponseWriter, _ *http.Request) bool {
		refused++
		http.Error(rw, `{"errors":[{"code":"UNAUTHORIZED","message":"no push","detail":null}]}`, http.StatusForbidden)
		return true
	}
	_, _, publish := c.flows()
	d := until(t, c.at(c.trustWorld, 100, 30), publish, "5 close").Fits().Has("STOPPED AFTER 0 OF 2")
	if refused == 0 {
		t.Error("nothing was refused")
	}
	d.Press("P").Lacks("STOPPED")
	if ops, err := c.Unfinished(); err != nil || len(ops) != 1 {
		t.Errorf("unfinished: %v, %v", ops, err)
	}
}
