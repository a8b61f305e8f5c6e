package app_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/state"
	"keyrite/ui"
	"keyrite/ui/rotate"
	"keyrite/ui/uitest"
)

// flows are the wizards whose every step is tried.
var flows = map[trustdata.Role][]stage{trustdata.RoleRoot: rootFlow, trustdata.RoleTargets: targetsFlow}

// beforePublish are the stages of a flow at which nothing was sent yet.
func beforePublish(flow []stage) []stage {
	return flow[:slices.IndexFunc(flow, func(s stage) bool { return strings.HasSuffix(s.name, "publish") })]
}

func TestRotateDoesWhatItSays(t *testing.T) {
	for role, want := range map[trustdata.Role][]string{
		trustdata.RoleRoot:    {"prepared", "backed up to /media/stick for " + recipient, "published"},
		trustdata.RoleTargets: {"prepared", "published"},
	} {
		f := newRotations(role)
		d := until(t, f.enter(t, 100, 30, role), flows[role], "lobby").Has("THE LOBBY")
		if !slices.Equal(f.changed, want) || f.pending != 0 {
			t.Errorf("%s: changed %q, want %q; %d pending", role, f.changed, want, f.pending)
		}
		f.wiped(t)
		if !slices.ContainsFunc(d.Sent, func(m tea.Msg) bool {
			done, ok := m.(ui.DoneMsg)
			return ok && strings.Contains(done.Action, "rotated")
		}) {
			t.Errorf("%s: the other screens were not told", role)
		}
	}
}

// TestRotateLeavesNothing: from every step before the publishing, every way out leaves
// keys and server as they were, and no key open.
func TestRotateLeavesNothing(t *testing.T) {
	for role, flow := range flows {
		for _, s := range beforePublish(flow) {
			for _, way := range []string{"esc", "ctrl+c", "late", "q"} {
				f := newRotations(role)
				d := f.enter(t, 100, 30, role)
				if way == "late" { // what runs is answered only after leaving
					for _, before := range flow {
						if before.name == s.name {
							d.Pause()
						}
						before.do(d)
						if before.name == s.name {
							break
						}
					}
				} else {
					until(t, d, flow, s.name)
				}
				key := map[string]string{"late": "esc", "q": "esc"}[way]
				for range 8 {
					if strings.Contains(d.Text(), "THE LOBBY") || d.Quit {
						break
					}
					if way == "q" {
						d.Press("q") // in a dialog it is text
					}
					d.Press(cmp.Or(key, way))
				}
				for d.Resume(); way == "late" && !strings.Contains(d.Text(), "THE LOBBY"); {
					d.Press("esc") // a dialog that came too late
				}
				if !d.Quit && !strings.Contains(d.Text(), "THE LOBBY") {
					t.Errorf("%s, %q, %s: not left:\n%s", role, s.name, way, d.Text())
				}
				if f.pending != 0 || slices.Contains(f.changed, "published") {
					t.Errorf("%s, %q, %s: changed %q, %d pending", role, s.name, way, f.changed, f.pending)
				}
				f.wiped(t)
			}
		}
	}
}

// TestRotateDropsLateAnswers: a question that was on its way while everything was given
// up does nothing when it is answered.
func TestRotateDropsLateAnswers(t *testing.T) {
	f := newRotations(trustdata.RoleTargets)
	d := until(t, f.enter(t, 100, 30, trustdata.RoleTargets), targetsFlow, "3 review").Pause().Press("enter", "esc").Resume()
	d.Has("Cancel").Advance(time.Second).Type("registry.acme.io/pay/web").Press("tab", "enter").Has("[1 Check]")
	if len(f.changed) != 0 {
		t.Errorf("changed %q", f.changed)
	}
}

