package rotation

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
	"keyrite/trustdata/rotation/ceremony"
)

// CeremonyRequest names the change of one repository whose root is to be signed on a
// machine that is not online.
type CeremonyRequest struct {
	Request
	Change ceremony.Change
}

// CeremonyPlan is the preparation of a ceremony before it happens. It needs no root key.
type CeremonyPlan struct {
	ID            string
	Kind          string
	Steps         []string
	Need          []Need
	Changes       []string
	WillNotFollow []string
	// Left are the repositories that were asked for and cannot be part of it, with why.
	Left []LeftOut

	units []*preparing
}

// preparing is one repository of it.
type preparing struct {
	Request
	repo ceremony.Repository
	base string
	// words and leftBehind are sentences for people.
	words, leftBehind []string
}

// GUNs are the repositories that are part of it.
func (p *CeremonyPlan) GUNs() []trustdata.GUN {
	guns := []trustdata.GUN{}
	for _, u := range p.units {
		guns = append(guns, u.GUN)
	}
	return guns
}

// PlanCeremony plans every request, a few side by side. What cannot be planned is left out.
func (r *Rotator) PlanCeremony(ctx context.Context, reqs []CeremonyRequest, atOnce int) (*CeremonyPlan, error) {
	if len(reqs) > ceremony.MaxRepositories {
		return nil, usagef("%d repositories are more than the %d that one ceremony takes", len(reqs), ceremony.MaxRepositories)
	}
	h, err := r.here(ctx)
	if err != nil {
		return nil, err
	}
	units, why := make([]*preparing, len(reqs)), make([]error, len(reqs))
	sideBySide(ctx, len(reqs), atOnce, func(i int) { units[i], why[i] = r.planPreparing(ctx, reqs[i], h) })
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p := &CeremonyPlan{ID: operationID(r.Now()), WillNotFollow: []string{}, Need: []Need{}}
	for i, u := range units {
		if why[i] != nil {
			p.Left = append(p.Left, LeftOut{reqs[i].GUN, why[i]})
			continue
		}
		p.Kind = kindOf(u.Role, u.repo.Change)
		p.units = append(p.units, u)
		p.Changes = append(p.Changes, u.words...)
		for _, who := range u.leftBehind {
			p.WillNotFollow = append(p.WillNotFollow, fmt.Sprintf("%s: %s", u.GUN, who))
		}
	}
	p.Steps = []string{"check that no ceremony waits for these repositories", "read every version of root.json and verify the chain"}
	if p.makes() {
		role := p.units[0].Role
		p.Need = append(p.Need, Need{Role: role, GUN: p.units[0].GUN, New: true,
			Why: fmt.Sprintf("the new %s key is made here and locked with this passphrase", role.Title())})
		p.Steps = append(p.Steps, fmt.Sprintf("make the new %s key, write it to pending/, read it back and open it", role.Title()))
	}
	p.Steps = append(p.Steps, "note in the journal that it waits for the ceremony", "write the file for the offline machine and read it back")
	return p, nil
}

// makes reports whether preparing makes private keys here.
func (p *CeremonyPlan) makes() bool {
	return slices.ContainsFunc(p.units, func(u *preparing) bool { return u.makesHere() })
}

func (u *preparing) makesHere() bool {
	return u.repo.Change == ceremony.NewKey && u.Role != trustdata.RoleRoot && u.To == Local
}

func kindOf(role trustdata.Role, change ceremony.Change) string {
	switch change {
	case ceremony.NewCertificate:
		return "renew root certificate"
	case ceremony.Refresh:
		return "refresh root"
	}
	return "rotate " + string(role)
}

func (r *Rotator) planPreparing(ctx context.Context, req CeremonyRequest, h here) (*preparing, error) {
	if err := r.Journal.waits(req.GUN); err != nil {
		return nil, err
	}
	if req.Role != trustdata.RoleRoot && req.Change != ceremony.NewKey {
		return nil, usagef("only root gets a %s", req.Change)
	}
	res, err := r.Fetch(ctx, req.GUN)
	if err != nil {
		return nil, err
	}
	u := &preparing{Request: req.Request, base: fingerprint(res.Repo)}
	if u.To, err = keeper(req.Request, res.Repo, h); err != nil {
		return nil, err
	}
	u.repo = ceremony.Repository{GUN: req.GUN, Server: res.Collection.Server, Role: req.Role, Change: req.Change,
		Gives: []trustdata.KeyID{}, New: []ceremony.Key{}, Base: u.base, Versions: versionsOf(res.Repo)}
	if req.Change != ceremony.Refresh {
		if u.repo.Gives, err = gives(req, res.Repo); err != nil {
			return nil, err
		}
	}
	if err := r.addChain(ctx, &u.repo, res.Repo.Root); err != nil {
		return nil, err
	}
	root := &res.Repo.Root.Body
	u.words = append(clockWarning(r.Now(), res.ServerClock), changeWords(&u.repo, root.Version)...)
	u.leftBehind = r.leftBehind(&u.repo, res.Repo.Root)
	return u, nil
}

