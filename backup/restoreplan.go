package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"keyrite/backup/media"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/state"
)

// RestoreOptions says how a restore treats what is here.
type RestoreOptions struct {
	// Replace lets a key of the backup take the place of a different file; the old one
	// goes to the trash.
	Replace bool
	// Passphrases, if not nil, opens keys before anything is written.
	Passphrases Passphrases
	Progress    Progress
	Now         time.Time
	// Open opens the folder of the backup; nil is media.OpenFolder.
	Open media.Opener
	// Also are other copies of the same set: what one has lost may be whole in another.
	Also []string
	// Salvage restores what is whole where every copy is damaged.
	Salvage bool
}

// Action is what a restore does with one file.
type Action string

// The actions.
const (
	ActionAdd     Action = "add"
	ActionSame    Action = "same"    // here already, byte for byte
	ActionReplace Action = "replace" // the one here goes to the trash
	ActionAsk     Action = "ask"     // a different file is here: Decide, or nothing is restored
	ActionRefuse  Action = "refuse"  // it stays in the backup; the reason says why
	ActionKeep    Action = "keep"    // this machine's own metadata stays
	ActionLookUp  Action = "look up" // archived metadata is for looking up, and not restored
	ActionLost    Action = "lost"    // it is not whole in the backup
)

// RestoreRow is one file of the backup against what is here.
type RestoreRow struct {
	File
	Action Action
	// Reason is a clause on why, or "".
	Reason string
	// Opened says that the key was opened in memory with its passphrase.
	Opened bool

	here string // SHA-256 of the file in its place, "" for none
}

// RestorePlan is what a restore would do. Nothing is written before Apply.
type RestorePlan struct {
	// File is the absolute path of the backup that is restored from, SHA256 its hash:
	// "sha256:<hex>", or "" for one that cannot be read to its end.
	File, SHA256 string
	// Given are all copies that were given, File among them.
	Given []Given
	// Salvage is not nil if File is damaged: then only what is whole is restored.
	Salvage  *Salvage
	Manifest *Manifest
	// To is the trust directory.
	To   string
	Rows []RestoreRow

	ids []Identity
	to  *keyring.Dir
	opt RestoreOptions
}

