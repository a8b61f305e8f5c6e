package keyring

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"keyrite/trustdata"
)

// Cached is one metadata file that docker or notary keep of a repository, as their memory
// of whom they trust: tuf/<GUN>/metadata/<role>.json.
type Cached struct {
	GUN  trustdata.GUN
	Role trustdata.Role
	// Path is the absolute path of the file.
	Path string
	// Problem says why the file was not recognised, or is "".
	Problem string
}

// LocalMetadata lists the metadata files of the trust directory in the order of their
// paths. It reads none of them, and follows no symbolic link.
func (d *Dir) LocalMetadata(ctx context.Context) ([]Cached, error) {
	return d.localBelow(ctx, "tuf")
}

// LocalMetadataOf is LocalMetadata of one repository. It looks into no other's folder.
func (d *Dir) LocalMetadataOf(ctx context.Context, gun trustdata.GUN) ([]Cached, error) {
	if _, err := trustdata.ParseGUN(string(gun)); err != nil {
		return nil, err
	}
	all, err := d.localBelow(ctx, path.Join("tuf", string(gun), "metadata"))
	return slices.DeleteFunc(all, func(c Cached) bool { return c.GUN != gun }), err
}

// maxCached bounds a metadata file that is read into memory: the reference client's limit
// for a targets file of known length is what its parent says, and ours is 64 MiB.
const maxCached = 64 << 20

// ReadLocal reads a file that LocalMetadata listed. It fails for one that has a problem,
// that is no regular file any more, or that is larger than a role's file may be.
func (d *Dir) ReadLocal(c Cached) ([]byte, fs.FileInfo, error) {
	name, err := filepath.Rel(d.Path(), c.Path)
	if err != nil || c.Problem != "" {
		return nil, nil, fmt.Errorf("metadata file %q: %s", c.Path, cmp.Or(c.Problem, "it is not in this trust directory"))
	}
	root, err := d.vault.disk.(*folder).root()
	if err != nil {
		return nil, nil, err
	}
	defer root.Close()
	info, err := root.Lstat(name)
	switch {
	case err != nil:
		return nil, nil, err
	case !info.Mode().IsRegular():
		return nil, nil, fmt.Errorf("metadata file %q is not a regular file", c.Path)
	case info.Size() > maxCached:
		return nil, nil, fmt.Errorf("metadata file %q is larger than %d bytes", c.Path, maxCached)
	}
	data, err := root.ReadFile(name)
	return data, info, err
}

func (d *Dir) localBelow(ctx context.Context, top string) ([]Cached, error) {
	root, err := d.vault.disk.(*folder).root()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer root.Close()
	var all []Cached
	err = fs.WalkDir(root.FS(), top, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			all = append(all, Cached{Path: d.vault.disk.full(name), Problem: cause(err)})
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case entry.IsDir() && entry.Name() == "changelist" && !strings.Contains(name, "/metadata/"):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".json"):
			return nil
		}
		row := Cached{Path: d.vault.disk.full(name)}
		if row.GUN, row.Role = splitCached(name); row.GUN == "" {
			row.Problem = "the path names no repository and role"
		} else if !entry.Type().IsRegular() {
			row.Problem = "it is not a regular file"
		}
		all = append(all, row)
		return nil
	})
	return all, err
}

// splitCached takes tuf/<GUN>/metadata/<role>.json apart. A GUN and a delegation may have
// a segment "metadata" of their own, so the last one that leaves a role behind it counts.
func splitCached(name string) (trustdata.GUN, trustdata.Role) {
	segments := strings.Split(strings.TrimSuffix(name, ".json"), "/")[1:]
	for i, seg := range slices.Backward(segments) {
		if seg != "metadata" {
			continue
		}
		gun, err := trustdata.ParseGUN(strings.Join(segments[:i], "/"))
		if err != nil {
			continue
		}
		if role, err := trustdata.ParseRole(strings.Join(segments[i+1:], "/")); err == nil {
			return gun, role
		}
	}
	return "", ""
}
