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
	"errors"
	"fmt"
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
	// Pins are what the settings say of roots. Fetch holds them against every root, and
	// FetchMade admits one certificate besides, which was just made here.
	Pins      notary.Pins
	FetchMade func(context.Context, trustdata.GUN, trustdata.ListedID) (*remote.Result, error)
	// Server opens the trust server of a GUN.
	Server func(trustdata.GUN) (TrustServer, error)
	Keys   keyring.Store
	State  *state.Store
	// Journal is the operations log. Nothing is sent before it has taken the step.
	Journal *state.Log
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
	res, err := r.Fetch(ctx, req.GUN)
	if err != nil {
		return nil, err
	}
	infos, err := r.Keys.List(ctx)
	if err != nil {
		return nil, err
	}
	b := &planner{now: r.Now(), pin: r.Pins.For(req.GUN), held: held{}, moved: HeldByServer(r.Journal, req.GUN, trustdata.RoleSnapshot), plan: &Plan{ID: operationID(r.Now()), Request: req,
		Server: res.Collection.Server, base: res.Repo, WillNotFollow: []string{}, Need: []Need{},
		Changes: clockWarning(r.Now(), res.ServerClock)}}
	for _, info := range infos {
		if info.Problem == "" {
			b.held[info.KeyID] = info
		}
	}
	if err := b.run(); err != nil {
		return nil, err
	}
	return b.plan, nil
}

func operationID(now time.Time) string {
	var b [4]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return now.UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(b[:])
}

// Prepared is an operation whose new key exists, and of which nothing has been sent.
type Prepared struct {
	plan *Plan
	// New is the new key as root is to list it, NewID its canonical ID.
	New   trustdata.PublicKey
	NewID trustdata.KeyID
	// Staged is the new private key's file in pending/, zero where the server holds it.
	Staged keyring.Staged
	key    *keyring.PrivateKey
}

// Prepare checks that the server still has what the plan saw, and makes the new key: here,
// locked with pass and read back from pending/, or on the server. The old keys are not
// needed yet.
func (r *Rotator) Prepare(ctx context.Context, p *Plan, pass keyring.Passphrase) (*Prepared, error) {
	if err := r.stillAs(ctx, p.GUN, p.base); err != nil {
		return nil, err
	}
	if p.to == Server {
		return r.prepareServer(ctx, p)
	}
	key, err := keyring.Generate(trustdata.KeyECDSA)
	if err != nil {
		return nil, err
	}
	staged, err := r.Keys.Stage(ctx, p.ID, key, pass, keyring.Header{Role: string(p.Role), GUN: p.GUN}, r.Format)
	if err != nil {
		key.Wipe()
		return nil, fmt.Errorf("the new %s key was not made: %w", p.Role.Title(), err)
	}
	prep := &Prepared{plan: p, New: key.Public(), NewID: key.KeyID(), Staged: staged, key: key}
	if p.Role == trustdata.RoleRoot {
		if prep.New, err = notary.Certificate(key, p.GUN, r.Now()); err != nil {
			return nil, errors.Join(err, r.Abandon(ctx, prep))
		}
	}
	return prep, nil
}

func (r *Rotator) prepareServer(ctx context.Context, p *Plan) (*Prepared, error) {
	server, err := r.Server(p.GUN)
	if err != nil {
		return nil, err
	}
	key, err := server.NewServerKey(ctx, p.Role)
	if err != nil {
		return nil, fmt.Errorf("asking for a new %s key: %w", p.Role, err)
	}
	id, err := key.KeyID()
	if err != nil {
		return nil, fmt.Errorf("the server's new %s key: %w", p.Role, err)
	}
	return &Prepared{plan: p, New: key, NewID: id}, nil
}

// Abandon gives up a prepared operation of which nothing was sent. The new key goes to
// the trash; nothing else has changed.
func (r *Rotator) Abandon(ctx context.Context, prep *Prepared) error {
	if prep.key == nil {
		return nil
	}
	return r.throwAway(ctx, prep.plan.ID, made{prep.key, prep.Staged})
}
