package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"testing/cryptotest"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"keyrite/cmd/keyrite/ptytest"
)

// pictures are those of the README, and where in the demo each is taken.
var pictures = []struct {
	file string
	take func(s *ptytest.Screen)
}{
	{"unfinished", func(s *ptytest.Screen) { s.Wait("asked just now") }},
	{"overview", func(s *ptytest.Screen) { s.Press("\x1b", "repositories checked") }},
	{"keys", func(s *ptytest.Screen) { s.Press("2", "[2 Keys 13]", "shop/cart +1", "locked") }},
	{"tags", func(s *ptytest.Screen) {
		s.Press("3", "[3 Repos 6]")
		s.Press("/", "filter:")
		s.Type("web")
		s.Press("\r", "filter \"web\"")
		s.Press("\r", "SIGNED, MOVED")
	}},
	{"rotate", func(s *ptytest.Screen) { s.Press("R", "What kind of rotation?") }},
}

// TestPictures holds the README's pictures against the demo, as it looks on a terminal of 100
// by 30 at a fixed time and with fixed chances. -update draws them anew.
func TestPictures(t *testing.T) {
	cryptotest.SetGlobalRandom(t, 1)
	s, tty := ptytest.Here(t, 100, 30)
	begin, at := time.Now(), time.Date(2026, 11, 28, 9, 41, 0, 0, time.UTC)
	env := map[string]string{"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
	ended := make(chan int)
	go func() {
		ended <- run([]string{"demo"}, process{in: tty, out: tty, err: tty, getenv: func(name string) string { return env[name] },
			now: func() time.Time { return at.Add(time.Since(begin) / 100) }}) // a minute must not pass
	}()
	s.Press("", "Enter opens the console")
	s.Press("\r", "A ROTATION IS UNFINISHED")
	for _, p := range pictures {
		p.take(s)
		holdPicture(t, filepath.Join("..", "..", "docs", "pictures", p.file+".svg"), s.Picture(settled))
	}
	for range 3 {
		s.Type("\x03")
	}
	if code := <-ended; code != 0 {
		t.Errorf("exit %d", code)
	}
}

// settled gives every picture the same port, and files the day of the demo's clock: theirs is
// that of the system.
func settled(line string) string {
	line = regexp.MustCompile(`changed [0-9]{4}-[0-9]{2}-[0-9]{2}`).ReplaceAllString(line, "changed 2026-11-28")
	return regexp.MustCompile(`127\.0\.0\.1:[0-9]{5}`).ReplaceAllString(line, "127.0.0.1:41753")
}

func holdPicture(t *testing.T, file string, picture []byte) {
	t.Helper()
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(file, picture, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, picture) {
		t.Errorf("%s is not what the demo looks like any more: make golden draws it anew", file)
	}
}

var _ = golden.RequireEqual[[]byte] // whose flag -update is
