package rotation

import (
	"context"
	"errors"
	"fmt"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
)

// Init is a new repository before it exists.
type Init struct {
	ID            string        `json:"id"`
	Kind          string        `json:"kind"`
	GUN           trustdata.GUN `json:"-"`
	Server        string        `json:"-"`
	Steps         []string      `json:"steps"`
	Need          []Need        `json:"needs"`
	Changes       []string      `json:"changes"`
	WillNotFollow []string      `json:"will_not_follow"`
	// RootKey is the root key to found on; "" makes a new one.
	RootKey trustdata.KeyID `json:"-"`
}

// RootChoiceError says that several root keys are here and none was named. The stock
// clients then pick at random, or by spelling.
type RootChoiceError struct{ Roots []trustdata.KeyID }

func (e *RootChoiceError) Error() string {
	return fmt.Sprintf("several root keys are on this machine (%s): say which one is to be trusted", shortIDs(e.Roots))
}

// Is makes a choice that was not made a matter of usage.
func (e *RootChoiceError) Is(target error) bool { return target == ErrUsage }

// ErrInitialised is returned for a repository that the server has already.
var ErrInitialised = errors.New("is initialised already")

// PlanInit plans a repository with its snapshot and timestamp at the server, as docker
// makes them. root names a root key that is here; "" takes the only one. makeRoot asks for
// a new root key instead.
func (r *Rotator) PlanInit(ctx context.Context, gun trustdata.GUN, root trustdata.KeyID, makeRoot bool) (*Init, error) {
	server, err := r.Server(gun)
	if err != nil {
		return nil, err
	}
	_, err = server.Get(ctx, trustdata.RoleRoot, notary.Limit(trustdata.RoleRoot))
	if err == nil {
		return nil, fmt.Errorf("%q %w", gun, ErrInitialised)
	}
	if !errors.Is(err, remote.ErrNotFound) {
		return nil, err
	}
	i := &Init{ID: operationID(r.Now()), Kind: "init", GUN: gun, Server: server.Server(), WillNotFollow: []string{}}
	if !makeRoot {
		if i.RootKey, err = r.chooseRoot(ctx, root); err != nil {
			return nil, err
		}
		i.Need = append(i.Need, Need{KeyID: i.RootKey, Role: trustdata.RoleRoot, GUN: gun, Why: "it signs the first root.json"})
		i.Changes = append(i.Changes, fmt.Sprintf("%s: founded on the root key %s, with a certificate of its own", gun, i.RootKey.Short()))
	} else {
		i.Need = append(i.Need, Need{Role: trustdata.RoleRoot, GUN: gun, New: true, Why: "the new root key is made here and locked with this passphrase"})
		i.Changes = append(i.Changes, fmt.Sprintf("%s: founded on a new root key. It decides whom everybody trusts, cannot be recovered, and belongs in two backups", gun))
	}
	i.Need = append(i.Need, Need{Role: trustdata.RoleTargets, GUN: gun, New: true, Why: "the new repository key is made here and locked with this passphrase"})
	i.Changes = append(i.Changes, "a new repository key is made here; the server makes and holds the snapshot and timestamp keys")
	i.Steps = []string{"make the new keys, write them to pending/, read them back and open them", "ask the server for its snapshot and timestamp keys",
		"sign root.json and targets.json and verify them as a client would", "send them", "fetch everything with an empty cache, and verify it",
		"move the new keys from pending/ into private/"}
	return i, nil
}

// chooseRoot settles which root key a repository is founded on.
func (r *Rotator) chooseRoot(ctx context.Context, want trustdata.KeyID) (trustdata.KeyID, error) {
	infos, err := r.Keys.List(ctx)
	if err != nil {
		return "", err
	}
	var roots []trustdata.KeyID
	for _, info := range infos {
		if info.Problem != "" {
			continue
		}
		if info.KeyID == want {
			return want, nil
		}
		if info.Role == string(trustdata.RoleRoot) {
			roots = append(roots, info.KeyID)
		}
	}
	switch {
	case want != "":
		return "", fmt.Errorf("no root key %q on this machine", want.Short())
	case len(roots) == 0:
		return "", usagef("there is no root key on this machine: restore or import one, or ask for a new one")
	case len(roots) > 1:
		return "", &RootChoiceError{roots}
	}
	return roots[0], nil
}

// InitPassphrases lock the new keys. Root is used only where a root key is made.
type InitPassphrases struct{ Root, Targets keyring.Passphrase }

// ApplyInit makes the keys, publishes the first root and targets, reads them back, and
// brings the keys in.
func (r *Rotator) ApplyInit(ctx context.Context, i *Init, keys Keys, pass InitPassphrases, progress Progress) (*EditResult, error) {
	d := &delivery{op: operation{ID: i.ID, Kind: i.Kind, GUN: i.GUN, Server: i.Server, Anchor: trustdata.RoleRoot, Version: 1}}
	if err := r.initFiles(ctx, i, d, keys, pass); err != nil {
		return nil, r.discard(ctx, d, err)
	}
	progress("sign")
	got, err := r.deliver(ctx, d, progress)
	if err != nil {
		return nil, err
	}
	res := &EditResult{GUN: i.GUN, Changed: []trustdata.Role{trustdata.RoleRoot, trustdata.RoleTargets},
		Versions: map[trustdata.Role]int64{trustdata.RoleRoot: 1, trustdata.RoleTargets: 1}, Published: true, Verified: true, Notes: got.notes}
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
	cert, err := notary.Certificate(root, i.GUN, r.Now())
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
