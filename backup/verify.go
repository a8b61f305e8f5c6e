package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"keyrite/trustdata"
)

// VerifyOptions says how far a verification goes.
type VerifyOptions struct {
	// Passphrases, if not nil, opens keys: each one whose passphrase it knows is decrypted
	// in memory, compared by its ID and made to sign.
	Passphrases Passphrases
	Progress    Progress
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
	State     State           `json:"state"`
	OK        bool            `json:"ok"`
	// Problems say what is wrong; a key that was not opened is none.
	Problems []string `json:"problems"`
}

// Verify reads a backup from its medium and proves what can be proven of it. Nothing is
// written. A backup that is not sound is ErrDamaged, and the result is there all the same;
// with any other error there is none. Without identities the sums file alone is compared.
func Verify(ctx context.Context, file string, ids []Identity, opt VerifyOptions) (*VerifyResult, error) {
	f, err := openBackup(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := &VerifyResult{
		File: f.Name(), State: StateUnknown, Keys: []Key{}, Metadata: []trustdata.GUN{}, LeftOut: []LeftOut{}, Problems: []string{},
	}
	if r.File, err = filepath.Abs(file); err != nil {
		return nil, err
	}
	hash, err := r.compareSums(ctx, f, opt.Progress)
	if err != nil {
		return nil, fmt.Errorf("backup %q: %w", r.File, err)
	}
	if len(ids) == 0 && r.Sums == SumsNone {
		return nil, fmt.Errorf("backup %q: %w: no identity is given, and no sums file lies beside it", r.File, ErrIdentity)
	}
	bad := r.judgeSums(hash)
	if len(ids) > 0 {
		err := r.decrypt(ctx, f, ids, opt)
		switch {
		case errors.Is(err, ErrDamaged):
			bad = errors.Join(bad, err)
		case err != nil && bad == nil: // a changed file fails in any way; then the change is the cause
			return nil, fmt.Errorf("backup %q: %w", r.File, err)
		}
	}
	if bad != nil {
		r.State, r.Problems = StateUnknown, append(r.Problems, bad.Error())
		return r, fmt.Errorf("backup %q: %w", r.File, bad)
	}
	r.OK = true
	return r, nil
}

func (r *VerifyResult) judgeSums(hash string) error {
	switch r.Sums {
	case SumsOK:
		r.State = StateReadBack
	case SumsDiffer:
		return damage("its SHA-256 is %s, and the sums file says another", hash)
	case SumsInvalid:
		return damage("the sums file beside it cannot be read as one")
	}
	return nil
}

func (r *VerifyResult) compareSums(ctx context.Context, f *os.File, progress Progress) (string, error) {
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	hash, err := coldHash(ctx, f, func(n int64) { progress.step(PhaseRead, n, info.Size()) })
	if err != nil {
		return "", err
	}
	r.SHA256 = "sha256:" + hash
	dir, err := os.OpenRoot(filepath.Dir(r.File))
	if err != nil {
		return "", err
	}
	defer dir.Close()
	r.Sums = compareSums(dir, filepath.Base(r.File), hash)
	return hash, nil
}

// decrypt fills in what the inside of the backup says. Of one that is damaged nothing is
// told, since none of it can be relied on.
func (r *VerifyResult) decrypt(ctx context.Context, f *os.File, ids []Identity, opt VerifyOptions) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	drill := drill{ask: opt.Passphrases}
	t := drill.take()
	t.read = func(n int64) { opt.Progress.step(PhaseVerify, n, 0) }
	m, err := readArchive(ctx, f, ids, t)
	if err != nil {
		return err
	}
	r.Decrypted, r.Created, r.Tool = true, m.Created, m.Tool
	r.Keys, r.Drilled = drill.keys(m)
	r.Metadata, r.State = m.guns(), drill.state(m)
	r.LeftOut = append(r.LeftOut, m.LeftOut...)
	return nil
}
