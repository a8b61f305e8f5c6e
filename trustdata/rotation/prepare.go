package rotation

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// Prepared is an operation whose new keys exist, and of which nothing has been sent.
type Prepared struct {
	run   *run
	units []*ready
	// Staged are the files of the new private keys in pending/. Those that the server
	// holds are not among them.
	Staged []keyring.Staged
	// NewIDs are the canonical IDs of the new keys, each once.
	NewIDs []trustdata.KeyID
}

// ready is one repository's part of it.
type ready struct {
	plan *Plan
	unit *Unit
	// new is the new key as root is to list it, newID its canonical ID.
	new   trustdata.PublicKey
	newID trustdata.KeyID
	// key is its private half, nil where the server holds it. A lent one is another's to
	// wipe.
	key  trustdata.SigningKey
	lent bool
}

// ID is the operation's.
func (prep *Prepared) ID() string { return prep.run.op.ID }

// Names say what the operation does, and on which repository or how many.
func (prep *Prepared) Names() (kind, on string) {
	op := prep.run.op
	if len(op.Units) == 1 {
		return op.Kind, string(op.Units[0].GUN)
	}
	return op.Kind, fmt.Sprintf("%d repositories, operation %s", len(op.Units), op.ID)
}

// name gathers NewIDs.
func (prep *Prepared) name() *Prepared {
	for _, u := range prep.units {
		if u.newID != "" && !slices.Contains(prep.NewIDs, u.newID) {
			prep.NewIDs = append(prep.NewIDs, u.newID)
		}
	}
	return prep
}

// Prepare checks that the server still has what the plan saw, opens the journal, and makes
// the new key: here, locked with pass and read back from pending/, or on the server. The
// old keys are not needed yet.
func (r *Rotator) Prepare(ctx context.Context, p *Plan, pass keyring.Passphrase) (*Prepared, error) {
	return r.PrepareWith(ctx, p, nil, pass)
}

// PrepareWith is Prepare for a plan of a key that is handed over: it is among keys, and is
// kept in pending/, locked with pass, as one that was made.
func (r *Rotator) PrepareWith(ctx context.Context, p *Plan, keys Keys, pass keyring.Passphrase) (*Prepared, error) {
	if err := r.stillAs(ctx, &Unit{Request: p.Request, Base: fingerprint(p.base)}); err != nil {
		return nil, err
	}
	return r.PrepareBatch(ctx, &Batch{ID: p.ID, Kind: p.Kind, Plans: []*Plan{p}}, keys, pass)
}

// unit is the plan as the journal has it.
func (p *Plan) unit() *Unit {
	req := p.Request
	req.To = p.to
	anchor, version := p.Anchor()
	return &Unit{Request: req, Anchor: anchor, Version: version, OldKeys: p.OldKeys}
}

// Anchor is the file whose new version tells that the plan has landed, and that version.
func (p *Plan) Anchor() (trustdata.Role, int64) {
	if !p.Role.IsDelegation() {
		return trustdata.RoleRoot, p.RootVersion
	}
	parent := p.Role.Parent()
	return parent, p.base.Targets[parent].Body.Version + 1
}

// makeKey generates a key for one unit or for all of them, writes it to pending/, where it
// is read back and opened, and notes it.
func (r *Rotator) makeKey(ctx context.Context, prep *Prepared, pass keyring.Passphrase, role trustdata.Role, gun trustdata.GUN, units ...*Unit) (*keyring.PrivateKey, error) {
	key, err := keyring.Generate(trustdata.KeyECDSA)
	if err != nil {
		return nil, err
	}
	for _, u := range units {
		u.NewKeys = append(u.NewKeys, key.KeyID())
	}
	if err := r.stageNew(ctx, prep, key, pass, role, gun); err != nil {
		key.Wipe()
		return nil, err
	}
	return key, nil
}

func (r *Rotator) stageNew(ctx context.Context, prep *Prepared, key *keyring.PrivateKey, pass keyring.Passphrase, role trustdata.Role, gun trustdata.GUN) error {
	staged, err := r.stage(ctx, prep.run, key, pass, role, gun)
	if err == nil {
		prep.Staged = append(prep.Staged, staged)
	}
	return err
}

