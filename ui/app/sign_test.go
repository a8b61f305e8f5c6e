package app_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
	"keyrite/ui/app"
	"keyrite/ui/change"
	"keyrite/ui/uitest"
)

// signings is a service that does nothing, and writes down what it was asked to do.
type signings struct {
	unsign            bool
	planErr, applyErr error
	stays             []string
	opened            []*keyring.PrivateKey
	changed           []string
	asked             int // how often the registry was asked
	more              []rotation.Need
}

func (f *signings) Plan(_ context.Context, gun trustdata.GUN, tags []string) (*rotation.Edit, error) {
	f.asked++
	e := &rotation.Edit{ID: "20261122T094100Z-00000000", Kind: "sign " + tags[0], GUN: gun, Server: "https://notary.acme.io",
		Roles: []trustdata.Role{"targets/alice", "targets/releases"}, WillNotFollow: f.stays, Was: map[string]string{"latest": digest("e07b55c1903d")},
		Steps: []string{"check that the server still has what this plan saw", "sign the new metadata and verify it as a client would", "send it", "fetch it by version and everything else with an empty cache, and verify it"},
		Need:  []rotation.Need{{KeyID: id("6cf02d9"), Role: "targets/alice", GUN: gun, Why: "it signs targets/alice"}}}
	e.Need = append(e.Need, f.more...)
	for i, tag := range tags {
		t := rotation.TagTarget{Tag: tag}
		if !f.unsign {
			t.Target = rotation.Target{Digest: digest(fmt.Sprintf("c2219f0e4b8%d", i)), Length: int64(1862 + i)}
		}
		e.Tags = append(e.Tags, t)
		for _, role := range e.Roles {
			e.Changes = append(e.Changes, fmt.Sprintf("%s: %s signed for sha256:%s, %d bytes", role, tag, t.Digest, t.Length))
		}
	}
	return e, f.planErr
}

func (f *signings) Unlocked(context.Context, trustdata.KeyID) (*keyring.PrivateKey, error) {
	return nil, nil
}

func (f *signings) Open(_ context.Context, k trustdata.KeyID, p keyring.Passphrase) (*keyring.PrivateKey, error) {
	if !p.Equal(keyring.NewPassphrase([]byte(oldPass))) {
		return nil, fmt.Errorf("key %q: %w", k, keyring.ErrPassphrase)
	}
	made, err := keyring.Generate(trustdata.KeyECDSA)
	f.opened = append(f.opened, made)
	return made, err
}

func (f *signings) Apply(_ context.Context, e *rotation.Edit, keys rotation.Keys, progress rotation.Progress) (*rotation.EditResult, error) {
	for _, step := range []string{"sign", "send", "confirm"} {
		progress(step)
	}
	if f.applyErr != nil {
		return nil, f.applyErr
	}
	for _, t := range e.Tags {
		f.changed = append(f.changed, t.Tag)
	}
	return &rotation.EditResult{GUN: e.GUN, Changed: e.Roles, Versions: map[trustdata.Role]int64{"targets/alice": 12, "targets/releases": 30}, Published: true, Verified: true}, nil
}

// wiped fails unless no opened key can sign any more.
func (f *signings) wiped(t *testing.T) {
	t.Helper()
	for _, k := range f.opened {
		if _, err := k.Sign([]byte("x")); err == nil {
			t.Error("a key is still open")
		}
	}
}

func (f *signings) enter(t testing.TB, width, height int, tags, hidden []string) *uitest.Driver {
	return enter(t, width, height, func(st *ui.Styles, clock ui.Clock) ui.Screen {
		return change.New(change.Options{Setting: change.Setting{Context: context.Background(), Styles: st, Clock: clock, Profile: "PROD acme"}, GUN: "registry.acme.io/pay/web",
			Tags: tags, Hidden: hidden, Unsign: f.unsign, Service: f})
	})
}

