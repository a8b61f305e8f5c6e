package backup

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"keyrite/trustdata"
)

// TestProof: only a backup that was decrypted, and that has the key in a usable file, proves
// anything.
func TestProof(t *testing.T) {
	id := func(digit string) trustdata.KeyID { return trustdata.KeyID(strings.Repeat(digit, 64)) }
	now := testTime
	records, err := OpenRecords(filepath.Join(t.TempDir(), "backups.jsonl"), func() time.Time { return now })
	check(t, err)
	defer records.Close()
	keys := []Key{{KeyID: id("a")}, {KeyID: id("b"), Problem: "the passphrase given does not open it"}, {Problem: "the file's name is no key ID"}}
	written := &CreateResult{File: "/one.age", SHA256: "sha256:1", State: StateReadBack, Waived: []string{WaiverProof}, Keys: keys}
	check(t, records.Note(written.Record()))
	if r, found := records.Proof(id("a")); found {
		t.Errorf("what was only read back proves the key: %+v", r)
	}
	for i, s := range []State{StateDrilled, StateProven, StateWritten} {
		now = testTime.Add(time.Duration(i) * time.Hour)
		check(t, records.Note((&VerifyResult{File: "/two.age", SHA256: "sha256:2", State: s, Keys: keys}).Record()))
	}
	for name, want := range map[trustdata.KeyID]bool{id("a"): true, id("b"): false, id("c"): false, "": false} {
		r, found := records.Proof(name)
		if found != want {
			t.Errorf("key %q: %v, want %v", name, found, want)
		}
		if found && (r.State != StateProven || r.File != "/two.age" || !r.At.Equal(testTime.Add(time.Hour)) || !slices.Equal(r.Keys, []trustdata.KeyID{id("a")})) {
			t.Errorf("key %q: %+v", name, r)
		}
	}
}
