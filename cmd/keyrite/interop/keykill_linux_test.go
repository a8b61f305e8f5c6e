package interop_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keyrite/cmd/keyrite/interop"
	"keyrite/keyring"
)

// The passphrase of a key is changed by a process that is killed at its first, second,
// third ... system call of each kind that changes a disk. Every time the key is there,
// whole, and opens with the one passphrase or the other; the old file is there or in the
// trash; and the next run comes to its end and leaves nothing waiting.
func TestPasswdKilledAtEachSystemCall(t *testing.T) {
	t.Parallel()
	strace := interop.Need(t, "strace")
	n := interop.NewNotary(t, "http://127.0.0.1:1", "")
	made := keys(n.Keyrite(), "generate", "--role", "root")[0]
	old, err := os.ReadFile(made.Path)
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "other")
	if err := os.WriteFile(other, []byte("another passphrase"), 0o600); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"keys", "passwd", made.ID, "--passphrase-file", "root-new=" + other}, fast...)
	kills := 0
	for _, call := range []string{"mkdirat", "fsync", "renameat", "renameat2", "unlinkat", "write"} {
		for when := 1; ; when++ {
			one := n.Clone()
			k := one.Keyrite()
			code := killedAt(t, k, strace, call, when, args)
			checkWhole(t, one, made.ID, old, fmt.Sprintf("%s %d", call, when))
			if r := k.Try(args...); r.Code != 0 && !strings.Contains(r.Output(), "does not open with the passphrase") {
				t.Errorf("after %s %d the next run fails: %s", call, when, r.Output())
			}
			if left := below(tree(t, one.TrustDir), "pending/"); len(left) != 0 {
				t.Errorf("after %s %d there waits %q", call, when, left)
			}
			if code == 0 {
				break
			}
			kills++
		}
	}
	if kills < 15 {
		t.Errorf("only %d kills: the fault does not bite", kills)
	}
}

// killedAt runs keyrite until a system call of that kind for the time that when says, and
// gives its exit code, or -1 after the kill.
func killedAt(t *testing.T, k *interop.Keyrite, strace, call string, when int, args []string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	all := append([]string{"-f", "-qq", "-o", os.DevNull, "-e", "trace=" + call, "-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", call, when), interop.Binary(t)}, k.Args...)
	cmd := exec.CommandContext(ctx, strace, append(all, args...)...)
	cmd.Env, cmd.Dir = append(k.Environ(), "GOMAXPROCS=1"), k.Home
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	code := cmd.ProcessState.ExitCode()
	if code > 0 {
		t.Fatalf("%s %d: exit %d\n%s", call, when, code, out)
	}
	return code
}

func checkWhole(t *testing.T, n *interop.Notary, id string, old []byte, at string) {
	t.Helper()
	data, err := os.ReadFile(n.KeyFile(id))
	if err != nil {
		t.Fatalf("killed at %s: %v", at, err)
	}
	opened := false
	for _, p := range []string{n.Passphrases.Root, "another passphrase"} {
		key, _, err := keyring.Decode(data, keyring.NewPassphrase([]byte(p)))
		opened = opened || err == nil && string(key.KeyID()) == id
	}
	if !opened {
		t.Errorf("killed at %s: the key opens with neither passphrase", at)
	}
	if bytes.Equal(data, old) {
		return
	}
	kept := false
	for _, there := range tree(t, filepath.Join(n.TrustDir, "trash")) {
		kept = kept || there == string(old)
	}
	if !kept {
		t.Errorf("killed at %s: the old file is nowhere", at)
	}
}
