//go:build linux || darwin

package main

import (
	"bytes"
	"strings"
	"syscall"
	"testing"

	"keyrite/cmd/keyrite/demo"
	"keyrite/cmd/keyrite/ptytest"
)

// Verbs on a terminal send it text and nothing else, whatever names and errors hold: as text,
// a line a fact, as JSON, as an error, and in what is asked.
func TestHostileTextOfVerbs(t *testing.T) {
	t.Parallel()
	h := newHostileWorld(t)
	web, none := demo.Host+"/pay/web", demo.Host+"/pay/none"
	tests := []struct {
		name, shows string
		code        int
		args        []string
	}{
		{"table", "t-bidi", 0, []string{"keys", "list"}},
		{"lines", "t-bidi", 0, []string{"keys", "list", "--plain"}},
		{"JSON", `"key_id"`, 0, []string{"keys", "list", "--json"}},
		{"one key", "t-clip", 0, []string{"keys", "show", h.keyIDs["t-clip"]}},
		{"tags", "t-vary", 0, []string{"tags", web, "--compare", "--registry", h.registry}},
		{"tags in lines", "t-vary", 0, []string{"tags", web, "--compare", "--registry", h.registry, "--plain"}},
		{"tags as JSON", "t-vary", 0, []string{"tags", web, "--compare", "--registry", h.registry, "--json"}},
		{"findings", "no backup", 3, []string{"audit", "--offline"}},
		{"an error", "t-c1", 1, []string{"tags", none}},
		{"an error as JSON", "t-c1", 1, []string{"tags", none, "--json"}},
		{"a completion", h.keyIDs["t-format"][56:], 0, []string{"__complete", "keys", "show", h.keyIDs["t-format"][:10]}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := h.start(t, nil, tt.args...)
			if code := s.End(); code != tt.code {
				t.Errorf("exit %d, want %d\n%s", code, tt.code, s.Raw())
			}
			if !strings.Contains(string(s.Raw()), tt.shows) {
				t.Errorf("nothing of %q", tt.shows)
			}
			onlyText(t, s)
		})
	}
	t.Run("a question", func(t *testing.T) {
		s := h.start(t, nil, "keys", "passwd", h.keyIDs["t-prompt"])
		s.Wait("assphrase")
		s.Type("\x03")
		s.End()
		onlyText(t, s)
	})
}

// The console in lines of text sends lines of text.
func TestHostileTextInLines(t *testing.T) {
	t.Parallel()
	h := newHostileWorld(t)
	s := h.start(t, nil, "--plain", "--registry", h.registry)
	s.Press("keys\r", "t-bidi")
	s.Press("o\r", "an empty line leaves")
	s.Press(demo.Host+"/pay/web\r", "t-vary")
	s.Press("o\r", "an empty line leaves")
	s.Press(demo.Host+"/pay/none\r", "What happened", "t-c1")
	s.Press("overview\r", "Overview.", "Needs you")
	s.Type("q\r")
	if code := s.End(); code != 0 {
		t.Errorf("exit %d", code)
	}
	onlyText(t, s)
}

// A terminal that takes each byte for a character is sent ASCII only: some of the bytes that
// UTF-8 is made of are controls there.
func TestHostileTextWithoutUTF8(t *testing.T) {
	t.Parallel()
	h := newHostileWorld(t)
	narrow := []string{"LC_ALL=C"}
	for _, args := range [][]string{{"keys", "list"}, {"keys", "list", "--json"}, {"keys", "show", h.keyIDs["t-wide"]},
		{"tags", demo.Host + "/pay/web", "--compare", "--registry", h.registry}, {"tags", demo.Host + "/pay/none"}} {
		s := h.start(t, narrow, args...)
		s.End()
		onlyASCII(t, s, `\u5009`)
	}
	s := h.start(t, narrow, "--offline")
	s.Wait("keyrite > overview")
	s.Press("2", "t-mixed"+`p\u0430y`)
	s.Type("\x03")
	s.End()
	drawsOnly(t, s.Raw())
	onlyASCII(t, s, `\u0430`)
}

// onlyASCII fails for every byte of more than seven bits, and unless it shows a text.
func onlyASCII(t *testing.T, s *ptytest.Screen, shows string) {
	t.Helper()
	if i := bytes.IndexFunc(s.Raw(), func(r rune) bool { return r > 0x7f }); i >= 0 {
		t.Errorf("%q was sent", s.Raw()[i:min(i+40, len(s.Raw()))])
	}
	if !bytes.Contains(s.Raw(), []byte(shows)) {
		t.Errorf("nothing of %s", shows)
	}
}

// onlyText fails for every byte but those of text in lines.
func onlyText(t *testing.T, s *ptytest.Screen) {
	t.Helper()
	if err := tame("the terminal", strings.NewReplacer("\r\n", "\n", "\t", "").Replace(string(s.Raw()))); err != nil {
		t.Error(err)
	}
}

// Ctrl-z gives the terminal back, and whoever comes back finds the console as it was.
func TestSuspend(t *testing.T) {
	t.Parallel()
	h := newHostileWorld(t)
	s := h.start(t, nil, "--offline")
	s.Wait("keyrite > overview")
	s.Press("2", "[2 Keys", "t-bidi")
	s.Type("\x1a")
	s.Until("the alternate screen is left", func() bool { return !s.Alternate() })
	s.Until("the alternate screen is back", func() bool { // more than once: the first may come before it waits
		if err := s.Cmd.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		return s.Alternate()
	})
	s.Wait("[2 Keys", "t-bidi")
	s.Type("\x03")
	if code := s.End(); code != 0 {
		t.Errorf("exit %d", code)
	}
	drawsOnly(t, s.Raw())
}
