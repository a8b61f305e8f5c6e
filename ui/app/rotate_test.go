package app_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/exp/golden"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
	"keyrite/ui/app"
	"keyrite/ui/rotate"
	"keyrite/ui/uitest"
)

// The canaries: what is typed as a passphrase in these tests, and must never be seen.
const (
	oldPass = "canary-old-7Zq"
	newPass = "canary-new-9Xw"
)

// recipient is a public key of age.
const recipient = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"

// recipientEnd ends its fingerprint.
const recipientEnd = "6fdd"

// rotations is a service that does nothing, and writes down what it was asked to do.
type rotations struct {
	plan                        *rotation.Plan
	planErr, prepErr, publishIt error
	backupErr, abandonErr       error
	result                      *rotation.Result
	opened                      []*keyring.PrivateKey
	changed                     []string
	pending                     int
	during                      func() // runs between two steps of a publish
	unlocked                    bool   // no key needs a passphrase
}

func newRotations(role trustdata.Role) *rotations {
	gun := trustdata.GUN("registry.acme.io/pay/web")
	p := &rotation.Plan{ID: "20261122T094100Z-00000000", Kind: "rotate " + string(role), Server: "https://notary.acme.io", RootVersion: 8,
		Request: rotation.Request{GUN: gun, Role: role}, WillNotFollow: []string{}, OldKeys: []trustdata.KeyID{id("b7712fe")},
		Steps: []string{"check that the server still has what this plan saw", "sign the new metadata and verify it as a client would", "send it"},
		Need:  []rotation.Need{{KeyID: id("7f3a9c1e"), Role: trustdata.RoleRoot, GUN: gun, Why: "it signs version 8 of root.json"}},
		Changes: []string{fmt.Sprintf("%s: the %s key %s gives way to a new key made on this machine", gun, role.Title(), id("b7712fe").Short()),
			"root.json: version 7 to 8", "snapshot.json: made anew by the server"}}
	if role == trustdata.RoleRoot {
		p.OldKeys, p.WillNotFollow = []trustdata.KeyID{id("7f3a9c1e")}, []string{`clients that pin the old root certificate ("trust_pinning" in notary's configuration)`}
	}
	if role != trustdata.RoleTimestamp {
		p.Need = append(p.Need, rotation.Need{Role: role, GUN: gun, New: true, Why: "the new " + role.Title() + " key is made here and locked with this passphrase"})
	}
	yes := true
	return &rotations{plan: p, result: &rotation.Result{GUN: gun, Role: role, OldKeys: p.OldKeys, NewKeys: []trustdata.KeyID{id("2b80e4d7")}, Published: &yes,
		RootVersion: 8, Verified: true, Waived: []string{}}}
}

func (f *rotations) Plan(context.Context, rotation.Request) (*rotation.Plan, error) {
	return f.plan, f.planErr
}

func (f *rotations) Unlocked(_ context.Context, k trustdata.KeyID) (*keyring.PrivateKey, error) {
	if !f.unlocked {
		return nil, nil
	}
	return f.open()
}

func (f *rotations) Open(_ context.Context, k trustdata.KeyID, p keyring.Passphrase) (*keyring.PrivateKey, error) {
	if !p.Equal(keyring.NewPassphrase([]byte(oldPass))) {
		return nil, fmt.Errorf("key %q: %w", k, keyring.ErrPassphrase)
	}
	return f.open()
}

func (f *rotations) open() (*keyring.PrivateKey, error) {
	k, err := keyring.Generate(trustdata.KeyED25519)
	f.opened = append(f.opened, k)
	return k, err
}

func (f *rotations) Prepare(_ context.Context, _ *rotation.Plan, p keyring.Passphrase) (*rotation.Prepared, error) {
	if f.prepErr != nil {
		return nil, f.prepErr
	}
	if !p.Equal(keyring.NewPassphrase([]byte(newPass))) && f.plan.Role != trustdata.RoleTimestamp {
		return nil, errors.New("this is not the passphrase that was typed")
	}
	f.changed = append(f.changed, "prepared")
	f.pending++
	return &rotation.Prepared{NewIDs: []trustdata.KeyID{id("2b80e4d7")}}, nil
}

