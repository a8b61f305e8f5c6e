package notary

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"keyrite/trustdata"
)

// tagTable gathers the rows of a tree: one for each pair of name and digest.
type tagTable struct {
	rows     []trustdata.Tag
	at       map[tagKey]int
	problems []trustdata.Problem
	releases []node // targets/releases and what is below it
	digests  textPool
}

type tagKey struct {
	name   string
	digest [sha256.Size]byte
}

func newTagTable(tree []node) *tagTable {
	verified := slices.DeleteFunc(slices.Clone(tree), func(n node) bool { return n.file == nil })
	slices.SortStableFunc(verified, func(a, b node) int { return cmp.Compare(lookupRank(a.role), lookupRank(b.role)) })
	size := 0
	for _, n := range verified {
		size = max(size, len(n.file.Body.Targets))
	}
	t := &tagTable{rows: make([]trustdata.Tag, 0, size)}
	if len(verified) > 1 { // one file has no pair twice
		t.at = make(map[tagKey]int, size)
	}
	for _, n := range verified {
		if n.role == trustdata.RoleReleases || strings.HasPrefix(string(n.role), string(trustdata.RoleReleases)+"/") {
			t.releases = append(t.releases, n)
		}
	}
	for _, n := range verified {
		t.add(n)
	}
	for i := range t.rows {
		row := &t.rows[i]
		row.Signers = signersOf(row.Roles)
		row.Pulled = t.pulled(row)
	}
	SortTags(t.rows)
	return t
}

// lookupRank orders roles as docker asks them: releases, then targets; the others follow
// in the order of the tree.
func lookupRank(r trustdata.Role) int {
	switch r {
	case trustdata.RoleReleases:
		return 0
	case trustdata.RoleTargets:
		return 1
	}
	return 2
}

func (t *tagTable) add(n node) {
	var hidden, undigested oddNames
	alone := []trustdata.Role{n.role}
	for _, e := range n.file.Body.Targets {
		name := e.Name
		if !n.allows(name) {
			hidden.add(name)
			continue
		}
		sum := e.Hashes.SHA256
		if len(sum) != sha256.Size {
			undigested.add(name)
			continue
		}
		if t.at != nil {
			key := tagKey{name, [sha256.Size]byte(sum)}
			if i, ok := t.at[key]; ok {
				t.rows[i].Roles = append(t.rows[i].Roles, n.role)
				continue
			}
			t.at[key] = len(t.rows)
		}
		t.rows = append(t.rows, trustdata.Tag{Name: name, Digest: t.hexDigest(sum), Length: e.Length, Roles: alone[:1:1]})
	}
	t.odd(n.role, hidden, "outside of the paths that it may sign")
	t.odd(n.role, undigested, "without a SHA-256 digest")
}

func (t *tagTable) hexDigest(sum []byte) string {
	var text [2 * sha256.Size]byte
	hex.Encode(text[:], sum)
	return t.digests.text(text[:])
}

// oddNames counts names and keeps the least one as an example.
type oddNames struct {
	count int
	least string
}

func (o *oddNames) add(name string) {
	if o.count++; o.count == 1 || name < o.least {
		o.least = name
	}
}

func (t *tagTable) odd(role trustdata.Role, names oddNames, what string) {
	if names.count == 0 {
		return
	}
	t.problems = append(t.problems, trustdata.Problem{
		Role: role, Reason: trustdata.ReasonFormat,
		Detail: fmt.Sprintf("has names %s, which do not count: %d, such as %q", what, names.count, names.least),
	})
}

// pulled tells whether docker resolves row's name to row: it asks targets/releases with
// all that is below it, then targets, and takes the answer of these two alone. So a name
// in a delegation below releases hides the one in targets, and so does an entry of
// releases without a SHA-256.
func (t *tagTable) pulled(row *trustdata.Tag) bool {
	if row.Roles[0] == trustdata.RoleReleases {
		return true
	}
	for _, n := range t.releases {
		if _, ok := n.file.Body.Targets.Get(row.Name); ok && n.allows(row.Name) {
			return false
		}
	}
	return row.Roles[0] == trustdata.RoleTargets
}

var adminAlone = []string{trustdata.RepoAdmin}

// signersOf are the delegations among roles that stand for a person, or the admin.
func signersOf(roles []trustdata.Role) []string {
	var names []string
	for _, role := range roles {
		if name := role.Signer(); name != "" {
			names = append(names, name)
		}
	}
	if names == nil {
		return adminAlone[:1:1]
	}
	slices.Sort(names)
	return names
}
