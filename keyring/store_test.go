package keyring_test

import (
	"path/filepath"
	"testing"

	"keyrite/keyring"
	"keyrite/keyring/keyringtest"
)

func newDir(t *testing.T) *keyring.Dir {
	t.Helper()
	dir, err := keyring.OpenDir(filepath.Join(t.TempDir(), "trust"), keyring.DirOptions{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestDir(t *testing.T) {
	keyringtest.Store(t, func(t *testing.T) keyring.Store { return newDir(t) })
}

func TestMem(t *testing.T) {
	keyringtest.Store(t, func(*testing.T) keyring.Store { return keyring.NewMem() })
}

func TestSet(t *testing.T) {
	keyringtest.Store(t, func(t *testing.T) keyring.Store { return keyring.Set{newDir(t), keyring.NewMem()} })
	keyringtest.Store(t, func(t *testing.T) keyring.Store { return keyring.Set{keyring.NewMem(), newDir(t)} })
}

// TestPromoteAtOnce brings one key in from several goroutines, as an operation does whose
// repositories share it: for each it is a success.
func TestPromoteAtOnce(t *testing.T) {
	for name, s := range map[string]keyring.Store{"a folder": newDir(t), "memory": keyring.NewMem(), "several": keyring.Set{newDir(t), keyring.NewMem()}} {
		for range 20 {
			k := stage(t, s, "op")
			failed := make(chan error)
			const many = 8
			for range many {
				go func() { failed <- s.Promote(t.Context(), "op", k.KeyID()) }()
			}
			for range many {
				if err := <-failed; err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	}
}
