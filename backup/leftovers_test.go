package backup

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"keyrite/backup/media"
)

// What a backup that was broken off has left is named by whoever looks, and cleared by the
// next one that is written there, unless it is being written.
func TestLeftovers(t *testing.T) {
	r := newRig(t)
	id, to := newIdentity(t)
	dir := t.TempDir()
	file := r.create(t, CreateOptions{Dir: dir, Recipients: []Recipient{to}}).File
	if said, err := Leftovers(context.Background(), dir, nil); err != nil || said != "" {
		t.Errorf("nothing is left: %q, %v", said, err)
	}
	parts := []string{media.PartName(filepath.Base(file)), media.PartName(restoreName)}
	slices.Sort(parts)
	for _, part := range parts {
		writeFile(t, filepath.Join(dir, part), "torn")
	}
	said, err := Leftovers(context.Background(), dir, nil)
	check(t, err)
	v, err := Verify(context.Background(), file, own(id), VerifyOptions{})
	check(t, err)
	if !v.OK || !slices.Equal(v.Warnings, []string{said}) || !strings.Contains(said, parts[0]+`" and 1 more`) {
		t.Errorf("said %q, and by the verification %q", said, v.Warnings)
	}

	busy, err := media.OpenFolder(dir, false)
	check(t, err)
	running := media.PartName("other.age")
	_, err = busy.Claim()
	check(t, err)
	for _, part := range append(parts, running) {
		writeFile(t, filepath.Join(dir, part), "torn")
	}
	made := r.create(t, CreateOptions{Dir: dir, Name: "second", Recipients: []Recipient{to}})
	if !strings.Contains(strings.Join(made.Warnings, "\n"), "2 more are left") {
		t.Errorf("warnings %q", made.Warnings)
	}
	check(t, busy.Close())
	made = r.create(t, CreateOptions{Dir: dir, Name: "third", Recipients: []Recipient{to}})
	if !strings.Contains(strings.Join(made.Warnings, "\n"), "was cleared: 3 files") {
		t.Errorf("warnings %q", made.Warnings)
	}
	entries, err := os.ReadDir(dir)
	check(t, err)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			t.Errorf("%q is still there", e.Name())
		}
	}
}
