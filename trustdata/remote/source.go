package remote

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

func sumOf(b []byte) []byte {
	sum := sha256.Sum256(b)
	return sum[:]
}

// live asks the server, and the cache first where a hash says which bytes are meant.
type live struct {
	client *Client
	cache  *Cache
	// late says that the repository may have expired.
	late bool
	// stamp is the timestamp that was asked for already, to be used once.
	stamp []byte
	// read is what the server has just answered somebody else, or nil.
	read *reading
	// eager says that files are to be asked for before it is their turn, and ahead has them.
	eager bool
	ahead *ahead
	// served is the last file of each role that the server gave out.
	served map[trustdata.Role][]byte
}

func (l *live) keep(role trustdata.Role, raw []byte, err error) ([]byte, error) {
	if err == nil {
		l.served[role] = raw
	}
	return raw, err
}

func (l *live) firstRoot(ctx context.Context) ([]byte, error) {
	raw, ok := l.read.current(trustdata.RoleRoot)
	var err error
	if !ok {
		raw, err = l.client.Get(ctx, trustdata.RoleRoot, notary.Limit(trustdata.RoleRoot))
	}
	return l.keep(trustdata.RoleRoot, raw, err)
}

func (l *live) rootAt(ctx context.Context, n int64, sha256hex string) ([]byte, error) {
	if raw, ok := l.cached(trustdata.RoleRoot, sha256hex); ok {
		return raw, nil
	}
	raw, ok, err := l.read.root(n)
	if !ok {
		raw, err = l.client.ByVersion(ctx, trustdata.RoleRoot, n, notary.Limit(trustdata.RoleRoot))
	}
	return l.keep(trustdata.RoleRoot, raw, err)
}

func (l *live) timestamp(ctx context.Context) ([]byte, error) {
	if stamp := l.stamp; stamp != nil {
		l.stamp = nil
		return stamp, nil
	}
	if raw, ok := l.read.current(trustdata.RoleTimestamp); ok {
		return l.keep(trustdata.RoleTimestamp, raw, nil)
	}
	if raw, ok, err := l.ahead.find(trustdata.RoleTimestamp); ok {
		return l.keep(trustdata.RoleTimestamp, raw, err)
	}
	raw, err := l.client.Get(ctx, trustdata.RoleTimestamp, notary.Limit(trustdata.RoleTimestamp))
	var status *StatusError
	if l.late && errors.As(err, &status) && status.Status >= http.StatusInternalServerError {
		raw, err = l.lastTimestamp(ctx, err)
	}
	return l.keep(trustdata.RoleTimestamp, raw, err)
}

// lastTimestamp is the newest that is stored. A server answers the question for the current
// one with an error where it would have to sign that or the snapshot anew and cannot, because
// root has expired, or has neither key nor right: that is what must be mended.
func (l *live) lastTimestamp(ctx context.Context, why error) ([]byte, error) {
	_, raw, err := Newest(func(n int64) ([]byte, error) {
		return l.client.ByVersion(ctx, trustdata.RoleTimestamp, n, notary.Limit(trustdata.RoleTimestamp))
	})
	if err != nil || raw == nil {
		return nil, errors.Join(why, err)
	}
	return raw, nil
}

func (l *live) byHash(ctx context.Context, role trustdata.Role, meta notary.Meta) ([]byte, error) {
	hash := hashOf(meta)
	if raw, ok := l.read.current(role); ok && hexSum(raw) == hash {
		return l.keep(role, raw, nil)
	}
	if raw, ok, err := l.ahead.find(role); ok && err == nil && hexSum(raw) == hash {
		return l.keep(role, raw, nil)
	}
	if raw, ok := l.cached(role, hash); ok {
		return raw, nil
	}
	delete(l.served, role) // two large files need not be held at once
	raw, err := l.client.ByHash(ctx, role, hash, meta.Length)
	return l.keep(role, raw, err)
}

// hashOf is the SHA-256 that a parent names, in hex.
func hashOf(meta notary.Meta) string { return hex.EncodeToString(meta.Hashes["sha256"]) }

