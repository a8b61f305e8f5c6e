package migration

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"keyrite/trustdata"
	"keyrite/trustdata/registry"
	"keyrite/trustdata/state"
)

// The files that Write makes.
const (
	PlanFile   = "plan.json"
	ScriptFile = "sign.sh"
	PolicyFile = "trustpolicy.oci.json"
)

// maxPlan bounds a plan that is read back, in bytes.
const maxPlan = 256 << 20

// ErrPlan is what a file Is that is no plan of this version.
var ErrPlan = errors.New("is not a plan of this version of keyrite")

// Write puts the plan, the lines and, for Notation, a trust policy into a folder, for its
// owner alone, and reads them back. What is there already is fs.ErrExist, and then nothing
// is written.
func (p *Plan) Write(dir, store string, identities []string) (paths []string, err error) {
	plan, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return nil, err
	}
	type file struct {
		name string
		data []byte
	}
	files := []file{{PlanFile, append(trustdata.VisibleJSON(plan), '\n')}, {ScriptFile, []byte(p.Script())}}
	if p.For == registry.Notation {
		files = append(files, file{PolicyFile, p.Policy(store, identities)})
	}
	root, err := state.OpenDir(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	for _, f := range files {
		if _, err := root.Lstat(f.name); !errors.Is(err, fs.ErrNotExist) {
			return nil, errors.Join(fmt.Errorf("file %q: %w", filepath.Join(dir, f.name), fs.ErrExist), err)
		}
	}
	for _, f := range files {
		if err := state.CreateFile(root, f.name, f.data); err != nil {
			return nil, err
		}
		back, err := root.ReadFile(f.name)
		if err != nil || !bytes.Equal(back, f.data) {
			return nil, errors.Join(fmt.Errorf("file %q is not what was written", filepath.Join(dir, f.name)), err)
		}
		paths = append(paths, filepath.Join(dir, f.name))
	}
	return paths, nil
}

// Read reads a plan that Write wrote. Its content decides nothing but what somebody wants to
// be signed: what is signed and served is asked anew.
func Read(path string) (*Plan, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxPlan+1))
	if err != nil {
		return nil, err
	}
	var p Plan
	if len(raw) > maxPlan || json.Unmarshal(raw, &p) != nil || p.Format != format {
		return nil, fmt.Errorf("%q %w", path, ErrPlan)
	}
	if err := (Signer{For: p.For}).Check(); err != nil {
		return nil, fmt.Errorf("%q %w: %w", path, ErrPlan, err)
	}
	for _, r := range p.Repositories {
		if _, err := trustdata.ParseGUN(string(r.GUN)); err != nil {
			return nil, fmt.Errorf("%q %w: %w", path, ErrPlan, err)
		}
		if err := r.check(); err != nil {
			return nil, fmt.Errorf("%q %w: %w", path, ErrPlan, err)
		}
	}
	return &p, nil
}

// check refuses digests that are none: they go into requests.
func (r *Repository) check() error {
	for _, it := range r.items() {
		if !registry.IsDigest(it.Digest) {
			return fmt.Errorf("%q is no digest", it.Digest)
		}
	}
	return nil
}
