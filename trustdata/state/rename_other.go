//go:build !linux

package state

import "os"

func renameNoReplace(dir *os.Root, oldName, newName string) error {
	return renamePortably(dir, oldName, newName)
}
