package backup

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"filippo.io/age"

	"keyrite/backup/media"
	"keyrite/trustdata"
)

// CreateResult is what was written, and how far it is proven.
type CreateResult struct {
	File string `json:"file"`
	// SHA256 is of the whole file: "sha256:<hex>".
	SHA256   string          `json:"sha256"`
	Keys     []Key           `json:"keys"`
	Metadata []trustdata.GUN `json:"metadata"`
	State    State           `json:"state"`
	// Reading is how it was read back.
	Reading media.Reading `json:"reading"`
	// Operation is the set that this is a copy of, "" for a backup that stands alone.
	Operation string `json:"operation,omitempty"`
	Copy      int    `json:"copy,omitempty"`
	Copies    int    `json:"copies,omitempty"`
	// Created is the manifest's time, Manifest its hash: equal in all copies of a set.
	Created  time.Time `json:"created"`
	Manifest string    `json:"manifest"`
	Tool     string    `json:"tool"`
	// Medium is what carries it, nil for a folder of this machine.
	Medium *Medium `json:"medium,omitempty"`
	// Drive is the removable drive as it was when this was written, nil for a folder.
	Drive *media.Drive `json:"-"`
	// Recipients are whom it is encrypted for, as they were given.
	Recipients []string `json:"recipients"`
	// Readers say more of them; LeastAge is the first version of age that opens it for all.
	Readers  []Reader `json:"readers"`
	LeastAge string   `json:"least_age"`
	// Drilled is how many keys were opened with their passphrase and made to sign.
	Drilled int `json:"drilled"`
	// SignedBy is the key that signed the manifest, as it was read back; "" for none.
	SignedBy trustdata.KeyID `json:"signed_by,omitempty"`
	Waived   []string        `json:"waived"`
	// Beside are the files that lie with the backup.
	Beside   []string `json:"beside"`
	Warnings []string `json:"warnings"`
}

// Apply writes the backup. It has its final name only once it is whole, synced, read
// back, and, where an identity is at hand, decrypted and compared. After an error nothing
// is left behind, except where the result of the last check says otherwise: then the file
// has a name that does not end in ".age".
func (p *CreatePlan) Apply(ctx context.Context, progress Progress) (*CreateResult, error) {
	dir, err := p.openDir()
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	said, err := beginIn(dir)
	if err != nil {
		p.unmake()
		return nil, fmt.Errorf("backup %q: %w", p.File, err)
	}
	w := writer{plan: p, dir: dir, said: said, name: filepath.Base(p.File), temp: media.PartName(filepath.Base(p.File)), progress: progress}
	result, err := w.run(ctx)
	if err != nil {
		err = fmt.Errorf("backup %q: %w", p.File, media.Also(err, w.undo()))
		p.unmake()
		return nil, err
	}
	return result, nil
}

// unmake takes a folder away that was made for this backup, if nothing is in it.
func (p *CreatePlan) unmake() {
	if p.MakeDir {
		_ = os.Remove(filepath.Dir(p.File))
	}
}

func (p *CreatePlan) openDir() (media.Folder, error) {
	dir, err := opener(p.opt.Open)(filepath.Dir(p.File), p.MakeDir)
	return dir, inFolder(err)
}

// writer carries one backup from its plan to its final name.
type writer struct {
	plan     *CreatePlan
	dir      media.Folder
	name     string
	temp     string
	hash     string
	made     []string // names to remove if this fails
	folders  folders  // that key files are read from
	same     []bool   // whether a held file is as it was, by its place in the plan
	said     []string // of what lay in the folder
	progress Progress
}

func (w *writer) run(ctx context.Context) (*CreateResult, error) {
	if err := w.write(ctx); err != nil {
		return nil, err
	}
	result := &CreateResult{
		File: w.plan.File, SHA256: "sha256:" + w.hash, State: StateWritten,
		Operation: w.plan.opt.Operation, Copy: w.plan.opt.Copy, Copies: w.plan.opt.Copies, Created: w.plan.Manifest.Created, Manifest: w.plan.ManifestSHA256(), Tool: w.plan.Manifest.Tool,
		Medium: w.plan.opt.Medium, Recipients: w.plan.recipients(), Readers: Readers(w.plan.Recipients), LeastAge: leastAge(w.plan.Recipients),
		Metadata: w.plan.Metadata(),
		Waived:   slices.Clone(w.plan.opt.Waived), Warnings: slices.Concat(w.plan.Warnings, w.said),
	}
	if err := w.prove(ctx, result); err != nil {
		return nil, err
	}
	if err := w.beside(result); err != nil {
		return nil, err
	}
	if err := w.place(ctx); err != nil {
		return nil, err
	}
	result.Waived, result.Warnings = notNil(result.Waived), notNil(result.Warnings)
	return result, nil
}

func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// write makes the temporary file, whole and synced. A failed sync is final.
func (w *writer) write(ctx context.Context) error {
	f, err := w.dir.Create(w.temp)
	if err != nil {
		return err
	}
	w.made = append(w.made, w.temp)
	h := sha256.New()
	buf := bufio.NewWriterSize(io.MultiWriter(f, h), 1<<20)
	err = w.encrypt(ctx, buf)
	if err == nil {
		err = buf.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	w.hash = hex.EncodeToString(h.Sum(nil))
	return media.Also(err, f.Close())
}

func (w *writer) encrypt(ctx context.Context, dst io.Writer) error {
	var to []age.Recipient
	for _, r := range w.plan.Recipients {
		to = append(to, until(ctx, r.to))
	}
	sealed, err := age.Encrypt(dst, to...)
	if err != nil {
		return err
	}
	out := writeBehind(sealed)
	err = w.archive(ctx, out)
	if end := out.end(); err == nil {
		err = end
	}
	if err != nil {
		return err
	}
	return sealed.Close()
}

// beside writes what lies with the backup, before the backup has its name: where that is
// there, all is there.
func (w *writer) beside(result *CreateResult) error {
	folder := filepath.Dir(w.plan.File)
	name, err := w.instructions()
	if err != nil {
		return err
	}
	sums := w.name + sumsSuffix
	if err := w.small(sums, sumsLine(w.hash, w.name)); err != nil {
		return err
	}
	w.made = append(w.made, sums)
	result.Beside = []string{filepath.Join(folder, name), filepath.Join(folder, sums)}
	return nil
}

// instructions leaves an old RESTORE.txt alone: one that differs gets a neighbour that is
// named for this backup.
func (w *writer) instructions() (string, error) {
	text := instructionsFor(w.plan.Recipients)
	for _, name := range []string{restoreName, w.name + "." + restoreName} {
		err := w.small(name, text)
		if err == nil {
			w.made = append(w.made, name)
			return name, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", err
		}
		if w.holds(name, text) {
			return name, nil
		}
	}
	return "", fmt.Errorf("%q: %w", w.name+"."+restoreName, fs.ErrExist)
}

func (w *writer) small(name string, data []byte) error {
	return media.WriteFile(w.dir, media.PartName(name), name, data)
}

func (w *writer) holds(name string, text []byte) bool {
	data, err := media.ReadFile(w.dir, name, int64(len(text))+1)
	return err == nil && string(data) == string(text)
}

// undo removes what a failed run wrote. Every name in made was made by this run alone.
func (w *writer) undo() error {
	var all error
	for _, name := range slices.Backward(w.made) {
		if err := w.dir.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			all = media.Also(all, err)
		}
	}
	return all
}
