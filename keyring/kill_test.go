package keyring_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"keyrite/keyring"
	"keyrite/keyring/keyringtest"
	"keyrite/trustdata"
)

// killMark precedes the directory in the arguments of the process that is killed.
const killMark = "kill-me-in:"

// A process that stages and promotes keys is killed at any moment. Each key that
// it had reported is then in exactly one place, whole, and the directory is not locked.
func TestKilledWriter(t *testing.T) {
	for _, arg := range os.Args {
		if path, ok := strings.CutPrefix(arg, killMark); ok {
			writeUntilKilled(t, path)
			return
		}
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := newDir(t)
	reported := map[trustdata.KeyID]bool{}
	for round := range 8 {
		cmd := exec.Command(exe, "-test.run=^TestKilledWriter$", killMark+dir.Path())
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			if id, err := trustdata.ParseKeyID(lines.Text()); err == nil {
				reported[id] = true
			}
			if n == 2 {
				time.AfterFunc(time.Duration(round)*1300*time.Microsecond, func() { cmd.Process.Kill() })
			}
		}
		if err := cmd.Wait(); err == nil {
			t.Fatal("the process ended by itself")
		}
		for id := range reported {
			checkSurvivor(t, dir, id)
		}
	}
	if len(reported) < 8*3 {
		t.Errorf("only %d keys were written", len(reported))
	}
}

func writeUntilKilled(t *testing.T, path string) {
	dir, err := keyring.OpenDir(path, keyring.DirOptions{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	for {
		k := stage(t, dir, "op")
		fmt.Println(k.KeyID())
		if err := dir.Promote(t.Context(), "op", k.KeyID()); err != nil {
			t.Fatal(err)
		}
	}
}

// passwdMark is killMark for the process that changes passphrases.
const passwdMark = "passwd-in:"

// A process that changes one key's passphrase back and forth is killed at any moment. The
// key then opens with the one or the other.
func TestKilledPasswd(t *testing.T) {
	for _, arg := range os.Args {
		if path, ok := strings.CutPrefix(arg, passwdMark); ok {
			passwdUntilKilled(t, path)
			return
		}
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := newDir(t)
	k := put(t, dir, "root")
	var changed int
	for round := range 12 {
		cmd := exec.Command(exe, "-test.run=^TestKilledPasswd$", passwdMark+dir.Path())
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			if strings.HasPrefix(lines.Text(), "passphrase ") {
				changed++
			}
			if n == 2 {
				time.AfterFunc(time.Duration(round)*900*time.Microsecond, func() { cmd.Process.Kill() })
			}
		}
		if err := cmd.Wait(); err == nil {
			t.Fatal("the process ended by itself")
		}
		if openEither(t, dir, k.KeyID()) == nil {
			t.Fatalf("round %d: the key opens with neither passphrase", round)
		}
		rows, err := dir.List(t.Context())
		if err != nil || len(rows) != 1 || rows[0].Problem != "" {
			t.Errorf("rows %+v, %v", rows, err)
		}
	}
	if changed < 12*3 {
		t.Errorf("the passphrase was changed only %d times", changed)
	}
}

func openEither(t *testing.T, dir *keyring.Dir, id trustdata.KeyID) *keyring.PrivateKey {
	t.Helper()
	for _, p := range []string{"passphrase", "another"} {
		if k, err := dir.Open(t.Context(), id, keyringtest.Passphrase(p)); err == nil {
			return k
		}
	}
	return nil
}

func passwdUntilKilled(t *testing.T, path string) {
	dir, err := keyring.OpenDir(path, keyring.DirOptions{})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := dir.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	k := openEither(t, dir, rows[0].KeyID)
	for n := 0; ; n++ {
		next := []string{"passphrase", "another"}[n%2]
		if _, err := dir.Passwd(t.Context(), k, keyringtest.Passphrase(next), keyringtest.Fast, keyringtest.Day); err != nil {
			t.Fatal(err)
		}
		fmt.Println("passphrase", next)
	}
}

// checkSurvivor finishes what the kill cut short: promoting again must always do.
func checkSurvivor(t *testing.T, dir *keyring.Dir, id trustdata.KeyID) {
	t.Helper()
	waiting, err := dir.Pending(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	places := 0
	for _, one := range waiting {
		if one.KeyID == id {
			places++
		}
	}
	if _, err := dir.Raw(t.Context(), id); err == nil {
		places++
	}
	if places != 1 {
		t.Errorf("key %s is in %d places", id.Short(), places)
	}
	if err := dir.Promote(t.Context(), "op", id); err != nil {
		t.Errorf("key %s: %v", id.Short(), err)
	}
	if _, err := dir.Open(t.Context(), id, keyringtest.Passphrase("passphrase")); err != nil {
		t.Errorf("key %s: %v", id.Short(), err)
	}
}
