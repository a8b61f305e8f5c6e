package tufrepo

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// exporter makes the files of one version.
type exporter struct {
	Export
	keys     Keys
	now      time.Time
	repo     *notary.Repository
	snapshot *metadata.Metadata[metadata.SnapshotType]
	fresh    bool
	// named are the files that the snapshot before names. Clients refuse one that names
	// fewer, so a delegation that is gone stays named, and no role delegates to it.
	named map[string]*metadata.MetaFiles
}

// before looks at what is in the folder.
func (x *exporter) before(ctx context.Context) error {
	entries, err := os.ReadDir(x.Base)
	if x.fresh = errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0; x.fresh {
		return nil
	}
	if err != nil {
		return err
	}
	if x.root, err = os.ReadFile(path.Join(x.Base, "1.root.json")); err != nil {
		return fmt.Errorf("%q is neither empty nor an exported repository: %w", x.Base, err)
	}
	// An expired timestamp is no hindrance to signing the next one with the same key.
	res, err := Open(ctx, Options{Base: x.Base, Root: x.root, Now: func() time.Time { return time.Unix(0, 0) }})
	if err != nil {
		return fmt.Errorf("the repository in %q: %w", x.Base, err)
	}
	for _, role := range trustdata.BaseRoles {
		if x.keys[role] == nil {
			continue // whether it is needed is found out later
		}
		view, _ := res.Collection.Role(role)
		id, err := x.keys[role].Public().KeyID()
		if err != nil {
			return err
		}
		if len(view.Keys) != 1 || view.Keys[0].KeyID != id {
			return fmt.Errorf("the %s of the repository in %q has another key than %s, which was chosen", role, x.Base, id.Short())
		}
		if role != trustdata.RoleRoot {
			x.Version = max(x.Version, view.Version+1)
		}
	}
	for _, view := range res.Collection.Roles[4:] {
		x.Version = max(x.Version, view.Version+1)
	}
	x.named = res.set.top.Snapshot.Signed.Meta
	return nil
}

func (x *exporter) ends(role trustdata.Role) time.Time { return x.now.Add(notary.Lifetime(role)) }

// build makes the files in the order in which they are written.
func (x *exporter) build() error {
	x.snapshot = metadata.Snapshot(x.ends(trustdata.RoleSnapshot))
	x.snapshot.Signed.Version, x.snapshot.Signed.Meta = x.Version, map[string]*metadata.MetaFiles{}
	maps.Copy(x.snapshot.Signed.Meta, x.named)
	if x.fresh {
		if err := x.rootFile(); err != nil {
			return err
		}
	}
	top := metadata.Targets(x.ends(trustdata.RoleTargets))
	top.Signed.Version = x.Version
	if err := x.delegations(top); err != nil {
		return err
	}
	if err := x.tags(top); err != nil {
		return err
	}
	if err := addExport(x, top, trustdata.RoleTargets, metadata.TARGETS, true); err != nil {
		return err
	}
	if err := addExport(x, x.snapshot, trustdata.RoleSnapshot, metadata.SNAPSHOT, true); err != nil {
		return err
	}
	timestamp := metadata.Timestamp(x.ends(trustdata.RoleTimestamp))
	timestamp.Signed.Version = x.Version
	timestamp.Signed.Meta["snapshot.json"] = metaOf(x.Version, x.files[len(x.files)-1].raw)
	return addExport(x, timestamp, trustdata.RoleTimestamp, metadata.TIMESTAMP, false)
}

func (x *exporter) rootFile() error {
	root := metadata.Root(x.ends(trustdata.RoleRoot))
	for _, role := range trustdata.BaseRoles {
		listed, _, err := listing(x.keys[role])
		if err != nil {
			return err
		}
		if err := root.Signed.AddKey(listed, string(role)); err != nil {
			return err
		}
	}
	err := addExport(x, root, trustdata.RoleRoot, metadata.ROOT, true)
	x.root = x.files[len(x.files)-1].raw
	return err
}

// tags puts what docker resolves into the top file.
func (x *exporter) tags(top *metadata.Metadata[metadata.TargetsType]) error {
	for _, tag := range x.col.Tags {
		switch {
		case tag.Pulled:
			if err := x.entry(top, tag, tag.Roles[0]); err != nil {
				return err
			}
			x.Tags++
		case len(tag.Roles) == 1 && tag.Roles[0] == trustdata.RoleTargets:
			x.LeftOut++
		}
	}
	return nil
}

