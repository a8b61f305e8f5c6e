package remote

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/access"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/state"
)

// ErrNotCached is what an offline fetch returns for a repository, or a part of one that
// it cannot do without, that this machine does not have.
var ErrNotCached = access.ErrNotCached

// Fetcher reads and verifies repositories.
type Fetcher struct {
	Config access.Config
	// Cache saves downloads; every byte of it is checked. With nil each file is asked
	// for, and caches on the way to the server are told to look again.
	Cache *Cache
	// PastCaches tells caches on the way to look again from the first request on: for seeing
	// what was just published. Without it they are told so when what they gave does not fit
	// together, and an old state as a whole does.
	PastCaches bool
	// State remembers roots and versions. With nil, nothing is remembered and every
	// fetch is the first: for trying out what a new client would see.
	State *state.Store
	// Now is the time of reference for expiry.
	Now func() time.Time
	// Offline reads the cache and Local alone, and verifies it all as of now.
	Offline bool
	// Local gives the metadata that docker or notary cached of a GUN. Where nothing is
	// remembered its root is the pin, as it is for those programs. It may be nil.
	Local func(trustdata.GUN) ([]Local, error)
	// Pins say which roots may be trusted, known ones too.
	Pins notary.Pins
	// Ahead asks for the small files below root while the roots are still followed, so that
	// at most two requests are under way at once: for servers that are far away.
	Ahead bool
	// Late reads a repository whose files have expired, to have them signed again. Each that
	// has is a problem of the collection; nothing else is taken that is not taken otherwise.
	Late bool
}

// Local is one GUN's metadata in a trust directory.
type Local struct {
	// Path names the folder in errors.
	Path  string
	Files map[trustdata.Role][]byte
	// ReadAt is when docker or notary last wrote the timestamp.
	ReadAt time.Time
}

// Result is one repository, verified.
type Result struct {
	Repo *notary.Repository
	// Collection is the view of Repo, with server, source, time and problems.
	Collection *trustdata.Collection
	// Requests is how many were made to the server.
	Requests int
	// ServerClock is the server's clock as it answered; zero if it did not say, or was not
	// asked.
	ServerClock time.Time
	// Notes are sentences on what the configuration could not give, such as a login.
	Notes []string
	// toTheEnd says that the server was asked for the root after the newest, and has none.
	toTheEnd bool
}

// Files are the raw bytes of every verified file, for a backup or an archive.
func (r *Result) Files() map[trustdata.Role][]byte { return rawFiles(r.Repo) }

// Fetch reads gun from its trust server, in the reference client's order with stricter
// rules. It always asks for the timestamp; where that is the cached one, everything comes
// from the cache and is verified anew. Else it starts at the root that it remembers (or at
// the one that docker or notary holds, or trusts the first it sees) and follows every
// version of it to the newest; snapshot, targets and delegations come by hash, from the
// cache where that has them. No role may be older than what was seen before.
//
// A delegation that is refused is skipped and named in the collection. Whatever else is
// refused or cannot be had is an error: a *trustdata.VerifyError with role and reason, a
// *StatusError, or an error of the network. A rollback or a broken chain of roots is a
// *Conflict, too. Then nothing is remembered and the cache
// stays as it is; it is never read in the server's place, except with Offline.
func (f *Fetcher) Fetch(ctx context.Context, gun trustdata.GUN) (*Result, error) {
	return f.fetch(ctx, gun, nil)
}

// fetch is Fetch where one has just read the repository, or nil.
func (f *Fetcher) fetch(ctx context.Context, gun trustdata.GUN, read *reading) (*Result, error) {
	if _, err := trustdata.ParseGUN(string(gun)); err != nil {
		return nil, err
	}
	ep, err := f.Config.TrustServer(gun)
	if err != nil {
		return nil, err
	}
	s, err := f.session(ctx, gun)
	if err != nil {
		return nil, err
	}
	requests, clock := func() int { return 0 }, func() time.Time { return time.Time{} }
	if f.Offline {
		s.from, err = f.offline(gun, s.local)
		if err != nil {
			return nil, err
		}
	} else {
		client := New(ep, gun)
		if f.Cache == nil || f.PastCaches {
			client = client.NoCache()
		}
		requests, clock = client.Requests, client.Clock
		s.from = &live{client: client, cache: f.Cache, late: f.Late, read: read.at(ep), eager: f.Ahead, served: map[trustdata.Role][]byte{}}
	}
	repo, err := s.run()
	if err != nil {
		if s.reached != nil && f.State != nil {
			err = errors.Join(err, f.State.Remember(s.progress(ep)))
		}
		return nil, s.conflict(f, ep.URL.String(), err)
	}
	result := &Result{Repo: repo, Collection: repo.Collection(), Requests: requests(), ServerClock: clock(), Notes: ep.Problems(), toTheEnd: !s.asCached}
	if err := f.finish(result, s, ep); err != nil {
		return nil, err
	}
	return result, nil
}

