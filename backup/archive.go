package backup

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path"
	"runtime"
	"sync"
	"time"

	"keyrite/trustdata"
)

// archive writes the tar layer.
func (w *writer) archive(ctx context.Context, dst io.Writer) error {
	t := tar.NewWriter(dst)
	if err := t.WriteHeader(header(manifestName, w.plan.measured.size, w.plan.Manifest.Created)); err != nil {
		return err
	}
	if err := w.plan.Manifest.encodeTo(t); err != nil {
		return err
	}
	sig, err := w.plan.signManifest()
	if err != nil {
		return fmt.Errorf("signing the manifest: %w", err)
	}
	if sig != nil {
		if err := w.member(t, signatureName, sig); err != nil {
			return err
		}
	}
	w.folders = folders{}
	defer w.folders.close()
	w.lookAgain()
	made := map[string]bool{}
	last, done := "", int64(0)
	for i, e := range w.plan.entries {
		if in := path.Dir(e.Path); in != last {
			last = in
			if err := w.makeFolders(t, e.Path, made); err != nil {
				return err
			}
		}
		if err := w.add(ctx, t, i, e); err != nil {
			return err
		}
		done += e.Size
		w.progress.step(PhaseWrite, done, w.plan.Bytes)
	}
	return t.Close()
}

// makeFolders writes the folders above a file, each once.
func (w *writer) makeFolders(t *tar.Writer, name string, made map[string]bool) error {
	for _, dir := range parents(name) {
		if made[dir] {
			continue
		}
		made[dir] = true
		if err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir + "/", Mode: 0o700, ModTime: w.plan.Manifest.Created}); err != nil {
			return err
		}
	}
	return nil
}

// member writes a member that no file is behind.
func (w *writer) member(t *tar.Writer, name string, data []byte) error {
	if err := t.WriteHeader(header(name, int64(len(data)), w.plan.Manifest.Created)); err != nil {
		return err
	}
	_, err := t.Write(data)
	return err
}

func header(name string, size int64, mod time.Time) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: mod.Truncate(time.Second)}
}

// add copies one file, which must still be the one that was planned.
func (w *writer) add(ctx context.Context, t *tar.Writer, i int, e *entry) error {
	mod := e.mod
	if mod.Unix() <= 0 {
		mod = w.plan.Manifest.Created
	}
	if err := t.WriteHeader(header(e.Path, e.Size, mod)); err != nil {
		return err
	}
	if data := w.known(i, e); data != nil {
		if err := ctx.Err(); err != nil {
			return err
		}
		_, err := t.Write(data)
		e.data = nil // what is written need not be held
		return err
	}
	r, err := e.open()
	if err != nil {
		return fmt.Errorf("file %q: %w: %w", e.from(), ErrChanged, err)
	}
	defer r.Close()
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(t, h), io.LimitReader(&meter{r: r, ctx: ctx}, e.Size))
	if err != nil {
		return err
	}
	extra, _ := r.Read(make([]byte, 1))
	if n != e.Size || extra != 0 || hex.EncodeToString(h.Sum(nil)) != e.SHA256 {
		return fmt.Errorf("file %q: %w", e.from(), ErrChanged)
	}
	return nil
}

// lookAgain finds out, as many at once as there are processors, which of the held files
// nothing was done with since.
func (w *writer) lookAgain() {
	entries := w.plan.entries
	for i := range entries {
		w.folders.add(entries[i].in)
	}
	w.same = make([]bool, len(entries))
	var wg sync.WaitGroup
	hands := runtime.GOMAXPROCS(0)
	for hand := range hands {
		wg.Go(trustdata.Guarded(func() {
			for i := hand; i < len(entries); i += hands {
				e := entries[i]
				w.same[i] = e.data != nil && w.folders[e.in] != nil && w.folders[e.in].Unchanged(path.Base(e.Path), e.state)
			}
		}))
	}
	wg.Wait()
}

// known is what a small file surely holds as it was planned: what was held of one that
// nothing was done with since, or what it holds now. It is nil where neither is so.
func (w *writer) known(i int, e *entry) []byte {
	if w.same[i] && e.data != nil {
		return e.data
	}
	data, _ := w.folders.read(e.in, path.Base(e.Path))
	if sum := sha256.Sum256(data); data == nil || hex.EncodeToString(sum[:]) != e.SHA256 {
		return nil
	}
	return data
}