// entry copies one target of a role, with every hash and its custom data.
func (x *exporter) entry(into *metadata.Metadata[metadata.TargetsType], tag trustdata.Tag, role trustdata.Role) error {
	e, ok := x.repo.Targets[role].Body.Targets.Get(tag.Name)
	if !ok {
		return fmt.Errorf("%s of %q has no entry %q", role, x.col.GUN, tag.Name)
	}
	target := metadata.TargetFile()
	target.Length = e.Length
	for alg, sum := range e.Hashes.All() {
		if alg == "sha256" || alg == "sha512" {
			target.Hashes[alg] = sum
		}
	}
	if len(e.Custom) > 0 {
		custom := json.RawMessage(e.Custom)
		target.Custom = &custom
	}
	into.Signed.Targets[tag.Name] = target
	return nil
}

// delegations makes a file for each of the collection, and lists them in top.
func (x *exporter) delegations(top *metadata.Metadata[metadata.TargetsType]) error {
	listed, id, err := listing(x.keys[trustdata.RoleTargets])
	if err != nil {
		return err
	}
	d := &metadata.Delegations{Keys: map[string]*metadata.Key{id: listed}}
	for _, view := range x.col.Roles {
		if !view.Role.IsDelegation() || view.Role == trustdata.RoleReleases || x.repo.Targets[view.Role] == nil {
			continue
		}
		name := exportName(view.Role)
		if slices.Contains(x.Roles, name) {
			return fmt.Errorf("two delegations would be called %q", name)
		}
		file, paths, err := x.delegation(view)
		if err != nil {
			return err
		}
		if len(paths) == 0 {
			continue // it signs nothing, and a rule without paths would not be one
		}
		d.Roles = append(d.Roles, metadata.DelegatedRole{Name: name, KeyIDs: []string{id}, Threshold: 1, Paths: paths})
		top.Signed.Delegations = d
		x.Roles = append(x.Roles, name)
		if err := addExport(x, file, trustdata.RoleTargets, name, true); err != nil {
			return err
		}
	}
	return nil
}

// delegation is what one signs, and the patterns that let it.
func (x *exporter) delegation(view trustdata.RoleView) (*metadata.Metadata[metadata.TargetsType], []string, error) {
	file := metadata.Targets(x.ends(view.Role))
	file.Signed.Version = x.Version
	var paths []string
	for _, tag := range x.col.Tags {
		if !slices.Contains(tag.Roles, view.Role) {
			continue
		}
		if err := x.entry(file, tag, view.Role); err != nil {
			return nil, nil, err
		}
		if p := pattern(view.Paths, tag.Name); !slices.Contains(paths, p) {
			paths = append(paths, p)
		}
	}
	return file, paths, nil
}

// exportName has no slash, which servers of files take for a folder, and is not that of a
// base role. Notary's names have no points.
func exportName(role trustdata.Role) string {
	name := strings.ReplaceAll(strings.TrimPrefix(string(role), string(trustdata.RoleTargets)+"/"), "/", ".")
	if trustdata.Role(name).IsBase() {
		return "targets." + name
	}
	return name
}

// pattern turns the beginning that lets a role sign name into a pattern of TUF 1.0, with
// as many segments as name has: a wildcard does not stand for a slash.
func pattern(prefixes []string, name string) string {
	for _, p := range prefixes {
		if rest, ok := strings.CutPrefix(name, p); ok {
			return literal.Replace(p) + "*" + strings.Repeat("/*", strings.Count(rest, "/"))
		}
	}
	return literal.Replace(name)
}

var literal = strings.NewReplacer("[", "[[]", "*", "[*]", "?", "[?]", `\`, `[\\]`)

func metaOf(version int64, raw []byte) *metadata.MetaFiles {
	m, sum := metadata.MetaFile(version), sha256.Sum256(raw)
	m.Length, m.Hashes["sha256"] = int64(len(raw)), sum[:]
	return m
}

// addExport signs a file with the key of a role and names it in the snapshot.
func addExport[T metadata.Roles](x *exporter, m *metadata.Metadata[T], by trustdata.Role, name string, numbered bool) error {
	if _, err := m.Sign(signer{x.keys[by]}); err != nil {
		return fmt.Errorf("signing %s: %w", name, err)
	}
	raw, err := m.ToBytes(false)
	if err != nil {
		return err
	}
	version := x.Version
	if name == metadata.ROOT {
		version = 1
	}
	if by == trustdata.RoleTargets {
		x.snapshot.Signed.Meta[name+".json"] = metaOf(version, raw)
	}
	x.files = append(x.files, file{fileName(name, version, numbered), raw})
	return nil
}
