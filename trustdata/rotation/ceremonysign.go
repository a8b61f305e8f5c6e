package rotation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/rotation/ceremony"
	"keyrite/trustdata/state"
)

// PrepareSigning opens the journal and makes the new root key, if there is to be one,
// locked with pass; or takes it from keys, where an earlier run has made it. Nothing is
// signed yet: the key can be backed up.
func (r *Rotator) PrepareSigning(ctx context.Context, p *SigningPlan, keys Keys, pass keyring.Passphrase) (*Prepared, error) {
	if err := r.notBegun(p); err != nil {
		return nil, err
	}
	op := p.op
	if op == nil {
		op = &Operation{ID: p.id, Kind: "sign at a ceremony: " + p.Bundle.Kind, Place: r.Place, Ceremony: OfflineSide}
		for _, u := range p.units {
			op.Units = append(op.Units, &Unit{Request: Request{GUN: u.repo.GUN, Role: u.repo.Role}, Anchor: trustdata.RoleRoot,
				Version: u.repo.Last + 1, OldKeys: u.repo.Gives, Bundle: p.Bundle.SHA256})
		}
	}
	run, err := r.openRun(op, p.op == nil)
	if err != nil {
		return nil, err
	}
	prep := &Prepared{run: run}
	for _, u := range op.Units {
		prep.units = append(prep.units, &ready{unit: u})
	}
	if !p.MakesRoot() {
		return prep, nil
	}
	key, err := r.signingKey(ctx, prep, keys, pass)
	if err != nil {
		return nil, errors.Join(err, r.Abandon(ctx, prep))
	}
	for _, u := range prep.units {
		u.key, u.newID = key, key.KeyID()
		u.unit.NewKeys = []trustdata.KeyID{key.KeyID()}
	}
	return prep.name(), nil
}

// notBegun names the operation of a plan that begins one: where an earlier one was given up
// since, the plan begins another. One that goes on, or has signed, is none to begin beside:
// a root is never signed twice.
func (r *Rotator) notBegun(p *SigningPlan) error {
	if p.op != nil {
		return nil
	}
	now := &SigningPlan{Bundle: p.Bundle}
	if err := r.signedBefore(now); err != nil {
		return err
	}
	if now.op != nil {
		return fmt.Errorf("%w: the same file is being signed here already, in operation %s", ErrMoved, now.op.ID)
	}
	p.id = now.id
	return nil
}

func (r *Rotator) openRun(op *Operation, begin bool) (*run, error) {
	if begin {
		return r.Journal.begin(op)
	}
	return r.Journal.resume(op)
}

// signingKey is the new root key: an earlier run's, or made now.
func (r *Rotator) signingKey(ctx context.Context, prep *Prepared, keys Keys, pass keyring.Passphrase) (*keyring.PrivateKey, error) {
	op := prep.run.op
	if len(op.Keys) > 0 {
		key, ok := keys[op.Keys[0].KeyID].(*keyring.PrivateKey)
		if !ok {
			return nil, fmt.Errorf("the new root key %q was not opened: %w", op.Keys[0].KeyID.Short(), errTooFewOpened)
		}
		pending, err := r.Keys.Pending(ctx)
		for _, staged := range pending { // a backup has to have it, too
			if staged.Op == op.ID {
				prep.Staged = append(prep.Staged, staged)
			}
		}
		return key, err
	}
	gun := op.Units[0].GUN
	if len(op.Units) > 1 {
		gun = ""
	}
	return r.makeKey(ctx, prep, pass, trustdata.RoleRoot, gun, op.Units...)
}

// SignCeremony signs every root of a plan with the opened keys, keeps the file, has write
// put it where it is to go, and then brings the new root key in. Before the file is kept
// an error gives everything up; after it, the same file can be written again and nothing
// else ever takes its place.
func (r *Rotator) SignCeremony(ctx context.Context, p *SigningPlan, prep *Prepared, keys Keys, tool string, write func(*ceremony.Bundle) error) (*ceremony.Bundle, []string, error) {
	defer prep.wipe()
	out := &ceremony.Signed{Head: ceremony.NewHead(ceremony.StageSigned, p.Bundle.ID, p.Bundle.Kind, tool, r.Now()),
		Backups: []ceremony.Backup{}, Waived: append([]string{}, prep.run.op.Waived...)}
	for _, b := range prep.run.op.Backups {
		out.Backups = append(out.Backups, ceremony.Backup(b))
	}
	bundle, err := r.signAll(ctx, p, prep, keys, out)
	if err != nil {
		return nil, nil, errors.Join(err, r.Abandon(ctx, prep))
	}
	notes, err := r.handOver(ctx, prep.run, p.Bundle, bundle, write)
	return bundle, notes, err
}

func (r *Rotator) signAll(ctx context.Context, p *SigningPlan, prep *Prepared, keys Keys, out *ceremony.Signed) (*ceremony.Bundle, error) {
	for i, u := range p.units {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		root, err := r.signOne(u, prep.units[i].key, keys)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", u.repo.GUN, err)
		}
		signed, err := describe(u, root)
		if err != nil {
			return nil, err
		}
		out.Repositories = append(out.Repositories, signed)
	}
	raw, err := out.Encode(p.Bundle)
	if err != nil {
		return nil, err
	}
	bundle, err := ceremony.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("our own file does not read back: %w", err)
	}
	if err := prep.run.keepBundle(raw); err != nil {
		return nil, err
	}
	for _, u := range prep.run.op.Units {
		if err := prep.run.step(u, StateSigned, ""); err != nil {
			return nil, err
		}
	}
	return bundle, nil
}