// TestRotateSaysWhatLeavingMeans: every step has the sentence, and the first Esc after
// something was made tells what became of it.
func TestRotateSaysWhatLeavingMeans(t *testing.T) {
	for role, flow := range flows {
		for _, s := range beforePublish(flow) {
			d := until(t, newRotations(role).enter(t, 80, 24, role), flow, s.name)
			if text := d.Text(); !strings.Contains(text, "Leaving now") && !strings.Contains(text, "Esc stop here (safe)") &&
				!strings.Contains(text, "Nothing has been changed.") && !strings.Contains(text, "Esc leave") {
				t.Errorf("%s, %q does not say what leaving means:\n%s", role, s.name, text)
			}
		}
	}
	f := newRotations(trustdata.RoleRoot)
	until(t, f.enter(t, 100, 30, trustdata.RoleRoot), rootFlow, "5 review").Press("esc").Has("[1 Check]", "Given up before anything was sent. The unused new key 2b80e4d is in the trash.").
		Press("j").Has("Leaving now changes nothing.")
	f = newRotations(trustdata.RoleRoot)
	f.abandonErr = errDisk
	until(t, f.enter(t, 80, 24, trustdata.RoleRoot), rootFlow, "5 review").Press("esc").Has("stays in pending/", "permission denied")
}

func TestRotateHidesTheDigits(t *testing.T) {
	for _, name := range []string{"5 review", "5 confirm"} {
		d := until(t, newRotations(trustdata.RoleRoot).enter(t, 100, 30, trustdata.RoleRoot), rootFlow, name)
		d.Lacks("2b80", "e4d7", "2 b 8 0").Has("____ ____")
	}
}

// TestRotateShowsNoSecret: nothing that is typed as a passphrase is in any frame or in
// any message, at any size.
func TestRotateShowsNoSecret(t *testing.T) {
	for role, flow := range flows {
		f := newRotations(role)
		d := f.enter(t, 100, 30, role)
		for _, s := range flow {
			s.do(d)
			for _, size := range [][2]int{{40, 10}, {60, 15}, {120, 40}, {100, 30}} {
				d.Resize(size[0], size[1]).Fits().Lacks(oldPass, newPass, "canary")
			}
		}
		for _, m := range d.Sent {
			if strings.Contains(fmt.Sprintf("%v %+v %#v", m, m, m), "canary") {
				t.Errorf("%s: a message shows a passphrase: %T", role, m)
			}
		}
	}
}

func TestRotateWrongPassphrase(t *testing.T) {
	f := newRotations(trustdata.RoleTargets)
	d := f.enter(t, 100, 30, trustdata.RoleTargets).Press("enter")
	for i, nth := range []string{"Second", "Third", "Fourth"} {
		d.Type("wrong").Press("enter").Has(nth+" try. Nothing has changed.", "PASSPHRASE OF THE ROOT KEY")
		if len(f.opened) != 0 || len(f.changed) != 0 {
			t.Fatalf("after wrong passphrase %d: opened %d, changed %q", i+1, len(f.opened), f.changed)
		}
	}
	d.Type(oldPass).Press("enter").Has("NEW PASSPHRASE OF THE REPOSITORY KEY")
	d.Type("short").Press("enter").Has("too short").Type(newPass).Press("enter").Type(newPass + "x").Press("enter").Has("The two differ")
	d.Type(newPass).Press("enter").Type(newPass).Press("enter").Has("[3 Review]")
	d.Press("esc").Has("[1 Check]", "Given up").Press("enter").Has("PASSPHRASE OF THE ROOT KEY").Lacks("try. Nothing")
	f.wiped(t)
}

func TestRotateAsksNobodyForWhatIsOpen(t *testing.T) {
	f := newRotations(trustdata.RoleTimestamp)
	f.unlocked = true
	d := f.enter(t, 100, 30, trustdata.RoleTimestamp).Press("enter").Has("[3 Review]", "a key that the trust server makes and holds")
	d.Press("enter").Has("ROTATE THE TIMESTAMP KEY").Lacks("(locked)").Advance(time.Second).Press("tab", "enter").Has("[5 Close]")
	f.wiped(t)
	if !slices.Equal(f.changed, []string{"prepared", "published"}) {
		t.Errorf("changed %q", f.changed)
	}
}

