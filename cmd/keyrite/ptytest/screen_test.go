package ptytest

import (
	"bytes"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What a program writes is kept byte by byte and shown as a terminal shows it, its questions
// are answered, and its end is seen.
func TestScreen(t *testing.T) {
	// It asks where the cursor is, and reads the answer, which has seven bytes.
	cmd := exec.Command("/bin/sh", "-c", `stty raw -echo; printf 'a\033[1mb\r\n\033[2;9Hat 2,9\033[6n'
		dd bs=1 count=7 2>/dev/null | od -An -c | head -c 0; stty sane; printf '\nanswered'; read line; printf 'read %s' "$line"; exit 7`)
	s := Start(t, cmd, 40, 10)
	s.Wait("ab", "        at 2,9", "answered")
	if want := []byte("\x1b[1mb"); !bytes.Contains(s.Raw(), want) {
		t.Errorf("%q holds no %q", s.Raw(), want)
	}
	if s.Alternate() {
		t.Error("nobody asked for the alternate screen")
	}
	s.Press("word\r", "read word")
	if code := s.End(); code != 7 {
		t.Errorf("exit %d, want 7", code)
	}
}

func TestSplit(t *testing.T) {
	list, text := Split([]byte("a\x1b[1;31mb\x1b]0;t\x07c\x1b]2;u\x1b\\d\x1bP+q\x1b\\\x1b_G\x1b\\\x1bc\x1b(B\u009be\x1b[?25lf\x1b]52;c;x"))
	want := []Sequence{{"CSI", "1;31m", false}, {"OSC", "0;t", false}, {"OSC", "2;u", false}, {"DCS", "+q", false},
		{"APC", "G", false}, {"ESC", "c", false}, {"ESC", "(B", false}, {"CSI", "?25l", false}, {"OSC", "52;c;x", true}}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Error(diff)
	}
	if text != "abcd\u009bef" {
		t.Errorf("the text is %q", text)
	}
}
