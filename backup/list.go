package backup

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Listed is one backup in a folder.
type Listed struct {
	File string `json:"file"`
	// Created is by the name, and else by the file's time.
	Created time.Time `json:"created"`
	Size    int64     `json:"size"`
	// SHA256 is of the whole file as it was read just now: "sha256:<hex>".
	SHA256 string `json:"sha256"`
	Sums   Sums   `json:"sums"`
	// State is what was recorded of a backup with exactly these bytes, at ProvenAt.
	State    State     `json:"state"`
	ProvenAt time.Time `json:"proven_at,omitzero"`
	// Problem says why the file cannot be read, or is "".
	Problem string `json:"problem"`
}

// List looks at the files in dir that end in ".age", the newest first. It hashes each one;
// what is inside is told by Verify alone. records may be nil.
func List(ctx context.Context, dir string, records *Records) ([]Listed, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(abs)
	if err != nil {
		return nil, fmt.Errorf("folder of backups: %w", err)
	}
	defer root.Close()
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, fmt.Errorf("folder of backups: %w", err)
	}
	list := []Listed{}
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if strings.HasSuffix(e.Name(), ageSuffix) && !strings.HasPrefix(e.Name(), ".") {
			list = append(list, look(ctx, root, abs, e.Name(), records))
		}
	}
	slices.SortStableFunc(list, func(a, b Listed) int { return b.Created.Compare(a.Created) })
	return list, nil
}

func look(ctx context.Context, root *os.Root, dir, name string, records *Records) Listed {
	l := Listed{File: filepath.Join(dir, name), Sums: SumsNone, State: StateUnknown}
	f, err := openRegular(root, name)
	if err != nil {
		l.Problem = err.Error()
		return l
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		l.Problem = err.Error()
		return l
	}
	l.Size, l.Created = info.Size(), createdBy(name, info.ModTime())
	hash, err := coldHash(ctx, f, nil)
	if err != nil {
		l.Problem = err.Error()
		return l
	}
	l.SHA256 = "sha256:" + hash
	l.Sums = compareSums(root, name, hash)
	if record, ok := records.Last(l.SHA256); ok {
		l.State, l.ProvenAt = record.State, record.At
	}
	return l
}

// createdBy reads the time that ends a backup's name.
func createdBy(name string, modified time.Time) time.Time {
	stem := strings.TrimSuffix(name, ageSuffix)
	if n := len(stem) - len(stampLayout); n >= 0 {
		if t, err := time.Parse(stampLayout, stem[n:]); err == nil {
			return t.UTC()
		}
	}
	return modified.UTC().Truncate(time.Second)
}
