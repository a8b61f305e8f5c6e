package backup

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"

	"keyrite/backup/media"
	"keyrite/trustdata"
	"keyrite/trustdata/state"
)

// RestoreResult is what a restore did. Everything that it lists as restored or replaced was
// read back and is what the manifest says.
type RestoreResult struct {
	File     string            `json:"file"`
	To       string            `json:"to"`
	Restored []trustdata.KeyID `json:"restored"`
	Same     []trustdata.KeyID `json:"same"`
	Replaced []trustdata.KeyID `json:"replaced"`
	Refused  []Refusal         `json:"refused"`
	// Trashed is where the replaced files are.
	Trashed []string `json:"trashed"`
	// Metadata are the repositories whose metadata was restored, Kept the ones that this
	// machine had its own of.
	Metadata []trustdata.GUN `json:"metadata"`
	Kept     []trustdata.GUN `json:"kept"`
	// Lost are the keys that are not whole in the backup and are not here, LostMetadata the
	// repositories of which that is so.
	Lost         []Lost          `json:"lost"`
	LostMetadata []trustdata.GUN `json:"lost_metadata"`
	// Given are the copies that were given.
	Given []Given `json:"given"`
	// OK says that the backup is sound: one that was salvaged is not, whatever came of it.
	OK bool `json:"ok"`
	// Tried is how opening went, in memory, for each key that was written: "" if it opened
	// and signed, and else why not. A key that is not in it was not tried.
	Tried map[trustdata.KeyID]string `json:"-"`
}

// Refusal is a file that stayed in the backup.
type Refusal struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// Apply restores. If a key would have to replace a different file and that was not
// decided, the error is ErrDiffers and nothing is written. After any other error too the
// trust directory is as it was: what this run added is taken out again, and what it moved
// to the trash put back.
func (p *RestorePlan) Apply(ctx context.Context, progress Progress) (*RestoreResult, error) {
	if err := p.undecided(); err != nil {
		return nil, err
	}
	_, absent := os.Lstat(p.To)
	unlock, err := p.to.Lock(ctx)
	if err != nil {
		return nil, fmt.Errorf("trust directory %q: %w", p.To, err)
	}
	r, err := p.locked(ctx, progress)
	err = media.Also(err, unlock())
	if err != nil && errors.Is(absent, fs.ErrNotExist) {
		_ = os.Remove(p.To) // it goes if nothing is in it, as it came
	}
	if err != nil {
		return nil, fmt.Errorf("restoring into %q: %w", p.To, err)
	}
	return r, nil
}

