package media

import (
	"os"
	"path/filepath"
	"testing"
)

// A folder that is on no removable drive is waited for as long as its disk moves, too.
func TestActivityOfAFolder(t *testing.T) {
	dir := t.TempDir()
	roots := Roots{Sys: filepath.Join(dir, "sys"), Proc: filepath.Join(dir, "proc")}
	write := func(text string, at ...string) {
		path := filepath.Join(at...)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("7 1 8:1 / /home rw - ext4 /dev/sda1 rw\n8 1 0:40 / /net rw - nfs4 server:/home rw\n", roots.Proc, "self", "mountinfo")
	stat := []string{roots.Sys, "dev", "block", "8:1", "stat"}
	write("10 0 80 5 20 0 160 9 0 14 14\n", stat...)
	disk := roots.activityOf(7)
	before := disk()
	if before == "" || disk() != before {
		t.Errorf("%q, then %q", before, disk())
	}
	write("10 0 80 5 21 0 168 9 0 14 14\n", stat...)
	if disk() == before {
		t.Error("the disk wrote, and that is not seen")
	}
	for _, id := range []uint64{8, 9} {
		if got := roots.activityOf(id)(); got != "" {
			t.Errorf("mount %d has no disk, and moved: %q", id, got)
		}
	}
}
