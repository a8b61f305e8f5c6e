package notary

import (
	"strings"
	"time"

	"keyrite/trustdata"
)

// Order is the verified part of the tree of targets: each file before the delegations
// that it lists, which stand in their order.
func (r *Repository) Order() []trustdata.Role {
	var all []trustdata.Role
	r.walk(func(n node) {
		if n.file != nil {
			all = append(all, n.role)
		}
	})
	return all
}

// Ended names each file whose end lies before now: those that only a Policy that is Late
// has let through.
func (r *Repository) Ended(now time.Time) []trustdata.Problem {
	var all []trustdata.Problem
	add := func(role trustdata.Role, expires time.Time) {
		if problem, ended := (Policy{Now: now}).ended(role, expires); ended {
			all = append(all, problem)
		}
	}
	add(trustdata.RoleRoot, r.Root.Body.Expires)
	add(trustdata.RoleTimestamp, r.Timestamp.Body.Expires)
	add(trustdata.RoleSnapshot, r.Snapshot.Body.Expires)
	for _, role := range r.Order() {
		add(role, r.Targets[role].Body.Expires)
	}
	return all
}

// node is one role of the tree of targets. Its file is nil for a role that is listed but
// has no verified file; whatever such a file would list is not reached.
type node struct {
	role trustdata.Role
	keys map[trustdata.ListedID]trustdata.PublicKey
	who  RoleKeys
	// listed are the prefixes that its parent gives it, and paths those of them that lie
	// within what the parent itself may sign.
	listed, paths []string
	file          *File[Targets]
}

// allows reports whether the role may sign name.
func (n node) allows(name string) bool { return hasPrefix(name, n.paths) }

func hasPrefix(name string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

func (r *Repository) walk(visit func(node)) {
	r.visit(node{
		role: trustdata.RoleTargets, keys: r.Root.Body.Keys, who: r.Root.Body.Roles[trustdata.RoleTargets],
		paths: []string{""}, file: r.Targets[trustdata.RoleTargets],
	}, visit)
}

// visit goes down the tree, which ends by itself: a child's name is its parent's and one
// segment more, and names are bounded.
func (r *Repository) visit(n node, visit func(node)) {
	visit(n)
	if n.file == nil {
		return
	}
	for _, d := range n.file.Body.Delegations {
		child := node{role: d.Role, keys: n.file.Body.Keys, who: d.RoleKeys, listed: d.Paths, file: r.Targets[d.Role]}
		for _, p := range d.Paths {
			if hasPrefix(p, n.paths) {
				child.paths = append(child.paths, p)
			}
		}
		r.visit(child, visit)
	}
}
