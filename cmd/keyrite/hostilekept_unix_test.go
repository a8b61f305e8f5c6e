//go:build linux || darwin

package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keyrite/cmd/keyrite/demo"
)

// What is kept of hostile names is as harmless when it is read again: in questions, in the
// activity, in the trash and in the tables that other programs read, of verbs and screens.
func TestHostileTextThatIsKept(t *testing.T) {
	t.Parallel()
	h := newHostileWorld(t)
	asked := h.start(t, nil, "keys", "remove", h.keyIDs["t-mixed"])
	asked.Wait(h.keyIDs["t-mixed"][:7], "t-mixed", "mixed script")
	asked.Type("\x03")
	if code := asked.End(); code != exitInterrupted {
		t.Errorf("asked: exit %d", code)
	}
	onlyText(t, asked)
	for _, word := range []string{"t-bidi", "t-tags", "t-format"} {
		s := h.start(t, nil, "keys", "remove", h.keyIDs[word], "--yes")
		if code := s.End(); code != 0 {
			t.Fatalf("%s: exit %d\n%s", word, code, s.Raw())
		}
		onlyText(t, s)
	}
	for _, tt := range []struct {
		shows string
		code  int
		args  []string
	}{
		{h.keyIDs["t-bidi"][57:], 0, []string{"activity"}}, {h.keyIDs["t-bidi"], 0, []string{"activity", "--json"}},
		{"t-clip", 3, []string{"audit", "--offline", "--csv"}}, {"no backup", 3, []string{"audit", "--offline"}},
	} {
		s := h.start(t, nil, tt.args...)
		if code := s.End(); code != tt.code || !strings.Contains(string(s.Raw()), tt.shows) {
			t.Errorf("%q: exit %d, or nothing of %q\n%s", tt.args, code, tt.shows, s.Raw())
		}
		onlyText(t, s)
	}
	s := h.start(t, nil, "--offline")
	s.Wait("keyrite > overview")
	s.Press("5", "[5 Activity", h.keyIDs["t-bidi"][57:])
	s.Press(":", "Enter run")
	s.Press("trash\r", "> trash", `t-bidi\u202e`)
	s.Press("?", "ON THIS SCREEN (trash)")
	s.Type("\x03")
	s.End()
	drawsOnly(t, s.Raw())
}

// A line of a megabyte as a server's error, and the longest that a key file may have, are cut to
// what there is room for: what is written to show them is bounded.
func TestEndlessLine(t *testing.T) {
	t.Parallel()
	h := newPlainWorld(t)
	long := "t-long" + strings.Repeat("倉x", 1<<18)
	h.trust = saying(t, h.trust, "/pay/none/", http.StatusInternalServerError, map[string]any{"errors": []any{map[string]string{"code": "UNKNOWN", "message": long}}})
	folder := filepath.Join(h.TrustDir, "private")
	id := strings.Repeat("a", 64)
	key := "-----BEGIN ENCRYPTED PRIVATE KEY-----\nrole: " + long[:60_000] + "\n\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"
	if err := os.WriteFile(filepath.Join(folder, id+".key"), []byte(key), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{"an error": {"tags", demo.Host + "/pay/none"}, "as JSON": {"tags", demo.Host + "/pay/none", "--json"}, "keys": {"keys", "list"}} {
		s := h.start(t, nil, args...)
		s.End()
		onlyText(t, s)
		if n, _ := s.Bytes(); n > 32<<10 {
			t.Errorf("%s: %d bytes were written", name, n)
		}
	}
	s := h.start(t, nil)
	s.Wait("keyrite > overview")
	s.Press("2", id[:7])
	s.Press("o", "OPEN A REPOSITORY")
	before, _ := s.Bytes()
	s.Press(demo.Host+"/pay/none\r", "What happened", "answered 500")
	if after, _ := s.Bytes(); after-before > 128<<10 {
		t.Errorf("%d bytes were written to show it", after-before)
	}
	s.Type("\x03\x03\x03")
	s.End()
	drawsOnly(t, s.Raw())
}