var signFlow = []stage{
	{"1 check", press()},
	{"2 passphrase", press("enter")},
	{"2 wrong passphrase", typeIn("not the one")},
	{"3 review", typeIn(oldPass)},
	{"3 question", press("enter")},
	{"3 question, act selected", func(d *uitest.Driver) { d.Advance(time.Second).Press("tab") }},
	{"5 close", press("enter")},
	{"lobby", press("enter")},
}

var chosen = []string{"2026.11-rc1", "debug", "latest", "hid\x1b[2Jden"}

func TestSignFrames(t *testing.T) {
	frames(t, signFlow, func(w, h int) *uitest.Driver {
		return (&signings{stays: []string{"targets/bob goes on vouching"}}).enter(t, w, h, chosen, chosen[3:])
	})
}

func TestSignOneFrames(t *testing.T) {
	frames(t, signFlow, func(w, h int) *uitest.Driver { return (&signings{}).enter(t, w, h, chosen[:1], nil) })
}

func TestUnsignFrames(t *testing.T) {
	frames(t, signFlow, func(w, h int) *uitest.Driver { return (&signings{unsign: true}).enter(t, w, h, chosen[:1], nil) })
}

func TestSignDoesWhatItSays(t *testing.T) {
	f := &signings{}
	d := until(t, f.enter(t, 100, 30, chosen, chosen[3:]), signFlow, "3 question").Has("SIGN 4 TAGS", "1 of these, by the filter", "c2219f0e4b80...", "1862 bytes", "Sign 4 tags")
	if len(f.changed) != 0 {
		t.Fatalf("changed %q before the answer", f.changed)
	}
	d.Advance(time.Second).Press("tab", "enter").Has("[5 Close]", "version 12", "version 30").Press("enter").Has("THE LOBBY")
	if !slices.Equal(f.changed, chosen) {
		t.Errorf("changed %q", f.changed)
	}
	f.wiped(t)
	if !slices.ContainsFunc(d.Sent, func(m tea.Msg) bool { _, ok := m.(ui.DoneMsg); return ok }) {
		t.Error("the other screens were not told")
	}
}

// Enter alone never signs: Cancel is selected, and too early keys are not heard.
func TestSignIsNotAnsweredByEnter(t *testing.T) {
	f := &signings{}
	d := until(t, f.enter(t, 100, 30, chosen, nil), signFlow, "3 question").Press("enter", "enter", "tab", "enter").Advance(2*time.Second).Press("enter", "enter", "enter")
	if len(f.changed) != 0 {
		t.Errorf("changed %q:\n%s", f.changed, d.Text())
	}
}

// From every step before the sending, every way out leaves no key open and signs nothing.
func TestSignLeavesNothing(t *testing.T) {
	for _, s := range signFlow[:6] {
		for _, way := range []string{"esc", "ctrl+c"} {
			f := &signings{}
			d := until(t, f.enter(t, 100, 30, chosen, nil), signFlow, s.name)
			for range 8 {
				if strings.Contains(d.Text(), "THE LOBBY") || d.Quit {
					break
				}
				d.Press(way)
			}
			if !d.Quit && !strings.Contains(d.Text(), "THE LOBBY") || len(f.changed) != 0 {
				t.Errorf("%s at %q: changed %q\n%s", way, s.name, f.changed, d.Text())
			}
			f.wiped(t)
		}
	}
}

func TestSignForgetsKeys(t *testing.T) {
	f := &signings{}
	d := until(t, f.enter(t, 100, 30, chosen, nil), signFlow, "3 review").Advance(5 * time.Minute).Has("Opened keys were forgotten")
	f.wiped(t)
	d.Press("enter").Has("PASSPHRASE OF THE").Type(oldPass).Press("enter", "enter").Advance(time.Second).Press("tab", "enter").Has("[5 Close]")
}

// With several keys the page tells which are open, and for how long.
func TestSignSaysHowLongKeysAreOpen(t *testing.T) {
	f := &signings{more: []rotation.Need{{KeyID: id("7f3a9c1"), Role: "snapshot", Why: "it signs snapshot.json"}}}
	d := until(t, f.enter(t, 100, 30, chosen, nil), signFlow, "2 wrong passphrase").Type(oldPass).Press("enter").Has("PASSPHRASE OF THE SNAPSHOT KEY")
	d.Press("esc").Has("open until 09:4", "not open yet", "it signs snapshot.json")
}

