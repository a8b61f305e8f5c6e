//go:build unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keyrite/trustdata/programtest"
)

// TestBashAlone: in a bash without the package bash-completion a tag is completed behind the two
// colons of its repository, and a folder is one.
func TestBashAlone(t *testing.T) {
	bash := programtest.Need(t, "bash")
	var script bytes.Buffer
	newCLI(process{in: strings.NewReader(""), out: &script, err: &script, getenv: emptyHome(t), now: time.Now}).run([]string{"completion", "bash"})
	dir := t.TempDir()
	for name, text := range map[string]string{"script": script.String(), "it": `
. "$1"
keyrite() { printf '%s\n' "$ANSWER"; }
compopt() { :; } # there is none outside of a completion
COMP_LINE=$LINE COMP_POINT=${#LINE} COMP_TYPE=9
__start_keyrite 2>&1
printf '%s\n' "${COMPREPLY[@]}"
`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "kept"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ line, answer, want string }{
		"a verb":          {"keyrite in", "inspect\n:4", "inspect"},
		"behind a blank":  {"keyrite tags ", "reg.example:5000/a\n:4", "reg.example:5000/a"},
		"behind colons":   {"keyrite verify reg.example:5000/a:1", "reg.example:5000/a:1.4\n:4", "1.4"},
		"a folder":        {"keyrite archive x --to ke", ":16", "kept"},
		"nothing fits it": {"keyrite tags x", "reg.example/a\n:4", ""},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), bash, "--noprofile", "--norc", "it", "./script")
			cmd.Dir, cmd.Env = dir, []string{"PATH=/usr/bin:/bin", "LINE=" + tt.line, "ANSWER=" + tt.answer}
			out, err := cmd.CombinedOutput()
			if got := strings.TrimSpace(string(out)); err != nil || got != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}
