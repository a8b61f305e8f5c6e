package tufrepo

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"
	"github.com/theupdateframework/go-tuf/v2/metadata/trustedmetadata"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// The bounds of a tree of delegations: how many delegations are followed, on how many ways
// to one role, and how deep.
const (
	maxNodes = 20_000
	maxWays  = 64
	maxDepth = 32
)

// node is one delegation: a role as one parent lists it. A role that two parents list has
// two nodes, and each parent's keys must have signed it.
type node struct {
	role   string
	parent *node
	rule   metadata.DelegatedRole // of a bin: no paths, terminating
	bin    bool
	depth  int
	// file is nil where the role was refused.
	file     *metadata.Metadata[metadata.TargetsType]
	keys     map[string]*metadata.Key
	children []*node
	byName   map[string]*node
}

// tree is a verified set of metadata with every delegation that can be reached.
type tree struct {
	top  *trustedmetadata.TrustedMetadata
	mem  *memory
	src  *source
	now  time.Time
	root *node
	// nodes are all of them, each before those below it, in the order of the files.
	nodes []*node
	// ways are the nodes of each role, and vouched is what checking a role's file with one
	// parent's keys came to, under the names of both.
	ways     map[string][]*node
	vouched  map[[2]string]error
	skipped  map[string]trustdata.Problem
	problems []trustdata.Problem
}

// grow loads the delegations below targets.
func grow(src *source, top *trustedmetadata.TrustedMetadata, mem *memory, now time.Time) (*tree, error) {
	t := &tree{top: top, mem: mem, src: src, now: now, ways: map[string][]*node{},
		vouched: map[[2]string]error{}, skipped: map[string]trustdata.Problem{}}
	who := top.Root.Signed.Roles[metadata.TARGETS]
	t.root = &node{role: metadata.TARGETS, file: top.Targets[metadata.TARGETS], keys: top.Root.Signed.Keys,
		rule: metadata.DelegatedRole{Name: metadata.TARGETS, KeyIDs: who.KeyIDs, Threshold: who.Threshold}}
	t.add(t.root)
	return t, t.below(t.root)
}

func (t *tree) add(n *node) {
	t.nodes = append(t.nodes, n)
	t.ways[n.role] = append(t.ways[n.role], n)
}

// below loads what n's file delegates to, each with what is below it.
func (t *tree) below(n *node) error {
	d := n.file.Signed.Delegations
	if d == nil {
		return nil
	}
	children := d.Roles
	if d.Roles == nil && d.SuccinctRoles != nil {
		children = t.bins(n, d.SuccinctRoles)
	}
	n.byName = make(map[string]*node, len(children))
	for _, rule := range children {
		if _, twice := n.byName[rule.Name]; twice {
			continue // go-tuf judges by the first of a name
		}
		child := &node{role: rule.Name, parent: n, rule: rule, bin: d.Roles == nil, depth: n.depth + 1, keys: d.Keys}
		n.byName[rule.Name] = child
		n.children = append(n.children, child)
		if child.isAncestor() && !trustdata.Role(child.role).IsBase() {
			continue // a circle: lookups do not visit a role twice
		}
		t.add(child)
		if err := t.load(child); err != nil {
			return err
		}
		if child.file != nil {
			if err := t.below(child); err != nil {
				return err
			}
		}
	}
	return nil
}

// isAncestor reports whether the role stands above itself.
func (n *node) isAncestor() bool {
	for p := n.parent; p != nil; p = p.parent {
		if p.role == n.role {
			return true
		}
	}
	return false
}

// bins are the hash bins of which the snapshot names a file. All of them should be there,
// but there may be 2^32, so those that the snapshot names are counted, not those missing.
func (t *tree) bins(n *node, s *metadata.SuccinctRoles) []metadata.DelegatedRole {
	var all []metadata.DelegatedRole
	if why := checkName(s.NamePrefix); why != "" {
		t.problems = append(t.problems, trustdata.Problem{Role: trustdata.Role(n.role), Reason: trustdata.ReasonFormat,
			Detail: fmt.Sprintf("its hash bins are refused: %s: %q", why, s.NamePrefix)})
		return nil
	}
	digits := (s.BitLength + 3) / 4
	for file := range t.top.Snapshot.Signed.Meta {
		name, _ := strings.CutSuffix(file, ".json")
		suffix, ok := strings.CutPrefix(name, s.NamePrefix+"-")
		if ok && len(suffix) == digits && strings.Trim(suffix, "0123456789abcdef") == "" && s.IsDelegatedRole(name) {
			all = append(all, metadata.DelegatedRole{Name: name, KeyIDs: s.KeyIDs, Threshold: s.Threshold, Terminating: true})
		}
	}
	slices.SortFunc(all, func(a, b metadata.DelegatedRole) int { return strings.Compare(a.Name, b.Name) })
	if want := int64(1) << s.BitLength; int64(len(all)) < want {
		t.problems = append(t.problems, trustdata.Problem{Role: trustdata.Role(n.role), Reason: trustdata.ReasonMissing,
			Detail: fmt.Sprintf("the snapshot names %d of its %d hash bins", len(all), want)})
	}
	return all
}

