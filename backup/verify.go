package backup

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"keyrite/backup/media"
	"keyrite/trustdata"
)

// VerifyOptions says how far a verification goes.
type VerifyOptions struct {
	// Passphrases, if not nil, opens keys: each one whose passphrase it knows is decrypted
	// in memory, compared by its ID and made to sign.
	Passphrases Passphrases
	// Keep has the result keep the files of keys that stay locked, in memory, for Locked.
	Keep     bool
	Progress Progress
	// Open opens the folder of the backup; nil is media.OpenFolder.
	Open media.Opener
	// Medium is what the backup is on, and Replugged says that it was out of the machine since
	// it was written; whoever watched it knows.
	Medium    *Medium
	Replugged bool
	// SHA256, if not "", is what the file must have: "sha256:<hex>".
	SHA256 string
}

// VerifyResult is what a verification found.
type VerifyResult struct {
	File string `json:"file"`
	// SHA256 is of the whole file: "sha256:<hex>".
	SHA256    string          `json:"sha256"`
	Created   time.Time       `json:"created,omitzero"`
	Tool      string          `json:"tool"`
	Keys      []Key           `json:"keys"`
	Metadata  []trustdata.GUN `json:"metadata"`
	LeftOut   []LeftOut       `json:"left_out"`
	Sums      Sums            `json:"sums"`
	Decrypted bool            `json:"decrypted"`
	Drilled   int             `json:"drilled"`
	// SignedBy is the key of the backup that signed its manifest, "" for none.
	SignedBy trustdata.KeyID `json:"signed_by"`
	State    State           `json:"state"`
	// Reading is how the file was read.
	Reading media.Reading `json:"reading"`
	Medium  *Medium       `json:"medium,omitempty"`
	// Salvage is what is whole of a damaged backup, nil if there is nothing.
	Salvage *Salvage `json:"salvage,omitempty"`
	OK      bool     `json:"ok"`
	// Problems say what is wrong; a key that was not opened is none.
	Problems []string `json:"problems"`
	// Warnings are about what lies beside the backup, which is no part of it.
	Warnings []string `json:"warnings"`

	instructions string            // the manifest's SHA-256 of RESTORE.txt
	locked       map[string][]byte // by their paths
}

// Verify reads a backup from its medium and proves what can be proven of it. Nothing is
// written. A backup that is not sound is ErrDamaged, and the result is there all the same;
// with any other error there is none. Without identities the sums file alone is compared.
func Verify(ctx context.Context, file string, ids []Identity, opt VerifyOptions) (*VerifyResult, error) {
	dir, name, err := openBackup(opt.Open, file)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	r := &VerifyResult{
		File: filepath.Join(dir.Path(), name), State: StateUnknown, Keys: []Key{}, Metadata: []trustdata.GUN{}, LeftOut: []LeftOut{}, Problems: []string{}, Warnings: []string{},
	}
	hash, err := r.read(ctx, dir, name, ids, opt)
	if hash == "" {
		return nil, fmt.Errorf("backup %q: %w", r.File, err)
	}
	r.SHA256, r.Sums = "sha256:"+hash, compareSums(dir, name, hash)
	if len(ids) == 0 && r.Sums == SumsNone {
		return nil, fmt.Errorf("backup %q: %w: no identity is given, and no sums file lies beside it", r.File, ErrIdentity)
	}
	r.Warnings = append(r.Warnings, judgeInstructions(dir, name, r.instructions)...)
	if parts, err := media.Parts(dir); err == nil && len(parts) > 0 {
		r.Warnings = append(r.Warnings, unfinished(parts))
	}
	bad := r.found(nil, r.judgeSums(hash))
	if opt.SHA256 != "" && opt.SHA256 != r.SHA256 {
		bad = r.found(bad, damage("its SHA-256 is %s, and %s was written", hash, strings.TrimPrefix(opt.SHA256, "sha256:")))
	}
	switch {
	case errors.Is(err, ErrDamaged):
		bad = r.found(bad, err)
	case err != nil && bad == nil: // a changed file fails in any way; then the change is the cause
		return nil, fmt.Errorf("backup %q: %w", r.File, err)
	}
	if bad != nil {
		r.State = StateUnknown
		return r, fmt.Errorf("backup %q: %w", r.File, bad)
	}
	r.OK = true
	return r, nil
}

// found adds damage to what is wrong, each in a sentence of its own, and to the error that names
// all of it in one line.
func (r *VerifyResult) found(bad, err error) error {
	if err == nil {
		return bad
	}
	r.Problems = append(r.Problems, err.Error())
	if bad == nil {
		return err
	}
	return fmt.Errorf("%w; %w", bad, err)
}

func (r *VerifyResult) judgeSums(hash string) error {
	switch r.Sums {
	case SumsOK:
		if r.State == StateUnknown {
			r.State = StateReadBack
		}
	case SumsDiffer:
		return damage("its SHA-256 is %s, and the sums file says another", hash)
	case SumsInvalid:
		return damage("the sums file beside it cannot be read as one")
	}
	return nil
}

// read hashes the backup and, where there are identities, decrypts it in the same pass. The
// hash is "" if the file could not be read to its end.
func (r *VerifyResult) read(ctx context.Context, dir media.Folder, name string, ids []Identity, opt VerifyOptions) (string, error) {
	f, err := openFile(dir, name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if r.Reading = f.Reading(); opt.Replugged && r.Reading == media.Cold {
		r.Reading = media.Replugged
	}
	r.Medium = opt.Medium
	if len(ids) == 0 {
		return coldHash(ctx, f, func(n int64) { opt.Progress.step(PhaseRead, n, f.Size()) })
	}
	return r.decrypt(ctx, f, ids, opt)
}

// decrypt fills in what the inside of the backup says. Of one that is damaged it is told
// apart, as what can be salvaged.
func (r *VerifyResult) decrypt(ctx context.Context, f media.Reader, ids []Identity, opt VerifyOptions) (string, error) {
	drill := drill{ask: opt.Passphrases, keep: opt.Keep}
	t := drill.take()
	t.read = func(n int64) { opt.Progress.step(PhaseVerify, n, 0) }
	hash, m, err := readWhole(ctx, f, ids, t)
	if err != nil {
		r.Salvage = SalvageOf(err)
		return hash, err
	}
	r.Decrypted, r.Created, r.Tool = true, m.Created, m.Tool
	r.Keys, r.Drilled = drill.keys(m)
	r.locked = drill.locked
	r.Metadata, r.State, r.SignedBy, r.instructions = m.guns(), drill.state(m), m.signedBy, m.Instructions
	r.LeftOut = append(r.LeftOut, m.LeftOut...)
	return hash, nil
}
