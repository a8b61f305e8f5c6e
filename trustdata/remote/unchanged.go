package remote

import (
	"context"
	"errors"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// unchanged is the repository from the cache, where the server's timestamp is byte for
// byte the one in the cache: then it names the same snapshot, and that the same root and
// files. All of it is verified as ever, as of now; only that one file was asked for. Where
// anything does not hold, or is not in the cache, it is nil and nothing is lost: the usual
// way goes on with the timestamp at hand.
func (s *session) unchanged() *notary.Repository {
	from, ok := s.from.(*live)
	if !ok || !s.known || from.cache == nil || !s.pinsJoined() {
		return nil
	}
	cached, _, err := from.cache.Read(s.policy.GUN, trustdata.RoleTimestamp)
	if err != nil {
		return nil
	}
	served, err := from.timestamp(s.ctx)
	if err != nil {
		return nil
	}
	from.stamp = served
	if string(served) != string(cached) {
		return nil
	}
	s.from = &same{from}
	defer func() { s.from = from }()
	root, err := s.remembered()
	if err != nil {
		return nil
	}
	if root, err = s.last(root); err != nil {
		return nil
	}
	repo, err := s.below(root)
	if err != nil || len(repo.Skipped) > 0 {
		return nil
	}
	s.asCached = true
	return repo
}

// same gives the files of a repository that has not changed, and asks for none.
type same struct{ *live }

var errNotHere = errors.New("not in the cache")

func (s *same) firstRoot(context.Context) ([]byte, error) { return nil, errNotHere }

func (s *same) rootAt(_ context.Context, _ int64, sha256hex string) ([]byte, error) {
	if raw, ok := s.cached(trustdata.RoleRoot, sha256hex); ok {
		return raw, nil
	}
	return nil, errNotHere
}

// byHash gives what is cached, whether it is that file or not: no other could be had, and the
// policy hashes it and refuses what it is not.
func (s *same) byHash(_ context.Context, role trustdata.Role, _ notary.Meta) ([]byte, error) {
	raw, _, err := s.cache.Read(s.client.gun, role)
	return raw, err
}

func (s *same) timestamp(context.Context) ([]byte, error) { return s.stamp, nil }

var _ source = (*same)(nil)
