// Package programtest finds the programs that tests run and go cannot build.
package programtest

import (
	"os"
	"os/exec"
	"testing"
)

// Need is the path of a program such as tmux. Where it is missing the test is left out by
// name, and with CI=true fails: "make test" installs it there.
func Need(t testing.TB, program string) string {
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