// TestRotateForgets: opened keys do not stay open, and the wizard goes on all the same.
func TestRotateForgets(t *testing.T) {
	f := newRotations(trustdata.RoleRoot)
	d := until(t, f.enter(t, 100, 30, trustdata.RoleRoot), rootFlow, "5 review").Advance(6*time.Minute).Has("forgotten after 5 minutes", "[5 Review]")
	f.wiped(t)
	d.Press("enter").Has("PASSPHRASE OF THE OLD ROOT KEY").Type(oldPass).Press("enter").Has("[5 Review]").Lacks("NEW PASSPHRASE")
	d.Press("enter").Advance(time.Second).Type("2b80e4d7").Press("tab", "enter").Has("[7 Close]")
	f.wiped(t)
	// While the question stands too: the answer then leads back to the passphrases.
	f = newRotations(trustdata.RoleTargets)
	d = until(t, f.enter(t, 100, 30, trustdata.RoleTargets), targetsFlow, "3 confirm").Advance(6 * time.Minute)
	d.Type("registry.acme.io/pay/web").Press("tab", "enter").Has("PASSPHRASE OF THE ROOT KEY")
	if len(f.changed) != 0 {
		t.Errorf("changed %q without a key", f.changed)
	}
	f.wiped(t)
	d.Type(oldPass).Press("enter").Type(newPass).Press("enter").Type(newPass).Press("enter").Has("[3 Review]")
}

// TestRotateDangerRefuses lists what must not confirm anything.
func TestRotateDangerRefuses(t *testing.T) {
	name := "registry.acme.io/pay/web"
	for what, do := range map[string]func(*uitest.Driver){
		"enter at once":           press("enter"),
		"enter later":             func(d *uitest.Driver) { d.Advance(time.Minute).Press("enter") },
		"held enter":              func(d *uitest.Driver) { d.Press(slices.Repeat([]string{"enter"}, 40)...) },
		"y":                       press("y", "enter"),
		"space":                   press("space", "space"),
		"tab and enter alone":     func(d *uitest.Driver) { d.Advance(time.Second).Press("tab", "enter") },
		"the name pasted":         func(d *uitest.Driver) { d.Advance(time.Second).Paste(name).Press("tab", "enter") },
		"the name without tab":    func(d *uitest.Driver) { d.Advance(time.Second).Type(name).Press("enter") },
		"another name":            func(d *uitest.Driver) { d.Advance(time.Second).Type("registry.acme.io/pay/api").Press("tab", "enter") },
		"keys before it is heard": func(d *uitest.Driver) { d.Send(uitest.Key("tab")).Send(uitest.Key("enter")) },
		"arrows and enter":        func(d *uitest.Driver) { d.Advance(time.Second).Press("right", "down", "enter") },
	} {
		f := newRotations(trustdata.RoleTargets)
		d := until(t, f.enter(t, 100, 30, trustdata.RoleTargets), targetsFlow, "3 confirm")
		if do(d); len(f.changed) != 0 {
			t.Errorf("%s: changed %q", what, f.changed)
		}
	}
	f := newRotations(trustdata.RoleRoot)
	d := until(t, f.enter(t, 100, 30, trustdata.RoleRoot), rootFlow, "5 confirm").Advance(time.Second)
	d.Type(name).Press("tab", "enter").Has("Locked").Press("esc", "enter").Advance(time.Second).Paste("2b80e4d7").Press("tab", "enter").Has("Locked")
	if slices.Contains(f.changed, "published") {
		t.Errorf("changed %q", f.changed)
	}
}

func TestRotateCannotBeLeftWhileItPublishes(t *testing.T) {
	f := newRotations(trustdata.RoleTargets)
	d := until(t, f.enter(t, 100, 30, trustdata.RoleTargets), targetsFlow, "4 publish")
	for _, k := range []string{"esc", "ctrl+c", "q", "2", "h"} {
		if d.Press(k); d.Quit {
			t.Fatalf("%s quit while it published", k)
		}
	}
	d.Resume().Has("[5 Close]", "version 8")
	if !slices.Contains(f.changed, "published") {
		t.Errorf("changed %q", f.changed)
	}
	// Between two steps too, and the answer is a sentence.
	f = newRotations(trustdata.RoleTargets)
	d = until(t, f.enter(t, 100, 30, trustdata.RoleTargets), targetsFlow, "3 confirm")
	said := 0
	f.during = func() {
		if d.Press("esc"); strings.Contains(d.Text(), "Finishing this step") && strings.Contains(d.Text(), "[4 Publish]") {
			said++
		}
	}
	if d.Advance(time.Second).Type("registry.acme.io/pay/web").Press("tab", "enter").Has("[5 Close]"); said != 3 {
		t.Errorf("Esc between steps was answered %d times, want 3:\n%s", said, d.Text())
	}
}

// cover is a screen that holds nothing, as the help is.
func cover() ui.Screen {
	return rotate.New(rotate.Options{Styles: ui.NewStyles(ui.Look{}), Clock: uitest.NewClock().UI(), GUN: "registry.acme.io/pay/web"})
}

