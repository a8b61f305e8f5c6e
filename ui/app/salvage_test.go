package app_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui/restore"
	"keyrite/ui/uitest"
)

// tornVault is a vault whose backup is damaged in its last piece: some of its keys are whole.
func tornVault(t *testing.T) (v *vault, counted string, sound []byte) {
	t.Helper()
	v = newVault(t)
	for range 90 {
		k, err := keyring.Generate(trustdata.KeyECDSA)
		v.must(err)
		v.put(k, "targets", oldPass)
	}
	v.made()
	sound, err := os.ReadFile(v.file())
	v.must(err)
	torn := slices.Clone(sound)
	torn[len(torn)-20] ^= 1
	v.must(os.WriteFile(v.file(), torn, 0o600))
	v.found = []restore.Found{{File: v.file(), Drive: "KINGSTON", Copy: "1 of 2", State: "proven"}}
	v.dir = v.openDir(filepath.Join(t.TempDir(), "trust"))
	ids, err := v.identities(v.identity, keyring.Passphrase{})
	v.must(err)
	_, err = backup.PlanRestore(context.Background(), v.file(), ids, v.dir, backup.RestoreOptions{Now: uitest.Start})
	left := backup.SalvageOf(err)
	if left == nil || len(left.Whole) == 0 || len(left.Lost) == 0 {
		t.Fatalf("the damage makes no test: %v", err)
	}
	return v, left.Counted(), sound
}

func (v *vault) restored() int {
	v.t.Helper()
	infos, err := v.dir.List(context.Background())
	v.must(err)
	return len(infos)
}

// Of a copy that is damaged in part it is said how much is whole. Enter looks for the other
// copy, and nothing is restored unasked.
func TestDamagedCopyAsksForTheOther(t *testing.T) {
	v, counted, sound := tornVault(t)
	d := v.list(100, 30).Press("T").Has("[1 Find]").Press("enter").Press("1").Type(v.identity).Press("enter")
	d.Fits().Has("THIS COPY IS DAMAGED: "+counted, "look for the other copy: copy 2 of 2, on ACME-B", "see what is whole, key by key")
	d.Press("esc").Fits().Has("[2 Open]", "THIS COPY IS DAMAGED: "+counted+". Nothing was taken from it.", "copy 2 of 2, on ACME-B", "w shows what is whole")
	d.Press("w").Has("look for the other copy").Press("enter").Fits().Has("[1 Find]", "BACKUPS ON REMOVABLE DRIVES")
	if n := v.restored(); n != 0 {
		t.Errorf("%d keys were restored", n)
	}
	v.must(os.WriteFile(v.file(), sound, 0o600))
	d.Press("enter", "1", "enter").Fits().Has("[3 Compare]", "92 keys to add").Lacks("DAMAGED", "lost")
}

// What is whole is a plan like any other: key by key, confirmed, and never called the set.
func TestSalvageInTheConsole(t *testing.T) {
	v, counted, _ := tornVault(t)
	var whole, of int
	if _, err := fmt.Sscanf(counted, "%d of its %d", &whole, &of); err != nil {
		t.Fatal(err)
	}
	d := v.list(100, 40).Press("T").Press("enter").Press("1").Type(v.identity).Press("enter").Press("2")
	d.Fits().Has("[3 Compare]", fmt.Sprintf("%d keys to add, %d keys lost", whole, of-whole), "DAMAGED COPY, only what is whole")
	d.Has("LOST in this copy", "The backup is damaged in it or before it.").Press("end").Has("add", "Not here yet.")
	d.Press("enter").Fits().Has("RESTORE WHAT IS WHOLE OF A DAMAGED COPY", counted, fmt.Sprintf("%d keys: the set is not restored", of-whole))
	d.Press("enter")
	if n := v.restored(); n != 0 {
		t.Fatalf("%d keys were restored before the confirmation", n)
	}
	d.Press("enter").Advance(time.Second).Press("tab", "enter").Fits().Has("[5 Prove]", "THE SET IS NOT RESTORED", "LOST in this copy").Press("end").Has("written, passphrase not tried")
	if n := v.restored(); n != whole {
		t.Errorf("%d keys are here, want %d", n, whole)
	}
	if text := d.Text(); strings.Contains(text, "Every file that was written") {
		t.Errorf("it is called restored:\n%s", text)
	}
}
