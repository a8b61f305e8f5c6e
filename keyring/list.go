package keyring

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"keyrite/trustdata"
)

// List implements Store.
func (v vault) List(ctx context.Context) ([]Info, error) {
	var rows []Info
	err := v.walk(ctx, private,
		func(name string, info fs.FileInfo) { rows = append(rows, v.describe(name, info)) },
		func(folder string, err error) {
			rows = append(rows, Info{Path: v.disk.full(folder), Problem: "the folder cannot be read: " + cause(err)})
		})
	if err != nil {
		return nil, err
	}
	sortInfos(rows)
	return rows, nil
}

// describe makes a key file's row, whatever state it is in.
func (v vault) describe(name string, stat fs.FileInfo) Info {
	var row Info
	var content trustdata.KeyID
	data, err := v.disk.read(name)
	if err == nil {
		row, content = inspect(data)
	} else {
		row.Problem = cause(err)
	}
	if len(data) > maxFile {
		row.SHA256 = ""
	}
	row.Path, row.Mode, row.ModTime = v.disk.full(name), stat.Mode(), stat.ModTime()
	if problem := row.place(name); row.Problem == "" {
		row.Problem = problem
	}
	if row.Problem == "" && content != "" && content != row.KeyID {
		row.Problem = ErrMismatch.Error()
	}
	return row
}

// place fills in what the file's name and folder say. Docker and notary take the name for
// the ID and never check it.
func (row *Info) place(name string) (problem string) {
	stem := strings.TrimSuffix(path.Base(name), suffix)
	below := strings.Split(path.Dir(name), "/")[1:]
	if len(below) > 0 && slices.Contains(legacyFolders, below[0]) {
		row.Legacy = true
		var role string
		stem, role = legacyStem(name)
		if role == "" && below[0] == legacyFolders[0] {
			role = string(trustdata.RoleRoot)
		}
		row.Role = cmp.Or(row.Role, role)
		if gun, err := trustdata.ParseGUN(strings.Join(below[1:], "/")); err == nil && row.GUN == "" {
			row.GUN = gun
		}
	}
	id, err := trustdata.ParseKeyID(stem)
	switch {
	case err != nil:
		return "the file's name is no key ID"
	case len(below) > 0 && !row.Legacy:
		problem = "the file lies in a folder where no client looks for it"
	}
	row.KeyID = id
	return problem
}

// legacyStem cuts "<id>[_<role>].key". As in the migration of docker and notary the role
// ends at a second underscore.
func legacyStem(name string) (id, role string) {
	id, rest, _ := strings.Cut(strings.TrimSuffix(path.Base(name), suffix), "_")
	role, _, _ = strings.Cut(rest, "_")
	return id, role
}

// cause is an error without the name of the file, which stands beside it.
func cause(err error) string {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err.Error()
	}
	return err.Error()
}

func sortInfos(rows []Info) {
	slices.SortStableFunc(rows, func(a, b Info) int {
		return cmp.Or(cmp.Compare(rank(a.Role), rank(b.Role)), cmp.Compare(a.GUN, b.GUN),
			cmp.Compare(a.KeyID, b.KeyID), cmp.Compare(a.Path, b.Path))
	})
}

func rank(role string) int {
	order := []string{string(trustdata.RoleRoot), string(trustdata.RoleTargets), string(trustdata.RoleSnapshot)}
	if i := slices.Index(order, role); i >= 0 {
		return i
	}
	return len(order)
}
