package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

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
	if err := p.sameBackup(ctx, from, name); err != nil {
		return nil, err
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
	w := &restorer{ctx: ctx, plan: p, root: root, progress: progress, total: p.Manifest.bytes(), writes: newBeside()}
	if err := w.run(f); err != nil {
		return nil, media.Also(err, w.undo())
	}
	return w.result(), nil
}

// sameBackup checks that the backup is the one that was planned with, before the first file
// is written; each is compared with the manifest of the plan as it comes. One that cannot be
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
	now, err := p.compare(ctx)
	if err != nil {
		return err
	}
	for i, row := range now {
		was := p.Rows[i]
		decided := was.Action == ActionReplace || was.Action == ActionRefuse
		if row.here != was.here || row.Action != was.Action && !decided {
			return fmt.Errorf("%q: %w", row.Path, ErrChanged)
		}
	}
	return nil
}

// restorer writes what the plan says and remembers how to take it back.
type restorer struct {
	ctx      context.Context // of one run
	plan     *RestorePlan
	root     *os.Root
	progress Progress
	total    int64
	done     int64
	writes   *beside
	back     []func() error
	trashed  []string
}

// run goes through the backup a second time. Each file's bytes are compared with the
// manifest before they are written, so they are the ones that the plan proved.
func (w *restorer) run(f io.Reader) error {
	rows := map[string]RestoreRow{}
	for _, row := range w.plan.Rows {
		if row.Action == ActionAdd || row.Action == ActionReplace {
			rows[row.Path] = row
		}
	}
	_, err := readArchive(w.ctx, f, w.plan.ids, take{
		manifest: func(m *Manifest) error {
			if !sameFiles(m, w.plan.Manifest) {
				return fmt.Errorf("backup %q: %w", w.plan.File, ErrChanged)
			}
			return nil
		},
		wants: func(f File) bool { _, ok := rows[f.Path]; return ok },
		file:  func(f File, data []byte) error { return w.write(rows[f.Path], data) },
	})
	err = w.plan.asPlanned(err, rows)
	if wrote := w.writes.wait(); err == nil {
		err = wrote
	}
	if err != nil {
		return err
	}
	return w.readBack(rows)
}

// sameFiles compares what two manifests promise; a file's problem is judged by its bytes.
func sameFiles(a, b *Manifest) bool {
	return slices.EqualFunc(a.Files, b.Files, func(x, y File) bool {
		return x.Path == y.Path && x.SHA256 == y.SHA256 && x.Size == y.Size
	})
}

func (w *restorer) write(row RestoreRow, data []byte) error {
	if err := w.makeParents(row.Path); err != nil {
		return err
	}
	if row.Action == ActionReplace {
		err := w.replace(row, data)
		w.done += row.Size
		w.progress.step(PhaseWrite, w.done, w.total)
		return err
	}
	// The file is taken back even if writing it reports an error: it may be in place
	// without being durable.
	var anothers atomic.Bool
	w.back = append(w.back, func() error {
		if anothers.Load() {
			return nil
		}
		return w.takeBack(row)
	})
	err := w.writes.start(func() error {
		err := w.put(row, data)
		if errors.Is(err, fs.ErrExist) {
			anothers.Store(true)
			return fmt.Errorf("%q: %w", row.Path, ErrChanged)
		}
		return err
	})
	w.done += row.Size
	w.progress.step(PhaseWrite, w.done, w.total)
	return err
}

func (w *restorer) put(row RestoreRow, data []byte) error {
	if row.Kind == KindKey {
		return w.plan.to.Put(w.ctx, putName(row.File), data)
	}
	return state.CreateFile(w.root, row.Path, data)
}

// makeParents makes the folders above name one by one, to know which ones to take back.
func (w *restorer) makeParents(name string) error {
	for _, dir := range parents(name) {
		if _, err := w.root.Lstat(dir); err == nil {
			continue
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := state.MakeDir(w.root, dir); err != nil {
			return err
		}
		w.back = append(w.back, func() error { return w.root.Remove(dir) })
	}
	return nil
}

// takeBack removes a file that this run wrote, and only if it still is that file: its
// bytes are in the backup.
func (w *restorer) takeBack(row RestoreRow) error {
	if err := w.stillOurs(row); err != nil {
		return err
	}
	if err := w.root.Remove(row.Path); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	return state.SyncDir(w.root, path.Dir(row.Path))
}

func (w *restorer) undo() error {
	var all error
	for _, back := range slices.Backward(w.back) {
		all = media.Also(all, back())
	}
	if all != nil {
		return fmt.Errorf("taking back what was written: %w", all)
	}
	return nil
}

// readBack reads all that was written from the disk, and looks at the keys as every
// reader of the trust directory will.
func (w *restorer) readBack(rows map[string]RestoreRow) error {
	reads := newBeside()
	for _, row := range rows {
		if err := reads.start(func() error { return w.sameOnDisk(row) }); err != nil {
			break
		}
	}
	if err := reads.wait(); err != nil {
		return err
	}
	return w.listed(rows)
}

func (w *restorer) sameOnDisk(row RestoreRow) error {
	hash, err := hashAt(w.ctx, filepath.Join(w.plan.To, filepath.FromSlash(row.Path)))
	if err != nil {
		return fmt.Errorf("reading back %q: %w", row.Path, err)
	}
	if hash != row.SHA256 {
		return fmt.Errorf("reading back %q: it is not what was written", row.Path)
	}
	return nil
}

func (w *restorer) listed(rows map[string]RestoreRow) error {
	infos, err := w.plan.to.List(w.ctx)
	if err != nil {
		return fmt.Errorf("reading back: %w", err)
	}
	sound := map[string]trustdata.KeyID{}
	for _, info := range infos {
		if rel, err := filepath.Rel(w.plan.To, info.Path); err == nil && info.Problem == "" {
			sound[filepath.ToSlash(rel)] = info.KeyID
		}
	}
	for name, row := range rows {
		if strings.HasPrefix(name, privateDir+"/") && sound[name] != row.KeyID {
			return fmt.Errorf("reading back %q: it is not listed as the key %s", name, row.KeyID)
		}
	}
	return nil
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
