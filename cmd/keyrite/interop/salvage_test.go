package interop_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"keyrite/cmd/keyrite/interop"
)

// filler is a file of private/ that comes behind every key and fills two pieces of an age file.
const filler = "private/ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff.key"

// From a backup that was cut short age fails, and leaves tar with a file that is torn. keyrite
// takes the files that came whole before that, and the stock client signs with their keys.
func TestSalvageBesideAgeAndTar(t *testing.T) {
	t.Parallel()
	n := interop.StartServer(t, interop.ServerOptions{}).Notary(t)
	n.Init(app)
	put(t, filepath.Join(n.TrustDir, filler), strings.Repeat("x", 140_000))
	identity, recipient := newIdentity(t)
	k := n.Keyrite()
	made := interop.JSON[backupJSON](k, "backup", "create", "--to", t.TempDir(), "-r", recipient, "-i", identity)
	if err := os.Remove(filepath.Join(n.TrustDir, filler)); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(made.File, 100_000); err != nil {
		t.Fatal(err)
	}

	stock := filepath.Join(t.TempDir(), "trust")
	if err := os.MkdirAll(stock, 0o700); err != nil {
		t.Fatal(err)
	}
	plain := new(bytes.Buffer)
	age := exec.Command(interop.Peer(t, "age"), "-d", "-i", identity, made.File)
	age.Stdout = plain
	if err := age.Run(); err == nil || plain.Len() != 64<<10 {
		t.Fatalf("age opens it: %v, %d bytes", err, plain.Len())
	}
	tar := exec.Command(interop.Need(t, "tar"), "-x", "-C", stock)
	tar.Stdin = plain
	if out, err := tar.CombinedOutput(); err == nil || !strings.Contains(string(out), "Unexpected EOF") {
		t.Fatalf("tar says %v: %s", err, out)
	}
	unpacked := tree(t, stock)
	if torn := unpacked[filler]; torn == "" || len(torn) >= 140_000 {
		t.Fatalf("the file that was cut has %d bytes: the damage makes no test", len(torn))
	}

	restored := n.Fresh()
	if r := k.Try("backup", "restore", made.File, "-i", identity, "--to", restored.TrustDir); r.Code != 3 || !strings.Contains(r.Output(), "--salvage") {
		t.Errorf("without --salvage: exit %d\n%s", r.Code, r.Output())
	}
	r := k.Try("--json", "backup", "restore", made.File, "-i", identity, "--to", restored.TrustDir, "--salvage")
	var back restoreJSON
	if err := json.Unmarshal([]byte(r.Stdout), &back); err != nil || r.Code != 3 || back.OK || len(back.Restored) != len(n.Keys()) || len(back.Lost) != 1 || back.Lost[0].Path != filler {
		t.Errorf("exit %d, %v, %+v\n%s", r.Code, err, back, r.Output())
	}
	maps.DeleteFunc(unpacked, func(name, _ string) bool { return name == filler || !strings.HasPrefix(name, "private/") })
	if d := gocmp.Diff(unpacked, tree(t, restored.TrustDir)); d != "" {
		t.Error("keyrite and tar differ in what is whole:", d)
	}
	if d := gocmp.Diff(n.Keys(), restored.Keys()); d != "" {
		t.Error("keys:", d)
	}
	restored.Sign(app, "salvaged", digest2, 2)
	if got := n.Fresh().List(app); len(got) != 1 {
		t.Errorf("published: %v", got)
	}
}
