package rotation

import (
	"context"
	"errors"
	"fmt"
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
	d := &delivery{op: operation{ID: i.ID, Kind: i.Kind, GUN: i.GUN, Server: i.Server, Anchor: trustdata.RoleRoot, Version: 1}, forget: i.anew}
	if err := r.initFiles(ctx, i, d, keys, pass); err != nil {
		return nil, r.discard(ctx, d, err)
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
	res.Verified, res.Notes = true, got.notes
	if err := r.noted(d.op, stateDone, nil); err != nil {
		res.Notes = append(res.Notes, err.Error())
	}
	return res, nil
}

// initFiles makes the new keys into d, and signs the first root and targets with them.
func (r *Rotator) initFiles(ctx context.Context, i *Init, d *delivery, keys Keys, pass InitPassphrases) error {
	var rootKey trustdata.SigningKey
	if i.RootKey == "" {
		made, err := r.make(ctx, i, d, trustdata.RoleRoot, pass.Root)
		if err != nil {
			return err
		}
		rootKey = made
	} else if key, ok := keys[i.RootKey]; ok {
		rootKey = key
	} else {
		return fmt.Errorf("the root key %q was not opened", i.RootKey.Short())
	}
	targets, err := r.make(ctx, i, d, trustdata.RoleTargets, pass.Targets)
	if err != nil {
		return err
	}
	body, signer, err := r.firstRoot(ctx, i, rootKey, targets)
	if err != nil {
		return err
	}
	root, err := notary.SignRoot(body, []notary.Signer{signer})
	if err != nil {
		return err
	}
	first, err := notary.SignTargets(trustdata.RoleTargets,
		notary.Targets{Version: 1, Expires: r.Now().Add(notary.Lifetime(trustdata.RoleTargets)), Targets: map[string]notary.Entry{}},
		[]notary.Signer{{Key: targets, Listed: targets.Public().ListedID()}})
	if err != nil {
		return err
	}
	d.files = map[trustdata.Role][]byte{trustdata.RoleRoot: root.Raw, trustdata.RoleTargets: first.Raw}
	d.op.SHA256 = hash(root.Raw)
	return nil
}

// make generates a key and stages it.
func (r *Rotator) make(ctx context.Context, i *Init, d *delivery, role trustdata.Role, pass keyring.Passphrase) (*keyring.PrivateKey, error) {
	key, err := keyring.Generate(trustdata.KeyECDSA)
	if err != nil {
		return nil, err
	}
	staged, err := r.Keys.Stage(ctx, i.ID, key, pass, keyring.Header{Role: string(role), GUN: i.GUN}, r.Format)
	if err != nil {
		key.Wipe()
		return nil, fmt.Errorf("the new %s key was not made: %w", role.Title(), err)
	}
	d.keys = append(d.keys, made{key, staged})
	d.op.NewKeys = append(d.op.NewKeys, staged.KeyID)
	return key, nil
}

// firstRoot lists the four keys of a new repository.
func (r *Rotator) firstRoot(ctx context.Context, i *Init, root, targets trustdata.SigningKey) (notary.Root, notary.Signer, error) {
	body := notary.Root{Version: 1, Expires: r.Now().Add(notary.Lifetime(trustdata.RoleRoot)),
		Keys: map[trustdata.ListedID]trustdata.PublicKey{}, Roles: map[trustdata.Role]notary.RoleKeys{}}
	cert, err := i.certificate(root, r.Now())
	if err != nil {
		return body, notary.Signer{}, err
	}
	public := map[trustdata.Role]trustdata.PublicKey{trustdata.RoleRoot: cert, trustdata.RoleTargets: targets.Public()}
	server, err := r.Server(i.GUN)
	if err != nil {
		return body, notary.Signer{}, err
	}
	for _, role := range []trustdata.Role{trustdata.RoleSnapshot, trustdata.RoleTimestamp} {
		if public[role], err = server.ServerKey(ctx, role); err != nil {
			return body, notary.Signer{}, fmt.Errorf("asking for the %s key: %w", role, err)
		}
	}
	for role, key := range public {
		body.Keys[key.ListedID()] = key
		body.Roles[role] = notary.RoleKeys{KeyIDs: []trustdata.ListedID{key.ListedID()}, Threshold: 1}
	}
	return body, notary.Signer{Key: root, Listed: cert.ListedID()}, nil
}

// certificate is the root key as root.json lists it.
func (i *Init) certificate(root trustdata.SigningKey, now time.Time) (trustdata.PublicKey, error) {
	if i.chain != nil {
		return *i.chain, nil
	}
	return notary.Certificate(root, i.GUN, now)
}
