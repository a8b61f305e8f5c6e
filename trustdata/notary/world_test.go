package notary_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

const (
	rRoot      = trustdata.RoleRoot
	rTargets   = trustdata.RoleTargets
	rSnapshot  = trustdata.RoleSnapshot
	rTimestamp = trustdata.RoleTimestamp
	rReleases  = trustdata.RoleReleases
	rAlice     = trustdata.Role("targets/alice")
	rTeam      = trustdata.Role("targets/alice/team")
)

// world is a repository in generic form, with the delegations releases, alice, and
// below alice team. A test changes its bodies before they are signed, or the files once
// they are, and sees what verification makes of it.
type world struct {
	t testing.TB
	// bodies are what is signed, signers who signs it.
	bodies  map[trustdata.Role]object
	signers map[trustdata.Role][]notary.Signer
	// signed changes a file before its parent names it, and served after that.
	signed, served map[trustdata.Role]func([]byte) []byte
	// keep has the entries that snapshot and timestamp are to have whatever the files are.
	keep  map[trustdata.Role]object
	files map[trustdata.Role][]byte
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{
		t: t, bodies: map[trustdata.Role]object{}, signers: map[trustdata.Role][]notary.Signer{},
		signed: map[trustdata.Role]func([]byte) []byte{}, served: map[trustdata.Role]func([]byte) []byte{},
		keep: map[trustdata.Role]object{},
	}
	root := object{
		"_type": "Root", "version": 1, "expires": date(now.Add(notary.Lifetime(rRoot))), "consistent_snapshot": false,
		"keys": object{}, "roles": object{},
	}
	cert, certSigner := certify(t, newEC(t))
	w.signers[rRoot] = []notary.Signer{certSigner}
	root["keys"].(object)[string(cert.ListedID())] = keyObject(cert)
	root["roles"].(object)["root"] = roleObject(1, cert.ListedID())
	for _, role := range []trustdata.Role{rTargets, rSnapshot, rTimestamp} {
		key := newEC(t)
		w.signers[role] = []notary.Signer{signer(key)}
		root["keys"].(object)[string(key.Public().ListedID())] = keyObject(key.Public())
		root["roles"].(object)[string(role)] = roleObject(1, key.Public().ListedID())
	}
	w.bodies[rRoot] = root
	w.bodies[rTargets] = targetsObject("v1")
	w.bodies[rSnapshot] = object{"_type": "Snapshot", "version": 1, "expires": date(now.Add(notary.Lifetime(rSnapshot)))}
	w.bodies[rTimestamp] = object{"_type": "Timestamp", "version": 1, "expires": date(now.Add(notary.Lifetime(rTimestamp)))}
	w.delegate(rReleases, "v2")
	w.delegate(rAlice, "v2")
	w.delegate(rTeam, "v3")
	return w
}

func roleObject(threshold int, ids ...trustdata.ListedID) object {
	return object{"keyids": ids, "threshold": threshold}
}

func targetsObject(names ...string) object {
	targets := object{}
	for _, name := range names {
		targets[name] = entryObject(name)
	}
	return object{
		"_type": "Targets", "version": 1, "expires": date(now.Add(notary.Lifetime(rTargets))),
		"delegations": object{"keys": object{}, "roles": []any{}}, "targets": targets,
	}
}

func entryObject(content string) object {
	return object{"hashes": object{"sha256": notary.MetaOf([]byte(content)).Hashes["sha256"]}, "length": len(content)}
}

// delegate adds a delegation with a key of its own and a file that holds names.
func (w *world) delegate(role trustdata.Role, names ...string) {
	key := newEC(w.t)
	w.signers[role] = []notary.Signer{signer(key)}
	w.bodies[role] = targetsObject(names...)
	d := roleObject(1, key.Public().ListedID())
	d["name"], d["paths"] = role, []string{""}
	delegations := w.delegations(role.Parent())
	delegations["keys"].(object)[string(key.Public().ListedID())] = keyObject(key.Public())
	delegations["roles"] = append(delegations["roles"].([]any), d)
}

func (w *world) delegations(parent trustdata.Role) object {
	return w.bodies[parent]["delegations"].(object)
}

