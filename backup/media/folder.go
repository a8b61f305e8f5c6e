package media

import (
	"io"
	"io/fs"
)

// Folder is the folder that backups lie in: of this process, or behind one of its own, so
// that a medium that hangs hangs nobody else. Names are single path elements; a link is
// never followed.
type Folder interface {
	// Path is the folder's absolute path.
	Path() string
	// Create makes a file, 0600, under a name that must be free: else it is fs.ErrExist.
	Create(name string) (Writer, error)
	// Open opens a regular file to be read from its medium, past every cache that can be
	// avoided.
	Open(name string) (Reader, error)
	// Lstat says what there is under a name.
	Lstat(name string) (fs.FileInfo, error)
	// Self says what the folder itself is.
	Self() (fs.FileInfo, error)
	// Names are all names in the folder, sorted.
	Names() ([]string, error)
	// Place moves a file to a name that must be free, fs.ErrExist, and syncs the folder.
	Place(from, to string) error
	// Remove takes a file away.
	Remove(name string) error
	// Claim says that the folder is written to until it is closed. If nobody else writes to it,
	// what a killed process left there under a temporary name is removed, and named.
	Claim() (cleared []string, err error)
	// Settle makes all that was written to the file system of the folder durable.
	Settle() error
	io.Closer
}

// Writer is a file that is being written. An error of Sync is final: what was written
// before it may be lost even if a later Sync succeeds, as Linux and others have it.
type Writer interface {
	io.Writer
	Sync() error
	io.Closer
}

// Reader is a file that is being read.
type Reader interface {
	io.ReadCloser
	// Size is the file's length in bytes when it was opened.
	Size() int64
	// Reading says how the bytes come.
	Reading() Reading
}

// Reading is how bytes were read from a medium.
type Reading string

// The ways, each better than the one before. Unplugged is for what no single read can know:
// that the medium was out of the machine since it was written.
const (
	Warm      Reading = "warm"      // perhaps from memory: the file system lives there, or the cache could not be avoided
	Cold      Reading = "cold"      // the cache was dropped or went round
	Replugged Reading = "replugged" // cold, and the medium was out of the machine in between
)

// Opener opens the folder at an absolute path; make says that its last element is made if
// it is not there.
type Opener func(path string, make bool) (Folder, error)

// WriteFile writes a small file under a name that must be free, whole or not at all.
func WriteFile(f Folder, temp, name string, data []byte) error {
	if _, err := f.Lstat(name); err == nil {
		return &fs.PathError{Op: "create", Path: name, Err: fs.ErrExist}
	}
	w, err := f.Create(temp)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	if err == nil {
		err = w.Sync()
	}
	if end := w.Close(); err == nil {
		err = end
	}
	if err == nil {
		err = f.Place(temp, name)
	}
	if err != nil {
		_ = f.Remove(temp) // what is left of a failed write is under a temporary name
	}
	return err
}

// ReadFile reads a small file whole, at most limit bytes of it.
func ReadFile(f Folder, name string, limit int64) ([]byte, error) {
	r, err := f.Open(name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, limit))
}
