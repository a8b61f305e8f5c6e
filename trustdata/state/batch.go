package state

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"keyrite/trustdata"
)

// Batch writes many new files at the price of one durable write. They are written below a
// folder where nobody looks, ".batch.<random>.tmp", made durable together, and then moved to
// their places, of which none is ever replaced: a folder that is not there yet is moved by
// one rename, with all that is in it. A kill leaves whole files in their places or none, and
// perhaps the folder, which the next batch in the same place removes; whoever makes batches
// there holds the lock. Where the file system is another program's, files are made durable
// and moved one by one, as every such program has been tried with. A Batch belongs to one
// goroutine.
type Batch struct {
	dir     *os.Root
	name    string // of the staging folder
	root    *os.Root
	folders map[string]*batchFolder // that staged files are in
	jobs    chan []batchFile
	next    []batchFile // not handed on yet
	bytes   int         // in them
	writing sync.WaitGroup
	disk    *flusher
	added   []string
	moved   []string // files and whole folders
	made    []string // folders that files are moved into one by one

	mu    sync.Mutex
	err   error // of the first file that failed
	count int
}

// batchFile is a file on its way into the staging folder.
type batchFile struct {
	in   *batchFolder
	name string
	data []byte
}

const (
	batchPrefix  = ".batch."
	batchWaiting = 2    // turns of files that wait for their writer
	batchFlush   = 1024 // so many files later the disk begins to write, while more come
	batchFiles   = 64   // so many, or so many bytes, are handed to the writer at a time
	batchBytes   = 256 << 10
)

// NewBatch begins a batch below dir. It writes nothing, but takes away what batches that
// were cut short have left.
func NewBatch(dir *os.Root) (*Batch, error) {
	names, err := fs.ReadDir(dir.FS(), ".")
	if err != nil {
		return nil, err
	}
	for _, left := range names {
		if IsBatch(left.Name()) && left.IsDir() {
			if err := dir.RemoveAll(left.Name()); err != nil {
				return nil, err
			}
		}
	}
	return &Batch{dir: dir, name: batchPrefix + rand.Text()[:10] + tempSuffix, folders: map[string]*batchFolder{}}, nil
}

// IsBatch reports whether a name is one of a folder in which a Batch prepares its files.
func IsBatch(name string) bool { return strings.HasPrefix(name, batchPrefix) && IsTemp(name) }

// Add writes one file for the slash-separated name below the batch's folder. A name that
// was added before is fs.ErrExist, here or at a later call: an error may be an earlier
// file's. The bytes belong to the batch from now on.
func (b *Batch) Add(name string, data []byte) error {
	if err := b.failed(); err != nil {
		return err
	}
	if b.root == nil {
		if err := b.begin(); err != nil {
			return err
		}
	}
	in, err := b.folder(path.Dir(name))
	if err != nil {
		return err
	}
	b.added = append(b.added, name)
	b.next = append(b.next, batchFile{in, path.Base(name), data})
	if b.bytes += len(data); len(b.next) >= batchFiles || b.bytes >= batchBytes {
		b.handOn()
	}
	return nil
}

func (b *Batch) handOn() {
	b.jobs <- b.next
	b.next, b.bytes = make([]batchFile, 0, batchFiles), 0
}

func (b *Batch) begin() error {
	if err := b.dir.Mkdir(b.name, 0o700); err != nil {
		return err
	}
	root, err := b.dir.OpenRoot(b.name)
	if err != nil {
		return errors.Join(err, b.dir.Remove(b.name))
	}
	if b.disk, err = newFlusher(root); err != nil {
		return errors.Join(err, root.Close(), b.dir.Remove(b.name))
	}
	b.root, b.jobs = root, make(chan []batchFile, batchWaiting)
	jobs := b.jobs
	// A folder takes one new file at a time: a second writer would spend its time on waiting.
	b.writing.Go(trustdata.Guarded(func() { b.write(jobs) }))
	return nil
}

// folder is the staging folder for files of the folder name.
func (b *Batch) folder(name string) (*batchFolder, error) {
	if f := b.folders[name]; f != nil {
		return f, nil
	}
	if err := b.root.MkdirAll(name, 0o700); err != nil {
		return nil, err
	}
	f, err := openBatchFolder(b.root, name)
	if err == nil {
		b.folders[name] = f
	}
	return f, err
}