func (f *Fetcher) session(ctx context.Context, gun trustdata.GUN) (*session, error) {
	now := f.Now()
	s := &session{ctx: ctx, now: now, policy: notary.Policy{GUN: gun, Now: now, Pins: f.Pins, Late: f.Late}}
	if f.State != nil {
		var err error
		if s.seen, s.known, err = f.State.Seen(gun); err != nil {
			return nil, fmt.Errorf("what was seen of %q before cannot be read: %w", gun, err)
		}
	}
	s.policy.Least = s.seen.Versions
	if f.Local != nil {
		var err error
		if s.local, err = f.Local(gun); err != nil {
			return nil, fmt.Errorf("local metadata of %q: %w", gun, err)
		}
	}
	return s, nil
}

// finish remembers and caches a verified repository, and says so where that fails.
func (f *Fetcher) finish(r *Result, s *session, ep access.Endpoint) error {
	c := r.Collection
	c.Server, c.Source, c.ReadAt = ep.URL.String(), trustdata.SourceLive, s.now
	c.Report = r.Repo.Report()
	c.Report.At, c.Report.Notes = s.now, s.age(r.Repo)
	c.Problems = append(c.Problems, s.warnings(r.Repo)...)
	c.Problems = append(c.Problems, r.Repo.Ended(s.now)...)
	if off, ok := s.from.(*offline); ok {
		c.Source, c.ReadAt = trustdata.SourceCache, off.readAt
		return nil
	}
	kept := func(err error, what string) {
		if err != nil {
			c.Problems = append(c.Problems, trustdata.Problem{
				Role: trustdata.RoleRoot, Reason: trustdata.ReasonNotKept, Detail: fmt.Sprintf("not %s: %v", what, err)})
		}
	}
	if f.State != nil {
		err := f.State.Remember(s.noted(r.Repo, ep))
		if errors.Is(err, state.ErrBackwards) {
			// Another process saw a newer root while this one was reading.
			return trustdata.Refuse(trustdata.RoleRoot, trustdata.ReasonRollback, "%v", err)
		}
		kept(err, "remembered")
	}
	switch {
	case s.asCached:
		kept(f.Cache.date(r.Repo.GUN, s.now), "cached")
	case f.Cache != nil:
		kept(f.Cache.write(r.Repo, s.now), "cached")
	}
	return nil
}

// noted is what to remember of a verified repository.
func (s *session) noted(repo *notary.Repository, ep access.Endpoint) state.Seen {
	versions := map[trustdata.Role]int64{
		trustdata.RoleTimestamp: repo.Timestamp.Body.Version,
		trustdata.RoleSnapshot:  repo.Snapshot.Body.Version,
	}
	for role, file := range repo.Targets {
		versions[role] = file.Body.Version
	}
	return state.Seen{GUN: s.policy.GUN, Server: ep.URL.String(), Root: rootSeen(repo.Root), Versions: versions, Chained: s.chainedRoots(), Renewed: s.renewed}
}

func rootSeen(root *notary.File[notary.Root]) state.RootSeen {
	return state.RootSeen{Version: root.Body.Version, SHA256: hexSum(root.Raw)}
}

// chainedRoots are the pins that the newest root was found to follow from.
func (s *session) chainedRoots() []state.RootSeen {
	var all []state.RootSeen
	for _, p := range s.pins {
		all = append(all, rootSeen(p.file))
	}
	return all
}

// progress is how far a chain of roots that is too long for one run was followed. Its
// roots are verified, so the next run may go on from there.
func (s *session) progress(ep access.Endpoint) state.Seen {
	s.renew(s.reached)
	return state.Seen{GUN: s.policy.GUN, Server: ep.URL.String(), Root: rootSeen(s.reached),
		Versions: maps.Clone(s.policy.Least), Renewed: s.renewed}
}
