// Package trustserver is a Notary v1 trust server that lives in memory: an http.Handler
// with the protocol of notary-server v0.7.0, for the demo and for tests. It makes the
// timestamp of every repository, and the snapshot of those whose root lists a snapshot
// key of this server; its keys are ed25519 and die with the process.
//
//	GET    /v2/<gun>/_trust/tuf/<role>.json                 the current file
//	GET    /v2/<gun>/_trust/tuf/<role>.<sha256>.json        a file by checksum
//	GET    /v2/<gun>/_trust/tuf/<version>.<role>.json       a file by version
//	POST   /v2/<gun>/_trust/tuf/                            publish
//	DELETE /v2/<gun>/_trust/tuf/                            forget the repository
//	GET    /v2/<gun>/_trust/tuf/{timestamp,snapshot}.key    the server's public key
//	POST   /v2/<gun>/_trust/tuf/{timestamp,snapshot}.key    a new one, not yet in use
//	GET    /v2/<gun>/_trust/changefeed?records=N            changes of one repository
//	GET    /v2/_trust/changefeed?records=N                  changes of all
//	GET    /v2/, /_notary_server/health                     {}
//
// It asks for no credentials and speaks plain HTTP; a caller wraps it for either.
//
// On purpose it differs from the real server where that one is broken:
//   - A snapshot made here hashes files as they were uploaded, not a re-serialisation
//     of them, so an oddly formatted file does not break the repository.
//   - A file is checked by the strict parser of package notary: unknown members of the
//     envelope, duplicate members and the like are refused.
//   - DELETE removes the repository of that name alone, not every one whose name begins
//     with it; a checksum finds a file of the named role only; going back in a change
//     feed without a change_id starts at the newest change, and an upload that is cut
//     short is MALFORMED_UPLOAD, where the real server crashes on both.
//   - Uploads are bounded, and a repository name that trustdata.ParseGUN refuses is
//     INVALID_GUN on publish and unknown otherwise.
//
// There is no /metrics.
package trustserver

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"keyrite/trustdata"
)

// Options are what a Server needs from outside.
type Options struct {
	// Now is the server's clock; it decides what has expired and dates what is made.
	Now func() time.Time
}

// Server is a trust server in memory. Its methods may be called concurrently.
type Server struct {
	now func() time.Time

	mu      sync.Mutex
	repos   map[trustdata.GUN]*repository
	keys    map[trustdata.ListedID]*signingKey
	changes []change
}

var _ http.Handler = (*Server)(nil)

// New makes an empty server.
func New(opt Options) *Server {
	return &Server{
		now:   opt.Now,
		repos: map[trustdata.GUN]*repository{},
		keys:  map[trustdata.ListedID]*signingKey{},
	}
}

// Copy is a server of its own with everything that this one has now: for tests that go on
// from one state in many ways.
func (s *Server) Copy() *Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &Server{now: s.now, repos: map[trustdata.GUN]*repository{}, keys: maps.Clone(s.keys), changes: slices.Clone(s.changes)}
	for gun, repo := range s.repos {
		versions := maps.Clone(repo.versions)
		for role, files := range versions {
			versions[role] = slices.Clone(files)
		}
		out.repos[gun] = &repository{versions: versions}
	}
	return out
}

// Files returns the current file of every role of a repository, as it was uploaded or
// made; it is empty for an unknown repository. The caller must not change the bytes.
func (s *Server) Files(gun trustdata.GUN) map[trustdata.Role][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	files := map[trustdata.Role][]byte{}
	if repo := s.repos[gun]; repo != nil {
		for role := range maps.Keys(repo.versions) {
			files[role] = repo.current(role).data
		}
	}
	return files
}

// file is one stored version of one role's file.
type file struct {
	role    trustdata.Role
	version int64
	data    []byte
	sum     string // lower-case hex SHA-256 of data
	stored  time.Time
}

func newFile(role trustdata.Role, version int64, data []byte) file {
	sum := sha256.Sum256(data)
	return file{role: role, version: version, data: data, sum: hex.EncodeToString(sum[:])}
}

// repository keeps every version of every role, in ascending order of versions.
type repository struct {
	versions map[trustdata.Role][]file
}

// current is the highest version of role, or nil.
func (r *repository) current(role trustdata.Role) *file {
	if r == nil || len(r.versions[role]) == 0 {
		return nil
	}
	return &r.versions[role][len(r.versions[role])-1]
}

// find is the newest version of role for which ok holds, or nil.
func (r *repository) find(role trustdata.Role, ok func(*file) bool) *file {
	if r == nil {
		return nil
	}
	for i := len(r.versions[role]) - 1; i >= 0; i-- {
		if f := &r.versions[role][i]; ok(f) {
			return f
		}
	}
	return nil
}

// store keeps all files or none: a version that is not above the highest of its role
// refuses them all. The caller holds the lock.
func (s *Server) store(gun trustdata.GUN, files []file) error {
	repo := s.repos[gun]
	for _, f := range files {
		if cur := repo.current(f.role); cur != nil && f.version <= cur.version {
			return errVersion
		}
	}
	if repo == nil {
		repo = &repository{versions: map[trustdata.Role][]file{}}
		s.repos[gun] = repo
	}
	now := s.now()
	for _, f := range files {
		f.stored = now
		repo.versions[f.role] = append(repo.versions[f.role], f)
		if f.role == trustdata.RoleTimestamp {
			s.record(change{CreatedAt: now, GUN: gun, Version: f.version, SHA256: f.sum, Category: "update"})
		}
	}
	return nil
}

// Delete forgets a repository. Deleting an unknown one is no error, and no change.
func (s *Server) Delete(gun trustdata.GUN) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.repos[gun] == nil {
		return
	}
	delete(s.repos, gun)
	s.record(change{CreatedAt: s.now(), GUN: gun, Category: "deletion"})
}
