package app_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/ui"
	"keyrite/ui/app"
	"keyrite/ui/keys"
	"keyrite/ui/linear"
)

// transcript is what a console in lines has written.
type transcript struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *transcript) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *transcript) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// inLines runs the whole console over the world in lines, in the time of a bubble. Each line
// is typed once what the last one brought is told.
func (w *world) inLines(t *testing.T, person func(say func(line string))) string {
	var out transcript
	synctest.Test(t, func(t *testing.T) {
		clock := ui.Clock{Now: time.Now, Tick: tea.Tick}
		opt := app.Options{Styles: ui.NewStyles(ui.Look{}), Clock: clock, Profile: "PROD acme", Server: "notary.acme.io", Badge: "RW", ParseName: app.ParseName}
		w.wire(&opt)
		in, keyboard := io.Pipe()
		ended := make(chan error, 1)
		go func() { ended <- app.RunLines(context.Background(), opt, linear.Terminal{In: in, Out: &out}) }()
		person(func(line string) {
			time.Sleep(time.Second)
			synctest.Wait()
			select {
			case err := <-ended:
				ended <- err
			default:
				fmt.Fprintln(keyboard, line)
			}
		})
		time.Sleep(time.Second)
		keyboard.Close() // as Ctrl-d again and again
		if err := <-ended; err != nil {
			t.Error(err)
		}
		in.Close()
		time.Sleep(10 * time.Minute) // the timers that were set run out
	})
	return out.String()
}

// TestLinesAreHarmless: whatever is typed, without capitals and without what a question asks
// to be typed, nothing is changed. Empty lines, which many people answer with, are frequent.
func TestLinesAreHarmless(t *testing.T) {
	words := []string{"", "", "", "", "1", "2", "3", "40", "yes", "y", "ok", "no", "/a", "/", "?", "more", "again", "keys", "repos", "backups", "activity",
		"overview", ":", ":unsign", ":rep", "enter", "space", "esc", "up", "2 space", "3 x", "b", "i", "d", "f", "x", "q", "o", "r", "s", "*", "tab", "ctrl-i"}
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 11))
		w := newWorld()
		var typed []string
		w.inLines(t, func(say func(string)) {
			for range 60 {
				line := words[rnd.IntN(len(words))]
				typed = append(typed, line)
				say(line)
			}
		})
		if len(w.changed) > 0 || len(w.company.put) > 0 {
			t.Fatalf("seed %d changed %q and put off %d after %q", seed, w.changed, len(w.company.put), typed)
		}
	}
}

// TestDeliberateLine proves that the property bites: with the button's words the same console
// does change something.
func TestDeliberateLine(t *testing.T) {
	w := newWorld()
	told := w.inLines(t, func(say func(string)) {
		for _, line := range []string{"keys", "b", "", "write it", "", ""} {
			say(line)
		}
	})
	if len(w.changed) != 1 {
		t.Errorf("the deliberate way changed %q:\n%s", w.changed, told)
	}
}

// TestHostileLines: whatever names there are, what is told is text and nothing else.
func TestHostileLines(t *testing.T) {
	w := newWorld()
	for i, name := range hostile {
		k := keyFile(fmt.Sprintf("%07x", i), name, name)
		k.Problem, k.Path = []string{"", name}[i%2], "/trust/private/"+name
		w.infos = append(w.infos, k)
		w.uses[k.KeyID] = []keys.Use{{GUN: trustdata.GUN(name), Role: trustdata.Role(name), Algorithm: name}}
		w.names = append(w.names, name)
	}
	w.company = newCompany().hostile()
	told := w.inLines(t, func(say func(string)) {
		for _, line := range []string{"1", "", "q", "keys", "12", "", "q", "y", "repos", "3", "", "q", "o", "evil.example/x", "2", "", "q", "/\x1b[2J", ":\x1b[2J", "", "\x1b]52;c;aGk=\a", "?", "q"} {
			say(line)
		}
	})
	for _, r := range told {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Fatalf("%q is told:\n%q", r, told)
		}
	}
	if !strings.Contains(told, `\x1b[2Jb`) || !strings.Contains(told, `\u202e`) {
		t.Errorf("the names are not told:\n%s", told)
	}
}
