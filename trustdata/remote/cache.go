package remote

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/state"
)

// Cache keeps the raw bytes of the last verified files, one folder per GUN:
//
//	<dir>/<SHA-256 of the GUN in hex>/<role, with "." for "/">.json
//
// Nothing in it is believed: whoever reads a file checks its hash against signed
// metadata, or verifies it anew.
type Cache struct{ dir string }

// NewCache is the cache at dir, which is made when it is first written.
func NewCache(dir string) *Cache { return &Cache{dir: dir} }

func (c *Cache) folder(gun trustdata.GUN) string {
	return filepath.Join(c.dir, hexSum([]byte(gun)))
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// fileName cannot clash: the names of roles have no dot.
func fileName(role trustdata.Role) string {
	return strings.ReplaceAll(string(role), "/", ".") + ".json"
}

// Read gives the file of a role as it was cached, and when; fs.ErrNotExist if it is not.
// A nil cache has nothing.
func (c *Cache) Read(gun trustdata.GUN, role trustdata.Role) ([]byte, time.Time, error) {
	if c == nil {
		return nil, time.Time{}, fs.ErrNotExist
	}
	if _, err := trustdata.ParseRole(string(role)); err != nil {
		return nil, time.Time{}, err
	}
	dir, err := os.OpenRoot(c.folder(gun))
	if err != nil {
		return nil, time.Time{}, err
	}
	defer dir.Close()
	return readLimited(dir, fileName(role), notary.Limit(role))
}

// readLimited reads a regular file of at most limit bytes, and when it was written.
func readLimited(dir *os.Root, name string, limit int64) ([]byte, time.Time, error) {
	info, err := dir.Lstat(name)
	if err != nil {
		return nil, time.Time{}, err
	}
	if !info.Mode().IsRegular() {
		return nil, time.Time{}, fmt.Errorf("cached file %q is not a regular file", name)
	}
	f, err := dir.Open(name)
	if err != nil {
		return nil, time.Time{}, err
	}
	defer f.Close()
	if info.Size() > limit {
		return nil, time.Time{}, fmt.Errorf("cached file %q is larger than %d bytes", name, limit)
	}
	data := make([]byte, info.Size()) // at once: a file that grows in memory takes twice its size
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, time.Time{}, fmt.Errorf("cached file %q: %w", name, err)
	}
	return data, info.ModTime(), nil
}

// Files are all cached files of gun: raw, for a backup. Only names of roles are taken.
func (c *Cache) Files(gun trustdata.GUN) (map[trustdata.Role][]byte, error) {
	entries, err := os.ReadDir(c.folder(gun))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	files := map[trustdata.Role][]byte{}
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".json")
		role, err := trustdata.ParseRole(strings.ReplaceAll(name, ".", "/"))
		if !ok || err != nil || e.Name() != fileName(role) {
			continue
		}
		if files[role], _, err = c.Read(gun, role); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// write caches a verified set, the timestamp last, and dates it: when the timestamp was
// read is when the whole was. An unchanged file is left alone. Nothing waits for the disk:
// what a power cut damages is found damaged when it is used, and fetched again.
func (c *Cache) write(repo *notary.Repository, now time.Time) error {
	dir, err := state.OpenDir(c.folder(repo.GUN))
	if err != nil {
		return err
	}
	defer dir.Close()
	files := rawFiles(repo)
	for _, role := range sortedRoles(files) {
		name := fileName(role)
		old, _, err := readLimited(dir, name, notary.Limit(role))
		if err != nil || string(old) != string(files[role]) {
			if err := state.WriteLoose(dir, name, files[role]); err != nil {
				return err
			}
		}
	}
	return dir.Chtimes(fileName(trustdata.RoleTimestamp), now, now)
}

// date notes that what is cached was found unchanged at the server.
func (c *Cache) date(gun trustdata.GUN, now time.Time) error {
	dir, err := state.OpenDir(c.folder(gun))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Chtimes(fileName(trustdata.RoleTimestamp), now, now)
}

// rawFiles are the files of a verified set as they came.
func rawFiles(repo *notary.Repository) map[trustdata.Role][]byte {
	files := map[trustdata.Role][]byte{
		trustdata.RoleRoot:      repo.Root.Raw,
		trustdata.RoleSnapshot:  repo.Snapshot.Raw,
		trustdata.RoleTimestamp: repo.Timestamp.Raw,
	}
	for role, f := range repo.Targets {
		files[role] = f.Raw
	}
	return files
}
