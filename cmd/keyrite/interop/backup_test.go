package interop_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"keyrite/cmd/keyrite/interop"
)

// newIdentity makes an age identity with age-keygen.
func newIdentity(t *testing.T) (file, recipient string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "identity.txt")
	interop.Exec(t, t.TempDir(), interop.Peer(t, "age-keygen"), "-o", file)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return file, regexp.MustCompile(`age1[0-9a-z]+`).FindString(string(data))
}

// A backup gives back a trust directory that the stock client publishes from: opened with
// age and tar alone, and restored by keyrite.
func TestBackupGivesBackAWorkingTrustDirectory(t *testing.T) {
	t.Parallel()
	n := interop.StartServer(t, interop.ServerOptions{}).Notary(t)
	n.Init(app)
	n.Delegate(app, "alice", "targets/alice", "targets/releases")
	n.Sign(app, "v1", digest1, 1, "targets/alice", "targets/releases")
	identity, recipient := newIdentity(t)
	k := n.Keyrite()
	dir := filepath.Join(t.TempDir(), "stick")
	made := interop.JSON[backupJSON](k, "backup", "create", "--to", dir, "-r", recipient, "-i", identity)
	if len(made.Keys) != len(n.Keys()) || made.State != "proven" && made.State != "drilled" {
		t.Errorf("backup: %+v", made)
	}

	stock := n.Fresh()
	if err := os.MkdirAll(stock.TrustDir, 0o700); err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(t.TempDir(), "plain.tar")
	interop.Exec(t, dir, interop.Peer(t, "age"), "-d", "-i", identity, "-o", plain, made.File)
	interop.Exec(t, stock.TrustDir, interop.Need(t, "tar"), "-xf", plain)

	restored := n.Fresh()
	back := interop.JSON[restoreJSON](k, "backup", "restore", made.File, "-i", identity, "--to", restored.TrustDir)
	if !back.OK || len(back.Restored) != len(n.Keys()) {
		t.Errorf("restore: %+v", back)
	}

	want := n.Keys()
	for i, c := range []*interop.Notary{stock, restored} {
		if d := gocmp.Diff(want, c.Keys()); d != "" {
			t.Error("keys:", d)
		}
		c.Sign(app, []string{"from age and tar", "restored"}[i], digest2, 2, "targets/alice", "targets/releases")
	}
	if got := n.Fresh().List(app); len(got) != 3 {
		t.Errorf("published: %v", got)
	}
}

// Keys that were kept as registries' documentation has it, or as the stock client exports
// them, become a set that gives the stock client a working trust directory.
func TestSetOfKeysKeptOtherwise(t *testing.T) {
	t.Parallel()
	n := interop.StartServer(t, interop.ServerOptions{}).Notary(t)
	n.Init(app)
	n.Delegate(app, "alice", "targets/alice", "targets/releases")
	n.Sign(app, "v1", digest1, 1, "targets/alice", "targets/releases")
	identity, recipient := newIdentity(t)
	dir := t.TempDir()
	n.Run("key", "export", "-o", filepath.Join(dir, "exported.pem"))
	interop.Exec(t, dir, interop.Need(t, "tar"), "-czf", "private_keys_backup.tar.gz", "-C", filepath.Dir(n.TrustDir), filepath.Base(n.TrustDir)+"/private")
	k := n.Keyrite()
	for i, name := range []string{"exported.pem", "private_keys_backup.tar.gz"} {
		made := interop.JSON[backupJSON](k, "backup", "create", "--from", filepath.Join(dir, name), "--to", filepath.Join(dir, "stick of "+name), "-r", recipient, "-i", identity)
		if made.State != "drilled" {
			t.Errorf("%s: %+v", name, made)
		}
		stock := n.Fresh()
		if err := os.MkdirAll(stock.TrustDir, 0o700); err != nil {
			t.Fatal(err)
		}
		plain := filepath.Join(t.TempDir(), "plain.tar")
		interop.Exec(t, dir, interop.Peer(t, "age"), "-d", "-i", identity, "-o", plain, made.File)
		interop.Exec(t, stock.TrustDir, interop.Need(t, "tar"), "-xf", plain)
		if d := gocmp.Diff(n.Keys(), stock.Keys()); d != "" {
			t.Errorf("%s: keys: %s", name, d)
		}
		stock.Sign(app, []string{"from the bundle", "from the tar"}[i], digest2, 2, "targets/alice", "targets/releases")
	}
	if got := n.Fresh().List(app); len(got) != 3 {
		t.Errorf("published: %v", got)
	}
}
