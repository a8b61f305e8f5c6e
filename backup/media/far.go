package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// far is a Folder behind a helper process.
type far struct {
	*talk
	path     string
	guard    *Guard // may be nil
	progress func(string, int64)
	stop     func() // of the watch
}

var _ Folder = (*far)(nil)

// watch lets the call that waits fail as soon as the medium is lost.
func (f *far) watch(ctx context.Context) {
	err := f.guard.Wait(ctx)
	if ctx.Err() == nil {
		f.lost <- err
	}
}

func (f *far) Path() string { return f.path }

// Close ends the helper, and with it every file that is still open.
func (f *far) Close() error {
	f.stop()
	return f.end()
}

// ask is a call about names, none of which may lead out of the folder.
func (f *far) ask(req request, names ...string) (reply, error) {
	for _, name := range names {
		if err := single(name); err != nil {
			return reply{}, err
		}
	}
	got, _, err := f.call(req, nil)
	return got, err
}

func (f *far) Create(name string) (Writer, error) {
	got, err := f.ask(request{Op: "create", Name: name}, name)
	if err != nil {
		return nil, err
	}
	return &farWriter{folder: f, name: name, file: got.File}, nil
}

func (f *far) Open(name string) (Reader, error) {
	got, err := f.ask(request{Op: "open", Name: name}, name)
	if err != nil {
		return nil, err
	}
	return &farReader{folder: f, file: got.File, size: got.Size, how: got.Reading}, nil
}

func (f *far) Lstat(name string) (fs.FileInfo, error) {
	got, err := f.ask(request{Op: "lstat", Name: name}, name)
	return told(got, err)
}

func (f *far) Self() (fs.FileInfo, error) { return told(f.ask(request{Op: "self"})) }

func told(got reply, err error) (fs.FileInfo, error) {
	if err == nil && got.Info == nil {
		err = errors.New("the helper said nothing of the file")
	}
	if err != nil {
		return nil, err
	}
	return got.Info, nil
}

func (f *far) Names() ([]string, error) {
	got, err := f.ask(request{Op: "names"})
	for _, name := range got.Names {
		if single(name) != nil {
			return nil, fmt.Errorf("folder %q has an entry that is no name: %q", f.path, name)
		}
	}
	return got.Names, err
}

// Claim looks whether the medium is there before, since it may remove files.
func (f *far) Claim() ([]string, error) {
	if err := f.guard.Check(); err != nil {
		return nil, err
	}
	got, err := f.ask(request{Op: "claim"})
	return got.Names, f.still(err)
}

// Place looks whether the medium is there before, since a name that is placed looks done.
func (f *far) Place(from, to string) error {
	if err := f.guard.Check(); err != nil {
		return err
	}
	_, err := f.ask(request{Op: "place", Name: from, To: to}, from, to)
	return f.still(err)
}

func (f *far) Remove(name string) error {
	_, err := f.ask(request{Op: "remove", Name: name}, name)
	return err
}

func (f *far) Settle() error {
	_, err := f.ask(request{Op: "settle"})
	return f.still(err)
}

// still reports the loss of the medium in place of what came of it.
func (f *far) still(err error) error {
	if errors.Is(err, ErrLost) {
		return err
	}
	if lost := f.guard.Check(); lost != nil {
		return lost
	}
	return err
}

// farWriter is a file that the helper writes.
type farWriter struct {
	folder  *far
	name    string
	file    int
	written int64
}

func (w *farWriter) Write(p []byte) (n int, err error) {
	for n < len(p) {
		part := p[n:min(len(p), n+maxBody)]
		if _, _, err := w.folder.call(request{Op: "write", File: w.file}, part); err != nil {
			return n, w.folder.still(err)
		}
		n += len(part)
		w.written += int64(len(part))
		if w.folder.progress != nil {
			w.folder.progress(w.name, w.written)
		}
	}
	return n, nil
}

func (w *farWriter) Sync() error {
	_, _, err := w.folder.call(request{Op: "sync", File: w.file}, nil)
	return w.folder.still(err)
}

func (w *farWriter) Close() error {
	_, _, err := w.folder.call(request{Op: "close", File: w.file}, nil)
	return err
}

// farReader is a file that the helper reads.
type farReader struct {
	folder *far
	file   int
	size   int64
	how    Reading
}

func (r *farReader) Size() int64      { return r.size }
func (r *farReader) Reading() Reading { return r.how }

func (r *farReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	got, data, err := r.folder.call(request{Op: "read", File: r.file, Want: len(p)}, nil)
	switch {
	case err != nil:
		return 0, r.folder.still(err)
	case got.End:
		return 0, io.EOF
	case len(data) > len(p):
		return 0, errors.New("the helper gave more than it was asked for")
	}
	return copy(p, data), nil
}

func (r *farReader) Close() error {
	_, _, err := r.folder.call(request{Op: "close", File: r.file}, nil)
	return err
}
