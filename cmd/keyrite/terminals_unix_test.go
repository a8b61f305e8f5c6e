//go:build linux || darwin

package main

import (
	"bytes"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"keyrite/cmd/keyrite/demo"
	"keyrite/cmd/keyrite/ptytest"
)

// terminalCase is a terminal as the environment describes it, and what may be sent to it.
type terminalCase struct {
	name  string
	env   []string
	args  []string
	lines bool // lines of text, and not a frame
	// The frame's, and whether the terminal is asked for its background.
	colour, ascii, asked bool
}

var (
	frame   = terminalCase{colour: true, asked: true}
	noFrame = terminalCase{lines: true}
)

func (c terminalCase) of(name string, env ...string) terminalCase {
	c.name, c.env = name, env
	return c
}

func (c terminalCase) with(args ...string) terminalCase {
	c.args = args
	return c
}

// terminalCases are what of each variable somebody has.
func terminalCases() []terminalCase {
	plain, known, narrow := frame, frame, frame
	plain.colour, plain.asked = false, false
	known.asked = false
	narrow.ascii = true
	return []terminalCase{
		frame.of("xterm", "TERM=xterm-256color"), frame.of("truecolor", "COLORTERM=truecolor"),
		frame.of("screen", "TERM=screen-256color", "STY=1"), frame.of("linux", "TERM=linux"), frame.of("ssh", "SSH_TTY=/dev/pts/1"),
		noFrame.of("dumb", "TERM=dumb"), noFrame.of("no TERM", "TERM="), noFrame.of("accessible", "ACCESSIBLE=1"), noFrame.of("--plain").with("--plain"),
		noFrame.of("dumb and C", "TERM=dumb", "LC_ALL=C"),
		narrow.of("C", "LC_ALL=C"), narrow.of("no locale", "LC_ALL="), narrow.of("Latin-1", "LC_ALL=", "LANG=de_DE.ISO-8859-1"),
		narrow.of("linux and C", "TERM=linux", "LC_ALL=C"),
		frame.of("UTF-8 by LANG", "LC_ALL=", "LANG=en_GB.utf8"), narrow.of("LC_CTYPE before LANG", "LC_ALL=", "LC_CTYPE=C", "LANG=en_GB.UTF-8"),
		plain.of("NO_COLOR", "NO_COLOR=1"), plain.of("NO_COLOR with any value", "NO_COLOR=no", "COLORTERM=truecolor"), frame.of("empty NO_COLOR", "NO_COLOR="),
		plain.of("CLICOLOR=0", "CLICOLOR=0"), frame.of("CLICOLOR=1", "CLICOLOR=1"), plain.of("--color never").with("--color", "never"),
		known.of("dark", "COLORFGBG=15;0"), known.of("light", "COLORFGBG=0;default;15"), frame.of("nonsense", "COLORFGBG=x;y"),
		plain.of("mono", "KEYRITE_THEME=mono"), known.of("--theme light").with("--theme", "light"), frame.of("high contrast", "KEYRITE_THEME=high-contrast"),
	}
}

// What the environment says of a terminal bounds what is sent to it, and nothing is said by
// colour alone anywhere.
func TestTerminals(t *testing.T) {
	t.Parallel()
	h := newPlainWorld(t)
	for _, tt := range terminalCases() {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := h.start(t, tt.env, append(tt.args, "--offline")...)
			if tt.lines {
				s.Wait("Needs you", "? for help:")
				s.Type("q\r")
				s.End()
				onlyText(t, s)
				tt.bytes(t, s.Raw())
				return
			}
			s.Wait("keyrite > overview", ">!! ", "? all keys")
			s.Type("\x03")
			if code := s.End(); code != 0 {
				t.Errorf("exit %d", code)
			}
			drawsOnly(t, s.Raw())
			_, text := ptytest.Split(s.Raw())
			tt.bytes(t, []byte(text))
			if got := paints(s.Raw()); got != tt.colour {
				t.Errorf("colours %v, want %v", got, tt.colour)
			}
			if got := bytes.Contains(s.Raw(), []byte("\x1b]11;?")); got != tt.asked {
				t.Errorf("the background was asked for: %v, want %v", got, tt.asked)
			}
			if tt.name == "linux" && regexp.MustCompile(`[34]8[;:]`).Match(s.Raw()) {
				t.Error("a terminal of sixteen colours is sent others")
			}
		})
	}
}

