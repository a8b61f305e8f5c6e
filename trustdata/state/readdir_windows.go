package state

import (
	"io/fs"
	"os"
)

// ReadDir lists a folder below dir, sorted.
func ReadDir(dir *os.Root, name string) ([]fs.DirEntry, error) { return fs.ReadDir(dir.FS(), name) }