// TestRotateUnderHelpCannotBeLeft: a screen on top does not make a publish one that can be
// left half way, and the help itself can still be closed.
func TestRotateUnderHelpCannotBeLeft(t *testing.T) {
	f := newRotations(trustdata.RoleTargets)
	d := until(t, f.enter(t, 100, 30, trustdata.RoleTargets), targetsFlow, "3 confirm")
	refused := 0
	f.during = func() {
		d.Send(ui.PushMsg{Screen: cover()})
		for _, k := range []string{"ctrl+c", "2"} {
			if d.Press(k); !d.Quit && strings.Contains(d.Text(), "Finishing this step") && !strings.Contains(d.Text(), "[4 Publish]") {
				refused++
			}
		}
		d.Press("esc").Has("[4 Publish]")
	}
	if d.Advance(time.Second).Type("registry.acme.io/pay/web").Press("tab", "enter").Has("[5 Close]", "version 8"); refused != 6 {
		t.Errorf("%d of 6 keys were refused:\n%s", refused, d.Text())
	}
	// What is only prepared is given up by the first Ctrl-c, and not lost with the second.
	f = newRotations(trustdata.RoleRoot)
	d = until(t, f.enter(t, 100, 30, trustdata.RoleRoot), rootFlow, "5 review").Send(ui.PushMsg{Screen: cover()}).Press("ctrl+c")
	if d.Quit || f.pending != 0 {
		t.Errorf("quit %v, %d pending:\n%s", d.Quit, f.pending, d.Text())
	}
	f.wiped(t)
}

func TestRotateFailures(t *testing.T) {
	for name, c := range map[string]struct {
		prep, publish error
		result        bool
		want          []string
		again         bool
	}{
		"refused":  {publish: fmt.Errorf("%w: the server answered 403", rotation.ErrRefused), want: []string{"THE SERVER DID NOT TAKE THE CHANGE. NOTHING HAS CHANGED.", "403", "Every key is where it was", "Leaving now changes nothing."}, again: true},
		"conflict": {publish: rotation.ErrConflict, want: []string{"SOMEBODY ELSE PUBLISHED FIRST. NOTHING OF THIS CHANGE HAS LANDED.", "Enter makes a new plan"}, again: true},
		"moved":    {prep: fmt.Errorf("%q: %w", "a/b", rotation.ErrMoved), want: []string{"THE REPOSITORY HAS CHANGED SINCE THE PLAN. NOTHING WAS SENT."}, again: true},
		"unknown":  {publish: rotation.ErrUnknown, want: []string{"IT IS NOT KNOWN WHETHER THE CHANGE HAS LANDED. NO KEY IS LOST.", "waits in pending/", "Delete no key", "Leaving is safe"}},
		"unsent":   {publish: fmt.Errorf("%w: connection refused", rotation.ErrUnsent), want: []string{"NOTHING WAS SENT. NOTHING HAS CHANGED.", "Every key is where it was"}, again: true},
		"locked":   {publish: fmt.Errorf("%w (%w)", state.ErrLocked, rotation.ErrLeftPending), want: []string{"NOTHING WAS SENT. NOTHING HAS CHANGED.", "unused and still in pending/"}, again: true},
		"disk":     {prep: errDisk, want: []string{"NOTHING WAS SENT. NOTHING HAS CHANGED.", "permission denied"}, again: true},
		"landed":   {publish: fmt.Errorf("%w, but an empty cache cannot verify: %w", rotation.ErrLanded, trustdata.Refuse("root", trustdata.ReasonSignature, "no")), result: true, want: []string{"THE CHANGE HAS LANDED, AND NOT EVERYTHING WENT WELL AFTER IT.", "Keep both keys", "empty cache cannot verify"}},
	} {
		for _, s := range [][2]int{{100, 30}, {60, 15}} {
			f := newRotations(trustdata.RoleTargets)
			f.prepErr, f.publishIt = c.prep, c.publish
			if !c.result {
				f.result = nil
			}
			d := until(t, f.enter(t, s[0], s[1], trustdata.RoleTargets), targetsFlow, "4 publish").Resume().Fits()
			page := strings.Join(strings.Fields(d.Text()), " ")
			if s[0] == 60 {
				c.want = c.want[:1]
			}
			for _, w := range c.want {
				if !strings.Contains(page, w) {
					t.Errorf("%s at %v lacks %q:\n%s", name, s, w, d.Text())
				}
			}
			d.Lacks("[5 Close]")
			f.wiped(t)
			d.Press("enter")
			if got := strings.Contains(d.Text(), "Check"); got != c.again && s[0] == 100 != strings.Contains(d.Text(), "[1 Check]") == c.again {
				t.Errorf("%s: Enter plans anew: %v, want %v:\n%s", name, got, c.again, d.Text())
			}
			if d.Press("esc").Has("THE LOBBY"); f.pending > 0 && name != "unknown" {
				t.Errorf("%s: %d pending", name, f.pending)
			}
		}
	}
}

