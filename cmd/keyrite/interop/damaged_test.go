package interop_test

import (
	"os"
	"path/filepath"
	"testing"

	"keyrite/cmd/keyrite/interop"
)

// A damaged backup is refused, and restores nothing.
func TestDamagedBackupRestoresNothing(t *testing.T) {
	t.Parallel()
	n := interop.StartServer(t, interop.ServerOptions{}).Notary(t)
	n.Init(app)
	identity, recipient := newIdentity(t)
	k := n.Keyrite()
	made := interop.JSON[backupJSON](k, "backup", "create", "--to", t.TempDir(), "-r", recipient, "-i", identity)
	whole, err := os.ReadFile(made.File)
	if err != nil {
		t.Fatal(err)
	}
	flipped := append([]byte(nil), whole...)
	flipped[len(flipped)-100] ^= 1
	for name, data := range map[string][]byte{"cut": whole[:len(whole)-1], "flipped": flipped, "empty": nil} {
		t.Run(name, func(t *testing.T) {
			file, to := filepath.Join(t.TempDir(), "backup.age"), filepath.Join(t.TempDir(), "trust")
			if err := os.WriteFile(file, data, 0o600); err != nil {
				t.Fatal(err)
			}
			if r := k.Try("backup", "verify", file, "-i", identity); r.Code != 3 {
				t.Errorf("verify: exit %d\n%s", r.Code, r.Output())
			}
			if r := k.Try("backup", "restore", file, "-i", identity, "--to", to); r.Code != 3 {
				t.Errorf("restore: exit %d\n%s", r.Code, r.Output())
			}
			if got := below(tree(t, filepath.Dir(to)), "trust/private"); len(got) != 0 {
				t.Errorf("restored %q", got)
			}
		})
	}
}