// write writes files until there come no more, and none after one has failed.
func (b *Batch) write(jobs <-chan []batchFile) {
	for files := range jobs {
		for _, f := range files {
			if b.failed() != nil {
				break
			}
			err := f.in.create(f.name, f.data, b.disk.together)
			if b.wrote(err) {
				b.disk.begin()
			}
		}
	}
}

// wrote notes how a file went, and says whether the disk should begin to write.
func (b *Batch) wrote(err error) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil && b.err == nil {
		b.err = err
	}
	b.count++
	return b.count%batchFlush == 0
}

func (b *Batch) failed() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

// finish waits until all files are written and closes what was open for that.
func (b *Batch) finish() error {
	if b.jobs == nil {
		return b.failed()
	}
	b.handOn()
	close(b.jobs)
	b.jobs = nil
	b.writing.Wait()
	for _, f := range b.folders {
		f.close()
	}
	return b.failed()
}

// Place makes the files durable and moves them to their places. Where one is taken it is
// fs.ErrExist with its name; what was moved before stays, see Placed.
func (b *Batch) Place() error {
	if b.root == nil {
		return nil
	}
	err := b.finish()
	if synced := b.disk.end(); err == nil {
		err = synced
	}
	if err != nil {
		return err
	}
	into := map[string]bool{}
	if err := b.merge(".", into); err != nil {
		return err
	}
	for name := range into {
		if err := SyncDir(b.dir, name); err != nil {
			return err
		}
	}
	return nil
}

// merge moves what is staged for a folder that is there. Folders that get entries are noted
// in into.
func (b *Batch) merge(folder string, into map[string]bool) error {
	entries, err := fs.ReadDir(b.root.FS(), folder)
	if err != nil {
		return err
	}
	m, err := openMover(b.dir, path.Join(b.name, folder), folder)
	if err != nil {
		return err
	}
	defer m.close()
	for _, e := range entries {
		name := path.Join(folder, e.Name())
		there := false
		if e.IsDir() {
			if there, err = b.there(name); err != nil {
				return err
			}
		}
		if there {
			err = b.merge(name, into)
		} else {
			into[folder] = true
			err = b.move(m, name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// there reports whether a folder is there for staged files to be moved into; anything else in
// its place is an error.
func (b *Batch) there(name string) (bool, error) {
	info, err := b.dir.Lstat(name)
	switch {
	case err == nil && !info.IsDir():
		return false, fmt.Errorf("%q is not a folder", name)
	case err == nil:
		return true, nil
	case !errors.Is(err, fs.ErrNotExist):
		return false, err
	case b.disk.together:
		return false, nil
	}
	b.made = append(b.made, name)
	return true, MakeDir(b.dir, name)
}

// move moves one file or whole folder. One whose move failed counts as moved, since it may
// be, except where its place was taken.
func (b *Batch) move(m *mover, name string) error {
	err := m.move(path.Base(name))
	if !errors.Is(err, fs.ErrExist) {
		b.moved = append(b.moved, name)
	}
	return err
}

// Placed are the files that were moved to their places, and the folders that were made for
// them, outermost first.
func (b *Batch) Placed() (files, folders []string) {
	whole := map[string]bool{}
	for _, name := range b.moved {
		whole[name] = true
	}
	made := map[string]bool{}
	for _, name := range b.added {
		within := false // a folder that was moved
		for i := range len(name) {
			if name[i] == '/' && (within || whole[name[:i]]) {
				within, made[name[:i]] = true, true
			}
		}
		if within || whole[name] {
			files = append(files, name)
		}
	}
	folders = slices.AppendSeq(slices.Clone(b.made), maps.Keys(made))
	slices.Sort(folders)
	return files, folders
}

// Drop ends the batch and removes what was not moved to its place.
func (b *Batch) Drop() error {
	if b.root == nil {
		return nil
	}
	_ = b.finish()
	_ = b.disk.end() // what goes need not be durable
	err := errors.Join(b.root.Close(), b.dir.RemoveAll(b.name))
	b.root = nil
	return err
}
