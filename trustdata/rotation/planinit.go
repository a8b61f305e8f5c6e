package rotation

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
)

// InitRequest says what a new repository is founded on.
type InitRequest struct {
	GUN trustdata.GUN
	// Root is a root key that is here; "" takes the only one, or the one that Chain is of.
	Root trustdata.KeyID
	// MakeRoot asks for a new root key instead.
	MakeRoot bool
	// Chain is the certificate that a CA issued for the root key, with the CA certificates
	// above it, as PEM. Without it the key signs a certificate of its own.
	Chain []byte
	// Anew founds a repository that this machine has seen before and that the server has
	// lost. All that was remembered of it is then forgotten.
	Anew bool
}

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

	chain *trustdata.PublicKey
	anew  bool
}

// RootChoiceError says that several root keys are here and none was named. The stock
// clients then pick at random, or by spelling.
type RootChoiceError struct{ Roots []trustdata.KeyID }

func (e *RootChoiceError) Error() string {
	return fmt.Sprintf("several root keys are on this machine (%s): say which one is to be trusted with --root-key ID", shortIDs(e.Roots))
}

// Is makes a choice that was not made a matter of usage.
func (e *RootChoiceError) Is(target error) bool { return target == ErrUsage }

// ErrInitialised is returned for a repository that the server has already.
var ErrInitialised = errors.New("is initialised already")

// ErrSeenBefore is returned where this machine remembers a repository that the server does
// not have.
var ErrSeenBefore = errors.New("was seen here before, and the server has lost it")

// PlanInit plans a repository with its snapshot and timestamp at the server, as docker
// makes them.
func (r *Rotator) PlanInit(ctx context.Context, req InitRequest) (*Init, error) {
	server, err := r.Server(req.GUN)
	if err != nil {
		return nil, err
	}
	_, err = server.Get(ctx, trustdata.RoleRoot, notary.Limit(trustdata.RoleRoot))
	if err == nil {
		return nil, fmt.Errorf("%q %w", req.GUN, ErrInitialised)
	}
	if !errors.Is(err, remote.ErrNotFound) {
		return nil, err
	}
	i := &Init{ID: operationID(r.Now()), Kind: "init", GUN: req.GUN, Server: server.Server(), WillNotFollow: []string{}, anew: req.Anew,
		Changes: clockWarning(r.Now(), server.Clock())}
	if err := r.seenBefore(i); err != nil {
		return nil, err
	}
	if err := r.foundation(ctx, i, req); err != nil {
		return nil, err
	}
	i.Need = append(i.Need, Need{Role: trustdata.RoleTargets, GUN: i.GUN, New: true, Why: "the new repository key is made here and locked with this passphrase"})
	i.Changes = append(i.Changes, "a new repository key is made here; the server makes and holds the snapshot and timestamp keys")
	i.Steps = []string{"make the new keys, write them to pending/, read them back and open them", "ask the server for its snapshot and timestamp keys",
		"sign root.json and targets.json and verify them as a client would", "send them", "fetch everything with an empty cache, and verify it",
		"move the new keys from pending/ into private/"}
	return i, nil
}

// seenBefore stops where clients have a memory of the repository that a new root breaks.
func (r *Rotator) seenBefore(i *Init) error {
	seen, ok, err := r.State.Seen(i.GUN)
	switch {
	case err != nil || !ok:
		return err
	case !i.anew:
		return fmt.Errorf("%q %w: its root.json had version %d", i.GUN, ErrSeenBefore, seen.Root.Version)
	}
	i.Changes = append(i.Changes, fmt.Sprintf("what this machine remembers of %s (root.json version %d) is forgotten", i.GUN, seen.Root.Version))
	i.WillNotFollow = append(i.WillNotFollow, "every client that has seen the old repository refuses the new one, until somebody deletes tuf/"+string(i.GUN)+" in its trust directory")
	return nil
}

// foundation settles the root key and its certificate.
func (r *Rotator) foundation(ctx context.Context, i *Init, req InitRequest) error {
	if req.MakeRoot {
		if len(req.Chain) > 0 || req.Root != "" {
			return usagef("a new root key cannot be one that is here, nor have a certificate already")
		}
		i.Need = append(i.Need, Need{Role: trustdata.RoleRoot, GUN: i.GUN, New: true, Why: "the new root key is made here and locked with this passphrase"})
		i.Changes = append(i.Changes, fmt.Sprintf("%s: founded on a new root key. It decides whom everybody trusts, cannot be recovered, and belongs in two backups", i.GUN))
		return nil
	}
	certificate := "a certificate of its own"
	if len(req.Chain) > 0 {
		leaf, err := notary.ParsePublicKey(req.Chain, r.Now())
		if err != nil {
			return fmt.Errorf("root certificate: %w", err)
		}
		of, err := leaf.KeyID()
		if err != nil {
			return fmt.Errorf("root certificate: %w", err)
		}
		if req.Root == "" {
			req.Root = of
		}
		chain, err := notary.RootChain(req.Chain, i.GUN, req.Root, r.Now())
		if err != nil {
			return err
		}
		i.chain, certificate = &chain, "the certificate that was issued for it"
	}
	var err error
	if i.RootKey, err = r.chooseRoot(ctx, req.Root); err != nil {
		return err
	}
	i.Need = append(i.Need, Need{KeyID: i.RootKey, Role: trustdata.RoleRoot, GUN: i.GUN, Why: "it signs the first root.json"})
	i.Changes = append(i.Changes, fmt.Sprintf("%s: founded on the root key %s, with %s", i.GUN, i.RootKey.Short(), certificate))
	return nil
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
		if info.KeyID == want && info.Role != "" && info.Role != string(trustdata.RoleRoot) {
			return "", usagef("%q is a %s key, not a root key", want.Short(), info.Role)
		}
		if info.KeyID == want {
			return want, nil
		}
		if info.Role == string(trustdata.RoleRoot) && !slices.Contains(roots, info.KeyID) {
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
