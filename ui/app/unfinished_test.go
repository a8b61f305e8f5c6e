package app_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
	"keyrite/ui/uitest"
	"keyrite/ui/unfinished"
)

// The repositories of an operation that was cut off: the first is done, the second was
// sent and not answered, the third was not begun.
const (
	secondGUN = trustdata.GUN("registry.acme.example/shop/cart")
	thirdGUN  = trustdata.GUN("registry.acme.example/shop/front")
)

// cutOff is a root rotation of three repositories that ended in the middle.
func cutOff(t *testing.T) (*trustWorld, *rotation.Operation) {
	t.Helper()
	w := newTrustWorld(t, secondGUN, thirdGUN)
	ctx, cut := context.WithCancel(context.Background())
	w.fault = func(rw http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, string(secondGUN)) {
			cut()
			http.Error(rw, "bad gateway", http.StatusBadGateway)
			return true
		}
		return false
	}
	batch, err := w.PlanBatch(ctx, []rotation.Request{{GUN: realGUN, Role: trustdata.RoleRoot}, {GUN: secondGUN, Role: trustdata.RoleRoot}, {GUN: thirdGUN, Role: trustdata.RoleRoot}}, 1)
	w.must(err)
	prep, err := w.PrepareBatch(ctx, batch, nil, keyring.NewPassphrase([]byte(newPass)))
	w.must(err)
	_, err = w.PublishBatch(ctx, prep, rotation.Keys{w.root.KeyID(): w.root}, 1, func(trustdata.GUN, string) {})
	w.must(err)
	w.fault = nil
	ops, err := w.Unfinished()
	w.must(err)
	if len(ops) != 1 || ops[0].State() != rotation.StateUnknown {
		t.Fatalf("unfinished: %v", ops)
	}
	return w, ops[0]
}

// unfinishedWorld is a trust world as the screen asks it.
type unfinishedWorld struct{ *trustWorld }

func (u unfinishedWorld) Look(ctx context.Context) ([]rotation.Recovered, error) {
	return u.Recover(ctx)
}

func (u unfinishedWorld) Again(ctx context.Context, id string, told func(trustdata.GUN, string)) (rotation.Recovered, error) {
	op, err := u.Journal.Find(id)
	u.must(err)
	return u.Rotator.Again(ctx, op, told)
}

func (u unfinishedWorld) GiveUp(ctx context.Context, id string) (rotation.Recovered, error) {
	op, err := u.Journal.Find(id)
	u.must(err)
	return u.Rotator.GiveUp(ctx, op)
}

// announced is the console at its start on a world with something unfinished.
func (w *trustWorld) announced(ops []*rotation.Operation, width, height int, goOn func(*ui.Styles, ui.Clock) goingOn) *uitest.Driver {
	return enter(w.t, width, height, func(st *ui.Styles, clock ui.Clock) ui.Screen {
		return unfinished.New(unfinished.Options{Context: context.Background(), Styles: st, Clock: clock, Service: unfinishedWorld{w}, Found: ops, Profile: "PROD acme", GoOn: goOn(st, clock)})
	})
}

// goingOn makes the screen that goes on with an operation.
type goingOn = func(*rotation.Operation) (ui.Screen, string)

func noScreen(*ui.Styles, ui.Clock) goingOn {
	return func(*rotation.Operation) (ui.Screen, string) { return nil, "There is no such screen." }
}

func TestUnfinishedIsAnnounced(t *testing.T) {
	for _, s := range [][2]int{{100, 30}, {80, 24}, {60, 15}} {
		t.Run(sizeName(s), func(t *testing.T) {
			w, op := cutOff(t)
			d := w.announced([]*rotation.Operation{op}, s[0], s[1], noScreen).Fits().Has("A ROTATION IS UNFINISHED: 1 OF 3", "Leaving now changes nothing")
			d.Press("?", "esc", "esc").Has("THE LOBBY")
			if v, _ := w.collectionOf(secondGUN).Role(trustdata.RoleRoot); v.Version != 1 {
				t.Errorf("looking has sent something: root.json has version %d", v.Version)
			}
		})
	}
}

