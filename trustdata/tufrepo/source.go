package tufrepo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"
	"github.com/theupdateframework/go-tuf/v2/metadata/fetcher"

	"keyrite/trustdata"
	"keyrite/trustdata/access"
	"keyrite/trustdata/notary"
)

// maxCollection bounds all files of one repository together, in bytes.
const maxCollection = 192 << 20

// source gives the raw files of one repository, from a folder or a server. It is the
// fetcher of go-tuf's updater, and the place where its files are looked over before
// go-tuf sees them.
type source struct {
	ctx    context.Context
	base   string
	client Doer
	dir    *os.Root
	// cache has files that need not be asked for, and offline is that none may be.
	cache   *Cache
	offline bool
	// readAt is when what is cached was read, fromCache the roles that came from there, and
	// named what timestamp and snapshot say of the files below them.
	readAt    time.Time
	fromCache map[trustdata.Role]bool
	named     map[trustdata.Role]map[string]*metadata.MetaFiles
	// over are files that are looked at as if they lay in the folder already.
	over map[string][]byte
	// asked is the role whose file was asked for last.
	asked trustdata.Role
	// failed is why a file could not be had, apart from not being there.
	failed error
	size   int64
	// raw are the last bytes of each role, roots those of each version of root.
	raw   map[string][]byte
	roots map[int64][]byte
}

var _ fetcher.Fetcher = (*source)(nil)

func (s *source) close() {
	if s.dir != nil {
		s.dir.Close()
	}
}

// DownloadFile is what go-tuf's updater asks: a file of a base role by its URL.
func (s *source) DownloadFile(urlPath string, limit int64, _ time.Duration) ([]byte, error) {
	name := strings.TrimPrefix(urlPath, updaterBase)
	role := strings.TrimSuffix(name, ".json")
	version, rest, numbered := strings.Cut(role, ".")
	if numbered {
		role = rest
	}
	number, _ := strconv.ParseInt(version, 10, 64) // of root alone it is always there
	raw, err := s.file(trustdata.Role(role), name, number, limit)
	if err != nil {
		return nil, err
	}
	if role == metadata.ROOT {
		s.roots[number] = raw
	}
	err = checkShape(trustdata.Role(role), raw)
	if err == nil && s.cache != nil && (role == metadata.TIMESTAMP || role == metadata.SNAPSHOT) {
		s.named[trustdata.Role(role)], err = metaFiles(raw)
	}
	return raw, err
}

// updaterBase is the address that go-tuf's updater is given. No request is made to it: the
// names below it are looked up in the source.
const updaterBase = "tufrepo:/"

// file reads the file called name, its role's name escaped in it, of at most limit bytes.
// root is the version that is wanted of root.
func (s *source) file(role trustdata.Role, name string, root, limit int64) ([]byte, error) {
	s.asked = role
	most := notary.Limit(role)
	if limit < 0 || limit > most {
		return nil, trustdata.Refuse(role, trustdata.ReasonFormat, "it is said to have %d bytes, the limit is %d", limit, most)
	}
	raw := s.cached(role, root)
	switch {
	case raw != nil:
		s.fromCache[role] = true
	case s.offline:
		return nil, s.notCached(role)
	default:
		var err error
		if raw, err = s.fetch(role, name, limit); err != nil {
			return nil, err
		}
	}
	if int64(len(raw)) > limit {
		return nil, trustdata.Refuse(role, trustdata.ReasonChecksum, "it is longer than %d bytes", limit)
	}
	if s.size += int64(len(raw)); s.size > maxCollection {
		return nil, s.fail(fmt.Errorf("the metadata of %q is larger than %d bytes", s.base, maxCollection))
	}
	s.raw[string(role)] = raw
	return raw, nil
}

// fetch reads at most one byte more than limit of a file from the folder or the server.
func (s *source) fetch(role trustdata.Role, name string, limit int64) ([]byte, error) {
	body, err := s.open(name)
	if err != nil {
		return nil, s.absent(role, name, err)
	}
	defer body.Close()
	raw, err := io.ReadAll(io.LimitReader(body, limit+1))
	if err != nil {
		return nil, s.fail(fmt.Errorf("%q of %q: %w", name, s.base, err))
	}
	return raw, nil
}

// absent explains why a file could not be had. The end of the chain of roots is told to
// go-tuf in its own words; a repository without a timestamp is none.
func (s *source) absent(role trustdata.Role, name string, err error) error {
	switch {
	case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, access.ErrNotFound):
		return s.fail(fmt.Errorf("%q of %q: %w", name, s.base, err))
	case role == trustdata.RoleRoot:
		return &metadata.ErrDownloadHTTP{StatusCode: http.StatusNotFound, URL: name}
	case role == trustdata.RoleTimestamp:
		return s.fail(fmt.Errorf("%q has no %s, so it is not the metadata of a TUF repository: %w", s.base, name, err))
	}
	return trustdata.Refuse(role, trustdata.ReasonMissing, "the file %q that its parent names is not there", name)
}

func (s *source) fail(err error) error {
	s.failed = err
	return err
}

func (s *source) open(name string) (io.ReadCloser, error) {
	if raw, ok := s.over[name]; ok {
		return io.NopCloser(bytes.NewReader(raw)), nil
	}
	if s.dir != nil {
		return s.openLocal(name)
	}
	req, err := http.NewRequestWithContext(s.ctx, http.MethodGet, s.base+"/"+name, nil)
	if err != nil {
		return nil, err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, access.NewStatusError(resp)
	}
	return resp.Body, nil
}

// openLocal reads from the folder alone: a name cannot lead out of it. A role with a
// slash in its name is kept with that escaped, as go-tuf and python-tuf write it, or in a
// folder, as a server of files shows it to them.
func (s *source) openLocal(name string) (io.ReadCloser, error) {
	if err := s.ctx.Err(); err != nil {
		return nil, err
	}
	f, err := s.dir.Open(name)
	if plain, bad := url.PathUnescape(name); errors.Is(err, fs.ErrNotExist) && bad == nil && plain != name {
		f, err = s.dir.Open(plain)
	}
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("is not a regular file")
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// fileName is how a role's file is called: with its version in front where the
// repository keeps consistent snapshots.
func fileName(role string, version int64, consistent bool) string {
	name := url.PathEscape(role) + ".json"
	if consistent {
		return strconv.FormatInt(version, 10) + "." + name
	}
	return name
}

// files are the bytes of the base roles and of every delegation in set that verified.
func (s *source) files(set *tree) map[trustdata.Role][]byte {
	out := map[trustdata.Role][]byte{}
	for role, raw := range s.raw {
		if trustdata.Role(role).IsBase() || set.verified(role) {
			out[trustdata.Role(role)] = raw
		}
	}
	return out
}
