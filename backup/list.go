package backup

import (
	"context"
	"fmt"
	"keyrite/backup/media"
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
	// Operation, Number and Of say which copy of which set it is; "" and 0 for none.
	Operation string `json:"operation,omitempty"`
	Number    int    `json:"copy,omitempty"`
	Of        int    `json:"copies,omitempty"`
	// Due is when it is to be proven again, and Clock how urgent that is.
	Due   time.Time `json:"due,omitzero"`
	Clock Clock     `json:"clock"`
	// Problem says why the file cannot be read, or is "".
	Problem string `json:"problem"`
}

// List looks at the files in dir that end in ".age", the newest first. It hashes each one;
// what is inside is told by Verify alone. known
// are the copies that are remembered.
func List(ctx context.Context, dir string, known []Copy, open media.Opener) ([]Listed, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	folder, err := opener(open)(abs, false)
	if err != nil {
		return nil, fmt.Errorf("folder of backups: %w", err)
	}
	defer folder.Close()
	names, err := folder.Names()
	if err != nil {
		return nil, fmt.Errorf("folder of backups: %w", err)
	}
	list := []Listed{}
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if strings.HasSuffix(name, ageSuffix) && !strings.HasPrefix(name, ".") {
			list = append(list, look(ctx, folder, name, known))
		}
	}
	slices.SortStableFunc(list, func(a, b Listed) int { return b.Created.Compare(a.Created) })
	return list, nil
}

func look(ctx context.Context, dir media.Folder, name string, known []Copy) Listed {
	l := Listed{File: filepath.Join(dir.Path(), name), Sums: SumsNone, State: StateUnknown, Clock: ClockNever}
	info, err := dir.Lstat(name)
	if err != nil {
		l.Problem = err.Error()
		return l
	}
	f, err := dir.Open(name)
	if err != nil {
		l.Problem = err.Error()
		return l
	}
	defer f.Close()
	l.Size, l.Created = f.Size(), createdBy(name, info.ModTime())
	hash, err := coldHash(ctx, f, nil)
	if err != nil {
		l.Problem = err.Error()
		return l
	}
	l.SHA256 = "sha256:" + hash
	l.Sums = compareSums(dir, name, hash)
	for _, c := range known {
		if c.SHA256 == l.SHA256 {
			l.State, l.ProvenAt, l.Due, l.Clock = c.State, c.LookedAt, c.Due, c.Clock
			l.Operation, l.Number, l.Of = c.Operation, c.Number, c.Of
		}
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