// load verifies the file of a node, or notes why it does not count. Only what is no
// verdict on this role's metadata is an error.
func (t *tree) load(n *node) error {
	err := guarded(func() trustdata.Role { return trustdata.Role(n.role) }, func() error { return t.verify(n) })
	err = t.src.refusal(trustdata.Role(n.role), err)
	var refused *trustdata.VerifyError
	if !errors.As(err, &refused) {
		return err
	}
	n.file = nil
	if !t.verified(n.role) {
		t.skipped[n.role] = refused.Problem
		return nil
	}
	// Another parent vouches for the role, so it counts; through this one it does not.
	t.problems = append(t.problems, trustdata.Problem{Role: trustdata.Role(n.parent.role), Reason: refused.Reason,
		Detail: fmt.Sprintf("its delegation to %q does not hold: %s", n.role, refused.Detail)})
	return nil
}

func (t *tree) verify(n *node) error {
	role := trustdata.Role(n.role)
	if why := checkName(n.role); why != "" {
		return trustdata.Refuse(role, trustdata.ReasonFormat, "%s", why)
	}
	if why := checkWho(n.rule.KeyIDs, n.rule.Threshold); why != "" {
		return trustdata.Refuse(role, trustdata.ReasonFormat, "it %s", why)
	}
	if n.depth > maxDepth || len(t.nodes) > maxNodes || len(t.ways[n.role]) > maxWays {
		return trustdata.Refuse(role, trustdata.ReasonFormat,
			"more delegations than are followed: %d in all, %d deep, %d ways to one role", maxNodes, maxDepth, maxWays)
	}
	if file, ok := t.top.Targets[n.role]; ok {
		if err := t.vouch(n, file); err != nil {
			return err
		}
		n.file = file
		return nil
	}
	raw, err := t.read(role)
	if err != nil {
		return err
	}
	file, err := t.top.UpdateDelegatedTargets(raw, n.role, n.parent.role)
	if err != nil {
		return err
	}
	if err := t.current(role, file); err != nil {
		delete(t.top.Targets, n.role)
		return err
	}
	n.file = file
	delete(t.skipped, n.role)
	return nil
}

// vouch checks a file that another parent's keys have signed with those of this parent.
func (t *tree) vouch(n *node, file *metadata.Metadata[metadata.TargetsType]) error {
	pair := [2]string{n.parent.role, n.role}
	err, known := t.vouched[pair]
	if !known {
		err = n.parent.file.VerifyDelegate(n.role, file)
		t.vouched[pair] = err
	}
	return err
}

// read gets the file of a delegation and holds it against the snapshot before any of it
// is decoded.
func (t *tree) read(role trustdata.Role) ([]byte, error) {
	meta, ok := t.top.Snapshot.Signed.Meta[string(role)+".json"]
	if !ok {
		return nil, trustdata.Refuse(role, trustdata.ReasonMissing, "the snapshot names no file of it")
	}
	limit := meta.Length
	if limit == 0 {
		limit = notary.Limit(role)
	}
	raw, err := t.src.file(role, fileName(string(role), meta.Version, t.top.Root.Signed.ConsistentSnapshot), 0, limit)
	if err != nil {
		return nil, err
	}
	if err := meta.VerifyLengthHashes(raw); err != nil {
		return nil, err
	}
	return raw, checkShape(role, raw)
}

// current refuses a file that went back or whose end is now.
func (t *tree) current(role trustdata.Role, file *metadata.Metadata[metadata.TargetsType]) error {
	if end := file.Signed.Expires; !t.now.Before(end) {
		return expired(role, end)
	}
	return t.mem.least(role, file.Signed.Version)
}

// verified reports whether a role's file counts through some parent.
func (t *tree) verified(role string) bool {
	return slices.ContainsFunc(t.ways[role], func(n *node) bool { return n.file != nil })
}

// allows reports whether every delegation on the way down to n covers the target.
func (n *node) allows(target string, sum string) bool {
	for ; n.parent != nil; n = n.parent {
		if !n.covers(target, sum) {
			return false
		}
	}
	return true
}

// covers reports whether the parent's rule for n covers the target, whose name's SHA-256
// in hex is sum. Hash prefixes are hex as the specification has it; go-tuf v2.4 compares
// them with base64.
func (n *node) covers(target, sum string) bool {
	if n.bin {
		return n.parent.file.Signed.Delegations.SuccinctRoles.GetRolesForTarget(target)[0].Name == n.role
	}
	for _, pattern := range n.rule.Paths {
		if matches(pattern, target) {
			return true
		}
	}
	return len(n.rule.Paths) == 0 && slices.ContainsFunc(n.rule.PathHashPrefixes, func(p string) bool { return strings.HasPrefix(sum, p) })
}

// matches compares segment by segment, so that no wildcard stands for a slash.
func matches(pattern, target string) bool {
	patterns, targets := strings.Split(pattern, "/"), strings.Split(target, "/")
	if len(patterns) != len(targets) {
		return false
	}
	for i, p := range patterns {
		if ok, err := path.Match(p, targets[i]); err != nil || !ok {
			return false
		}
	}
	return true
}

// nameSum is what hash prefixes are compared with.
func nameSum(target string) string {
	sum := sha256.Sum256([]byte(target))
	return hex.EncodeToString(sum[:])
}