// PlanRestore reads the whole backup and each copy that was given with it, proves it as
// Verify does, and compares each file with what is in the trust directory. A backup that is
// damaged is ErrDamaged; SalvageOf says what of it could be restored with Salvage.
func PlanRestore(ctx context.Context, file string, ids []Identity, to *keyring.Dir, opt RestoreOptions) (*RestorePlan, error) {
	p := &RestorePlan{To: to.Path(), ids: ids, to: to, opt: opt}
	from, err := p.readCopies(ctx, append([]string{file}, opt.Also...))
	if err != nil {
		return nil, err
	}
	p.File, p.SHA256, p.Manifest, p.Salvage = from.File, from.SHA256, from.manifest, from.left
	p.Rows = make([]RestoreRow, 0, len(p.Manifest.Files))
	err = p.compare(ctx, func(_ int, row RestoreRow) error {
		row.Opened = from.drill.opened[row.Path]
		if why := from.drill.failed[row.Path]; why != "" {
			row.Problem = why
		}
		p.Rows = append(p.Rows, row)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Decide settles what happens with a key that differs: ActionReplace or ActionRefuse.
func (p *RestorePlan) Decide(path string, action Action) error {
	for i, row := range p.Rows {
		if row.Path != path {
			continue
		}
		switch {
		case row.Action != ActionAsk && row.Action != ActionReplace && row.Action != ActionRefuse, row.here == "", row.Kind != KindKey:
			return fmt.Errorf("there is nothing to decide about %q", path)
		case action == ActionReplace && !replaceable(row.File):
			return fmt.Errorf("%q is of an old layout, which is not changed", path)
		case action != ActionReplace && action != ActionRefuse:
			return fmt.Errorf("%q is no decision about a key", action)
		}
		p.Rows[i].Action, p.Rows[i].Reason = action, decided(action)
		return nil
	}
	return fmt.Errorf("the backup holds no %q", path)
}

func decided(action Action) string {
	if action == ActionReplace {
		return "the file here goes to the trash"
	}
	return "left alone, as decided"
}

// Count is the number of rows with an action.
func (p *RestorePlan) Count(action Action) (n int) {
	for _, row := range p.Rows {
		if row.Action == action {
			n++
		}
	}
	return n
}

// compare makes the rows one after another, by what is in the trust directory now.
func (p *RestorePlan) compare(ctx context.Context, take func(i int, row RestoreRow) error) error {
	here, err := lookAround(ctx, p.to)
	if err != nil {
		return err
	}
	defer here.close()
	for i, f := range p.Manifest.Files {
		row := RestoreRow{File: f}
		if row.here, err = here.hash(f.Path); err != nil {
			return err
		}
		switch why := p.lost(row, here); {
		case why != "":
			row.Action, row.Reason = ActionLost, why
		case f.Kind == KindKey:
			row.Action, row.Reason = p.judgeKey(row, here)
		case f.Kind == KindRetired:
			row.Action, row.Reason = judgeRetired(row)
		case f.Kind == KindMetadata:
			row.Action, row.Reason = p.judgeMetadata(row, here)
		default:
			row.Action, row.Reason = ActionLookUp, "it stays in the backup, to look things up in"
		}
		if err := take(i, row); err != nil {
			return err
		}
	}
	return nil
}

func (p *RestorePlan) judgeKey(row RestoreRow, here *present) (Action, string) {
	other := here.keys[row.KeyID]
	switch {
	case row.here == row.SHA256:
		return ActionSame, ""
	case row.KeyID == "" || row.Problem != "":
		return ActionRefuse, "it is no usable key file: " + row.Problem
	case row.here != "" && p.opt.Replace && replaceable(row.File):
		return ActionReplace, decided(ActionReplace)
	case row.here != "":
		return ActionAsk, "a different file is here under this name"
	case other.SHA256 == row.SHA256:
		return ActionSame, fmt.Sprintf("it is here as %q", other.Path)
	case other.Path != "":
		return ActionRefuse, fmt.Sprintf("another file of this key is here as %q", other.Path)
	}
	return ActionAdd, ""
}

// replaceable keys are the ones of the present layout; old ones are never changed.
func replaceable(f File) bool { return path.Dir(f.Path) == privateDir }

func judgeRetired(row RestoreRow) (Action, string) {
	switch row.here {
	case "":
		return ActionAdd, ""
	case row.SHA256:
		return ActionSame, ""
	}
	return ActionRefuse, "a different retired key is here under this name"
}

// judgeMetadata leaves a repository alone that this machine remembers anything else of:
// that memory is whom its owner trusts. A restore that was cut short is completed.
func (p *RestorePlan) judgeMetadata(row RestoreRow, here *present) (Action, string) {
	switch {
	case here.ownMetadata(p.Manifest)[row.GUN]:
		return ActionKeep, "this machine has metadata of the repository, which is kept"
	case row.here == row.SHA256:
		return ActionSame, ""
	}
	return ActionAdd, ""
}

// present is what is in a trust directory; root is nil for one that is not there.
type present struct {
	root *os.Root
	keys map[trustdata.KeyID]keyring.Info
	own  map[trustdata.GUN]bool
	gone map[string]bool          // folders that are not there
	tuf  map[string]trustdata.GUN // metadata files by their path in the directory
}

func lookAround(ctx context.Context, dir *keyring.Dir) (*present, error) {
	infos, err := dir.List(ctx)
	if err != nil {
		return nil, err
	}
	cached, err := dir.LocalMetadata(ctx)
	if err != nil {
		return nil, err
	}
	here := &present{keys: map[trustdata.KeyID]keyring.Info{}, tuf: map[string]trustdata.GUN{}}
	for _, info := range infos {
		if _, ok := here.keys[info.KeyID]; !ok && info.KeyID != "" {
			here.keys[info.KeyID] = info
		}
	}
	for _, c := range cached {
		if rel, err := filepath.Rel(dir.Path(), c.Path); err == nil && c.GUN != "" {
			here.tuf[filepath.ToSlash(rel)] = c.GUN
		}
	}
	here.root, err = os.OpenRoot(dir.Path())
	if errors.Is(err, fs.ErrNotExist) {
		return here, nil
	}
	return here, err
}

func (h *present) close() {
	if h.root != nil {
		_ = h.root.Close()
	}
}

// hash is the SHA-256 of the file at name, "" if there is none, and a word that is no hash
// for what is not a regular file.
func (h *present) hash(name string) (string, error) {
	if h.root == nil || h.gone[path.Dir(name)] {
		return "", nil
	}
	info, err := h.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		h.missed(path.Dir(name))
		return "", nil
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "not a file", nil
	}
	f, err := state.OpenRegular(h.root, name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, f)
	return hex.EncodeToString(sum.Sum(nil)), err
}

// missed notes a folder in which a file was not found, if it is not there itself.
func (h *present) missed(folder string) {
	if h.gone == nil {
		h.gone = map[string]bool{}
	}
	if _, known := h.gone[folder]; !known {
		_, err := h.root.Lstat(folder)
		h.gone[folder] = errors.Is(err, fs.ErrNotExist)
	}
}

// ownMetadata are the repositories that have a file here which is not the backup's.
func (h *present) ownMetadata(m *Manifest) map[trustdata.GUN]bool {
	if h.own != nil {
		return h.own
	}
	h.own = map[trustdata.GUN]bool{}
	backed := map[string]string{}
	for _, f := range m.Files {
		backed[f.Path] = f.SHA256
	}
	for name, gun := range h.tuf {
		if sum, err := h.hash(name); err != nil || sum != backed[name] {
			h.own[gun] = true
		}
	}
	return h.own
}

// putName is a key file's path as keyring.Store.Put takes it.
func putName(f File) string {
	return strings.TrimSuffix(strings.TrimPrefix(f.Path, privateDir+"/"), keySuffix)
}
