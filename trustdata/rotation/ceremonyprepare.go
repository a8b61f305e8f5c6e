package rotation

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/rotation/ceremony"
)

// PrepareCeremony makes the new keys that do not belong to root, locked with pass, and the
// file that asks for the signatures. From then on the operation waits for the ceremony;
// the private keys are in pending/ and the file is kept in the journal, so nothing is lost
// if the one that it returns never gets to where it is to go. Tool names the program.
func (r *Rotator) PrepareCeremony(ctx context.Context, p *CeremonyPlan, pass keyring.Passphrase, tool string) (*ceremony.Bundle, error) {
	if len(p.units) == 0 {
		return nil, fmt.Errorf("no repository is left to change: %w", ErrNothing)
	}
	op := &Operation{ID: p.ID, Kind: p.Kind, Place: r.Place, Ceremony: OnlineSide}
	for _, u := range p.units {
		op.Units = append(op.Units, &Unit{Request: u.Request, Anchor: trustdata.RoleRoot, Version: u.repo.Last + 1, Base: u.base, OldKeys: u.repo.Gives})
	}
	run, err := r.Journal.begin(op)
	if err != nil {
		return nil, err
	}
	bundle, err := r.prepareCeremony(ctx, run, p, pass, tool)
	if err != nil {
		return nil, r.dropCeremony(ctx, run, err)
	}
	return bundle, run.close()
}

// dropCeremony gives up a part of a ceremony of which nothing has left this machine.
func (r *Rotator) dropCeremony(ctx context.Context, run *run, cause error) error {
	errs := []error{cause}
	for _, u := range run.op.Units {
		u.Bundle = ""
		errs = append(errs, r.noted(&delivery{run: run, unit: u}, StateAbandoned, nil))
	}
	return errors.Join(append(errs, r.dropUnused(ctx, run), run.end())...)
}

func (r *Rotator) prepareCeremony(ctx context.Context, run *run, p *CeremonyPlan, pass keyring.Passphrase, tool string) (*ceremony.Bundle, error) {
	out := &ceremony.Prepared{Head: ceremony.NewHead(ceremony.StagePrepared, run.op.ID, p.Kind, tool, r.Now())}
	for i, u := range p.units {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if u.repo.Change == ceremony.NewKey && u.Role != trustdata.RoleRoot {
			key, err := r.ceremonyKey(ctx, run, u, pass)
			if err != nil {
				return nil, err
			}
			u.repo.New = []ceremony.Key{key}
			run.op.Units[i].NewKeys = []trustdata.KeyID{key.KeyID}
		}
		out.Repositories = append(out.Repositories, u.repo)
	}
	raw, err := out.Encode()
	if err != nil {
		return nil, err
	}
	bundle, err := ceremony.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("our own file does not read back: %w", err)
	}
	if err := run.keepBundle(raw); err != nil {
		return nil, err
	}
	for _, u := range run.op.Units {
		u.Bundle = bundle.SHA256
		if err := run.step(u, StateWaiting, ""); err != nil {
			return nil, err
		}
	}
	return bundle, nil
}

// ceremonyKey makes the new key of a repository, here or on the server, and gives its
// public half.
func (r *Rotator) ceremonyKey(ctx context.Context, run *run, u *preparing, pass keyring.Passphrase) (ceremony.Key, error) {
	if !u.makesHere() {
		server, err := r.Server(u.GUN)
		if err != nil {
			return ceremony.Key{}, err
		}
		public, err := server.NewServerKey(ctx, u.Role)
		if err != nil {
			return ceremony.Key{}, fmt.Errorf("asking for a new %s key: %w", u.Role, err)
		}
		return publicHalf(public, ceremony.AtServer)
	}
	key, err := keyring.Generate(trustdata.KeyECDSA)
	if err != nil {
		return ceremony.Key{}, err
	}
	defer key.Wipe()
	if _, err := r.stage(ctx, run, key, pass, u.Role, u.GUN); err != nil {
		return ceremony.Key{}, err
	}
	return publicHalf(key.Public(), ceremony.AtOnline)
}

func publicHalf(key trustdata.PublicKey, at string) (ceremony.Key, error) {
	id, err := key.KeyID()
	return ceremony.Key{KeyID: id, Type: key.Type, Public: key.Value, At: at}, err
}

// AgainCeremony is the file of a ceremony that waits, as it was prepared.
func (r *Rotator) AgainCeremony(op *Operation) (*ceremony.Bundle, error) {
	waits := slices.ContainsFunc(op.Units, func(u *Unit) bool { return u.State == StateWaiting })
	if op.Ceremony != OnlineSide || !waits || op.unprepared() {
		return nil, usagef("operation %q does not wait for a ceremony", op.ID)
	}
	return r.Journal.bundle(op)
}

// CheckCeremony verifies the roots in a bundle among themselves, and those that were signed
// against what was prepared. It says what is wrong, one sentence for each repository. Which
// root is the right one it cannot know: that is for the offline machine.
func CheckCeremony(b *ceremony.Bundle, policy notary.Policy) (problems []string) {
	for i := range b.Repositories {
		repo := &b.Repositories[i]
		p := policy
		p.GUN = repo.GUN
		chain, err := repo.Chain(p)
		if err == nil && b.Signed != nil {
			_, err = repo.Fits(chain[len(chain)-1], b.Signed.Root(repo.GUN).Raw(), notary.Policy{GUN: repo.GUN, Now: policy.Now})
		}
		if err != nil {
			problems = append(problems, fmt.Sprintf("%s: %v", repo.GUN, err))
		}
	}
	return problems
}
