// Package keychaintest starts what a keychain is on Linux, for tests: a private session
// bus, and on it the real gnome-keyring or a fake Secret Service that misbehaves.
package keychaintest

import (
	"os"
	"os/exec"
	"testing"
)

// need is the path of a program. Where it is missing the test is left out by name, and
// with CI=true fails: "make test" installs it there.
func need(t testing.TB, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	switch {
	case err == nil:
		return path
	case os.Getenv("CI") == "true":
		t.Fatalf("%s is not installed", program)
	default:
		t.Skipf("left out: %s, since %s is not installed", t.Name(), program)
	}
	return ""
}