// signOne makes the next root of a repository and holds it against what was prepared, as
// the online machine will.
func (r *Rotator) signOne(u *signing, made trustdata.SigningKey, keys Keys) (*notary.File[notary.Root], error) {
	listed, gone, err := u.repo.Split(&u.base.Body)
	if err != nil {
		return nil, err
	}
	keys = maps.Clone(keys)
	switch {
	case u.repo.Change == ceremony.NewCertificate:
		gave, err := ceremony.IDs(gone)
		if err != nil {
			return nil, err
		}
		for _, id := range gave {
			cert, err := certificateOf(keys[id], u.repo.GUN, r)
			if err != nil {
				return nil, err
			}
			listed = append(listed, cert)
		}
	case u.repo.Change == ceremony.NewKey && u.repo.Role == trustdata.RoleRoot:
		cert, err := certificateOf(made, u.repo.GUN, r)
		if err != nil {
			return nil, err
		}
		id, err := cert.KeyID()
		if err != nil {
			return nil, err
		}
		listed, keys[id] = append(listed, cert), made
	case u.repo.Change == ceremony.NewKey:
		listed = append(listed, u.repo.New[0].PublicKey())
	}
	body := u.base.Body.Next(u.repo.Role, listed, r.Now().Add(notary.Lifetime(trustdata.RoleRoot)))
	raw, err := (&draft{base: &notary.Repository{GUN: u.repo.GUN, Root: u.base}, root: &body}).signRoot(keys)
	if err != nil {
		return nil, err
	}
	return u.repo.Fits(u.base, raw, notary.Policy{GUN: u.repo.GUN, Now: r.Now()})
}

func certificateOf(key trustdata.SigningKey, gun trustdata.GUN, r *Rotator) (trustdata.PublicKey, error) {
	if key == nil {
		return trustdata.PublicKey{}, fmt.Errorf("a root key was not opened: %w", errTooFewOpened)
	}
	return notary.Certificate(key, gun, r.Now())
}

// describe is what the record says of a new root.
func describe(u *signing, root *notary.File[notary.Root]) (ceremony.SignedRoot, error) {
	out := ceremony.SignedRoot{GUN: u.repo.GUN, Version: root.Body.Version, Expires: root.Body.Expires, Role: u.repo.Role, Trust: u.trust,
		Certificates: []trustdata.CertificateID{}, SignedBy: []trustdata.KeyID{}}
	out.SetRaw(root.Raw)
	var err error
	if _, out.OldKeys, err = roleKeys(&u.base.Body, u.repo.Role); err != nil {
		return out, err
	}
	if _, out.NewKeys, err = roleKeys(&root.Body, u.repo.Role); err != nil {
		return out, err
	}
	for _, id := range root.Body.Roles[trustdata.RoleRoot].KeyIDs {
		out.Certificates = append(out.Certificates, trustdata.CertificateID(id))
	}
	for _, sig := range root.Signatures {
		id, err := root.Body.Keys[sig.KeyID].KeyID()
		if err != nil {
			return out, err
		}
		if !slices.Contains(out.SignedBy, id) {
			out.SignedBy = append(out.SignedBy, id)
		}
	}
	return out, nil
}

// handOver has a signed file written, and only then brings the new root key in and
// remembers the roots that were believed.
func (r *Rotator) handOver(ctx context.Context, run *run, prepared, signed *ceremony.Bundle, write func(*ceremony.Bundle) error) (notes []string, err error) {
	if err := write(signed); err != nil {
		return nil, errors.Join(fmt.Errorf("%w; it is signed and kept here: the same command writes the same file once more", err), run.close())
	}
	for _, k := range run.op.Keys {
		if err := r.Keys.Promote(ctx, run.op.ID, k.KeyID); err != nil {
			return nil, errors.Join(fmt.Errorf("the signed file is written, but the new root key %q is still in pending/: %w; the same command goes on", k.KeyID, err), run.close())
		}
	}
	for i, u := range run.op.Units {
		repo := &prepared.Repositories[i]
		last := repo.Roots()[len(repo.Roots())-1]
		if err := r.State.Remember(state.Seen{GUN: repo.GUN, Server: repo.Server, Root: state.RootSeen{Version: repo.Last, SHA256: ceremony.Sum(last)}}); err != nil {
			notes = append(notes, fmt.Sprintf("%s: not remembered: %v", repo.GUN, err))
		}
		if err := r.noted(&delivery{run: run, unit: u}, StateDone, nil); err != nil {
			notes = append(notes, err.Error())
		}
	}
	// A power cut may have left a key that was made and never noted: nobody lists it.
	return notes, errors.Join(r.dropUnused(ctx, run), run.end())
}

// SignedAgain writes the file once more that was signed here before, and finishes what an
// earlier run could not.
func (r *Rotator) SignedAgain(ctx context.Context, p *SigningPlan, write func(*ceremony.Bundle) error) ([]string, error) {
	if p.op.Closed {
		return nil, write(p.Signed)
	}
	run, err := r.Journal.resume(p.op)
	if err != nil {
		return nil, err
	}
	return r.handOver(ctx, run, p.Bundle, p.Signed, write)
}
