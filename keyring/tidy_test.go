package keyring_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// TestPromoteTidiesUp: what a killed write left beside a staged key goes with the folder, and
// a file that is anybody else's keeps it.
func TestPromoteTidiesUp(t *testing.T) {
	for name, stays := range map[string]bool{".0123.key.ABCDEFGHIJ.tmp": false, "note.txt": true, ".hidden": true} {
		dir := newDir(t)
		k := stage(t, dir, "op")
		left := filepath.Join(dir.Path(), "pending", "op", name)
		if err := os.WriteFile(left, []byte("torn"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := dir.Promote(t.Context(), "op", k.KeyID()); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Lstat(left); errors.Is(err, fs.ErrNotExist) == stays {
			t.Errorf("%s: stays is not %v: %v", name, stays, err)
		}
	}
}