// waits is an error where a ceremony is prepared for gun already: two roots of the same
// version are not to be signed.
func (j *Journal) waits(gun trustdata.GUN) error {
	all, err := j.Unfinished()
	if err != nil {
		return err
	}
	for _, op := range all {
		if u := op.Unit(gun); u != nil && op.Ceremony == OnlineSide && !u.State.Ended() {
			return fmt.Errorf("%q: %w: a ceremony waits for it. %s, and rotate --abandon %s gives it up", gun, ErrUnfinished, op.ceremonyNext(), op.ID)
		}
	}
	return nil
}

// keeper settles who will hold the new key, by the rules of every rotation.
func keeper(req Request, repo *notary.Repository, h here) (Manager, error) {
	_, old, err := roleKeys(&repo.Root.Body, req.Role)
	if err != nil {
		return "", err
	}
	b := &planner{held: h.held, moved: heldByServer(h.past, req.GUN, trustdata.RoleSnapshot), plan: &Plan{Request: req, base: repo, OldKeys: old}}
	err = b.manager()
	return b.plan.to, err
}

// gives are the keys that give way: the one that is named, or the only one. Every root key
// that is listed gets a new certificate unless one is named.
func gives(req CeremonyRequest, repo *notary.Repository) ([]trustdata.KeyID, error) {
	_, order, err := roleKeys(&repo.Root.Body, req.Role)
	switch {
	case err != nil:
		return nil, err
	case req.Old != "" && !slices.Contains(order, req.Old):
		return nil, usagef("%q lists no key %q for %s, but %s", req.GUN, req.Old.Short(), req.Role, shortIDs(order))
	case req.Old != "":
		return []trustdata.KeyID{req.Old}, nil
	case len(order) > 1 && req.Change == ceremony.NewKey:
		return nil, usagef("%q lists %d %s keys (%s): say which one gives way with --old-key ID, the others stay", req.GUN, len(order), req.Role.Title(), shortIDs(order))
	}
	return order, nil
}

func versionsOf(repo *notary.Repository) map[trustdata.Role]int64 {
	all := map[trustdata.Role]int64{trustdata.RoleRoot: repo.Root.Body.Version, trustdata.RoleSnapshot: repo.Snapshot.Body.Version,
		trustdata.RoleTimestamp: repo.Timestamp.Body.Version}
	for role, file := range repo.Targets {
		all[role] = file.Body.Version
	}
	return all
}

// The roots that a ceremony's file carries of one repository.
const (
	maxChain      = 512
	maxChainBytes = 32 << 20
)

// addChain adds the roots that lead to the newest: as many as the server has without a
// gap. Which one the offline machine knows is not known here.
func (r *Rotator) addChain(ctx context.Context, repo *ceremony.Repository, newest *notary.File[notary.Root]) error {
	server, err := r.Server(repo.GUN)
	if err != nil {
		return err
	}
	first, roots, size := newest.Body.Version, [][]byte{newest.Raw}, len(newest.Raw)
	for first > 1 && len(roots) < maxChain {
		raw, err := server.ByVersion(ctx, trustdata.RoleRoot, first-1, notary.Limit(trustdata.RoleRoot))
		if errors.Is(err, remote.ErrNotFound) {
			break
		}
		if err != nil {
			return fmt.Errorf("version %d of root.json: %w", first-1, err)
		}
		if size += len(raw); size > maxChainBytes {
			break
		}
		first, roots = first-1, append(roots, raw)
	}
	slices.Reverse(roots)
	repo.SetRoots(first, roots)
	_, err = repo.Chain(notary.Policy{GUN: repo.GUN, Now: r.Now(), Pins: r.Pins})
	return err
}