// How it stands after a failure, and that it can be tried again where that makes sense.
func TestSignFails(t *testing.T) {
	for says, err := range map[string]error{
		"THE SERVER DID NOT TAKE THE CHANGE. NOTHING HAS CHANGED.": rotation.ErrRefused,
		"THE REPOSITORY HAS CHANGED SINCE THE PLAN":                rotation.ErrMoved,
		"SOMEBODY ELSE PUBLISHED FIRST":                            rotation.ErrConflict,
		"IT IS NOT KNOWN WHETHER THE CHANGE HAS LANDED":            rotation.ErrUnknown,
		"THE CHANGE HAS LANDED, AND":                               rotation.ErrLanded,
		"NOTHING WAS SENT. NOTHING HAS CHANGED.":                   errDisk,
	} {
		f := &signings{applyErr: fmt.Errorf("registry.acme.io/pay/web: %w", err)}
		d := until(t, f.enter(t, 100, 30, chosen, nil), signFlow, "3 question, act selected").Press("enter").Has(says, "What happened").Fits()
		f.wiped(t)
		f.applyErr = nil
		if d.Press("enter"); err == rotation.ErrLanded {
			d.Has("[4 Publish]", "It has landed")
			continue
		}
		d.Has("[1 Check]")
	}
	(&signings{planErr: rotation.ErrNothing}).enter(t, 100, 30, chosen, nil).Has("All of them are signed so already").Press("enter").Has("There is no plan").Press("esc").Has("THE LOBBY")
	(&signings{planErr: errDisk}).enter(t, 100, 30, chosen, nil).Has("No plan", "What you can do")
}

// The tags that are marked are signed, also those that the filter hides, and these are named.
func TestMarkedTagsAreSigned(t *testing.T) {
	w := newWorld()
	f := &signings{}
	var got, hidden []string
	w.sign = func(st *ui.Styles, clock ui.Clock) func(trustdata.GUN, []string, []string) (ui.Screen, string) {
		return func(gun trustdata.GUN, tags, h []string) (ui.Screen, string) {
			got, hidden = tags, h
			return change.New(change.Options{Setting: change.Setting{Context: context.Background(), Styles: st, Clock: clock}, GUN: gun, Tags: tags, Hidden: h, Service: f}), ""
		}
	}
	d := w.console(t, 100, 30).Press("o").Type("registry.acme.io/pay/web").Press("enter")
	d.Press("S").Has("SIGN 1 TAG").Press("esc")
	if len(got) != 1 || got[0] != "2026.11-rc1" && got[0] != "stable" {
		t.Errorf("under the cursor: %q", got)
	}
	d.Press("space", "space").Has("2 marked", "*").Press("/").Type("latest").Press("enter").Has("2 marked, 2 of them not shown").Press("*").Has("3 marked, 2 of them not shown", "1 tag marked").Press("S")
	if len(got) != 3 || len(hidden) != 2 || !slices.Contains(got, "latest") || slices.Contains(hidden, "latest") {
		t.Errorf("marked: %q, hidden %q", got, hidden)
	}
	d.Has("SIGN 3 TAGS", "marked, but hidden by the filter").Press("esc", "*").Has("2 marked, 2 of them not shown", "Nothing that is shown is marked")
	d.Press("esc", "r").Has("2 marked")
}

func TestReadOnlySignsNothing(t *testing.T) {
	w := newWorld()
	w.sign = func(*ui.Styles, ui.Clock) func(trustdata.GUN, []string, []string) (ui.Screen, string) {
		return func(trustdata.GUN, []string, []string) (ui.Screen, string) { return nil, "This session is read-only." }
	}
	w.consoleWith(t, 100, 30, func(o *app.Options) { o.Badge = "RO" }).Press("o").Type("registry.acme.io/pay/web").Press("enter", "S").Has("This session is read-only.")
}
