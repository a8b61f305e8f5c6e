package remote

import (
	"context"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// maxAhead bounds the files that are asked for before what names them is verified, in bytes.
// With larger ones it is their size that takes time, and not the way to the server.
const maxAhead = 1 << 20

// ahead are the files that a fetch will ask for when it has followed the roots, read while
// it does that: the timestamp, the snapshot that this names, and the targets that that
// names. Nothing of it is believed: a file counts only where a verified one names it, and
// is then verified itself.
type ahead struct {
	stop  context.CancelFunc
	files map[trustdata.Role]*expected
}

// expected is a file on its way. It may be read when it is there, which it is at last even
// where it was not asked for.
type expected struct {
	there chan struct{}
	asked bool
	raw   []byte
	err   error
}

// goAhead begins to read, if it is to do so at all. The caller calls done when nobody asks
// any more.
func (l *live) goAhead(ctx context.Context) (done func()) {
	if !l.eager || l.read != nil || l.late {
		return func() {}
	}
	ctx, stop := context.WithCancel(ctx)
	a := &ahead{stop: stop, files: map[trustdata.Role]*expected{}}
	for _, role := range []trustdata.Role{trustdata.RoleTimestamp, trustdata.RoleSnapshot, trustdata.RoleTargets} {
		a.files[role] = &expected{there: make(chan struct{})}
	}
	from := &live{client: l.client, cache: l.cache, stamp: l.stamp, served: map[trustdata.Role][]byte{}}
	l.ahead = a
	go trustdata.Guarded(func() { a.read(ctx, from) })()
	return a.end
}

// end waits until nothing is on its way.
func (a *ahead) end() {
	a.stop()
	for _, f := range a.files {
		<-f.there
	}
}

// read reads one file after the other, each by what the one before says of it.
func (a *ahead) read(ctx context.Context, from *live) {
	raw, ok := a.take(trustdata.RoleTimestamp, func() ([]byte, error) { return from.timestamp(ctx) })
	var next notary.Meta
	if file, err := notary.ParseTimestamp(raw); ok && err == nil {
		next = file.Body.Snapshot
	}
	raw, ok = a.named(ctx, from, trustdata.RoleSnapshot, next)
	next = notary.Meta{}
	if file, err := notary.ParseSnapshot(raw); ok && err == nil {
		next = file.Body.Meta[trustdata.RoleTargets]
	}
	a.named(ctx, from, trustdata.RoleTargets, next)
}

// named reads a file by its hash, if it has one and is small.
func (a *ahead) named(ctx context.Context, from *live, role trustdata.Role, meta notary.Meta) ([]byte, bool) {
	if len(meta.Hashes["sha256"]) == 0 || meta.Length > maxAhead {
		close(a.files[role].there)
		return nil, false
	}
	return a.take(role, func() ([]byte, error) { return from.byHash(ctx, role, meta) })
}

func (a *ahead) take(role trustdata.Role, ask func() ([]byte, error)) ([]byte, bool) {
	f := a.files[role]
	defer close(f.there)
	f.asked = true
	f.raw, f.err = ask()
	return f.raw, f.err == nil
}

// find is what the server answered for the file of a role; ok is false where it was not
// asked, and for a nil a.
func (a *ahead) find(role trustdata.Role) (raw []byte, ok bool, err error) {
	if a == nil || a.files[role] == nil {
		return nil, false, nil
	}
	f := a.files[role]
	<-f.there
	return f.raw, f.asked, f.err
}
