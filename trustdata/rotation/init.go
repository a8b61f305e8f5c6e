package rotation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// InitPassphrases lock the new keys. Root is used only where a root key is made.
type InitPassphrases struct{ Root, Targets keyring.Passphrase }

// ApplyInit makes the keys, publishes the first root and targets, reads them back, and
// brings the keys in. Its errors are Publish's.
func (r *Rotator) ApplyInit(ctx context.Context, i *Init, keys Keys, pass InitPassphrases, progress Progress) (*EditResult, error) {
	u := &Unit{Request: Request{GUN: i.GUN}, Anchor: trustdata.RoleRoot, Version: 1, Forget: i.anew}
	run, err := r.Journal.begin(&Operation{ID: i.ID, Kind: i.Kind, Place: r.Place, Units: []*Unit{u}})
	if err != nil {
		return nil, err
	}
	res, err := r.applyInit(ctx, i, &delivery{run: run, unit: u}, keys, pass, progress)
	return res, closing(run, err)
}

func (r *Rotator) applyInit(ctx context.Context, i *Init, d *delivery, keys Keys, pass InitPassphrases, progress Progress) (*EditResult, error) {
	if err := r.initFiles(ctx, i, d, keys, pass); err != nil {
		return nil, r.giveUp(ctx, d, StateAbandoned, err)
	}
	progress("sign")
	res := &EditResult{GUN: i.GUN, Changed: []trustdata.Role{trustdata.RoleRoot, trustdata.RoleTargets},
		Versions: map[trustdata.Role]int64{trustdata.RoleRoot: 1, trustdata.RoleTargets: 1}, Published: true}
	got, err := r.deliver(ctx, d, progress)
	switch {
	case errors.Is(err, ErrLanded):
		res.Problems = []string{err.Error()}
		return res, err
	case err != nil:
		return nil, err
	}
	_, notes := r.conclude(ctx, d, got)
	res.Verified, res.Notes = true, append(got.notes, notes...)
	return res, nil
}

// initFiles makes the new keys, and signs the first root and targets with them.
func (r *Rotator) initFiles(ctx context.Context, i *Init, d *delivery, keys Keys, pass InitPassphrases) error {
	keys = maps.Clone(keys)
	if keys == nil {
		keys = Keys{}
	}
	rootID := i.RootKey
	if rootID == "" {
		made, err := r.make(ctx, i, d, trustdata.RoleRoot, pass.Root)
		if err != nil {
			return err
		}
		defer made.Wipe()
		rootID = made.KeyID()
		keys[rootID] = made
	}
	root, ok := keys[rootID]
	if !ok {
		return fmt.Errorf("the root key %q was not opened", rootID.Short())
	}
	targets, err := r.make(ctx, i, d, trustdata.RoleTargets, pass.Targets)
	if err != nil {
		return err
	}
	defer targets.Wipe()
	keys[targets.KeyID()] = targets
	body, err := r.firstRoot(ctx, i, root, targets)
	if err != nil {
		return err
	}
	first := &draft{root: &body, targets: map[trustdata.Role]notary.Targets{trustdata.RoleTargets: {
		Version: 1, Expires: r.Now().Add(notary.Lifetime(trustdata.RoleTargets))}}}
	d.files, _, err = first.sign(keys, r.Now())
	return err
}

// make generates a key and stages it.
func (r *Rotator) make(ctx context.Context, i *Init, d *delivery, role trustdata.Role, pass keyring.Passphrase) (*keyring.PrivateKey, error) {
	key, err := keyring.Generate(trustdata.KeyECDSA)
	if err != nil {
		return nil, err
	}
	d.unit.NewKeys = append(d.unit.NewKeys, key.KeyID())
	if _, err := r.stage(ctx, d.run, key, pass, role, i.GUN); err != nil {
		key.Wipe()
		return nil, err
	}
	return key, nil
}

// firstRoot lists the four keys of a new repository.
func (r *Rotator) firstRoot(ctx context.Context, i *Init, root, targets trustdata.SigningKey) (notary.Root, error) {
	body := notary.Root{Version: 1, Expires: r.Now().Add(notary.Lifetime(trustdata.RoleRoot)),
		Keys: map[trustdata.ListedID]trustdata.PublicKey{}, Roles: map[trustdata.Role]notary.RoleKeys{}}
	cert, err := i.certificate(root, r.Now())
	if err != nil {
		return body, err
	}
	public := map[trustdata.Role]trustdata.PublicKey{trustdata.RoleRoot: cert, trustdata.RoleTargets: targets.Public()}
	server, err := r.Server(i.GUN)
	if err != nil {
		return body, err
	}
	for _, role := range []trustdata.Role{trustdata.RoleSnapshot, trustdata.RoleTimestamp} {
		if public[role], err = server.ServerKey(ctx, role); err != nil {
			return body, fmt.Errorf("asking for the %s key: %w", role, err)
		}
	}
	for role, key := range public {
		body.Keys[key.ListedID()] = key
		body.Roles[role] = notary.RoleKeys{KeyIDs: []trustdata.ListedID{key.ListedID()}, Threshold: 1}
	}
	return body, nil
}

// certificate is the root key as root.json lists it.
func (i *Init) certificate(root trustdata.SigningKey, now time.Time) (trustdata.PublicKey, error) {
	if i.chain != nil {
		return *i.chain, nil
	}
	return notary.Certificate(root, i.GUN, now)
}