func TestRotateWithoutBackup(t *testing.T) {
	f := newRotations(trustdata.RoleRoot)
	d := until(t, f.enter(t, 100, 30, trustdata.RoleRoot), rootFlow, "4 not backed up").Press("enter").Has("Neither backed up nor waived", "[4 Back up]")
	d.Press("x", "enter").Has("say why").Type("a drill on made-up data").Press("enter").Has("You do without a backup: a drill on made-up data")
	d.Press("enter").Has("WAIVED: a drill on made-up data").Press("enter").Has("WAIVED").Advance(time.Second).Type("2b80 e4d7").Press("tab", "enter")
	d.Has("[7 Close]", "backup: a drill on made-up data", "back up the new key")
	if !slices.Equal(f.changed, []string{"prepared", "waived: a drill on made-up data", "published"}) {
		t.Errorf("changed %q", f.changed)
	}
	f = newRotations(trustdata.RoleRoot)
	f.backupErr = errDisk
	d = until(t, f.enter(t, 100, 30, trustdata.RoleRoot), rootFlow, "4 recipients").Paste(recipient).Press("enter").Type(recipientEnd).Press("enter").Has("What happened", "permission denied", "Not backed up yet")
	d.Press("esc", "enter").Has("Neither backed up nor waived")
}

func TestRotatePlanFails(t *testing.T) {
	for _, c := range []struct {
		err  error
		want []string
	}{
		{&rotation.MissingKeyError{GUN: "a/b", Role: trustdata.RoleRoot, Listed: []trustdata.KeyID{id("7f3a9c1e")}, Threshold: 1}, []string{"7f3a9c1", "Restore the key from a backup"}},
		{fmt.Errorf("the timestamp key: %w", rotation.ErrUsage), []string{"Choose another kind"}},
		{context.DeadlineExceeded, []string{"Try again"}},
	} {
		f := newRotations(trustdata.RoleTargets)
		f.planErr = c.err
		f.enter(t, 100, 30, trustdata.RoleTargets).Has(c.want...).Has("NOTHING IS CHANGED").Press("enter").Has("There is no plan to go on with")
	}
	f := newRotations(trustdata.RoleTargets)
	d := f.enter(t, 100, 30, trustdata.RoleTargets).Pause().Press("r").Has("being made from what").Press("esc").Resume()
	d.Press("r").Has("root.json: version 7 to 8").Press("y", "enter").Has("Copied command")
}

func TestRotateKinds(t *testing.T) {
	var asked []rotation.Request
	f := newRotations(trustdata.RoleTargets)
	d := enter(t, 80, 24, func(st *ui.Styles, clock ui.Clock) ui.Screen {
		return rotate.New(rotate.Options{Context: context.Background(), Styles: st, Clock: clock, GUN: "registry.acme.io/pay/web", Service: recording{f, &asked}})
	})
	d.Fits().Has("new repository key", "snapshot key to the server", "snapshot key here", "timestamp key", "renew the root certificate", "new root key", "Leaving now changes nothing.").Golden()
	for _, typed := range []string{"", "5419081", "", "", "", "", "2", ""} {
		if d.Press("enter"); typed != "" {
			d.Type(typed).Press("enter")
		}
		d.Has("[1 Check]").Press("esc").Has("new root key").Press("j")
	}
	want := []rotation.Request{{Role: "targets"}, {Role: "targets", Key: "5419081"}, {Role: "snapshot", To: "server"}, {Role: "snapshot", To: "local"}, {Role: "timestamp"},
		{Role: "root", SameKey: true}, {Role: "root", Part: rotation.AddOnly, Threshold: 2}, {Role: "root"}}
	for i := range want {
		want[i].GUN = "registry.acme.io/pay/web"
	}
	if !reflect.DeepEqual(asked, want) {
		t.Errorf("planned %v, want %v", asked, want)
	}
	d.Press("esc").Has("THE LOBBY")
}