func (l *live) cached(role trustdata.Role, sha256hex string) ([]byte, bool) {
	if sha256hex == "" {
		return nil, false
	}
	raw, _, err := l.cache.Read(l.client.gun, role)
	return raw, err == nil && hexSum(raw) == sha256hex
}

func (l *live) lookAgain() { l.client, l.read, l.ahead = l.client.NoCache(), nil, nil }

// offline has what is on this machine, the cache before what docker and notary hold.
type offline struct {
	gun    trustdata.GUN
	copies []map[trustdata.Role][]byte
	readAt time.Time
}

// offline collects the copies. The time is that of the first that has a timestamp, which
// is the one that will be read.
func (f *Fetcher) offline(gun trustdata.GUN, local []Local) (*offline, error) {
	o := &offline{gun: gun}
	if f.Cache != nil {
		files, err := f.Cache.Files(gun)
		if err != nil {
			return nil, err
		}
		_, at, err := f.Cache.Read(gun, trustdata.RoleTimestamp)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		o.add(files, at)
	}
	for _, l := range local {
		o.add(l.Files, l.ReadAt)
	}
	if o.readAt.IsZero() {
		return nil, fmt.Errorf("%q %w", gun, ErrNotCached)
	}
	return o, nil
}

func (o *offline) add(files map[trustdata.Role][]byte, at time.Time) {
	if _, ok := files[trustdata.RoleTimestamp]; ok && o.readAt.IsZero() {
		o.readAt = at
	}
	o.copies = append(o.copies, files)
}

// find gives the first copy of a role that is wanted.
func (o *offline) find(role trustdata.Role, wanted func([]byte) bool) ([]byte, error) {
	for _, files := range o.copies {
		if raw, ok := files[role]; ok && wanted(raw) {
			return raw, nil
		}
	}
	return nil, &absent{o.gun, role}
}

func anyOf([]byte) bool { return true }

func (o *offline) firstRoot(context.Context) ([]byte, error) {
	return o.find(trustdata.RoleRoot, anyOf)
}

func (o *offline) rootAt(_ context.Context, n int64, sha256hex string) ([]byte, error) {
	if sha256hex == "" {
		return o.find(trustdata.RoleRoot, func(raw []byte) bool {
			file, err := notary.ParseRoot(raw)
			return err == nil && file.Body.Version == n
		})
	}
	raw, err := o.find(trustdata.RoleRoot, func(raw []byte) bool { return hexSum(raw) == sha256hex })
	if err != nil && o.has(trustdata.RoleRoot) {
		return nil, trustdata.Refuse(trustdata.RoleRoot, trustdata.ReasonChain, "no copy on this machine is version %d as it was seen before", n)
	}
	return raw, err
}

func (o *offline) timestamp(context.Context) ([]byte, error) {
	return o.find(trustdata.RoleTimestamp, anyOf)
}

func (o *offline) byHash(_ context.Context, role trustdata.Role, meta notary.Meta) ([]byte, error) {
	raw, err := o.find(role, func(raw []byte) bool { return fits(raw, meta) })
	if err != nil && o.has(role) {
		return nil, trustdata.Refuse(role, trustdata.ReasonChecksum, "no copy on this machine is the file that its parent names")
	}
	return raw, err
}

func (o *offline) has(role trustdata.Role) bool {
	_, err := o.find(role, anyOf)
	return err == nil
}

func (o *offline) lookAgain() {}

// absent is a file that no copy on this machine has.
type absent struct {
	gun  trustdata.GUN
	role trustdata.Role
}

func (e *absent) Error() string { return fmt.Sprintf("the %s of %q %v", e.role, e.gun, ErrNotCached) }

// Is makes it both ErrNotCached and, to a session, ErrNotFound.
func (e *absent) Is(target error) bool { return target == ErrNotCached || target == ErrNotFound }

var (
	_ source = (*live)(nil)
	_ source = (*offline)(nil)
)
