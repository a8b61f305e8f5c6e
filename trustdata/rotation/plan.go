package rotation

import (
	"fmt"
	"slices"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// Manager says who holds the private key of a role.
type Manager string

// The managers. Same keeps the manager as it is.
const (
	Same   Manager = ""
	Local  Manager = "local"
	Server Manager = "server"
)

// Need is a key that must be opened or made before a plan can be applied.
type Need struct {
	KeyID trustdata.KeyID `json:"key_id"`
	Role  trustdata.Role  `json:"role"`
	GUN   trustdata.GUN   `json:"gun"`
	Why   string          `json:"why"`
	// New marks a key that the operation makes; its KeyID is "" until then.
	New bool `json:"new"`
	// Given marks a key that is in no store: whoever asked for the plan has it opened.
	Given bool `json:"-"`
	// Staged is the operation whose key it is, where that may wait in pending/ still: see
	// WithStaged.
	Staged string `json:"-"`
}

// Plan is a rotation before it happens: what would change, and which keys it takes. It
// holds no secret and may be shown and stored.
type Plan struct {
	ID      string `json:"id"`
	Kind    string `json:"kind"`
	Request `json:"-"`
	// Server is the trust server that the plan was made against. A plan of DialectTUF is for
	// a folder on this machine, which stands in the server's place.
	Server  string            `json:"-"`
	Dialect trustdata.Dialect `json:"-"`
	// Command is the verb that does the same, "" where the request's own words make it.
	Command string   `json:"-"`
	Steps   []string `json:"steps"`
	Need    []Need   `json:"needs"`
	// Changes are sentences for people: what is not as before when the plan is done.
	Changes       []string `json:"changes"`
	WillNotFollow []string `json:"will_not_follow"`
	// OldKeys are the canonical IDs that the role lists now; RootVersion is the version
	// that root.json would get.
	OldKeys []trustdata.KeyID `json:"-"`
	// Vouched is what a compromised key has signed, once somebody has asked for it.
	Vouched *History `json:"vouched,omitempty"`
	// Trusted is what a compromised root key has trusted others with.
	Trusted     *RootHistory `json:"trusted,omitempty"`
	RootVersion int64        `json:"-"`

	base         *notary.Repository
	to           Manager // never Same
	withSnapshot bool    // the snapshot key is here: the upload carries a snapshot
	// kept are the keys, as they are listed, that the role keeps beside the new one;
	// threshold is what it will need. chain is the certificate that was issued for the new
	// root key.
	kept      []trustdata.ListedID
	threshold int
	chain     *trustdata.PublicKey
	// former are the certificates of earlier root keys that sign along.
	former []trustdata.ListedID
	// listings are the delegations whose keys change, the one that was asked for first, and
	// public is the key of somebody else that comes in.
	listings []listing
	public   *trustdata.PublicKey
}

// Needs lists every key that must be opened or made, and why.
func (p *Plan) Needs() []Need { return p.Need }

// MakesKey reports whether the plan makes a key on this machine.
func (p *Plan) MakesKey() bool { return p.origin() == keyMade }

// held maps the canonical IDs of the keys in a store to their rows.
type held map[trustdata.KeyID]keyring.Info

// roleKeys gives the canonical IDs of the keys that root lists for role, with the ID
// under which each is listed.
func roleKeys(root *notary.Root, role trustdata.Role) (map[trustdata.KeyID]trustdata.ListedID, []trustdata.KeyID, error) {
	return canonicalIDs(root.Keys, root.Roles[role].KeyIDs, role)
}

// canonicalIDs maps the listed IDs of a role to canonical ones, and keeps their order.
func canonicalIDs(keys map[trustdata.ListedID]trustdata.PublicKey, ids []trustdata.ListedID, role trustdata.Role) (map[trustdata.KeyID]trustdata.ListedID, []trustdata.KeyID, error) {
	listed := map[trustdata.KeyID]trustdata.ListedID{}
	var order []trustdata.KeyID
	for _, id := range ids {
		key, ok := keys[id]
		if !ok {
			return nil, nil, fmt.Errorf("%s lists the key %q for %s without its public half", role.Parent(), id, role)
		}
		canonical, err := key.KeyID()
		if err != nil {
			return nil, nil, err
		}
		if _, twice := listed[canonical]; !twice {
			order = append(order, canonical)
		}
		listed[canonical] = id
	}
	return listed, order, nil
}

// planner gathers one plan.
type planner struct {
	plan *Plan
	held held
	now  time.Time
	// moved says that the operations log has the snapshot key at the server.
	moved bool
	// pin is what the settings of this machine say of the repository's root.
	pin     notary.Pin
	clients []clientPin
	// ceremony says that the offline machine signs, with the keys that the roots list last.
	ceremony bool
}

func (b *planner) run() error {
	b.plan.RootVersion = b.plan.base.Root.Body.Version + 1
	settling := []func() error{b.plan.check, b.plan.checkCompromised, b.exchange, b.manager, b.rootKeys, b.formerKeys, b.stayingKeys, b.snapshotKey}
	if b.plan.Role.IsDelegation() {
		settling = []func() error{b.plan.check, b.plan.checkCompromised, b.delegation, b.snapshotKey}
	}
	for _, settle := range settling {
		if err := settle(); err != nil {
			return err
		}
	}
	b.existing()
	if b.plan.origin() == keyMade {
		b.need(Need{Role: b.plan.Role, GUN: b.plan.GUN, New: true,
			Why: fmt.Sprintf("the new %s key is made here and locked with this passphrase", b.plan.Role.Title())})
	}
	b.words()
	return nil
}

// manager settles who will hold the key, as notary-v1.md section 7 allows it.
func (b *planner) manager() error {
	role, to := b.plan.Role, b.plan.To
	switch {
	case role == trustdata.RoleTimestamp && to == Local:
		return usagef("the timestamp key always stays with the server: \"--to local\" is not possible")
	case (role == trustdata.RoleRoot || role == trustdata.RoleTargets) && to == Server:
		return usagef("the %s key never goes to the server: \"--to server\" is not possible", role)
	case role == trustdata.RoleTimestamp:
		to = Server
	case role == trustdata.RoleRoot || role == trustdata.RoleTargets:
		to = Local
	case to == Same && b.anyHeld(b.plan.OldKeys):
		to = Local
	case to == Same && b.moved:
		to = Server
	case to == Same:
		return usagef("no snapshot key of %q is on this machine, and nobody can ask the server whether it holds one: say \"--to server\" or \"--to local\"", b.plan.GUN)
	}
	b.plan.to = to
	return nil
}

func (b *planner) anyHeld(ids []trustdata.KeyID) bool {
	return slices.ContainsFunc(ids, func(id trustdata.KeyID) bool { _, ok := b.held[id]; return ok })
}

func (b *planner) need(n Need) { b.plan.Need = append(b.plan.Need, n) }

// snapshotKey decides whether the upload carries a snapshot: it does where the snapshot
// key is here, and where it is about to be made here.
func (b *planner) snapshotKey() error {
	_, ids, err := roleKeys(&b.plan.base.Root.Body, trustdata.RoleSnapshot)
	if err != nil {
		return err
	}
	if b.plan.Role == trustdata.RoleSnapshot {
		b.plan.withSnapshot = b.plan.to == Local
		return nil
	}
	threshold, found := b.plan.base.Root.Body.Roles[trustdata.RoleSnapshot].Threshold, 0
	for _, id := range ids {
		if _, ok := b.held[id]; ok && found < threshold {
			found++
			b.need(Need{KeyID: id, Role: trustdata.RoleSnapshot, GUN: b.plan.GUN, Why: "it signs the snapshot, which names the new files"})
		}
	}
	if found > 0 && found < threshold {
		return &MissingKeyError{GUN: b.plan.GUN, Role: trustdata.RoleSnapshot, Listed: ids, Threshold: threshold, Found: found}
	}
	b.plan.withSnapshot = found > 0
	return nil
}
