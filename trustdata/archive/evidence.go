package archive

import (
	"context"

	"keyrite/trustdata"
	"keyrite/trustdata/remote"
)

// Evidence is a repository's raw metadata, in memory.
type Evidence struct {
	// Files are the current files of every role.
	Files map[trustdata.Role][]byte
	// Numbered are the versions of root.json, the current one too.
	Numbered map[int64][]byte
	// Missing are root versions that the server did not have any more.
	Missing []int64
}

// Gather reads what Save would archive of a repository that was just fetched and verified,
// and writes nothing. The chain of roots is verified as far back as there is no gap.
func Gather(ctx context.Context, res *remote.Result, from Roots) (*Evidence, error) {
	m := &Manifest{GUN: res.Collection.GUN, VerifiedAt: res.Collection.ReadAt}
	byPath, err := gather(ctx, res, from, m)
	if err != nil {
		return nil, err
	}
	e := &Evidence{Files: map[trustdata.Role][]byte{}, Numbered: map[int64][]byte{}, Missing: m.Missing}
	for _, f := range m.Files {
		if f.Version > 0 {
			e.Numbered[f.Version] = byPath[f.Path]
		} else {
			e.Files[f.Role] = byPath[f.Path]
		}
	}
	_, err = walk(m, e.Numbered, e.Files[trustdata.RoleRoot])
	return e, err
}
