package tufrepo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// Keys sign an exported repository: one for each base role. Delegations are signed by the
// key of targets, since nobody else's is at hand.
type Keys map[trustdata.Role]trustdata.SigningKey

// Export is a collection of the Notary v1 dialect as a TUF 1.0 repository, signed and
// verified, of which nothing was written.
//
// The top targets file has what docker resolves, so that a client of TUF 1.0, which asks
// it first, gets the same digests. Each delegation follows under its name without
// "targets/", slashes as points, with all that it signs. What targets says of a name that
// targets/releases says something else of was never resolved, and is left out, as is
// targets/releases itself.
type Export struct {
	// Base is the folder, and Version that of everything below root in it.
	Base    string
	Version int64
	// Roles are the delegations, by their new names, and Tags what docker resolves.
	Roles []string
	Tags  int
	// LeftOut are the rows that docker does not resolve and that no delegation has.
	LeftOut int

	col   *trustdata.Collection
	root  []byte // the first one
	files []file
}

// NewExport makes a repository at base of a verified collection: a new one where the
// folder is empty or absent, else the next version of the one that is there, which must
// have been signed by these very keys; the key of root is needed for a new one only. The end of each role is as far off as docker sets
// it, so timestamp wants a new version within two weeks: the same once more. It writes
// nothing.
func NewExport(ctx context.Context, base string, repo *notary.Repository, col *trustdata.Collection, keys Keys, now time.Time) (*Export, error) {
	if !col.Verified() {
		return nil, fmt.Errorf("%q does not verify whole, so it cannot be vouched for anew", col.GUN)
	}
	x := &exporter{Export: Export{Base: base, Version: 1, col: col}, keys: keys, now: now.UTC().Truncate(time.Second), repo: repo}
	if err := x.before(ctx); err != nil {
		return nil, err
	}
	for _, role := range trustdata.BaseRoles {
		if keys[role] == nil && (x.fresh || role != trustdata.RoleRoot) {
			return nil, fmt.Errorf("no key is chosen for %s", role)
		}
	}
	if err := x.build(); err != nil {
		return nil, err
	}
	return &x.Export, x.rehearse(ctx, now)
}

// rehearse verifies the repository as it will be, without reading the folder for what it
// writes anew.
func (x *Export) rehearse(ctx context.Context, now time.Time) error {
	over := map[string][]byte{}
	for _, f := range x.files {
		over[f.name] = f.raw
	}
	o := Options{Base: x.Base, Root: x.root, Now: func() time.Time { return now }}
	if _, err := os.Stat(x.Base); errors.Is(err, fs.ErrNotExist) {
		o.Base = path.Dir(x.Base)
	}
	res, err := openOver(ctx, o, over)
	if err != nil {
		return fmt.Errorf("nothing was written, for it would not verify: %w", err)
	}
	return x.holds(res)
}

// holds checks that a repository resolves what docker resolves.
func (x *Export) holds(res *Result) error {
	if !res.Collection.Verified() || len(res.Collection.Problems) > 0 {
		return fmt.Errorf("the exported repository has problems: %v", res.Collection.Problems)
	}
	got := map[string]trustdata.Tag{}
	for _, tag := range res.Collection.Tags {
		if tag.Pulled {
			got[tag.Name] = tag
		}
	}
	for _, tag := range x.col.Tags {
		if tag.Pulled && (got[tag.Name].Digest != tag.Digest || got[tag.Name].Length != tag.Length) {
			return fmt.Errorf("the exported repository resolves %q to another digest than the collection", tag.Name)
		}
	}
	return nil
}

// Write puts the repository into its folder, timestamp last, and reads it back from its
// first root.
func (x *Export) Write(ctx context.Context, now time.Time) (*Result, error) {
	if err := os.MkdirAll(x.Base, 0o755); err != nil {
		return nil, err
	}
	dir, err := os.OpenRoot(x.Base)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	if _, err := dir.Lstat(ready); err == nil {
		return nil, fmt.Errorf("%q: %w", x.Base, ErrUnfinished)
	}
	if err := stage(dir, x.files); err != nil {
		return nil, fmt.Errorf("nothing was changed: %w", err)
	}
	if err := place(dir); err != nil {
		return nil, err
	}
	res, err := Open(ctx, Options{Base: x.Base, Root: x.root, Now: func() time.Time { return now }})
	if err != nil {
		return nil, fmt.Errorf("the repository was written and does not verify: %w", err)
	}
	return res, x.holds(res)
}