// TestUnfinishedAsksOffTheLoop: while no server answers, the journal's rows are shown and
// every key is answered.
func TestUnfinishedAsksOffTheLoop(t *testing.T) {
	w, op := cutOff(t)
	d := enter(t, 80, 24, func(st *ui.Styles, _ ui.Clock) ui.Screen { return newLobby(st) }).Pause()
	screen := unfinished.New(unfinished.Options{Context: context.Background(), Styles: uitest.Styles(), Clock: uitest.NewClock().UI(), Service: unfinishedWorld{w}, Found: []*rotation.Operation{op}})
	d.Send(ui.PushMsg{Screen: screen}).Has("A ROTATION IS UNFINISHED: 1 OF 3", "from the journal", "not known")
	d.Press("x", "r", "enter").Has("A ROTATION IS UNFINISHED: 1 OF 3").Press("esc", "esc").Has("THE LOBBY")
}

// TestUnfinishedSendsOnceMore: what was only sent needs no key, and a question first.
func TestUnfinishedSendsOnceMore(t *testing.T) {
	w := newTrustWorld(t)
	w.fault = func(rw http.ResponseWriter, _ *http.Request) bool {
		http.Error(rw, "bad gateway", http.StatusBadGateway)
		return true
	}
	ctx := context.Background()
	plan, err := w.Plan(ctx, rotation.Request{GUN: realGUN, Role: trustdata.RoleRoot})
	w.must(err)
	prep, err := w.Prepare(ctx, plan, keyring.NewPassphrase([]byte(newPass)))
	w.must(err)
	if _, err = w.Publish(ctx, prep, rotation.Keys{w.root.KeyID(): w.root}, func(string) {}); !errors.Is(err, rotation.ErrUnknown) {
		t.Fatalf("the upload was not lost: %v", err)
	}
	ops, err := w.Unfinished()
	w.must(err)
	d := w.announced(ops, 100, 30, noScreen).Has("A ROTATION IS UNFINISHED: 0 OF 1", "the server still has what it had before")
	d.Press("enter").Has("SEND WHAT WAS SENT ONCE MORE", "none is needed").Advance(time.Second).Press("enter").Has("A ROTATION IS UNFINISHED")
	w.fault = nil
	d.Press("enter").Advance(time.Second).Press("tab", "enter").Fits().Has("IS DONE NOW: 1 OF 1", "NOTHING IS UNFINISHED.")
	if v, _ := w.collection().Role(trustdata.RoleRoot); v.Version != 2 || v.Keys[0].KeyID != prep.NewIDs[0] || len(w.pending()) != 0 {
		t.Errorf("root.json version %d lists %v; pending %v", v.Version, v.Keys, w.pending())
	}
}

// TestUnfinishedIsGivenUp: only the typed words do it; what has landed stays.
func TestUnfinishedIsGivenUp(t *testing.T) {
	w, op := cutOff(t)
	d := w.announced([]*rotation.Operation{op}, 100, 30, noScreen).Press("x").Has("GIVE UP AN UNFINISHED CHANGE", "(locked)").Advance(time.Second)
	d.Press("enter").Has("A ROTATION IS UNFINISHED")
	d.Press("x").Advance(time.Second).Type("2 repositories").Press("tab", "enter").Has("Locked")
	if ops, err := w.Unfinished(); err != nil || len(ops) != 1 {
		t.Fatalf("it was given up without the words: %v, %v", ops, err)
	}
	d.Press("esc", "x").Advance(time.Second).Type("3 repositories").Press("tab", "enter").Fits().Has("NOTHING IS UNFINISHED.", "given up", "done")
	if ops, err := w.Unfinished(); err != nil || len(ops) != 0 {
		t.Errorf("unfinished still: %v, %v", ops, err)
	}
	for gun, want := range map[trustdata.GUN]int64{realGUN: 2, secondGUN: 1, thirdGUN: 1} {
		if v, _ := w.collectionOf(gun).Role(trustdata.RoleRoot); v.Version != want {
			t.Errorf("%s: root.json has version %d, want %d", gun, v.Version, want)
		}
	}
	d.Press("enter").Has("THE LOBBY")
}

func TestUnfinishedFrames(t *testing.T) {
	frames(t, []stage{
		{"announced", press()},
		{"detail of the second", press("j")},
		{"give up", press("x")},
		{"given up", func(d *uitest.Driver) { d.Advance(time.Second).Type("3 repositories").Press("tab", "enter") }},
	}, func(width, height int) *uitest.Driver {
		w, op := cutOff(t)
		return w.announced([]*rotation.Operation{op}, width, height, noScreen)
	})
}
