package rotation

import (
	"context"
	"fmt"
	"slices"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/rotation/ceremony"
)

// SigningPlan is the offline part of a ceremony before it happens.
type SigningPlan struct {
	Bundle        *ceremony.Bundle
	Need          []Need
	Changes       []string
	WillNotFollow []string
	// Unknown are the repositories of which nothing is known here: somebody must say that
	// their roots are the right ones.
	Unknown []trustdata.GUN
	// FirstUse are those whose roots are believed because the plan was told to.
	FirstUse []trustdata.GUN
	// Signed is what was made of the same file here before. It is all there is to do then:
	// one root is never signed twice.
	Signed *ceremony.Bundle

	op    *Operation // what it goes on with; nil begins one
	id    string
	units []*signing
}

// signing is one repository of it.
type signing struct {
	repo  *ceremony.Repository
	base  *notary.File[notary.Root]
	trust string
}

// MakesRoot reports whether a new root key is made.
func (p *SigningPlan) MakesRoot() bool {
	r := p.Bundle.Repositories[0]
	return r.Change == ceremony.NewKey && r.Role == trustdata.RoleRoot
}

// Begun reports whether an earlier run has begun to sign the same file here.
func (p *SigningPlan) Begun() bool { return p.op != nil }

// PlanSigning verifies a prepared file from the roots that this machine knows, and finds
// what it takes to sign it. It asks no server.
func (r *Rotator) PlanSigning(ctx context.Context, b *ceremony.Bundle, t CeremonyTrust) (*SigningPlan, error) {
	if b.Signed != nil {
		return nil, usagef("this file is signed already: keyrite ceremony publish sends it, on the machine that prepared it")
	}
	if early := b.At.Sub(r.Now()); early > maxSkew {
		return nil, fmt.Errorf("%w: by this machine's clock it is %s before the file was prepared; set the clock, for what is signed now carries end dates by it", ErrCeremony, early.Round(1e9))
	}
	p := &SigningPlan{Bundle: b, Need: []Need{}, WillNotFollow: []string{}}
	if err := r.signedBefore(p); err != nil || p.Signed != nil {
		return p, err
	}
	h, err := r.here(ctx)
	if err != nil {
		return nil, err
	}
	for i := range b.Repositories {
		u := &signing{repo: &b.Repositories[i]}
		if err := r.planSigning(p, u, t, h.held); err != nil {
			return nil, fmt.Errorf("%q: %w", u.repo.GUN, err)
		}
		p.units = append(p.units, u)
	}
	if p.MakesRoot() {
		p.needNew()
	}
	return p, nil
}

// signedBefore finds what was begun with the same file here.
func (r *Rotator) signedBefore(p *SigningPlan) error {
	for n := 1; ; n++ {
		p.id = fmt.Sprintf("%s-sign%d", p.Bundle.ID, n)
		op, err := r.Journal.lookUp(p.id)
		switch {
		case err != nil || op == nil:
			return err
		case op.State() == StateAbandoned:
			continue
		case op.Units[0].Bundle != p.Bundle.SHA256:
			return fmt.Errorf("%w: another file of the ceremony %s was signed here (%s)", ErrCeremony, p.Bundle.ID, op.Units[0].Bundle)
		}
		p.op = op
		if op.Units[0].State != StatePlanned {
			p.Signed, err = r.Journal.bundle(op)
		}
		return err
	}
}

func (r *Rotator) planSigning(p *SigningPlan, u *signing, t CeremonyTrust, here held) error {
	chain, err := u.repo.Chain(notary.Policy{GUN: u.repo.GUN, Now: r.Now(), Pins: r.Pins})
	if err != nil {
		return err
	}
	u.base = chain[len(chain)-1]
	if u.trust, err = r.believe(u.repo, t); err != nil {
		return err
	}
	switch u.trust {
	case "":
		p.Unknown = append(p.Unknown, u.repo.GUN)
	case firstUse:
		p.FirstUse = append(p.FirstUse, u.repo.GUN)
	}
	needs, err := u.needs(here)
	if err != nil {
		return err
	}
	for _, n := range needs {
		if !slices.ContainsFunc(p.Need, func(o Need) bool { return o.KeyID == n.KeyID }) {
			p.Need = append(p.Need, n)
		}
	}
	p.Changes = append(p.Changes, changeWords(u.repo, u.base.Body.Version)...)
	p.Changes = append(p.Changes, fmt.Sprintf("%s: valid until %s; %s", u.repo.GUN, r.Now().Add(notary.Lifetime(trustdata.RoleRoot)).UTC().Format("2006-01-02"), u.believed()))
	for _, who := range r.leftBehind(u.repo, u.base) {
		p.WillNotFollow = append(p.WillNotFollow, fmt.Sprintf("%s: %s", u.repo.GUN, who))
	}
	return nil
}

// believed says why the roots before this one are.
func (u *signing) believed() string {
	if u.trust == "" {
		return "NOT BELIEVED YET: nothing is known here of this repository"
	}
	return "believed because " + u.trust
}

// needs are as many of the root keys as it takes: enough of those that the present root
// lists and, together with a new one, enough of those that the next one will. Those that
// stay count for both, so they come first; each that gets a certificate makes it itself.
func (u *signing) needs(here held) ([]Need, error) {
	root := &u.base.Body
	_, ids, err := roleKeys(root, trustdata.RoleRoot)
	if err != nil {
		return nil, err
	}
	now := max(root.Roles[trustdata.RoleRoot].Threshold, 1)
	then, change := now, u.repo.Change
	if u.repo.Role == trustdata.RoleRoot && change == ceremony.NewKey {
		then-- // the new one signs too
	}
	goes := func(id trustdata.KeyID) bool {
		return u.repo.Role == trustdata.RoleRoot && change == ceremony.NewKey && slices.Contains(u.repo.Gives, id)
	}
	var out []Need
	staying := 0
	for _, leaving := range []bool{false, true} {
		for _, id := range ids {
			renewed := change == ceremony.NewCertificate && slices.Contains(u.repo.Gives, id)
			enough := len(out) >= now && (leaving || staying >= then)
			if _, ok := here[id]; goes(id) != leaving || !ok || enough && !renewed {
				continue
			}
			out = append(out, Need{KeyID: id, Role: trustdata.RoleRoot, GUN: u.repo.GUN, Why: fmt.Sprintf("it signs version %d of root.json", root.Version+1)})
			if !leaving {
				staying++
			}
		}
	}
	switch {
	case len(out) < now:
		return nil, &MissingKeyError{GUN: u.repo.GUN, Role: trustdata.RoleRoot, Listed: ids, Threshold: now, Found: len(out)}
	case staying < then:
		return nil, &MissingKeyError{GUN: u.repo.GUN, Role: trustdata.RoleRoot, Listed: ids, Threshold: then, Found: staying}
	}
	return out, nil
}

// needNew asks for the new root key: to be made, or made already and waiting in pending/.
func (p *SigningPlan) needNew() {
	n := Need{Role: trustdata.RoleRoot, GUN: p.units[0].repo.GUN, New: true, Why: "the new root key is made here and locked with this passphrase"}
	if p.op != nil && len(p.op.Keys) > 0 {
		n.KeyID, n.New, n.Staged, n.Why = p.op.Keys[0].KeyID, false, p.op.ID, "it is the new root key, which this ceremony has made"
	}
	p.Need = append(p.Need, n)
}
