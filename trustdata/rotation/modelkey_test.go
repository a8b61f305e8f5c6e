package rotation_test

import (
	"context"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/state"
)

// key names a state by all that a program could find out about it, but for names that are
// made at random: keys and operations count by the order in which they came.
func (m *model) key(f frozen) string {
	unfinished, ended := f.operations(m)
	r := &run{m: m, facts: f.facts, server: f.server}
	ops := append(slices.Clone(ended), unfinished...)
	slices.SortFunc(ops, func(a, b *rotation.Operation) int { return strings.Compare(a.ID, b.ID) })
	names := r.named(ops)
	var b strings.Builder
	for _, op := range ops {
		b.WriteString(sprintf("op closed=%v keys=%d", op.Closed, len(op.Keys)))
		for _, u := range op.Units {
			b.WriteString(sprintf(" %s tries=%d v=%d signed=%v base=%v", u.State, min(u.Tries, 2), u.Version, u.SHA256 != "", u.Base == r.fingerprint(u.GUN)))
		}
		b.WriteString("\n")
	}
	var places []string
	for id, name := range names {
		places = append(places, name+"="+r.place(id))
	}
	sort.Strings(places)
	b.WriteString(strings.Join(places, " ") + "\n")
	for _, g := range m.guns {
		b.WriteString(r.served(g, names) + r.remembered(g) + "\n")
	}
	b.WriteString(sprintf("late=%v other=%v", f.facts.late != nil, f.facts.other))
	return b.String()
}

// named gives every key a name that is the same in every run. Those whose making was not
// written down any more lie in pending/ only.
func (r *run) named(ops []*rotation.Operation) map[trustdata.KeyID]string {
	names := map[trustdata.KeyID]string{r.m.web.foreign.KeyID(): "foreign"}
	for id := range r.m.web.roots {
		names[id] = "root"
	}
	for id := range r.facts.held {
		if names[id] == "" {
			names[id] = "targets " + sprintf("%v", r.listed(id))
		}
	}
	var ids []trustdata.KeyID
	for n, op := range ops {
		for i, k := range op.Keys {
			names[k.KeyID] = sprintf("new %d.%d", n, i)
		}
	}
	for id := range r.facts.made {
		if names[id] == "" {
			ids = append(ids, id)
		}
	}
	for _, id := range ids {
		names[id] = "stray"
	}
	return names
}

// served is which root keys and targets keys each version of root lists, as the server has
// it, and whose it is.
func (r *run) served(g trustdata.GUN, names map[trustdata.KeyID]string) string {
	root := r.root(g)
	out := sprintf("%s root %d:", g, root.Version)
	for _, role := range []trustdata.Role{trustdata.RoleRoot, trustdata.RoleTargets} {
		for _, listed := range root.Roles[role].KeyIDs {
			key := root.Keys[listed]
			id, err := key.KeyID()
			r.m.must(err)
			out += " " + string(role) + "=" + names[id]
		}
	}
	return out
}

// remembered is what this machine has seen of the repository.
func (r *run) remembered(g trustdata.GUN) string {
	st, err := state.OpenStore(filepath.Join(r.m.home, "state"), r.m.web.now)
	r.m.must(err)
	seen, _, err := st.Seen(g)
	r.m.must(err)
	return sprintf(" seen %d %v", seen.Root.Version, seen.Versions)
}

// fingerprint is the repository's as the journal writes it down.
func (r *run) fingerprint(g trustdata.GUN) string {
	files := r.server.Files(g)
	return sha([]byte(sha(files[trustdata.RoleRoot]) + sha(files[trustdata.RoleSnapshot])))
}

// newModel founds the repositories on one root key, with a targets key each; the server
// makes their snapshots.
func (m *model) begin() frozen {
	m.web = newFront(m.t)
	m.home = filepath.Join(memoryFolder(m.t), "home")
	server := newServer(m.web.now)
	dir, err := keyring.OpenDir(filepath.Join(m.home, "trust"), keyring.DirOptions{Create: true})
	m.must(err)
	f := facts{held: map[trustdata.KeyID][]byte{}, made: map[trustdata.KeyID][]byte{}, trusted: map[trustdata.KeyID]bool{}, landed: map[string]bool{}}
	m.web.foreign, err = keyring.Generate(trustdata.KeyECDSA)
	m.must(err)
	root := m.generate(dir, trustdata.RoleRoot, f)
	m.web.roots[root.KeyID()] = root
	for _, g := range m.guns {
		targets := m.generate(dir, trustdata.RoleTargets, f)
		m.must(server.Publish(g, m.firstFiles(server, g, root, targets)))
	}
	return frozen{files: m.disk(), server: server, facts: f}
}

func (m *model) generate(dir *keyring.Dir, role trustdata.Role, f facts) *keyring.PrivateKey {
	k, err := keyring.Generate(trustdata.KeyECDSA)
	m.must(err)
	f.held[k.KeyID()], err = keyring.Encode(k, keyring.NewPassphrase([]byte(pass)), keyring.Header{Role: string(role)}, quick)
	m.must(err)
	m.must(dir.Put(context.Background(), string(k.KeyID()), f.held[k.KeyID()]))
	return k
}

func (m *model) firstFiles(server keyMaker, g trustdata.GUN, root, targets *keyring.PrivateKey) map[trustdata.Role][]byte {
	now := m.web.now()
	cert, err := notary.Certificate(root, g, now)
	m.must(err)
	body := notary.Root{Version: 1, Expires: now.AddDate(9, 0, 0), Keys: map[trustdata.ListedID]trustdata.PublicKey{}, Roles: map[trustdata.Role]notary.RoleKeys{}}
	public := map[trustdata.Role]trustdata.PublicKey{trustdata.RoleRoot: cert, trustdata.RoleTargets: targets.Public()}
	for _, role := range []trustdata.Role{trustdata.RoleSnapshot, trustdata.RoleTimestamp} {
		public[role], err = server.Key(g, role)
		m.must(err)
	}
	for role, k := range public {
		body.Keys[k.ListedID()] = k
		body.Roles[role] = notary.RoleKeys{KeyIDs: []trustdata.ListedID{k.ListedID()}, Threshold: 1}
	}
	rootFile, err := notary.SignRoot(body, []notary.Signer{{Key: root, Listed: cert.ListedID()}})
	m.must(err)
	targetsFile, err := notary.SignTargets(trustdata.RoleTargets, notary.Targets{Version: 1, Expires: now.AddDate(3, 0, 0), Targets: notary.Entries{}},
		[]notary.Signer{{Key: targets, Listed: targets.Public().ListedID()}})
	m.must(err)
	return map[trustdata.Role][]byte{trustdata.RoleRoot: rootFile.Raw, trustdata.RoleTargets: targetsFile.Raw}
}
