package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"time"

	"keyrite/backup/media"
	"keyrite/keyring"
	"keyrite/trustdata/state"
)

// replace puts a file where another one is, whose bytes are in the trash before they give
// way. Taking that back is one rename too, so that the place is never empty.
func (w *restorer) replace(row RestoreRow, data []byte) error {
	waiting := path.Join("pending", keyring.ReplaceOp, path.Base(row.Path))
	made := w.absent(append(parents(waiting), "trash", path.Join("trash", w.plan.opt.Now.UTC().Format(time.DateOnly))))
	w.back = append(w.back, func() error {
		beside := row
		beside.Path = waiting
		err := media.Also(w.takeBack(beside), w.settle(path.Dir(waiting)))
		for _, dir := range slices.Backward(made) {
			_ = w.root.Remove(dir) // it goes if nothing else is in it
		}
		return err
	})
	to, err := w.plan.to.Replace(w.ctx, row.KeyID, data, w.plan.opt.Now)
	if err != nil {
		return err
	}
	w.trashed = append(w.trashed, to)
	rel, err := filepath.Rel(w.plan.To, to)
	if err != nil {
		return err
	}
	rel = filepath.ToSlash(rel)
	w.back = append(w.back, func() error {
		if err := w.stillOurs(row); err != nil {
			return err
		}
		return state.Replace(w.root, rel, row.Path)
	})
	return nil
}

// absent are the folders that are not there yet.
func (w *restorer) absent(folders []string) (absent []string) {
	for _, dir := range folders {
		if _, err := w.root.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
			absent = append(absent, dir)
		}
	}
	return absent
}

// stillOurs fails where a file that this run wrote is another one by now.
func (w *restorer) stillOurs(row RestoreRow) error {
	sum, err := (&present{root: w.root}).hash(row.Path)
	if err == nil && sum != "" && sum != row.SHA256 {
		err = fmt.Errorf("%q holds something else than was written and is left as it is", row.Path)
	}
	return err
}