// bytes looks at the text alone.
func (c terminalCase) bytes(t *testing.T, text []byte) {
	t.Helper()
	narrow := c.ascii || c.lines && slices.Contains(c.env, "LC_ALL=C")
	switch wide := bytes.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }); {
	case wide && narrow:
		t.Errorf("more than ASCII in %q", text)
	case !wide && !narrow && !c.lines:
		t.Error("nothing but ASCII, so nothing is proven of the others")
	}
}

// paints reports whether anything sets a colour.
func paints(raw []byte) bool {
	list, _ := ptytest.Split(raw)
	return slices.ContainsFunc(list, func(s ptytest.Sequence) bool {
		return s.Kind == "CSI" && strings.HasSuffix(s.Body, "m") && !strings.HasPrefix(s.Body, ">") &&
			slices.ContainsFunc(attributes(s.Body), func(a string) bool {
				return a == "colour" || len(a) > 1 && strings.ContainsAny(a[:1], "3491") && a != "39" && a != "49"
			})
	})
}

// newPlainWorld is the demo's company as it is.
func newPlainWorld(t *testing.T) *hostileWorld {
	t.Helper()
	w, err := demo.New(t.Context(), t.TempDir(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return &hostileWorld{World: w, registry: w.RegistryURL, trust: w.TrustServerURL}
}

// A theme that does not exist is a mistake of whoever asks for it.
func TestNoSuchTheme(t *testing.T) {
	t.Parallel()
	s := newPlainWorld(t).start(t, []string{"KEYRITE_THEME=nonsense"}, "--offline")
	if code := s.End(); code != exitUsage || !s.Shows(`"nonsense" is none of auto, dark`) {
		t.Errorf("exit %d", code)
	}
}

// In a window of any size the console says what there is, or what it needs.
func TestWindows(t *testing.T) {
	t.Parallel()
	h := newPlainWorld(t)
	for name, tt := range map[string]struct {
		w, h int
		says []string
	}{
		"one cell": {1, 1, nil}, "20x5": {20, 5, []string{"needs 40 x\n 10.", "is 20 x\n 5."}}, "too narrow": {39, 24, []string{"needs 40 x 10."}}, "least": {40, 10, []string{"overview"}},
		"80x24": {80, 24, []string{"[1 Overview", ">!! ", "? all keys"}}, "300x100": {300, 100, []string{"[1 Overview", ">!! ", "What it means", "? all keys"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := ptytest.Start(t, h.command(t, nil, "--offline"), tt.w, tt.h)
			s.Until("it holds the terminal", s.Alternate)
			s.Wait(tt.says...)
			s.Type("\x03\x03") // the first may only stop what is being read
			if code := s.End(); code != 0 {
				t.Errorf("exit %d", code)
			}
			drawsOnly(t, s.Raw())
		})
	}
}

// 500 sizes in a row, down to one cell, while keys come: in the end the frame is that of the
// last size, and the console can be left.
func TestResizeStorm(t *testing.T) {
	t.Parallel()
	s := newPlainWorld(t).start(t, nil, "--offline")
	s.Wait("keyrite > overview", "? all keys")
	rnd := rand.New(rand.NewPCG(500, 2))
	for range 500 {
		s.Tell(1+rnd.IntN(200), 1+rnd.IntN(70))
		s.Type(string("jkGg"[rnd.IntN(4)]))
	}
	s.Tell(200, 70)
	s.Until("the frame is the window's", func() bool {
		lines := strings.Split(s.Text(), "\n")
		return strings.HasSuffix(lines[0], " RW") && utf8.RuneCountInString(lines[0]) > 195 && strings.Contains(lines[69], "? all keys")
	})
	if err := s.Cmd.Process.Signal(syscall.SIGTERM); err != nil { // keys that come so fast are taken for a paste
		t.Fatal(err)
	}
	if code := s.End(); code != exitInterrupted {
		t.Errorf("exit %d", code)
	}
	drawsOnly(t, s.Raw())
}
