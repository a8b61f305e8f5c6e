package keyring_test

import (
	"fmt"
	"testing"
	"time"

	"keyrite/keyring"
	"keyrite/keyring/keyringtest"
	"keyrite/trustdata"
)

// retireMark is killMark for the process that retires keys.
const retireMark = "retire-in:"

// A process that retires keys is killed at any moment. Each key is then in exactly one
// place, and retiring it once more is a success.
func TestKilledRetirement(t *testing.T) {
	if path, ok := inVictim(retireMark); ok {
		retireUntilKilled(t, path)
		return
	}
	dir := newDir(t)
	seen := map[trustdata.KeyID]bool{}
	for round := range 8 {
		kill(t, retireMark+dir.Path(), time.Duration(round)*700*time.Microsecond, func(line string) {
			if id, err := trustdata.ParseKeyID(line); err == nil {
				seen[id] = true
			}
		})
		for id := range seen {
			checkRetired(t, dir, id)
		}
	}
	if len(seen) < 8*3 {
		t.Errorf("only %d keys were retired", len(seen))
	}
}

func retireUntilKilled(t *testing.T, path string) {
	dir, err := keyring.OpenDir(path, keyring.DirOptions{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	for {
		k := put(t, dir, "root")
		fmt.Println(k.KeyID())
		if _, err := dir.Retire(t.Context(), k.KeyID()); err != nil {
			t.Fatal(err)
		}
	}
}

func checkRetired(t *testing.T, dir *keyring.Dir, id trustdata.KeyID) {
	t.Helper()
	retired, err := dir.Retired(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	places := 0
	for _, one := range retired {
		if one.KeyID == id && one.Problem == "" {
			places++
		}
	}
	if _, err := dir.Open(t.Context(), id, keyringtest.Passphrase("passphrase")); err == nil {
		places++
	}
	if places != 1 {
		t.Errorf("key %s is in %d places", id.Short(), places)
	}
	if _, err := dir.Retire(t.Context(), id); err != nil {
		t.Errorf("key %s: %v", id.Short(), err)
	}
}
