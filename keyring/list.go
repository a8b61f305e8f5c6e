package keyring

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"keyrite/trustdata"
)

// List implements Store.
func (v vault) List(ctx context.Context) ([]Info, error) {
	rows, err := v.listFolder(ctx, private)
	if err != nil {
		return nil, err
	}
	sortInfos(rows)
	return rows, nil
}

// listFolder describes the key files of a folder and of those in it. Each is opened once,
// through the open folder.
func (v vault) listFolder(ctx context.Context, folder string) ([]Info, error) {
	unreadable := func(err error) ([]Info, error) {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return []Info{{Path: v.disk.full(folder), Problem: "the folder cannot be read: " + cause(err)}}, nil
	}
	from, err := v.disk.shelf(folder)
	if err != nil {
		return unreadable(err)
	}
	defer from.close()
	names, err := from.names()
	if err != nil {
		return unreadable(err)
	}
	var files, folders []string
	for _, name := range names {
		if strings.HasSuffix(name, suffix) {
			files = append(files, name)
		} else if from.isFolder(name) {
			folders = append(folders, name)
		}
	}
	rows, err := v.describeAll(ctx, from, folder, files)
	if err != nil {
		return nil, err
	}
	for _, name := range folders {
		below, err := v.listFolder(ctx, path.Join(folder, name))
		if err != nil {
			return nil, err
		}
		rows = append(rows, below...)
	}
	return rows, nil
}

// noneIn reports whether listFolder finds nothing.
func (v vault) noneIn(folder string) bool {
	from, err := v.disk.shelf(folder)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	defer from.close()
	names, err := from.names()
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	return !slices.ContainsFunc(names, func(name string) bool {
		return strings.HasSuffix(name, suffix) || from.isFolder(name) && !v.noneIn(path.Join(folder, name))
	})
}

// fewFiles are described one after another: more hands would cost more than they do.
const fewFiles = 64

// describeAll makes the rows of a folder's files, as many at once as there are processors.
// A file that has gone meanwhile has none.
func (v vault) describeAll(ctx context.Context, from shelf, folder string, files []string) ([]Info, error) {
	rows, there := make([]Info, len(files)), make([]bool, len(files))
	place := strings.TrimSuffix(v.disk.full(folder+"/"+suffix), suffix) // of every file, made once
	var next atomic.Int64
	work := func() {
		for ctx.Err() == nil {
			i := int(next.Add(1)) - 1
			if i >= len(files) {
				return
			}
			rows[i], there[i] = describe(from, folder, files[i])
			rows[i].Path = place + files[i]
		}
	}
	var wg sync.WaitGroup
	if len(files) > fewFiles {
		for range runtime.GOMAXPROCS(0) - 1 {
			wg.Go(trustdata.Guarded(work))
		}
	}
	work()
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	kept := rows[:0]
	for i, row := range rows {
		if there[i] {
			kept = append(kept, row)
		}
	}
	return kept, nil
}

// describe makes a key file's row but for its path, whatever state it is in.
func describe(from shelf, folder, file string) (row Info, there bool) {
	name := folder + "/" + file
	data, stat, err := from.read(file)
	if errors.Is(err, fs.ErrNotExist) {
		return row, false
	}
	var content trustdata.KeyID
	if err == nil {
		row, content = inspect(data)
	} else {
		row.Problem = cause(err)
	}
	if len(data) > maxFile {
		row.SHA256 = ""
	}
	if stat != nil {
		row.Mode, row.ModTime = stat.Mode(), stat.ModTime()
	}
	if problem := row.place(name); row.Problem == "" {
		row.Problem = problem
	}
	if row.Problem == "" && content != "" && content != row.KeyID {
		row.Problem = ErrMismatch.Error()
	}
	return row, true
}

// place fills in what the file's name and folder say. Docker and notary take the name for
// the ID and never check it.
func (row *Info) place(name string) (problem string) {
	stem := strings.TrimSuffix(path.Base(name), suffix)
	below := strings.Split(path.Dir(name), "/")[1:]
	if path.Dir(name) == retired {
		stem, _, _ = strings.Cut(stem, ".") // it may have been retired before
	}
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
	case len(below) > 0 && !row.Legacy && path.Dir(path.Dir(name)) != trash: // of a day
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

// sortInfos finds most rows in order: files are listed by name, and few have another role
// or GUN than their neighbours.
func sortInfos(rows []Info) {
	if !slices.IsSortedFunc(rows, compareInfos) {
		slices.SortStableFunc(rows, compareInfos)
	}
}

func compareInfos(a, b Info) int {
	return cmp.Or(cmp.Compare(rank(a.Role), rank(b.Role)), cmp.Compare(a.GUN, b.GUN),
		cmp.Compare(a.KeyID, b.KeyID), cmp.Compare(a.Path, b.Path))
}

func rank(role string) int {
	switch trustdata.Role(role) {
	case trustdata.RoleRoot:
		return 0
	case trustdata.RoleTargets:
		return 1
	case trustdata.RoleSnapshot:
		return 2
	}
	return 3
}
