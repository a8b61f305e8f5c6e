package tufrepo

import (
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// collection is the view of a tree that everything above works with.
func (t *tree) collection(ctx context.Context, base string, now time.Time) (*trustdata.Collection, error) {
	c := &trustdata.Collection{GUN: trustdata.GUN(base), Dialect: trustdata.DialectTUF, Server: base, Source: trustdata.SourceLive, ReadAt: now}
	c.Roles = t.views()
	rows, problems, err := t.tags(ctx)
	if err != nil {
		return nil, err
	}
	c.Tags = rows
	c.Problems = append(append(t.problems, problems...), t.jumps()...)
	for _, role := range slices.Sorted(maps.Keys(t.skipped)) {
		c.Problems = append(c.Problems, t.skipped[role])
	}
	return c, nil
}

// views are the base roles in the order of trust, then each delegation once.
func (t *tree) views() []trustdata.RoleView {
	root := &t.top.Root.Signed
	base := func(role trustdata.Role, version int64, expires time.Time) trustdata.RoleView {
		who := root.Roles[string(role)]
		return trustdata.RoleView{Role: role, Version: version, Expires: expires, Threshold: who.Threshold, Keys: roleKeys(root.Keys, who.KeyIDs)}
	}
	all := []trustdata.RoleView{
		base(trustdata.RoleRoot, root.Version, root.Expires),
		base(trustdata.RoleTargets, t.root.file.Signed.Version, t.root.file.Signed.Expires),
		base(trustdata.RoleSnapshot, t.top.Snapshot.Signed.Version, t.top.Snapshot.Signed.Expires),
		base(trustdata.RoleTimestamp, t.top.Timestamp.Signed.Version, t.top.Timestamp.Signed.Expires),
	}
	for _, n := range t.nodes[1:] {
		ways := t.ways[n.role]
		if n != ways[0] || trustdata.Role(n.role).IsBase() {
			continue
		}
		if i := slices.IndexFunc(ways, func(w *node) bool { return w.file != nil }); i > 0 {
			n = ways[i]
		}
		v := trustdata.RoleView{Role: trustdata.Role(n.role), Threshold: n.rule.Threshold, Keys: roleKeys(n.keys, n.rule.KeyIDs),
			Paths: []string{}, Problem: t.skipped[n.role].Detail}
		for _, way := range ways {
			v.Paths = append(v.Paths, way.patterns()...)
		}
		if n.file != nil {
			v.Version, v.Expires = n.file.Signed.Version, n.file.Signed.Expires
		}
		all = append(all, v)
	}
	return all
}

// patterns are what the rule of a delegation covers, in words where it is by hash.
func (n *node) patterns() []string {
	if n.bin {
		return []string{"the names of this hash bin"}
	}
	all := slices.Clone(n.rule.Paths)
	if len(all) == 0 {
		for _, p := range n.rule.PathHashPrefixes {
			all = append(all, "hash "+p)
		}
	}
	return all
}

// tagKey is one row: a name with one digest.
type tagKey struct{ name, digest string }

// table gathers the rows of a tree.
type table struct {
	tree     *tree
	rows     []trustdata.Tag
	at       map[tagKey]int
	problems []trustdata.Problem
}

// tags are the targets that their roles may sign, one row for each pair of name and
// SHA-256, sorted by name with numbers in their order.
func (t *tree) tags(ctx context.Context) ([]trustdata.Tag, []trustdata.Problem, error) {
	b := &table{tree: t, at: map[tagKey]int{}}
	for _, n := range t.nodes {
		if n != t.ways[n.role][0] || !t.verified(n.role) {
			continue
		}
		if err := b.add(ctx, n.role); err != nil {
			return nil, nil, err
		}
	}
	resolved := map[string]string{}
	for i := range b.rows {
		row := &b.rows[i]
		role, known := resolved[row.Name]
		if !known {
			role = t.resolve(row.Name)
			resolved[row.Name] = role
		}
		row.Pulled = slices.Contains(row.Roles, trustdata.Role(role))
		row.Signers = signers(row.Roles)
	}
	notary.SortTags(b.rows)
	return b.rows, b.problems, nil
}

// add takes the targets of one role that verified.
func (b *table) add(ctx context.Context, role string) error {
	var outside, undigested []string
	for name, target := range b.tree.top.Targets[role].Signed.Targets {
		if err := ctx.Err(); err != nil {
			return err
		}
		sum := target.Hashes["sha256"]
		switch {
		case !b.allowed(role, name):
			outside = append(outside, name)
			continue
		case len(sum) != 32:
			undigested = append(undigested, name)
			continue
		}
		key := tagKey{name, hex.EncodeToString(sum)}
		if i, ok := b.at[key]; ok {
			b.rows[i].Roles = append(b.rows[i].Roles, trustdata.Role(role))
			continue
		}
		b.at[key] = len(b.rows)
		b.rows = append(b.rows, trustdata.Tag{Name: name, Digest: key.digest, Length: target.Length, Roles: []trustdata.Role{trustdata.Role(role)}})
	}
	b.odd(role, outside, "outside of the paths that it may sign")
	b.odd(role, undigested, "without a SHA-256 digest")
	return nil
}

// allowed reports whether some way to the role, all of it verified, covers the target.
func (b *table) allowed(role, target string) bool {
	sum := nameSum(target)
	return slices.ContainsFunc(b.tree.ways[role], func(n *node) bool { return n.file != nil && n.allows(target, sum) })
}

func (b *table) odd(role string, names []string, what string) {
	if len(names) == 0 {
		return
	}
	b.problems = append(b.problems, trustdata.Problem{Role: trustdata.Role(role), Reason: trustdata.ReasonFormat,
		Detail: fmt.Sprintf("has names %s, which do not count: %d, such as %q", what, len(names), slices.Min(names))})
}

// signers are the delegations among roles, or docker's word where there is none.
func signers(roles []trustdata.Role) []string {
	var names []string
	for _, r := range roles {
		if r != trustdata.RoleTargets {
			names = append(names, string(r))
		}
	}
	if names == nil {
		return []string{trustdata.RepoAdmin}
	}
	slices.Sort(names)
	return names
}

// resolve is the role whose entry a client takes for a target, as section 5.6.7 of the
// specification searches: before what is below, in the order of the file, no role twice,
// and nothing beyond a terminating delegation. A role on the way that does not verify ends
// the search without an answer, "", since it may hold another one.
func (t *tree) resolve(target string) string {
	sum := nameSum(target)
	visited := map[string]bool{}
	for stack := []*node{t.root}; len(stack) > 0; {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if visited[n.role] {
			continue
		}
		if n.file == nil {
			return ""
		}
		if _, ok := n.file.Signed.Targets[target]; ok {
			return n.role
		}
		visited[n.role] = true
		next, last := n.next(target, sum)
		if last {
			stack = stack[:0]
		}
		slices.Reverse(next)
		stack = append(stack, next...)
	}
	return ""
}

// next are the delegations of n that cover the target, up to the first terminating one;
// last reports that there is one.
func (n *node) next(target, sum string) (next []*node, last bool) {
	d := n.file.Signed.Delegations
	if d == nil {
		return nil, false
	}
	if d.Roles == nil && d.SuccinctRoles != nil {
		name := d.SuccinctRoles.GetRolesForTarget(target)[0].Name
		if bin, ok := n.byName[name]; ok {
			return []*node{bin}, true
		}
		return []*node{{role: name}}, true // not there: the search ends here
	}
	for _, child := range n.children {
		if !child.covers(target, sum) {
			continue
		}
		next = append(next, child)
		if child.rule.Terminating {
			return next, true
		}
	}
	return next, false
}

// roleKeys are the keys that a role lists, by their canonical IDs: those by which a key
// file on this machine has its name, not those of TUF 1.0. A key of a kind that is not
// known here has none.
func roleKeys(keys map[string]*metadata.Key, ids []string) []trustdata.RoleKey {
	var all []trustdata.RoleKey
	for _, id := range ids {
		key, ok := keys[id]
		if !ok {
			continue
		}
		view := trustdata.RoleKey{Algorithm: key.Type}
		if public, err := publicOf(key); err == nil {
			view.Algorithm = string(public.Type)
			view.KeyID = trustdata.KeyID(public.ListedID())
		}
		all = append(all, view)
	}
	return all
}