// undecided names what stops the restore.
func (p *RestorePlan) undecided() error {
	var names []string
	for _, row := range p.Rows {
		if row.Action == ActionAsk {
			names = append(names, row.Path)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %q in %q; nothing was restored", ErrDiffers, names, p.To)
}

func (p *RestorePlan) locked(ctx context.Context, progress Progress) (*RestoreResult, error) {
	if err := p.unchanged(ctx); err != nil {
		return nil, err
	}
	from, name, err := openBackup(p.opt.Open, p.File)
	if err != nil {
		return nil, err
	}
	defer from.Close()
	if p.Count(ActionReplace) > 0 { // which happens while it is read
		if err := p.sameBackup(ctx, from, name); err != nil {
			return nil, err
		}
	}
	f, err := openFile(from, name)
	if err != nil {
		return nil, fmt.Errorf("backup %q: %w", p.File, err)
	}
	defer f.Close()
	root, err := os.OpenRoot(p.To)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	batch, err := state.NewBatch(root)
	if err != nil {
		return nil, err
	}
	w := &restorer{ctx: ctx, plan: p, root: root, progress: progress, total: p.Manifest.bytes(), batch: batch, rows: p.written()}
	if err := w.run(f); err != nil {
		return nil, media.Also(err, w.undo())
	}
	_ = batch.Drop() // nothing is in it but folders
	return w.result(), nil
}

// written are the rows of the files that are written, by their path.
func (p *RestorePlan) written() map[string]*RestoreRow {
	rows := map[string]*RestoreRow{}
	for i := range p.Rows {
		if row := &p.Rows[i]; row.Action == ActionAdd || row.Action == ActionReplace {
			rows[row.Path] = row
		}
	}
	return rows
}

// sameBackup checks that the backup is the one that was planned with before a file here gives
// way; each file is compared with the manifest of the plan as it comes. One that cannot be
// read to its end has no hash to compare.
func (p *RestorePlan) sameBackup(ctx context.Context, from media.Folder, name string) error {
	if p.SHA256 == "" {
		return nil
	}
	f, err := openFile(from, name)
	if err != nil {
		return fmt.Errorf("backup %q: %w", p.File, err)
	}
	defer f.Close()
	hash, err := coldHash(ctx, f, nil)
	if err == nil && "sha256:"+hash != p.SHA256 {
		return fmt.Errorf("backup %q: %w", p.File, ErrChanged)
	}
	return err
}

// unchanged checks that every place is as the plan saw it.
func (p *RestorePlan) unchanged(ctx context.Context) error {
	return p.compare(ctx, func(i int, row RestoreRow) error {
		was := &p.Rows[i]
		decided := was.Action == ActionReplace || was.Action == ActionRefuse
		if row.here != was.here || row.Action != was.Action && !decided {
			return fmt.Errorf("%q: %w", row.Path, ErrChanged)
		}
		return nil
	})
}

// restorer writes what the plan says and remembers how to take it back.
type restorer struct {
	ctx      context.Context // of one run
	plan     *RestorePlan
	root     *os.Root
	progress Progress
	total    int64
	done     int64
	rows     map[string]*RestoreRow
	batch    *state.Batch   // of the files that are added
	back     []func() error // of those that are replaced
	trashed  []string
}

// run goes through the backup a second time. Each file's bytes are compared with the
// manifest before they are written, so they are the ones that the plan proved; and those
// that are added come to their places only after the last byte of the backup was the same,
// too.
func (w *restorer) run(f io.Reader) error {
	hash, _, err := readWhole(w.ctx, f, w.plan.ids, take{
		known: w.plan.Manifest,
		wants: func(f File) bool { _, ok := w.rows[f.Path]; return ok },
		file:  func(f File, data []byte) error { return w.write(w.rows[f.Path], data) },
	})
	if hash != "" && w.plan.SHA256 != "" && "sha256:"+hash != w.plan.SHA256 || errors.Is(err, errOtherManifest) {
		return fmt.Errorf("backup %q: %w", w.plan.File, ErrChanged)
	}
	if err := w.plan.asPlanned(err, w.rows); err != nil {
		return err
	}
	if err := w.batch.Place(); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: %w", ErrChanged, err)
	} else if err != nil {
		return err
	}
	return w.readBack()
}

func (w *restorer) write(row *RestoreRow, data []byte) error {
	w.done += row.Size
	defer func() { w.progress.step(PhaseWrite, w.done, w.total) }()
	if row.Action == ActionReplace {
		return w.replace(*row, data)
	}
	if row.Kind == KindKey {
		if err := w.plan.to.MayPut(putName(row.File)); err != nil {
			return err
		}
	}
	return w.batch.Add(row.Path, data)
}

// takeBack removes a file that this run wrote, and only if it still is that file: its
// bytes are in the backup.
func (w *restorer) takeBack(row RestoreRow) error {
	if err := w.stillOurs(row); err != nil {
		return err
	}
	if err := w.root.Remove(row.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// takeBackAdded removes all that was added, then the folders that came with it.
func (w *restorer) takeBackAdded() (all error) {
	files, folders := w.batch.Placed()
	left := map[string]bool{}
	for _, name := range files {
		all = media.Also(all, w.takeBack(*w.rows[name]))
		left[path.Dir(name)] = true
	}
	for _, dir := range slices.Backward(folders) {
		if err := w.root.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			all = media.Also(all, err)
		}
		left[path.Dir(dir)] = true
	}
	for dir := range left {
		all = media.Also(all, w.settle(dir))
	}
	return media.Also(all, w.batch.Drop())
}

// settle makes durable that something was taken out of a folder, if that is still there.
func (w *restorer) settle(dir string) error {
	if err := state.SyncDir(w.root, dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (w *restorer) undo() error {
	all := w.takeBackAdded()
	for _, back := range slices.Backward(w.back) {
		all = media.Also(all, back())
	}
	if all != nil {
		return fmt.Errorf("taking back what was written: %w", all)
	}
	return nil
}

// readBack reads all that was written from the disk. The bytes are the ones that were found
// good for their names, so a reader of the trust directory finds them good as well.
func (w *restorer) readBack() error {
	in := map[string][]string{}
	for name := range w.rows {
		in[path.Dir(name)] = append(in[path.Dir(name)], path.Base(name))
	}
	for dir, names := range in {
		slices.Sort(names)
		if err := w.readBackFolder(dir, names); err != nil {
			return fmt.Errorf("reading back %q: %w", dir, err)
		}
	}
	return nil
}

func (w *restorer) readBackFolder(dir string, names []string) error {
	root, err := w.root.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	return media.ReadEach(w.ctx, root, names, func(i int, r io.Reader) error {
		h := sha256.New()
		if _, err := io.Copy(h, r); err != nil {
			return err
		}
		if sameHash(&w.rows[path.Join(dir, names[i])].File, h.Sum(nil)) != nil {
			return fmt.Errorf("%q is not what was written", names[i])
		}
		return nil
	})
}

func (w *restorer) result() *RestoreResult {
	r := &RestoreResult{
		File: w.plan.File, To: w.plan.To, OK: w.plan.Salvage == nil, Trashed: notNil(w.trashed), Lost: []Lost{}, Given: w.plan.Given,
		Restored: []trustdata.KeyID{}, Same: []trustdata.KeyID{}, Replaced: []trustdata.KeyID{}, Refused: []Refusal{},
		Tried: map[trustdata.KeyID]string{},
	}
	added, kept, lost := &Manifest{}, &Manifest{}, &Manifest{}
	for _, row := range w.plan.Rows {
		switch {
		case row.Action == ActionLost && row.isKey():
			r.Lost = append(r.Lost, row.lost(row.Reason))
		case row.Action == ActionLost:
			lost.Files = append(lost.Files, row.File)
		case row.Action == ActionRefuse:
			r.Refused = append(r.Refused, Refusal{row.Path, row.Reason})
		case row.Kind == KindMetadata && row.Action == ActionAdd:
			added.Files = append(added.Files, row.File)
		case row.Kind == KindMetadata && row.Action == ActionKeep:
			kept.Files = append(kept.Files, row.File)
		case !row.isKey():
		case row.Action == ActionAdd:
			r.Restored = append(r.Restored, row.KeyID)
		case row.Action == ActionSame:
			r.Same = append(r.Same, row.KeyID)
		case row.Action == ActionReplace:
			r.Replaced = append(r.Replaced, row.KeyID)
		}
		written := row.isKey() && (row.Action == ActionAdd || row.Action == ActionReplace)
		if written && (row.Opened || row.Problem != "") {
			r.Tried[row.KeyID] = row.Problem
		}
	}
	r.Metadata, r.Kept, r.LostMetadata = added.guns(), kept.guns(), lost.guns()
	return r
}
