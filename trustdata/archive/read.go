package archive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/access"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
)

// ErrDamaged is what an archive Is whose files are not what archive.json lists.
var ErrDamaged = errors.New("the archive is damaged")

// ErrNewer is an archive of a format that this version does not know.
var ErrNewer = errors.New("the archive was written by a newer version of keyrite")

// Archive is one repository's archive, verified anew.
type Archive struct {
	Manifest   *Manifest
	Collection *trustdata.Collection
	// Roots is how many root versions the chain was walked over.
	Roots int
	Evidence
}

// Read opens the archive of gun below dir and verifies all of it as of the time that it
// names. It is fs.ErrNotExist where there is none, ErrDamaged where a file is not the one
// that archive.json lists, and a trustdata.VerifyError where the metadata does not hold.
func Read(ctx context.Context, dir string, gun trustdata.GUN) (*Archive, error) {
	if _, err := trustdata.ParseGUN(string(gun)); err != nil {
		return nil, err
	}
	return readFolder(ctx, filepath.Join(dir, Folder(gun)), gun)
}

func readFolder(ctx context.Context, folder string, gun trustdata.GUN) (*Archive, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("archive of %q: %w", gun, err)
	}
	defer root.Close()
	m, err := readManifest(root, gun)
	if err != nil {
		return nil, err
	}
	files, numbered, err := readFiles(root, m)
	if err != nil {
		return nil, err
	}
	n, err := walk(m, numbered, files[trustdata.RoleRoot])
	if err != nil {
		return nil, err
	}
	// The offline fetch verifies what it is handed by the rules of every other reading.
	f := &remote.Fetcher{Config: access.Config{Server: "https://archive.invalid"}, Offline: true,
		Now: func() time.Time { return m.VerifiedAt },
		Local: func(trustdata.GUN) ([]remote.Local, error) {
			return []remote.Local{{Path: folder, Files: files, ReadAt: m.VerifiedAt}}, nil
		}}
	res, err := f.Fetch(ctx, gun)
	if err != nil {
		return nil, err
	}
	col := res.Collection
	col.Server, col.Source, col.ReadAt = m.Server, trustdata.SourceArchive, m.VerifiedAt
	return &Archive{Manifest: m, Collection: col, Roots: n, Evidence: Evidence{Files: files, Numbered: numbered, Missing: m.Missing}}, nil
}

func readManifest(root *os.Root, gun trustdata.GUN) (*Manifest, error) {
	raw, err := readBounded(root, manifestName, maxManifest)
	if err != nil {
		return nil, err
	}
	var m Manifest
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, fmt.Errorf("%q is not readable as a list of files: %w", manifestName, ErrDamaged)
	}
	switch {
	case m.Format > format:
		return nil, fmt.Errorf("format %d: %w", m.Format, ErrNewer)
	case m.Format != format || m.GUN != gun || len(m.Files) > maxFiles || m.VerifiedAt.IsZero():
		return nil, fmt.Errorf("%q is not about %q: %w", manifestName, gun, ErrDamaged)
	}
	return &m, nil
}

// readFiles reads what the manifest lists, and takes only the names that an archive has.
func readFiles(root *os.Root, m *Manifest) (map[trustdata.Role][]byte, map[int64][]byte, error) {
	files, numbered := map[trustdata.Role][]byte{}, map[int64][]byte{}
	for _, f := range m.Files {
		role, err := trustdata.ParseRole(string(f.Role))
		if err != nil || f.Path != pathOf(role, f.Version) || f.Version != 0 && role != trustdata.RoleRoot {
			return nil, nil, fmt.Errorf("file %q has no place in an archive: %w", f.Path, ErrDamaged)
		}
		raw, err := readBounded(root, f.Path, notary.Limit(role))
		if err != nil {
			return nil, nil, err
		}
		if sum(raw) != f.SHA256 {
			return nil, nil, fmt.Errorf("file %q is not the one that was archived: %w", f.Path, ErrDamaged)
		}
		if f.Version > 0 {
			numbered[f.Version] = raw
		} else {
			files[role] = raw
		}
	}
	return files, numbered, nil
}

// readBounded reads a regular file that is no symbolic link.
func readBounded(root *os.Root, name string, limit int64) ([]byte, error) {
	info, err := root.Lstat(name)
	if err != nil {
		return nil, fmt.Errorf("archive file %q: %w", name, errors.Join(ErrDamaged, err))
	}
	if !info.Mode().IsRegular() || info.Size() > limit {
		return nil, fmt.Errorf("archive file %q is no regular file of at most %d bytes: %w", name, limit, ErrDamaged)
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit))
}

// walk follows the roots from the oldest that leads on without a gap to the newest, which
// must be the current one.
func walk(m *Manifest, numbered map[int64][]byte, current []byte) (int, error) {
	newest, err := notary.ParseRoot(current)
	if err != nil {
		return 0, err
	}
	last := newest.Body.Version
	if string(numbered[last]) != string(current) {
		return 0, fmt.Errorf("version %d of root.json is not the current one: %w", last, ErrDamaged)
	}
	first := last
	for first > 1 && numbered[first-1] != nil {
		first--
	}
	policy := notary.Policy{GUN: m.GUN, Now: m.VerifiedAt}
	root, err := notary.ParseRoot(numbered[first])
	if err != nil {
		return 0, err
	}
	if root.Body.Version != first {
		return 0, fmt.Errorf("the file of version %d of root.json has version %d: %w", first, root.Body.Version, ErrDamaged)
	}
	for n := first + 1; n <= last; n++ {
		if root, err = policy.NextRoot(root, numbered[n], n == last); err != nil {
			return 0, err
		}
	}
	return int(last - first + 1), nil
}
