package keyring

import "io/fs"

// Folder is a folder of a trust directory that is open for reading many of its files. Its
// methods may be called side by side.
type Folder struct{ shelf *rootShelf }

// OpenFolder opens the folder with that slash-separated name below the directory, which no
// link leads to.
func (d *Dir) OpenFolder(name string) (*Folder, error) {
	s, err := d.vault.disk.(*folder).shelf(name)
	if err != nil {
		return nil, err
	}
	return &Folder{s.(*rootShelf)}, nil
}

// MaxRead is how many bytes of a file Read gives at most, one more than a key file may have.
const MaxRead = maxFile + 1

// Read reads a regular file that is no link, and says what state it was in then.
func (f *Folder) Read(name string) ([]byte, fs.FileInfo, error) { return f.shelf.read(name) }

// Unchanged reports whether a file surely is the one, in the state, that Read gave: the
// same file, that nothing was written to or done with since. Where the system does not tell
// it is false.
func (f *Folder) Unchanged(name string, since State) bool {
	return since != State{} && f.shelf.state(name) == since
}

// Close closes it.
func (f *Folder) Close() { f.shelf.close() }

// State is what is remembered of a file's state, to know whether it was changed. The zero
// value is of no file.
type State struct {
	device, inode    uint64
	size             int64
	written, changed int64 // in nanoseconds
}
