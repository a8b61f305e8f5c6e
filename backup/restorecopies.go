package backup

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
)

// ErrOtherSet says that two backups that were given as copies of each other are not.
var ErrOtherSet = errors.New("not a copy of the same set")

// Given is one of the copies that a restore was given, and what was found in it.
type Given struct {
	// File is its absolute path.
	File string `json:"file"`
	// SHA256 is of the whole file, "sha256:<hex>"; "" if it could not be read to its end.
	SHA256 string `json:"sha256"`
	// Keys is how many keys it lists, Whole how many of them are whole.
	Keys  int `json:"keys"`
	Whole int `json:"whole"`
	// Problem says what is wrong with it, or is "".
	Problem string `json:"problem"`

	manifest *Manifest // nil where it could not be read
	left     *Salvage  // nil for a sound copy
	drill    drill
	err      error
}

// readCopies reads all copies to their ends and gives the one to restore from: a sound one,
// or else the one that has most. Damage takes the end of a copy, whatever it is, so what the
// others have that one has too. Without Salvage a damaged one is not taken.
func (p *RestorePlan) readCopies(ctx context.Context, files []string) (*Given, error) {
	var best *Given
	for _, file := range files {
		g, err := p.readCopy(ctx, file)
		if err != nil {
			return nil, err
		}
		p.Given = append(p.Given, *g)
		switch {
		case g.manifest == nil:
		case best == nil:
			best = g
		case best.manifest.sum != g.manifest.sum:
			return nil, otherSet(best, g)
		case best.left != nil && (g.left == nil || len(g.left.whole) > len(best.left.whole)):
			best = g
		}
	}
	if best == nil {
		return nil, p.Given[0].err
	}
	if best.left != nil && !p.opt.Salvage {
		return nil, best.err
	}
	return best, nil
}

// readCopy reads one copy. Damage is no error here.
func (p *RestorePlan) readCopy(ctx context.Context, file string) (*Given, error) {
	abs, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	dir, name, err := openBackup(p.opt.Open, abs)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	g := &Given{File: abs, drill: drill{ask: p.opt.Passphrases}}
	t := g.drill.take()
	t.read = func(n int64) { p.opt.Progress.step(PhaseVerify, n, 0) }
	var hash string
	f, err := openFile(dir, name)
	if err == nil {
		hash, g.manifest, err = readWhole(ctx, f, p.ids, t)
		_ = f.Close() // it was only read
	}
	if err == nil {
		g.SHA256, g.Keys = "sha256:"+hash, g.manifest.keyCount()
		g.Whole = g.Keys
		return g, nil
	}
	return g.damaged(ctx, hash, fmt.Errorf("backup %q: %w", abs, err))
}

// damaged puts a copy aside, or gives the error that stops the restore: one that says
// nothing of the copy.
func (g *Given) damaged(ctx context.Context, hash string, err error) (*Given, error) {
	g.manifest, g.left, g.err = nil, SalvageOf(err), err
	if ctx.Err() != nil || g.left == nil && !errors.Is(err, ErrDamaged) {
		return nil, err
	}
	if hash != "" {
		g.SHA256 = "sha256:" + hash
	}
	g.Problem = errors.Unwrap(err).Error()
	if g.left != nil {
		g.manifest, g.Keys, g.Whole = g.left.manifest, g.left.Keys, len(g.left.Whole)
	}
	return g, nil
}

func otherSet(a, b *Given) error {
	name := func(g *Given) string {
		if g.manifest.Operation == "" {
			return "a backup that stands alone"
		}
		return fmt.Sprintf("of the set %q", shorten(g.manifest.Operation))
	}
	if a.manifest.Operation != "" && a.manifest.Operation == b.manifest.Operation {
		return fmt.Errorf("backup %q is %w as %q: the lists of their files differ", b.File, ErrOtherSet, a.File)
	}
	return fmt.Errorf("backup %q is %w as %q: it is %s, and the other is %s", b.File, ErrOtherSet, a.File, name(b), name(a))
}

// lost says why a file cannot be restored, "" if it can or is here already. Metadata of a
// repository comes back as a whole or not at all.
func (p *RestorePlan) lost(row RestoreRow, here *present) string {
	if p.Salvage == nil || row.here == row.SHA256 || row.KeyID != "" && here.keys[row.KeyID].SHA256 == row.SHA256 {
		return ""
	}
	if !p.Salvage.whole[row.Path] {
		return behindDamage
	}
	if row.Kind == KindMetadata && p.Salvage.torn[row.GUN] {
		return "other metadata of the repository is lost"
	}
	return ""
}

// asPlanned passes over the end of a damaged backup, if all that was to be written came
// before it.
func (p *RestorePlan) asPlanned(err error, rows map[string]*RestoreRow) error {
	left := SalvageOf(err)
	if p.Salvage == nil || left == nil {
		return err
	}
	for name := range rows {
		if !left.whole[name] {
			return err
		}
	}
	return nil
}
