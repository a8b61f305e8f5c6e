package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"keyrite/backup/media"
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

// coldHash hashes f from its start, and reads it to its end.
func coldHash(ctx context.Context, f io.Reader, report func(int64)) (string, error) {
	h := sha256.New()
	on := readAhead(f, aheadMedium)
	defer on.stop()
	if _, err := io.Copy(h, &meter{r: on, ctx: ctx, report: report}); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// hashAt is coldHash of the file at a path of this machine.
func hashAt(ctx context.Context, path string) (string, error) {
	dir, err := media.OpenFolder(filepath.Dir(path), false)
	if err != nil {
		return "", err
	}
	defer dir.Close()
	f, err := dir.Open(filepath.Base(path))
	if err != nil {
		return "", err
	}
	defer f.Close()
	return coldHash(ctx, f, nil)
}

// opener is how folders of backups are opened where nothing else is said.
func opener(open media.Opener) media.Opener {
	if open == nil {
		return media.OpenFolder
	}
	return open
}

// openBackup opens the folder of the backup at path.
func openBackup(open media.Opener, path string) (dir media.Folder, name string, err error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, "", err
	}
	dir, err = opener(open)(filepath.Dir(abs), false)
	if err != nil {
		return nil, "", fmt.Errorf("backup %q: %w", abs, err)
	}
	return dir, filepath.Base(abs), nil
}

// openFile opens a backup by its name in its folder; the caller says which one it is.
func openFile(dir media.Folder, name string) (media.Reader, error) {
	f, err := dir.Open(name)
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		return nil, pathErr.Err
	}
	if err == nil && f.Size() > maxFile {
		return nil, errors.Join(damage("it has %d bytes, and no backup has more than %d", f.Size(), int64(maxFile)), f.Close())
	}
	return f, err
}
