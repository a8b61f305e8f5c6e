package archive

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
	"keyrite/trustdata/state"
)

// Roots is what an archive needs of a trust server besides the fetched repository.
type Roots interface {
	ByVersion(ctx context.Context, role trustdata.Role, version, limit int64) ([]byte, error)
	ByHash(ctx context.Context, role trustdata.Role, sha256hex string, limit int64) ([]byte, error)
}

// Saved is an archive that was written and read back.
type Saved struct {
	GUN   trustdata.GUN `json:"gun"`
	Path  string        `json:"path"`
	Files int           `json:"files"`
	Roots int           `json:"roots"`
	Tags  int           `json:"tags"`
	// Missing are root versions that the server did not have any more.
	Missing  []int64 `json:"missing_roots"`
	Verified bool    `json:"verified"`
}

// Save writes the archive of a repository that was just fetched and verified, below dir,
// and reads it back. An archive that is there already is never replaced: one that verifies
// and has the very same evidence is the result, any other fs.ErrExist. It
// gets its name only when it is whole and verified; what is cut short before that leaves a
// folder whose name begins with a dot, which nothing reads.
func Save(ctx context.Context, dir, tool string, res *remote.Result, from Roots, now time.Time) (*Saved, error) {
	col := res.Collection
	below, err := state.OpenDir(dir)
	if err != nil {
		return nil, err
	}
	defer below.Close()
	name := Folder(col.GUN)
	m := &Manifest{Format: format, Tool: tool, GUN: col.GUN, Server: col.Server, VerifiedAt: now.UTC(), Missing: []int64{}}
	files, err := gather(ctx, res, from, m)
	if err != nil {
		return nil, err
	}
	saved := &Saved{GUN: m.GUN, Path: filepath.Join(dir, name), Files: len(m.Files) + 2,
		Roots: int(res.Repo.Root.Body.Version) - len(m.Missing), Tags: len(col.Tags), Missing: m.Missing, Verified: true}
	if _, err := below.Lstat(name); err == nil {
		if there, err := readFolder(ctx, saved.Path, col.GUN); err == nil && there.Manifest.has(m) {
			return saved, nil
		}
		return nil, fmt.Errorf("an archive of %q in %q: %w", col.GUN, dir, fs.ErrExist)
	}
	part := "." + name + "." + rand.Text()[:10] + ".part"
	if err := write(filepath.Join(dir, part), m, files, transcript(res, m)); err != nil {
		return nil, errors.Join(err, below.RemoveAll(part))
	}
	back, err := readFolder(ctx, filepath.Join(dir, part), col.GUN)
	if err == nil && len(back.Collection.Tags) != len(col.Tags) {
		err = fmt.Errorf("it holds %d tags, not %d", len(back.Collection.Tags), len(col.Tags))
	}
	if err != nil {
		return nil, fmt.Errorf("the archive was written to %q, but does not verify as read back: %w", filepath.Join(dir, part), err)
	}
	if err := state.Rename(below, part, name); err != nil {
		return nil, fmt.Errorf("the archive in %q could not be given its name: %w", filepath.Join(dir, part), err)
	}
	return saved, nil
}

// has reports whether an archive has the same evidence as another: what an earlier run has
// kept before it was cut short need not be kept twice.
func (m *Manifest) has(other *Manifest) bool {
	return slices.Equal(m.Files, other.Files) && slices.Equal(m.Missing, other.Missing)
}

// gather lists in m what goes into the archive, and gives it by path.
func gather(ctx context.Context, res *remote.Result, from Roots, m *Manifest) (map[string][]byte, error) {
	files := map[string][]byte{}
	add := func(role trustdata.Role, version int64, raw []byte) {
		name := pathOf(role, version)
		files[name] = raw
		m.Files = append(m.Files, File{Path: name, Role: role, Version: version, Size: int64(len(raw)), SHA256: sum(raw)})
	}
	for role, raw := range res.Files() {
		add(role, 0, raw)
	}
	// A delegation that is refused, because it has expired for example, is evidence too.
	// Reading refuses it again.
	for role := range res.Repo.Skipped {
		meta, named := res.Repo.Snapshot.Body.Meta[role]
		if !named {
			continue
		}
		want := hex.EncodeToString(meta.Hashes["sha256"])
		raw, err := from.ByHash(ctx, role, want, notary.Limit(role))
		switch {
		case errors.Is(err, remote.ErrNotFound), err == nil && sum(raw) != want:
		case err != nil:
			return nil, fmt.Errorf("the file of %s: %w", role, err)
		default:
			add(role, 0, raw)
		}
	}
	if err := roots(ctx, res.Repo, from, m, add); err != nil {
		return nil, err
	}
	slices.SortFunc(m.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return files, nil
}

// roots adds every root version. The newest is known; older ones that the server has no
// more are noted as missing.
func roots(ctx context.Context, repo *notary.Repository, from Roots, m *Manifest, add func(trustdata.Role, int64, []byte)) error {
	newest := repo.Root.Body.Version
	for n := int64(1); n < newest; n++ {
		raw, err := from.ByVersion(ctx, trustdata.RoleRoot, n, notary.Limit(trustdata.RoleRoot))
		if errors.Is(err, remote.ErrNotFound) {
			m.Missing = append(m.Missing, n)
			continue
		}
		if err != nil {
			return fmt.Errorf("version %d of root.json: %w", n, err)
		}
		add(trustdata.RoleRoot, n, raw)
	}
	add(trustdata.RoleRoot, newest, repo.Root.Raw)
	return nil
}

// write makes the folder. archive.json comes last: without it a folder is no archive.
func write(folder string, m *Manifest, files map[string][]byte, words string) error {
	root, err := state.OpenDir(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, f := range m.Files {
		if i := strings.LastIndexByte(f.Path, '/'); i > 0 {
			if err := state.MakeDir(root, f.Path[:i]); err != nil {
				return err
			}
		}
		if err := create(root, f.Path, files[f.Path]); err != nil {
			return err
		}
	}
	if err := create(root, transcriptName, []byte(words)); err != nil {
		return err
	}
	enc, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return create(root, manifestName, append(enc, '\n'))
}

func create(root *os.Root, name string, data []byte) error {
	if err := state.CreateFile(root, name, data); err != nil {
		return fmt.Errorf("archive file %q: %w", filepath.Join(root.Name(), name), err)
	}
	return nil
}
