package remote

import (
	"context"

	"keyrite/trustdata"
	"keyrite/trustdata/access"
)

// Reread verifies once more what another Fetcher has just read of a repository, as this one
// does: with what it remembers, its pins and its cache. The bytes are the server's answers
// to that one, so both judge the same state of it; the server is asked for whatever that one
// had no need of, and for everything where it does not fit together, or is another server's.
func (f *Fetcher) Reread(ctx context.Context, read *Result) (*Result, error) {
	return f.fetch(ctx, read.Repo.GUN, &reading{read, read.Files()})
}

// reading is a repository as it was just read from a server; nil is none.
type reading struct {
	*Result
	files map[trustdata.Role][]byte
}

// at is the reading, if it is of the server at ep.
func (r *reading) at(ep access.Endpoint) *reading {
	if r == nil || r.Collection.Source != trustdata.SourceLive || r.Collection.Server != ep.URL.String() {
		return nil
	}
	return r
}

// current is the file of a role as it was read.
func (r *reading) current(role trustdata.Role) ([]byte, bool) {
	if r == nil {
		return nil, false
	}
	raw, ok := r.files[role]
	return raw, ok
}

// root is what the server answered for version n of root.json: the newest, or that there is
// none after it. Older ones were not asked for.
func (r *reading) root(n int64) (raw []byte, ok bool, err error) {
	if r == nil {
		return nil, false, nil
	}
	switch newest := r.Repo.Root; {
	case n == newest.Body.Version:
		return newest.Raw, true, nil
	case n == newest.Body.Version+1 && r.toTheEnd:
		return nil, true, ErrNotFound
	}
	return nil, false, nil
}
