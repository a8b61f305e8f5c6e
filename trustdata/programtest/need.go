// Package programtest finds what tests need and go cannot build: programs, and root.
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

// NeedRoot leaves a test out where it does not run as root, who alone may mount a disk
// image. With CI=true that is a failure.
func NeedRoot(t testing.TB) {
	t.Helper()
	switch {
	case os.Getuid() == 0:
	case os.Getenv("CI") == "true":
		t.Fatalf("%s needs root", t.Name())
	default:
		t.Skipf("left out: %s, since it needs root", t.Name())
	}
}
