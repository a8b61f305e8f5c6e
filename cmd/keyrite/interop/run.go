package interop

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// A Result is how one command ended.
type Result struct {
	Stdout, Stderr string
	Code           int // exit code, -1 if a signal or the time limit ended it
}

// Output is both streams, for messages.
func (r Result) Output() string { return r.Stdout + r.Stderr }

// runCommand runs a command to its end.
func runCommand(t testing.TB, dir string, env []string, stdin, program string, args ...string) Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Env, cmd.Stdin = dir, env, strings.NewReader(stdin)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &stdout, &stderr, 10*time.Second
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", program, err)
	}
	return Result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// Exec runs a program to its end in dir, with an environment of its own, and fails the
// test if it fails.
func Exec(t testing.TB, dir, program string, args ...string) Result {
	t.Helper()
	r := TryExec(t, dir, program, args...)
	if r.Code != 0 {
		t.Fatalf("%s %q: exit %d\n%s", program, args, r.Code, r.Output())
	}
	return r
}

// TryExec is Exec, whatever the exit code.
func TryExec(t testing.TB, dir, program string, args ...string) Result {
	t.Helper()
	return runCommand(t, dir, baseEnv(t, dir), "", program, args...)
}
