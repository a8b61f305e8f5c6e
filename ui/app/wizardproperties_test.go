package app_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"keyrite/ui"
	"keyrite/ui/uitest"
)

// TestWizardsFit: at every stage of every wizard of a change, and of a ceremony, a frame fits
// whatever the window is.
func TestWizardsFit(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 5))
	fits := func(t *testing.T, name string, d *uitest.Driver, flow []stage) {
		for _, st := range flow {
			st.do(d)
			for range 12 {
				w, h := 20+rnd.IntN(200), 5+rnd.IntN(60)
				if d.Resize(w, h).Fits(); t.Failed() {
					t.Fatalf("%s, %s at %dx%d", name, st.name, w, h)
				}
			}
			d.Resize(100, 30)
		}
	}
	for _, c := range changeJourneys() {
		fits(t, c.name, enter(t, 100, 30, c.screen), c.flow)
	}
	c := newCeremonyWorld(t, secondGUN)
	prepare, sign, publish := c.flows()
	fits(t, "prepare", c.at(c.trustWorld, 100, 30, realGUN, secondGUN), prepare)
	fits(t, "sign", c.at(c.away, 100, 30), sign)
	fits(t, "publish", c.at(c.trustWorld, 100, 30), publish)
}

// TestWizardFootersTellTheTruth: every key that a footer names does something at that stage.
func TestWizardFootersTellTheTruth(t *testing.T) {
	for _, c := range changeJourneys() {
		for i, st := range c.flow {
			there := func() *uitest.Driver {
				d := enter(t, 100, 30, c.screen)
				for _, before := range c.flow[:i+1] {
					before.do(d)
				}
				return d.Advance(time.Second)
			}
			footer := there()
			for name, part := range footerKeys(footer.Text()) {
				if name == "ctrl+u" {
					continue // it acts on what is typed
				}
				d := there()
				before, sent := d.Text(), len(d.Sent)
				if d.Press(name); d.Text() == before && len(d.Sent) == sent && !d.Quit {
					t.Errorf("%s, %s: the footer names %q, which does nothing:\n%s", c.name, st.name, part, before)
				}
			}
		}
	}
}

// footerKeys are the keys that the last line names, with what it says of each.
func footerKeys(frame string) map[string]string {
	lines := strings.Split(strings.TrimRight(frame, "\n"), "\n")
	named := map[string]string{}
	for _, part := range strings.Split(strings.TrimSpace(lines[len(lines)-1]), "  ") {
		name, _, _ := strings.Cut(part, " ")
		if len(name) > 1 {
			name = strings.ToLower(strings.Replace(name, "-", "+", 1))
		}
		named[name] = part
	}
	return named
}

// TestWizardsTakeNoSmallLetter: no sequence without Tab and capitals changes anything.
func TestWizardsTakeNoSmallLetter(t *testing.T) {
	alphabet := strings.Split("abcdefghijklmnopqrstuvwxyz0123456789/?:[]*", "")
	alphabet = append(alphabet, "up", "down", "left", "right", "enter", "enter", "enter", "enter", "space", "backspace", "esc")
	for _, c := range changeJourneys() {
		for seed := range uint64(10) {
			rnd := rand.New(rand.NewPCG(seed, 11))
			d := enter(t, 100, 30, c.screen)
			var typed []string
			for range 150 {
				k := alphabet[rnd.IntN(len(alphabet))]
				typed = append(typed, k)
				if d.Press(k).Advance(time.Second); changes(d) {
					t.Fatalf("%s, seed %d: something was changed after %q", c.name, seed, typed)
				}
			}
		}
		// The property bites: the deliberate way does change something.
		d := enter(t, 100, 30, c.screen)
		for _, st := range c.flow {
			st.do(d)
		}
		if !changes(d) {
			t.Errorf("%s: the deliberate way changed nothing", c.name)
		}
	}
}

// changes reports whether a screen has said that something was changed.
func changes(d *uitest.Driver) bool {
	return slices.ContainsFunc(d.Sent, func(m tea.Msg) bool { _, done := m.(ui.DoneMsg); return done })
}