func (f *rotations) BackUp(_ context.Context, _ *rotation.Prepared, folder string, to []string) (*backup.CreateResult, error) {
	if f.backupErr != nil {
		return nil, f.backupErr
	}
	f.changed = append(f.changed, "backed up to "+folder+" for "+strings.Join(to, " "))
	return &backup.CreateResult{File: folder + "/keyrite-2026-11-22T094100Z.age", State: backup.StateReadBack, Keys: make([]backup.Key, 11), Waived: []string{backup.WaiverProof}}, nil
}

func (f *rotations) Waive(_ context.Context, _ *rotation.Plan, reason string) error {
	f.changed = append(f.changed, "waived: "+reason)
	return nil
}

func (f *rotations) Publish(_ context.Context, _ *rotation.Prepared, keys rotation.Keys, progress rotation.Progress) (*rotation.Result, error) {
	for _, k := range keys {
		if _, err := k.Sign([]byte("x")); err != nil {
			return nil, err
		}
	}
	for _, step := range []string{"sign", "send", "confirm"} {
		progress(step)
		if f.during != nil {
			f.during()
		}
	}
	f.changed = append(f.changed, "published")
	f.pending--
	if f.publishIt != nil {
		return f.result, f.publishIt
	}
	progress("promote")
	return f.result, nil
}

func (f *rotations) Abandon(context.Context, *rotation.Prepared) error {
	f.changed = append(f.changed, "abandoned")
	f.pending--
	return f.abandonErr
}

// wiped fails unless every key that was opened can sign no more.
func (f *rotations) wiped(t *testing.T) {
	t.Helper()
	for _, k := range f.opened {
		if _, err := k.Sign([]byte("x")); err == nil {
			t.Errorf("the opened key %s was not wiped", k.KeyID().Short())
		}
	}
}

// lobby is where a wizard is opened from.
type lobby struct{ *ui.List }

func newLobby(st *ui.Styles) lobby {
	l := lobby{ui.NewList(st, "row", "rows")}
	l.Set(ui.NewListing(ui.Page{Sections: []ui.Section{{Title: "THE LOBBY"}}}))
	return l
}

func (l lobby) Init() tea.Cmd              { return nil }
func (l lobby) Title() string              { return "lobby" }
func (l lobby) Update(msg tea.Msg) tea.Cmd { cmd, _ := l.List.Update(msg); return cmd }
func (l lobby) ShortHelp() []key.Binding   { return l.Short() }
func (l lobby) FullHelp() [][]key.Binding  { return [][]key.Binding{l.Moves()} }

// enter opens a screen from the lobby of a console of this size.
func enter(t testing.TB, width, height int, screen func(*ui.Styles, ui.Clock) ui.Screen) *uitest.Driver {
	clock, st := uitest.NewClock(), ui.NewStyles(ui.Look{})
	m := app.New(app.Options{Styles: st, Clock: clock.UI(), Profile: "PROD acme", Server: "notary.acme.io", Badge: "RW", ParseName: app.ParseName,
		Tabs: []app.Tab{{Digit: "2", Name: "Keys", Screen: newLobby(st)}}})
	return uitest.New(t, m, clock, width, height).Send(ui.PushMsg{Screen: screen(st, clock.UI())})
}

func (f *rotations) enter(t testing.TB, width, height int, role trustdata.Role) *uitest.Driver {
	return enter(t, width, height, func(st *ui.Styles, clock ui.Clock) ui.Screen {
		return rotate.New(rotate.Options{Context: context.Background(), Styles: st, Clock: clock, GUN: "registry.acme.io/pay/web", Role: role,
			Profile: "PROD acme", Service: f})
	})
}

// stage is one moment of a flow: its name, and what is done to come there from the one
// before.
type stage struct {
	name string
	do   func(*uitest.Driver)
}

func press(keys ...string) func(*uitest.Driver) {
	return func(d *uitest.Driver) { d.Press(keys...) }
}

