// Package rotation changes which keys a repository trusts: plan, sign, publish, confirm.
//
// The order is the one that loses nothing. A new key waits in the trust directory's
// pending/ folder, where docker and notary do not look. The old key stays in private/
// until the server's new state has been fetched by version number with an empty cache and
// verified, whatever the POST answered: its answer may be lost, or refuse our own success.
// Only then one rename brings the new key in and another moves the old one to the trash;
// a root key stays, because clients that have not looked since need its signature chain.
package rotation

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
	"keyrite/trustdata/state"
)

// TrustServer is what a rotation needs of a GUN's trust server.
type TrustServer interface {
	Get(ctx context.Context, role trustdata.Role, limit int64) ([]byte, error)
	Publish(ctx context.Context, files map[trustdata.Role][]byte) error
	// Delete takes the whole repository away.
	Delete(ctx context.Context) error
	ByVersion(ctx context.Context, role trustdata.Role, version int64, limit int64) ([]byte, error)
	// ServerKey is the key that the server holds for a role, made if need be; NewServerKey
	// is one that is not yet in use.
	ServerKey(ctx context.Context, role trustdata.Role) (trustdata.PublicKey, error)
	NewServerKey(ctx context.Context, role trustdata.Role) (trustdata.PublicKey, error)
	// Server is its URL, Clock its clock as it answered last, zero if unknown.
	Server() string
	Clock() time.Time
}

// Rotator carries out rotations in one trust directory.
type Rotator struct {
	// Fetch reads and verifies a GUN with everything remembered; Fresh does so as a client
	// that knows nothing.
	Fetch, Fresh func(context.Context, trustdata.GUN) (*remote.Result, error)
	// Late is Fetch for a repository that may have expired: remote.Fetcher has the rules.
	Late func(context.Context, trustdata.GUN) (*remote.Result, error)
	// Known verifies with everything remembered what Fresh has just read. It admits one
	// certificate more than Fetch: made, which was just made here, or "" for none.
	Known func(ctx context.Context, read *remote.Result, made trustdata.ListedID) (*remote.Result, error)
	// Pins are what the settings say of roots. Fetch holds them against every root.
	Pins notary.Pins
	// Clients are those that somebody has named because they pin roots.
	Clients []Client
	// Server opens the trust server of a GUN.
	Server func(trustdata.GUN) (TrustServer, error)
	Keys   keyring.Store
	State  *state.Store
	// Journal keeps every operation. Nothing is sent before it has taken the step. Place is
	// the trust directory that Keys writes to.
	Journal *Journal
	Place   string
	// StillListed names the collections known here, other than the one being changed,
	// that list a key. A key that any lists is not moved to the trash.
	StillListed func(ctx context.Context, id trustdata.KeyID, but trustdata.GUN) ([]trustdata.GUN, error)
	Now         func() time.Time
	// Format says how a new key is locked.
	Format keyring.Format
}

// Plan computes what a rotation would change. It reads the server and the key store and
// changes nothing. Its error Is ErrUsage for a request that can never work.
func (r *Rotator) Plan(ctx context.Context, req Request) (*Plan, error) {
	h, err := r.here(ctx)
	if err != nil {
		return nil, err
	}
	return r.planWith(ctx, req, h)
}

// here is what a plan takes from this machine: which usable keys there are, and which
// operations have ended. It is read once for many plans.
type here struct {
	held held
	past []*Operation
}

func (r *Rotator) here(ctx context.Context) (here, error) {
	infos, err := r.Keys.List(ctx)
	if err != nil {
		return here{}, err
	}
	h := here{held: held{}}
	for _, info := range infos {
		if info.Problem == "" {
			h.held[info.KeyID] = info
		}
	}
	h.past, err = r.Journal.Past()
	return h, err
}

func (r *Rotator) planWith(ctx context.Context, req Request, h here) (*Plan, error) {
	res, err := r.Fetch(ctx, req.GUN)
	if err != nil {
		return nil, r.explain(ctx, req.GUN, err)
	}
	b := &planner{now: r.Now(), pin: r.Pins.For(req.GUN), clients: r.pinning(req.GUN), held: h.held, moved: heldByServer(h.past, req.GUN, trustdata.RoleSnapshot),
		plan: &Plan{ID: operationID(r.Now()), Request: req, Server: res.Collection.Server, base: res.Repo, WillNotFollow: []string{}, Need: []Need{},
			Changes: clockWarning(r.Now(), res.ServerClock)}}
	if err := b.run(); err != nil {
		return nil, err
	}
	b.plan.lookThrough(ctx, r.Server)
	return b.plan, nil
}

func operationID(now time.Time) string {
	var b [4]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return now.UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(b[:])
}
