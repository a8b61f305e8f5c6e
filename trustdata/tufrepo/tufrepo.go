// Package tufrepo reads repositories of TUF 1.0, the dialect that followed Notary's, and
// rotates the keys of local ones. Metadata is parsed, verified and signed by go-tuf; this
// package adds what a client of it must bring along.
//
// Every file is looked over before go-tuf decodes it, since go-tuf follows null where it
// expects an object. The names of roles are checked before they become a part of a path.
// All delegations that can be reached are loaded, where go-tuf's updater loads those that
// a lookup passes. The highest version of each role is remembered between runs, apart from
// any cache, and an end that lies exactly at the time of reference is past, as the
// specification has it. Nothing is read but the base that is named.
package tufrepo

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"keyrite/trustdata"
	"keyrite/trustdata/state"
)

// Doer sends a request. It decides which servers may be asked, and for how long they may
// be silent.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// Options say which repository is read and from where its trust comes.
type Options struct {
	// Base is the URL of the metadata, or the path of a local folder that holds it.
	Base string
	// Root is the root.json to start from: whoever gives it vouches for it.
	Root []byte
	// Client asks the server of a URL; it is not used for a folder.
	Client Doer
	// Cache saves downloads from a server; with nil every file is asked for. It is not used
	// for a folder.
	Cache *Cache
	// Offline reads a server's cache alone, and verifies it as of now. A folder is read as
	// ever: no server is asked for it.
	Offline bool
	// State remembers roots and versions, in a store of their own. With nil nothing is
	// remembered and every look is the first.
	State *state.Store
	// Now is the time of reference for expiry.
	Now func() time.Time
}

// Result is one repository, verified.
type Result struct {
	// Collection is the view of it. The base stands in the place of the GUN, the names of
	// roles are the repository's own, and delegations are signers under these names.
	Collection *trustdata.Collection
	// Files are the raw bytes of every verified file by role.
	Files map[trustdata.Role][]byte

	set *tree
}

// IsURL reports whether base names a server rather than a folder.
func IsURL(base string) bool { return strings.Contains(base, "://") }

// Open reads and verifies the repository: the chain of roots from the one given to the
// newest, timestamp, snapshot, targets, and every delegation that can be reached. No role
// may be older than it was seen before, and a root of a version that was seen must say
// what it said; only when root gives timestamp or snapshot other keys do versions begin
// anew (section 5.3.11 of the specification).
//
// A delegation that is refused is skipped and named in the collection. Whatever else is
// refused is a *trustdata.VerifyError with role and reason, and then nothing is
// remembered. An answer of the server other than the file is an *access.StatusError.
//
// With a cache, a repository that has not changed costs two requests, for the next root and
// for the timestamp; it is verified all the same. What is refused with the help of the cache
// is asked for anew before anything is said. Offline the lack of a base role's file is
// access.ErrNotCached.
func Open(ctx context.Context, o Options) (*Result, error) {
	return openOver(ctx, o, nil)
}

// newSource opens the folder or notes the server that the base names.
func newSource(ctx context.Context, o Options, cache *Cache) (*source, error) {
	base := strings.TrimRight(o.Base, "/")
	src := &source{ctx: ctx, base: base, raw: map[string][]byte{}, roots: map[int64][]byte{},
		fromCache: map[trustdata.Role]bool{}, named: map[trustdata.Role]map[string]*metadata.MetaFiles{}}
	switch {
	case base == "":
		return nil, fmt.Errorf("no TUF repository is named")
	case IsURL(base) && o.Client == nil && !o.Offline:
		return nil, fmt.Errorf("TUF repository %q: no server may be asked", base)
	case IsURL(base):
		src.client, src.cache, src.offline = o.Client, cache, o.Offline
		return src, nil
	}
	dir, err := os.OpenRoot(base)
	if err != nil {
		return nil, fmt.Errorf("TUF repository: %w", err)
	}
	src.dir = dir
	return src, nil
}
