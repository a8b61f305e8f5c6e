package main

import (
	"encoding/json"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"keyrite/cmd/keyrite/demo"
)

// Wherever a rotation breaks, the next start knows of it and finishes it, as after a kill, and
// what was published in the end verifies.
func TestCrashWhileAKeyIsRotated(t *testing.T) {
	t.Parallel()
	h := newPlainWorld(t)
	gun := demo.Host + "/pay/web"
	given := []string{"--yes", "--kdf-iterations", "2048"}
	for name, file := range h.PassphraseFiles {
		given = append(given, "--passphrase-file", name+"="+file)
	}
	given = append(given, "--passphrase-file", "targets-new="+h.PassphraseFiles["targets"])
	run := func(program string, at int, args ...string) (string, int) {
		cmd := h.command(t, []string{"BREAK_AT=" + strconv.Itoa(at)}, args...)
		path, err := exec.LookPath(program)
		if err != nil {
			t.Fatal(err)
		}
		cmd.Path, cmd.Args[0] = path, path
		out, _ := cmd.CombinedOutput()
		return string(out), cmd.ProcessState.ExitCode()
	}
	left := map[string]int{}
	for at := 12; ; at += 8 {
		out, code := run("keyrite-faulty", at, append([]string{"rotate", gun, "targets"}, given...)...)
		if code == 0 {
			break // it asks for the time less often
		}
		if code != exitFailed || !strings.Contains(out, errCrashed.Error()) || strings.Contains(out, sownSecret) {
			t.Fatalf("broken at %d: exit %d\n%s", at, code, out)
		}
		for _, op := range rotationsOf(t, run) {
			if op.State == "done" {
				continue
			}
			left[op.State]++
			if out, code := run("keyrite", 0, append([]string{"rotate", "--resume", op.ID}, given...)...); code != 0 {
				t.Errorf("broken at %d, not finished: exit %d\n%s", at, code, out)
			}
		}
		for _, op := range rotationsOf(t, run) {
			if op.State != "done" {
				t.Errorf("broken at %d, %s is %s in the end", at, op.ID, op.State)
			}
		}
		if out, code := run("keyrite", 0, "inspect", gun); code != 0 {
			t.Errorf("broken at %d, it does not verify in the end\n%s", at, out)
		}
	}
	if left["planned"] == 0 {
		t.Errorf("it never broke on its way: %v", left)
	}
}

type rotationState struct{ ID, State string }

// rotationsOf are the operations that the next start knows of.
func rotationsOf(t *testing.T, run func(program string, at int, args ...string) (string, int)) (all []rotationState) {
	t.Helper()
	out, _ := run("keyrite", 0, "rotations", "--json")
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		t.Fatal(err, out)
	}
	return all
}