// TestRotateKindsEnd: what has landed leaves the question of its kind behind, by Enter and
// by Esc; what did not land comes back to it.
func TestRotateKindsEnd(t *testing.T) {
	start := func(f *rotations) *uitest.Driver {
		d := enter(t, 100, 30, func(st *ui.Styles, clock ui.Clock) ui.Screen {
			return rotate.New(rotate.Options{Context: context.Background(), Styles: st, Clock: clock, GUN: "registry.acme.io/pay/web", Service: f})
		})
		return d.Press("enter")
	}
	for _, key := range []string{"enter", "esc", "q"} {
		d := until(t, start(newRotations(trustdata.RoleTargets)), targetsFlow, "5 close").Has("Close]").Press(key).Has("THE LOBBY").Lacks("new root key")
		if d.Quit {
			t.Errorf("%s left the program", key)
		}
	}
	until(t, start(newRotations(trustdata.RoleTargets)), targetsFlow, "3 review").Press("esc", "esc").Has("new root key").Press("esc").Has("THE LOBBY")
	f := newRotations(trustdata.RoleTargets)
	f.result, f.publishIt = nil, fmt.Errorf("%w: the server answered 403 to the upload", rotation.ErrRefused)
	until(t, start(f), targetsFlow, "5 close").Has("403").Press("esc").Has("new root key")
}

// recording notes what is planned.
type recording struct {
	*rotations
	asked *[]rotation.Request
}

func (r recording) Plan(ctx context.Context, req rotation.Request) (*rotation.Plan, error) {
	*r.asked = append(*r.asked, req)
	return r.rotations.Plan(ctx, req)
}

func TestRotateNeedsRoom(t *testing.T) {
	f := newRotations(trustdata.RoleRoot)
	d := until(t, f.enter(t, 100, 30, trustdata.RoleRoot), rootFlow, "3 no key yet").Resize(50, 12).Fits().Press("N").Has("Make the window 60x15")
	if len(f.changed) != 0 {
		t.Errorf("changed %q", f.changed)
	}
	d.Resize(60, 15).Fits().Press("N").Has("2 b 8 0").Resize(50, 12).Lacks("2 b 8 0", "2b80").Has("Make the window 60x15")
}

// harmless are the keys without which nothing may change: no capital, no Tab, and not the
// way out.
func harmless() []string {
	keys := []string{"up", "down", "left", "right", "home", "end", "pgup", "pgdown", "space", "enter", "enter", "enter", "enter", "esc", "backspace", "/", "?", "paste"}
	for r := 'a'; r <= 'z'; r++ {
		keys = append(keys, string(r))
		if r != 'i' && r != 'm' && r != 'c' {
			keys = append(keys, "ctrl+"+string(r))
		}
	}
	return append(keys, "0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
}

// wander presses harmless keys at random.
func wander(d *uitest.Driver, rnd *rand.Rand, n int, pastes ...string) {
	alphabet := harmless()
	for range n {
		switch k := alphabet[rnd.IntN(len(alphabet))]; {
		case d.Quit:
			return
		case k == "paste":
			d.Paste(pastes[rnd.IntN(len(pastes))])
		default:
			d.Press(k)
		}
	}
}

// TestRotateSmallLettersAreHarmless: from every step, no sequence without capitals and
// Tab changes anything but to give up what was made.
func TestRotateSmallLettersAreHarmless(t *testing.T) {
	for role, flow := range flows {
		for i, s := range beforePublish(flow) {
			for seed := range uint64(6) {
				f := newRotations(role)
				d := until(t, f.enter(t, 100, 30, role), flow, s.name)
				before := len(f.changed)
				wander(d, rand.New(rand.NewPCG(seed, uint64(i))), 150, oldPass, newPass, "registry.acme.io/pay/web", "2b80e4d7", recipient)
				for _, c := range f.changed[before:] {
					if c != "abandoned" && !(s.name == "4 recipients" && strings.HasPrefix(c, "backed up")) {
						t.Fatalf("%s, from %q, seed %d: changed %q", role, s.name, seed, f.changed)
					}
				}
			}
		}
	}
}
