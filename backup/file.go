package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// classify makes an error of reading one of damage, unless it is of another kind already:
// the disk's, the context's, or one that stands for itself.
func classify(err error) error {
	var pathErr *fs.PathError
	var taken *takeError
	switch {
	case errors.As(err, &taken):
		return taken.error
	case err == nil,
		errors.Is(err, ErrDamaged), errors.Is(err, ErrIdentity), errors.Is(err, ErrNewer),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded),
		errors.As(err, &pathErr):
		return err
	}
	return damage("%w", err)
}

// openBackup opens the regular file at path, and neither a link, a pipe nor a device.
func openBackup(path string) (*os.File, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(filepath.Dir(abs))
	if err != nil {
		return nil, fmt.Errorf("backup %q: %w", abs, err)
	}
	defer root.Close()
	f, err := openRegular(root, filepath.Base(abs))
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		return nil, fmt.Errorf("backup %q: %w", abs, pathErr.Err)
	}
	return f, err
}

func openRegular(root *os.Root, name string) (*os.File, error) {
	before, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, fmt.Errorf("%q is not a regular file", filepath.Join(root.Name(), name))
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	if now, err := f.Stat(); err != nil || !os.SameFile(before, now) {
		return nil, errors.Join(fmt.Errorf("%q was exchanged while it was opened", filepath.Join(root.Name(), name)), f.Close())
	}
	return f, nil
}

// coldHash hashes f from its start, past the page cache where the system allows it.
func coldHash(ctx context.Context, f *os.File, report func(int64)) (string, error) {
	dropCache(f)
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	h := sha256.New()
	if _, err := io.Copy(h, &meter{r: f, ctx: ctx, report: report}); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
