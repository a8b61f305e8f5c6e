package rotation_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/remote"
	"keyrite/trustdata/rotation"
)

// TestModelNotices breaks the program in the ways in which such programs are broken, and
// has the model find each.
func TestModelNotices(t *testing.T) {
	for name, c := range map[string]struct {
		mutate      func(*rotation.Rotator, *run)
		misfortunes int
		finds       string
	}{
		"promotes by removing and writing anew": {func(r *rotation.Rotator, at *run) { r.Keys = &removesFirst{r.Keys, at} }, 1, "and it is nowhere"},
		"lets the old key go at once":           {func(r *rotation.Rotator, at *run) { r.Keys = &trashesFirst{r.Keys, at} }, 0, "is in trash already"},
		"believes a refusal":                    {wrapServer(func(s *fickle) { s.believes = true }), 1, "and the server has taken it"},
		"sends before it looks":                 {wrapServer(func(s *fickle) { s.blind = true }), 1, "without a look at the server"},
		"signs anew to send again":              {wrapServer(func(s *fickle) { s.anew = true }), 1, "other bytes"},
		"calls it done unseen":                  {wrapServer(func(s *fickle) { s.lies = true }), 1, "the server never took it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &model{t: t, guns: []trustdata.GUN{gun}, role: trustdata.RoleTargets, mutate: c.mutate}
			m.explore(m.begin(), c.misfortunes)
			if all := strings.Join(m.wrongs, "\n"); !strings.Contains(all, c.finds) {
				t.Errorf("after %d runs the model has not found that it %q: %s", m.runs, c.finds, all)
			}
		})
	}
}

// removesFirst promotes as the stock client writes a key: the place it was in is empty
// before the place it goes to is full.
type removesFirst struct {
	keyring.Store
	run *run
}

func (s *removesFirst) Promote(ctx context.Context, op string, id trustdata.KeyID) error {
	waits := filepath.Join(s.run.m.home, "trust", "pending", op, string(id)+".key")
	data, err := os.ReadFile(waits)
	if err != nil {
		return s.Store.Promote(ctx, op, id)
	}
	s.run.m.must(os.Remove(waits))
	s.run.step("between removing and writing")
	return s.Put(ctx, string(id), data)
}

// trashesFirst has done with the old key as soon as there is a new one.
type trashesFirst struct {
	keyring.Store
	run *run
}

func (s *trashesFirst) Stage(ctx context.Context, op string, k *keyring.PrivateKey, p keyring.Passphrase, h keyring.Header, f keyring.Format) (keyring.Staged, error) {
	for id := range s.run.facts.held {
		if s.run.m.web.roots[id] == nil {
			if _, err := s.Store.Trash(ctx, id, time.Unix(0, 0)); err != nil {
				return keyring.Staged{}, err
			}
		}
	}
	return s.Store.Stage(ctx, op, k, p, h, f)
}

// fickle is a trust server as a worse program would see it.
type fickle struct {
	rotation.TrustServer
	rotator *rotation.Rotator
	fetch   fetch
	// base is the repository before anything was sent, given the worst way out.
	base                        *remote.Result
	believes, blind, anew, lies bool
	sent                        map[trustdata.Role][]byte
}

// wrapServer has a run see its server as change makes it.
func wrapServer(change func(*fickle)) func(*rotation.Rotator, *run) {
	return func(r *rotation.Rotator, at *run) {
		s := &fickle{rotator: r, fetch: r.Fetch}
		change(s)
		open := r.Server
		r.Server = func(g trustdata.GUN) (rotation.TrustServer, error) {
			server, err := open(g)
			s.TrustServer = server
			return s, err
		}
		r.Fetch = func(ctx context.Context, g trustdata.GUN) (*remote.Result, error) {
			if s.sent != nil && s.base != nil && s.believes {
				return s.base, nil
			}
			res, err := s.fetch(ctx, g)
			if err == nil && s.sent == nil {
				s.base = res
			}
			return res, err
		}
	}
}

func (s *fickle) Publish(ctx context.Context, files map[trustdata.Role][]byte) error {
	if s.anew {
		root := append([]byte(nil), files[trustdata.RoleRoot]...)
		files = map[trustdata.Role][]byte{trustdata.RoleTargets: files[trustdata.RoleTargets], trustdata.RoleRoot: append(root, '\n')}
	}
	err := s.TrustServer.Publish(ctx, files)
	var status *remote.StatusError
	if s.lies || errors.As(err, &status) && status.Status == 400 {
		s.sent = files
	}
	return err
}

// ByVersion is the look at what became of an upload.
func (s *fickle) ByVersion(ctx context.Context, role trustdata.Role, version, limit int64) ([]byte, error) {
	switch {
	case s.lies && s.sent != nil:
		return s.sent[role], nil
	case s.blind, s.believes && s.sent != nil:
		return nil, remote.ErrNotFound
	}
	return s.TrustServer.ByVersion(ctx, role, version, limit)
}
