package tufrepo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/state"
)

// openOver is Open with files that stand in the place of the folder's.
func openOver(ctx context.Context, o Options, over map[string][]byte) (*Result, error) {
	l := &look{Options: o, now: o.Now().UTC()}
	c, err := l.at(ctx, over, o.Cache)
	if l.src != nil && l.src.leanedOn(l.set, err) {
		c, err = l.at(ctx, over, nil)
	}
	if err != nil {
		return nil, err
	}
	res := &Result{Collection: c, Files: l.src.files(l.set), set: l.set}
	c.Report = l.set.report(res.Files)
	if l.src.offline {
		c.Source, c.ReadAt = trustdata.SourceCache, l.src.readAt
		return res, nil
	}
	return res, l.keep(res)
}

// look is one reading of a repository, and what comes of it.
type look struct {
	Options
	now time.Time
	src *source
	mem *memory
	set *tree // nil where the reading failed
}

// at reads and verifies, from the cache where that has what is named now.
func (l *look) at(ctx context.Context, over map[string][]byte, cache *Cache) (*trustdata.Collection, error) {
	l.set = nil
	src, err := newSource(ctx, l.Options, cache)
	if err != nil {
		return nil, err
	}
	defer src.close()
	l.src, src.over = src, over
	if l.mem, err = recall(l.State, src.base); err != nil {
		return nil, err
	}
	top, err := refresh(src, l.Root, l.mem, l.now)
	if err != nil {
		return nil, err
	}
	if err := l.mem.recallVersions(top.Root); err != nil {
		return nil, err
	}
	if err := l.mem.check(top); err != nil {
		return nil, err
	}
	set, err := grow(src, top, l.mem, l.now)
	if err != nil {
		return nil, err
	}
	l.set = set
	return set.collection(ctx, src.base, l.now)
}

// keep remembers and caches what verified, and says so where that fails.
func (l *look) keep(res *Result) error {
	kept := func(err error, what string) {
		if err != nil {
			res.Collection.Problems = append(res.Collection.Problems, trustdata.Problem{
				Role: trustdata.RoleRoot, Reason: trustdata.ReasonNotKept, Detail: fmt.Sprintf("not %s: %v", what, err)})
		}
	}
	err := l.mem.keep(l.set)
	if errors.Is(err, state.ErrBackwards) {
		return trustdata.Refuse(trustdata.RoleRoot, trustdata.ReasonRollback, "%v", err)
	}
	kept(err, "remembered")
	if l.Cache != nil && IsURL(l.src.base) {
		kept(l.Cache.write(l.src.base, res.Files, l.src.roots, l.now), "cached")
	}
	return nil
}
