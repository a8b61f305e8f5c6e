package backup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"keyrite/backup/media"
	"keyrite/keyring"
	"keyrite/trustdata"
)

// CreateOptions says where a backup goes, and for whom.
type CreateOptions struct {
	// Dir is the folder; its last element is made if need be.
	Dir string
	// Name is the file's name without ".age"; "" is keyrite-<time in UTC>.
	Name       string
	Recipients []Recipient
	// Identities, where there are any, prove that the backup can be decrypted. A
	// passphrase proves itself.
	Identities []Identity
	// Passphrases, if not nil, opens keys for the drill that ends the proof.
	Passphrases Passphrases
	// Waived is what the caller's user waived; it is passed on to the result.
	Waived []string
	Now    time.Time
	// Open opens the folder; nil is media.OpenFolder.
	Open media.Opener
	// Operation and Copies are of the set that this is a copy of; see NewOperation.
	Operation string
	Copies    int
	// Copy is this one's number, from 1.
	Copy int
	// Medium is what the folder is on, nil for a folder of this machine.
	Medium *Medium
}

// Passphrases gives the passphrase of a key, or false for one that is not known. The
// caller wipes what it gave.
type Passphrases func(Key) (keyring.Passphrase, bool)

// CreatePlan is what a backup would be. Nothing is written before Apply.
type CreatePlan struct {
	// File is the absolute path that the backup gets.
	File string
	// MakeDir says that the folder is not there yet.
	MakeDir    bool
	Manifest   *Manifest
	Recipients []Recipient
	// Bytes is the size of the files; the backup is little larger.
	Bytes int64
	// Warnings are sentence fragments on what the user should know before.
	Warnings []string
	// Drive is the removable drive that it goes to, nil for a folder that is on none.
	Drive *media.Drive

	entries  []*entry
	measured measured // of the manifest
	opt      CreateOptions
}

// Keys are the keys that go in.
func (p *CreatePlan) Keys() []Key { return p.Manifest.keys() }

// Metadata are the repositories that metadata goes in of.
func (p *CreatePlan) Metadata() []trustdata.GUN { return p.Manifest.guns() }

// Settings reports whether keyrite's settings go in.
func (p *CreatePlan) Settings() bool {
	return slices.ContainsFunc(p.Manifest.Files, func(f File) bool { return f.Kind == KindSettings })
}

// Waives are what the plan does without, for the user to confirm: what was waived before,
// and WaiverProof where nobody can show that the backup decrypts, or "proof:NAME" for each
// recipient that nobody could speak for while another one was proven.
func (p *CreatePlan) Waives() []string { return union(p.opt.Waived, waivers(p.Recipients)) }

// Waive adds to what is waived.
func (p *CreatePlan) Waive(what ...string) { p.opt.Waived = union(p.opt.Waived, what) }

// ManifestSHA256 tells sets apart by what they hold: "sha256:<hex>" of the manifest.
func (p *CreatePlan) ManifestSHA256() string { return p.measured.String() }

// recipients are whom it is for, as they were given; a passphrase has no text.
func (p *CreatePlan) recipients() []string {
	all := []string{}
	for _, r := range p.Recipients {
		all = append(all, cmp.Or(r.Text, string(r.Kind)))
	}
	return all
}

// Identities are what the plan opens the backup with, to prove it: those that were given, and
// a passphrase that it is locked with.
func (p *CreatePlan) Identities() []Identity { return p.identities() }

func (p *CreatePlan) identities() []Identity {
	ids := p.opt.Identities
	for _, r := range p.Recipients {
		if r.own != nil {
			ids = append(ids[:len(ids):len(ids)], *r.own)
		}
	}
	return ids
}

// PlanCreate reads and hashes all that would go into a backup and looks at where it would
// lie. It is fs.ErrExist if that name is taken.
func PlanCreate(ctx context.Context, src Source, opt CreateOptions) (*CreatePlan, error) {
	if err := checkRecipients(opt.Recipients); err != nil {
		return nil, err
	}
	file, makeDir, others, err := target(src, opt)
	if err != nil {
		return nil, err
	}
	recipients, err := proveEach(ctx, opt.Recipients, opt.Identities)
	if err != nil {
		return nil, err
	}
	opt.Waived = union(opt.Waived, waivers(recipients))
	found, err := collect(ctx, src)
	if err != nil {
		return nil, err
	}
	if err := found.signsFor(src.Verified); err != nil {
		return nil, err
	}
	m := &Manifest{Format: formatVersion, Tool: src.Tool, Created: opt.Now.UTC().Truncate(time.Second), Operation: opt.Operation, Copies: opt.Copies, LeftOut: found.leftOut,
		Instructions: instructionsSum(opt.Recipients)}
	m.Files = make([]File, len(found.entries))
	for i, e := range found.entries {
		m.Files[i], e.File = *e.File, &m.Files[i]
	}
	if m.keyCount() == 0 {
		return nil, errors.New("there is no key to back up")
	}
	p := &CreatePlan{File: file, MakeDir: makeDir, Manifest: m, Recipients: recipients, Bytes: m.bytes(), entries: found.entries, opt: opt}
	if p.measured, err = m.checkAndMeasure(); err != nil {
		return nil, err
	}
	m.sum = p.measured.sum
	if p.measured.size > maxManifest {
		return nil, fmt.Errorf("the manifest would be larger than %d bytes", maxManifest)
	}
	p.Warnings = p.warn(src, others)
	return p, nil
}

