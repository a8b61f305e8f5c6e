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
