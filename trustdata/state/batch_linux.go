package state

import (
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"keyrite/trustdata"
)

// flusher has the disk write out all that a file system was given, which costs a folder of
// files little more than one of them.
type flusher struct {
	// together says that files need no sync of their own.
	together bool
	dir      *os.File
	running  atomic.Bool
	begun    sync.WaitGroup
	mu       sync.Mutex
	err      error
}

func newFlusher(root *os.Root) (*flusher, error) {
	dir, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	var s unix.Statfs_t
	err = unix.Fstatfs(int(dir.Fd()), &s)
	// A file system in another program hears of a file's sync alone.
	return &flusher{dir: dir, together: err == nil && s.Type != unix.FUSE_SUPER_MAGIC}, nil
}

// begin has the disk write what there is, beside the caller.
func (f *flusher) begin() {
	if f.together && f.running.CompareAndSwap(false, true) {
		f.begun.Go(trustdata.Guarded(func() {
			f.sync()
			f.running.Store(false)
		}))
	}
}

func (f *flusher) sync() {
	_, err := again(func() (int, error) { return 0, unix.Syncfs(int(f.dir.Fd())) })
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = err // a failed sync is final, whichever it was
	}
}

// end returns once all is durable. It is called after the last begin.
func (f *flusher) end() error {
	f.begun.Wait()
	if f.dir == nil {
		return f.err
	}
	if f.together {
		f.sync()
	}
	f.dir.Close()
	f.dir = nil
	return f.err
}
