//go:build unix

package demo_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestShellFile: a shell that has read the file has a keyrite on the company, whatever its
// program is called, and is otherwise as before.
func TestShellFile(t *testing.T) {
	w := newWorld(t)
	program := filepath.Join(t.TempDir(), "it's keyrite")
	script := "#!/bin/sh\nprintf '%s\\n' \"$HOME\" \"$DOCKER_CONFIG\" \"$XDG_STATE_HOME\" \"$DOCKER_CONTENT_TRUST_SERVER\" \"$@\"\n"
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	file, err := w.ShellFile(program)
	if err != nil {
		t.Fatal(err)
	}
	sh := exec.CommandContext(t.Context(), "/bin/sh", "-c", `. "$0"; keyrite tags 'a b'; echo "$HOME"`, file)
	sh.Env = []string{"HOME=/nobody", "PATH=/usr/bin:/bin"}
	out, err := sh.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want := []string{w.HomeDir, w.DockerDir, w.StateDir, w.TrustServerURL, "--no-keychain", "--registry", w.RegistryURL, "tags", "a b", "/nobody"}
	if got := strings.Split(strings.TrimSpace(string(out)), "\n"); strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q, want %q", got, want)
	}
}
