package keyring

import (
	"context"
	"errors"
	"io/fs"
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
	root, err := d.vault.disk.(*folder).root()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer root.Close()
	var all []Cached
	err = fs.WalkDir(root.FS(), "tuf", func(name string, entry fs.DirEntry, err error) error {
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