func typeIn(text string) func(*uitest.Driver) {
	return func(d *uitest.Driver) { d.Type(text).Press("enter") }
}

// rootFlow is the whole rotation of a root key.
var rootFlow = []stage{
	{"1 check", press()},
	{"2 old passphrase", press("enter")},
	{"2 wrong passphrase", typeIn("not the one")},
	{"2 new passphrase", typeIn(oldPass)},
	{"2 new passphrase again", typeIn(newPass)},
	{"3 no key yet", typeIn(newPass)},
	{"3 new key", press("N")},
	{"4 not backed up", press("enter")},
	{"4 folder", press("B")},
	{"4 recipients", typeIn("/media/stick")},
	{"4 fingerprint", func(d *uitest.Driver) { d.Paste(recipient).Press("enter") }},
	{"4 backed up", typeIn(recipientEnd)},
	{"5 review", press("enter")},
	{"5 confirm", press("enter")},
	{"6 publish", func(d *uitest.Driver) { d.Advance(time.Second).Type("2b80e4d7").Press("tab").Pause().Press("enter") }},
	{"7 close", func(d *uitest.Driver) { d.Resume() }},
	{"lobby", press("enter")},
}

// targetsFlow is that of a repository key.
var targetsFlow = []stage{
	{"1 check", press()},
	{"2 old passphrase", press("enter")},
	{"2 new passphrase", typeIn(oldPass)},
	{"2 new passphrase again", typeIn(newPass)},
	{"3 review", typeIn(newPass)},
	{"3 confirm", press("enter")},
	{"4 publish", func(d *uitest.Driver) {
		d.Advance(time.Second).Type("registry.acme.io/pay/web").Press("tab").Pause().Press("enter")
	}},
	{"5 close", func(d *uitest.Driver) { d.Resume() }},
	{"lobby", press("enter")},
}

// until walks a flow up to and with the stage of that name.
func until(t testing.TB, d *uitest.Driver, flow []stage, name string) *uitest.Driver {
	t.Helper()
	for _, s := range flow {
		s.do(d)
		if s.name == name {
			return d
		}
	}
	t.Fatalf("the flow has no %q", name)
	return d
}

// frames compares every frame of a flow with one golden file for each size.
func frames(t *testing.T, flow []stage, start func(width, height int) *uitest.Driver) {
	for _, s := range [][2]int{{100, 30}, {80, 24}, {60, 15}} {
		t.Run(sizeName(s), func(t *testing.T) {
			var all strings.Builder
			d := start(s[0], s[1])
			for _, st := range flow {
				st.do(d)
				fmt.Fprintf(&all, "==== %s\n%s", st.name, d.Fits().Text())
			}
			golden.RequireEqual(t, all.String())
		})
	}
}

func TestRotateFrames(t *testing.T) {
	t.Run("root", func(t *testing.T) {
		frames(t, rootFlow, func(w, h int) *uitest.Driver {
			return newRotations(trustdata.RoleRoot).enter(t, w, h, trustdata.RoleRoot)
		})
	})
	t.Run("targets", func(t *testing.T) {
		frames(t, targetsFlow, func(w, h int) *uitest.Driver {
			return newRotations(trustdata.RoleTargets).enter(t, w, h, trustdata.RoleTargets)
		})
	})
	// What stands there when it does not go well.
	failed := slices.Clone(targetsFlow[:len(targetsFlow)-1])
	failed[len(failed)-1].name = "4 not published"
	for name, err := range map[string]error{
		"refused": fmt.Errorf("%w: the server answered 403 to the upload", rotation.ErrRefused),
		"unknown": fmt.Errorf("%q: %w; the new key waits in pending/, the old key is in place", "registry.acme.io/pay/web", rotation.ErrUnknown),
	} {
		t.Run(name, func(t *testing.T) {
			frames(t, failed[len(failed)-1:], func(w, h int) *uitest.Driver {
				f := newRotations(trustdata.RoleTargets)
				f.result, f.publishIt = nil, err
				return until(t, f.enter(t, w, h, trustdata.RoleTargets), targetsFlow, "4 publish")
			})
		})
	}
}
