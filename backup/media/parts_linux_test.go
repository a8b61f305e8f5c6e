package media_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keyrite/backup/media"
)

func TestIsPart(t *testing.T) {
	for _, name := range []string{"keyrite-2026-11-22T094100Z.age", "keyrite.age.sha256", "RESTORE.txt"} {
		if part := media.PartName(name); part == media.PartName(name) || name == "RESTORE.txt" && !media.IsPart(part) {
			t.Errorf("%q is not known, or given twice", part)
		}
	}
	for name, want := range map[string]bool{".k.age.ABCDEFGH27.part": true, ".k.age.sha256.ABCDEFGH27.part": true, ".k.txt.ABCDEFGH27.part": true,
		".k.age.ABCDEFGH2.part": false, ".k.age.abcdefgh27.part": false, "k.age.ABCDEFGH27.part": false, ".k.age.part": false, ".k.key.ABCDEFGH27.part": false,
		".k.age.ABCDEFGH27.part.bak": false, ".age.ABCDEFGH27.part": false, "k.age": false} {
		if media.IsPart(name) != want {
			t.Errorf("%q: not %v", name, want)
		}
	}
}

// What a killed process left is cleared by the next one that writes, in this process or in one
// of its own, and only by one that is alone. What others have there stays.
func TestClaim(t *testing.T) {
	for name, opener := range map[string]media.Opener{"here": media.OpenFolder, "far": helper(t, "serve").Opener(t.Context(), nil)} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			others := []string{"k.age", ".notes.part", ".k.age.ABCDEFGH2.part", ".link.age.ABCDEFGHIJ.part", ".folder.age.ABCDEFGHIJ.part"}
			for _, name := range others[:3] {
				check(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
			}
			check(t, os.Symlink("k.age", filepath.Join(dir, others[3])))
			check(t, os.Mkdir(filepath.Join(dir, others[4]), 0o700))
			stale := media.PartName("k.age")
			check(t, os.WriteFile(filepath.Join(dir, stale), nil, 0o600))
			claim := func(want ...string) media.Folder {
				t.Helper()
				f, err := opener(dir, false)
				check(t, err)
				cleared, err := f.Claim()
				check(t, err)
				if !slices.Equal(cleared, want) {
					t.Errorf("cleared %q, want %q", cleared, want)
				}
				return f
			}
			first := claim(stale)
			mine := media.PartName("k.age")
			w, err := first.Create(mine)
			check(t, err)
			check(t, w.Close())
			second := claim()
			check(t, first.Close())
			third := claim() // the second still writes
			check(t, second.Close())
			check(t, third.Close())
			check(t, claim(mine).Close())
			entries, err := os.ReadDir(dir)
			check(t, err)
			var left []string
			for _, e := range entries {
				left = append(left, e.Name())
			}
			slices.Sort(others)
			if diff := cmp.Diff(others, left); diff != "" {
				t.Error(diff)
			}
		})
	}
}