func (r *Rotator) stage(ctx context.Context, run *run, key *keyring.PrivateKey, pass keyring.Passphrase, role trustdata.Role, gun trustdata.GUN) (keyring.Staged, error) {
	staged, err := r.Keys.Stage(ctx, run.op.ID, key, pass, headerOf(role, gun), r.Format)
	if err != nil {
		return staged, fmt.Errorf("the new %s key was not made: %w", role.Title(), err)
	}
	if err := run.stored(staged, role, gun); err != nil {
		return staged, errors.Join(err, r.throwAway(ctx, run.op.ID, staged.KeyID))
	}
	return staged, nil
}

// headerOf is what the file of a new key says. A delegation's has the signer's name and no
// repository, as docker writes it.
func headerOf(role trustdata.Role, gun trustdata.GUN) keyring.Header {
	if role.IsDelegation() {
		return keyring.Header{Role: path.Base(string(role))}
	}
	return keyring.Header{Role: string(role), GUN: gun}
}

// make takes a key that was made, or opened, for one repository.
func (u *ready) make(key trustdata.SigningKey, now time.Time) error {
	u.key = key
	return u.list(key, now)
}

// list settles how root is to list the new key of one repository: a root key by a
// certificate of its own for each.
func (u *ready) list(key trustdata.SigningKey, now time.Time) error {
	var err error
	u.new = key.Public()
	switch {
	case u.plan.chain != nil:
		u.new = *u.plan.chain
	case u.plan.Role == trustdata.RoleRoot:
		if u.new, err = notary.Certificate(key, u.plan.GUN, now); err != nil {
			return err
		}
	}
	if u.plan.Role == trustdata.RoleRoot {
		u.unit.Certificate = u.new.ListedID()
	}
	u.newID, err = u.new.KeyID()
	return err
}

// listExisting is list for a key that was on this machine before.
func (u *ready) listExisting(keys Keys, now time.Time) error {
	if u.plan.origin() != keyHere {
		return nil
	}
	key, ok := keys[u.newID]
	if !ok {
		return fmt.Errorf("the new %s key %q was not opened: %w", u.plan.Role.Title(), u.newID.Short(), errTooFewOpened)
	}
	return u.list(key, now)
}

// askServer has the server make the new key.
func (r *Rotator) askServer(ctx context.Context, u *ready) error {
	server, err := r.Server(u.plan.GUN)
	if err != nil {
		return err
	}
	if u.new, err = server.NewServerKey(ctx, u.plan.Role); err != nil {
		return fmt.Errorf("asking for a new %s key: %w", u.plan.Role, err)
	}
	if u.newID, err = u.new.KeyID(); err != nil {
		return fmt.Errorf("the server's new %s key: %w", u.plan.Role, err)
	}
	u.unit.NewKeys = []trustdata.KeyID{u.newID}
	return nil
}

// Abandon gives up a prepared operation of which nothing was sent. The new keys go to
// the trash; nothing else has changed.
func (r *Rotator) Abandon(ctx context.Context, prep *Prepared) error {
	prep.wipe()
	var err error
	for _, u := range prep.units {
		err = errors.Join(err, r.noted(&delivery{run: prep.run, unit: u.unit}, StateAbandoned, nil))
	}
	return errors.Join(err, r.dropUnused(ctx, prep.run), prep.run.end())
}

// Pause lets go of a prepared operation as it stands. It is unfinished then, and its new
// keys stay in pending/.
func (r *Rotator) Pause(prep *Prepared) error {
	prep.wipe()
	return prep.run.close()
}

// wipe forgets the new private keys that were made with it.
func (prep *Prepared) wipe() {
	for _, u := range prep.units {
		if k, ok := u.key.(*keyring.PrivateKey); ok && k != nil && !u.lent {
			k.Wipe()
		}
	}
}

// BackedUp notes a backup that was made of a prepared operation's keys, Waived what it is
// done without. Both stand in the journal and in the record of the operation.
func (prep *Prepared) BackedUp(s Saved) error     { return prep.run.saved(s) }
func (prep *Prepared) Waived(reason string) error { return prep.run.waived(reason) }
