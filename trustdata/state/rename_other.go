//go:build !linux

package state

import (
	"os"
	"path"
)

// mover moves entries of one folder into another one, without replacing any.
type mover struct {
	dir      *os.Root
	old, new string
}

func openMover(dir *os.Root, from, to string) (*mover, error) { return &mover{dir, from, to}, nil }

func (m *mover) close() {}

// move moves an entry that keeps its name.
func (m *mover) move(name string) error {
	return renamePortably(m.dir, path.Join(m.old, name), path.Join(m.new, name))
}

func renameNoReplace(dir *os.Root, oldName, newName string) error {
	return renamePortably(dir, oldName, newName)
}