// checkAndMeasure does both at once.
func (m *Manifest) checkAndMeasure() (measured, error) {
	var wrong error
	var wg sync.WaitGroup
	wg.Go(trustdata.Guarded(func() { wrong = m.check() }))
	is, err := m.measure()
	wg.Wait()
	if wrong != nil {
		return is, fmt.Errorf("the backup could not be read again: %w", wrong)
	}
	return is, err
}

// union is a with what of b it has not.
func union(a, b []string) []string {
	all := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

// target settles the backup's path and refuses one that cannot be. others says that
// other users of this machine can read the folder.
func target(src Source, opt CreateOptions) (file string, makeDir, others bool, err error) {
	dir, err := filepath.Abs(opt.Dir)
	if err != nil {
		return "", false, false, err
	}
	name := cmp.Or(opt.Name, "keyrite-"+opt.Now.UTC().Format(stampLayout))
	if opt.Dir == "" || !portable(name) {
		return "", false, false, fmt.Errorf("%q in the folder %q is no name for a backup", name, opt.Dir)
	}
	name += ageSuffix
	for _, d := range src.Dirs {
		if below(dir, d.Path()) {
			return "", false, false, fmt.Errorf("folder %q lies in the trust directory that would be backed up", dir)
		}
	}
	folder, err := opener(opt.Open)(dir, false)
	if errors.Is(err, fs.ErrNotExist) {
		info, err := os.Stat(filepath.Dir(dir))
		if err == nil && !info.IsDir() {
			err = fmt.Errorf("%q is not a folder", filepath.Dir(dir))
		}
		return filepath.Join(dir, name), true, false, inFolder(err)
	}
	if err != nil {
		return "", false, false, inFolder(err)
	}
	defer folder.Close()
	info, err := folder.Self()
	if err != nil {
		return "", false, false, inFolder(err)
	}
	return filepath.Join(dir, name), false, othersRead(info), free(folder, name, name+sumsSuffix)
}

func inFolder(err error) error {
	if err != nil {
		return fmt.Errorf("folder for the backup: %w", err)
	}
	return nil
}

// free refuses names that are there: nothing is ever replaced.
func free(folder media.Folder, names ...string) error {
	for _, name := range names {
		if _, err := folder.Lstat(name); err == nil {
			return fmt.Errorf("%q is never replaced: %w", filepath.Join(folder.Path(), name), fs.ErrExist)
		}
	}
	return nil
}

// stampLayout is the time in a backup's name. It has no colon, for FAT.
const stampLayout = "2006-01-02T150405Z"

// portable reports whether name is one that every file system takes: FAT and Windows have
// the fewest.
func portable(name string) bool {
	const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
	stem, _, _ := strings.Cut(strings.ToLower(name), ".")
	return name != "" && len(name) <= 120 && !slices.Contains(reservedNames, stem) && strings.Trim(name, alphabet) == "" &&
		!strings.HasPrefix(name, ".") && !strings.HasSuffix(name, ".") && !strings.HasPrefix(name, "-")
}

// below reports whether path is dir or lies in it.
func below(path, dir string) bool {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}

// newest is when the last of the files was changed.
func (p *CreatePlan) newest() (at time.Time) {
	for _, e := range p.entries {
		if e.mod.After(at) {
			at = e.mod
		}
	}
	return at
}

func (p *CreatePlan) warn(src Source, others bool) (warnings []string) {
	say := func(format string, args ...any) { warnings = append(warnings, fmt.Sprintf(format, args...)) }
	dir := filepath.Dir(p.File)
	if newest := p.newest(); newest.Sub(p.opt.Now) > 24*time.Hour {
		say("this machine's clock says %s, and one of the files is of %s: look at the clock, for the backup is named and dated by it", p.opt.Now.UTC().Format(time.DateOnly), newest.UTC().Format(time.DateOnly))
	}
	if p.MakeDir {
		dir = filepath.Dir(dir)
	} else if others {
		say("other users of this machine can read the folder %q", dir)
	}
	for _, d := range src.Dirs {
		if p.opt.Open == nil && sameDisk(dir, d.Path()) {
			say("%q is on the same file system as the keys in %q: what destroys the one destroys the other", dir, d.Path())
		}
	}
	if src.Given != nil && p.opt.Open == nil && sameDisk(dir, src.Given.Path) {
		say("%q is on the same file system as %q: what destroys the one destroys the other", dir, src.Given.Path)
	}
	switch names := unproven(p.Recipients); {
	case len(names) == len(p.Recipients):
		say("no identity is at hand, so it stays unproven that the backup can be decrypted")
	case len(names) > 0:
		say("no identity is at hand of %s, so it stays unproven that they can decrypt the backup", strings.Join(names, ", "))
	}
	bare := 0
	for _, e := range p.entries {
		if e.Problem != "" {
			say("key file %q goes in as it is, but is of no use: %s", e.from(), e.Problem)
		}
		if e.bare {
			bare++
		}
	}
	if bare > 0 {
		say("%d of the keys have no passphrase of their own: the backup's encryption is all that protects them there", bare)
	}
	for _, l := range p.Manifest.LeftOut {
		say("%q stays out: %s", l.Path, l.Reason)
	}
	return warnings
}
