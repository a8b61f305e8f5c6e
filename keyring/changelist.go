package keyring

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"

	"keyrite/trustdata"
)

// Changelist is what notary has staged for one repository: changes that whoever runs
// "notary publish" next signs and sends.
type Changelist struct {
	// Path is the absolute path of the folder.
	Path    string
	Changes int
}

// StagedChanges looks at the change list of a repository in the trust directory: the files
// tuf/<GUN>/changelist/<number>_<id>.change. It reads none of them.
func (d *Dir) StagedChanges(ctx context.Context, gun trustdata.GUN) (Changelist, error) {
	if _, err := trustdata.ParseGUN(string(gun)); err != nil {
		return Changelist{}, err
	}
	folder := path.Join("tuf", string(gun), "changelist")
	list := Changelist{Path: d.vault.disk.full(folder)}
	entries, err := d.vault.disk.entries(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return list, ctx.Err()
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".change") {
			list.Changes++
		}
	}
	return list, errors.Join(err, ctx.Err())
}
