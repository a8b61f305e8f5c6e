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

// inVictim is the path behind mark, in a process that kill started.
func inVictim(mark string) (path string, ok bool) {
	for _, arg := range os.Args {
		if path, ok = strings.CutPrefix(arg, mark); ok {
			return path, true
		}
	}
	return "", false
}

// kill runs the present test in a process with arg, gives each line of its output to line,
// and kills it some time after the third.
func kill(t *testing.T, arg string, later time.Duration, line func(string)) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "-test.run=^"+t.Name()+"$", arg)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); n++ {
		line(lines.Text())
		if n == 2 {
			time.AfterFunc(later, func() { cmd.Process.Kill() })
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the process ended by itself")
	}
}

// A process that stages and promotes keys is killed at any moment. Each key that
// it had reported is then in exactly one place, whole, and the directory is not locked.
func TestKilledWriter(t *testing.T) {
	if path, ok := inVictim(killMark); ok {
		writeUntilKilled(t, path)
		return
	}
	dir := newDir(t)
	reported := map[trustdata.KeyID]bool{}
	for round := range 8 {
		kill(t, killMark+dir.Path(), time.Duration(round)*1300*time.Microsecond, func(line string) {
			if id, err := trustdata.ParseKeyID(line); err == nil {
				reported[id] = true
			}
		})
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
	if path, ok := inVictim(passwdMark); ok {
		passwdUntilKilled(t, path)
		return
	}
	dir := newDir(t)
	k := put(t, dir, "root")
	var changed int
	for round := range 12 {
		kill(t, passwdMark+dir.Path(), time.Duration(round)*900*time.Microsecond, func(line string) {
			if strings.HasPrefix(line, "passphrase ") {
				changed++
			}
		})
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
