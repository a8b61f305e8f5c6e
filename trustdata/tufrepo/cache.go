package tufrepo

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"keyrite/trustdata"
	"keyrite/trustdata/access"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/state"
)

// Cache keeps the raw bytes of the files of servers that verified last, one folder for each
// base:
//
//	<dir>/<SHA-256 of the base in hex>/<n>.root.json, timestamp.json, snapshot.json, targets.json
//	<dir>/<SHA-256 of the base in hex>/delegation-<SHA-256 of the role in hex>.json
//
// Nothing in it is believed: go-tuf verifies every file again at each use, and where that
// fails the server is asked for all of them.
type Cache struct{ dir string }

// NewCache is the cache at dir, which is made when it is first written.
func NewCache(dir string) *Cache { return &Cache{dir: dir} }

func (c *Cache) folder(base string) string { return filepath.Join(c.dir, hexSum([]byte(base))) }

// cacheName is how a role's file is called in the cache. No name from the metadata becomes
// a file's.
func cacheName(role trustdata.Role) string {
	if role.IsBase() {
		return string(role) + ".json"
	}
	return "delegation-" + hexSum([]byte(role)) + ".json"
}

func rootName(version int64) string { return fmt.Sprintf("%d.root.json", version) }

// read gives a cached file and when it was written; nil if there is none that can be read.
func (c *Cache) read(base, name string, limit int64) ([]byte, time.Time) {
	dir, err := os.OpenRoot(c.folder(base))
	if err != nil {
		return nil, time.Time{}
	}
	defer dir.Close()
	info, err := dir.Lstat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > limit {
		return nil, time.Time{}
	}
	f, err := dir.Open(name)
	if err != nil {
		return nil, time.Time{}
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, limit))
	if err != nil {
		return nil, time.Time{}
	}
	return raw, info.ModTime()
}

// write caches a verified reading of a server, and dates its timestamp: when that was read
// is when the whole was. An unchanged file is left alone. Nothing waits for the disk: what
// a power cut damages does not verify, and is fetched again.
func (c *Cache) write(base string, files map[trustdata.Role][]byte, roots map[int64][]byte, now time.Time) error {
	dir, err := state.OpenDir(c.folder(base))
	if err != nil {
		return err
	}
	defer dir.Close()
	put := func(role trustdata.Role, name string, raw []byte) error {
		if old, _ := c.read(base, name, notary.Limit(role)); old != nil && string(old) == string(raw) {
			return nil
		}
		return state.WriteLoose(dir, name, raw)
	}
	for version, raw := range roots {
		err = errors.Join(err, put(trustdata.RoleRoot, rootName(version), raw))
	}
	for role, raw := range files {
		if role != trustdata.RoleRoot {
			err = errors.Join(err, put(role, cacheName(role), raw))
		}
	}
	return errors.Join(err, dir.Chtimes(cacheName(trustdata.RoleTimestamp), now, now))
}

// cached gives a role's file from the cache, if it is the one that the repository has now:
// the version and the hash that its parent names, or any root, which the one before must
// have signed. A timestamp has no parent: offline it is as old as it is.
func (s *source) cached(role trustdata.Role, root int64) []byte {
	if s.cache == nil {
		return nil
	}
	limit := notary.Limit(role)
	switch {
	case role == trustdata.RoleRoot:
		raw, _ := s.cache.read(s.base, rootName(root), limit)
		return raw
	case role != trustdata.RoleTimestamp:
		raw, _ := s.cache.read(s.base, cacheName(role), limit)
		if raw == nil || !s.isNamed(role, raw) {
			return nil
		}
		return raw
	case s.offline:
		raw, at := s.cache.read(s.base, cacheName(role), limit)
		s.readAt = at
		return raw
	}
	return nil
}

// isNamed reports whether raw is the file of a role that snapshot or timestamp names.
func (s *source) isNamed(role trustdata.Role, raw []byte) bool {
	parent := trustdata.RoleSnapshot
	if role == trustdata.RoleSnapshot {
		parent = trustdata.RoleTimestamp
	}
	meta := s.named[parent][string(role)+".json"]
	if meta == nil || meta.VerifyLengthHashes(raw) != nil {
		return false
	}
	version, err := versionOf(raw)
	return err == nil && version == meta.Version
}

// notCached is the lack of a file where no server may be asked.
func (s *source) notCached(role trustdata.Role) error {
	switch {
	case role == trustdata.RoleRoot:
		return &metadata.ErrDownloadHTTP{StatusCode: 404}
	case role.IsBase():
		return s.fail(fmt.Errorf("%q %w", s.base, access.ErrNotCached))
	}
	return trustdata.Refuse(role, trustdata.ReasonMissing, "it %v", access.ErrNotCached)
}

// leanedOn reports whether something of what was refused came from the cache: then the
// server must be asked, for the cache proves nothing against it.
func (s *source) leanedOn(set *tree, err error) bool {
	if s.offline || len(s.fromCache) == 0 {
		return false
	}
	if set == nil {
		return errors.Is(err, trustdata.ErrVerify)
	}
	for role := range set.skipped {
		if s.fromCache[trustdata.Role(role)] {
			return true
		}
	}
	return false
}