// listing is the object that lists role's keys and threshold: in root, or in its parent.
func (w *world) listing(role trustdata.Role) object {
	if role.IsBase() {
		return w.bodies[rRoot]["roles"].(object)[string(role)].(object)
	}
	for _, d := range w.delegations(role.Parent())["roles"].([]any) {
		if d.(object)["name"] == role {
			return d.(object)
		}
	}
	w.t.Fatalf("no delegation %q", role)
	return nil
}

// list lists key for role in place of those before, or besides them.
func (w *world) list(role trustdata.Role, key trustdata.PublicKey, besides bool) {
	keys, _ := w.bodies[rRoot]["keys"].(object)
	if role.IsDelegation() {
		keys = w.delegations(role.Parent())["keys"].(object)
	}
	keys[string(key.ListedID())] = keyObject(key)
	ids := []trustdata.ListedID{key.ListedID()}
	if besides {
		ids = append(ids, w.listing(role)["keyids"].([]trustdata.ListedID)...)
	}
	w.listing(role)["keyids"] = ids
}

// build signs everything, children before the files that name them.
func (w *world) build() {
	w.t.Helper()
	w.files = map[trustdata.Role][]byte{}
	named := object{}
	for _, role := range slices.Sorted(maps.Keys(w.bodies)) {
		if role != rSnapshot && role != rTimestamp {
			w.sign(role)
			named[string(role)] = w.meta(role)
		}
	}
	if _, ok := w.bodies[rSnapshot]["meta"]; !ok {
		w.bodies[rSnapshot]["meta"] = named
	}
	w.sign(rSnapshot)
	if _, ok := w.bodies[rTimestamp]["meta"]; !ok {
		w.bodies[rTimestamp]["meta"] = object{"snapshot": w.meta(rSnapshot)}
	}
	w.sign(rTimestamp)
	for role, change := range w.served {
		w.files[role] = change(w.files[role])
	}
}

// freeze keeps the files that are built, as signing them again would change them, and
// has the timestamp made anew.
func (w *world) freeze() {
	for role, file := range w.files {
		if role != rSnapshot && role != rTimestamp {
			w.signed[role] = func([]byte) []byte { return file }
		}
	}
	delete(w.bodies[rTimestamp], "meta")
}

func (w *world) meta(role trustdata.Role) object {
	if kept, ok := w.keep[role]; ok {
		return kept
	}
	return metaObject(w.files[role])
}

func (w *world) sign(role trustdata.Role) {
	w.t.Helper()
	file := signedFile(w.t, w.bodies[role], w.signers[role]...)
	if change, ok := w.signed[role]; ok {
		file = change(file)
	}
	w.files[role] = file
}

// verify builds the repository and verifies every file, the delegations too, up to the
// first that is refused.
func (w *world) verify(p notary.Policy) (*notary.Repository, error) {
	w.t.Helper()
	w.build()
	repo := &notary.Repository{GUN: p.GUN, Targets: map[trustdata.Role]*notary.File[notary.Targets]{}}
	var err error
	if repo.Root, err = p.FirstRoot(w.files[rRoot]); err != nil {
		return repo, err
	}
	if repo.Timestamp, err = p.Timestamp(repo.Root, w.files[rTimestamp]); err != nil {
		return repo, err
	}
	if repo.Snapshot, err = p.Snapshot(repo.Root, repo.Timestamp, w.files[rSnapshot]); err != nil {
		return repo, err
	}
	targets, err := p.Targets(repo.Root, repo.Snapshot, w.files[rTargets])
	if err != nil {
		return repo, err
	}
	return repo, w.verifyTree(p, repo, rTargets, targets)
}

func (w *world) verifyTree(p notary.Policy, repo *notary.Repository, role trustdata.Role, f *notary.File[notary.Targets]) error {
	repo.Targets[role] = f
	for _, d := range f.Body.Delegations {
		if _, ok := w.files[d.Role]; !ok {
			continue
		}
		child, err := p.Delegation(f, d, repo.Snapshot, w.files[d.Role])
		if err != nil {
			return err
		}
		if err := w.verifyTree(p, repo, d.Role, child); err != nil {
			return err
		}
	}
	return nil
}

// fiveRoles has one role of each kind.
var fiveRoles = []trustdata.Role{rRoot, rTimestamp, rSnapshot, rTargets, rAlice}

// expire sets a body's end.
func expire(body object, t time.Time) { body["expires"] = date(t) }
