package trustdata

import (
	"fmt"
	"strings"
)

// Role names who signs what. The four base roles sign the file of their name; a
// delegation "targets/<name>" signs tags on behalf of targets. In a TUF 1.0 repository a
// delegation has any other name, without its parent's in front.
type Role string

// The base roles, and the delegation that docker resolves tags from.
const (
	RoleRoot      Role = "root"
	RoleTargets   Role = "targets"
	RoleSnapshot  Role = "snapshot"
	RoleTimestamp Role = "timestamp"
	RoleReleases  Role = "targets/releases"
)

// BaseRoles are the roles that every root.json must list, in the order of trust.
var BaseRoles = []Role{RoleRoot, RoleTargets, RoleSnapshot, RoleTimestamp}

// maxRole is the reference implementation's limit on a role's length.
const maxRole = 255

// ParseRole accepts a base role or a delegation: "targets/" followed by segments of
// a-z, 0-9, "-" and "_", as the reference implementation does.
func ParseRole(s string) (Role, error) {
	r := Role(s)
	if r.IsBase() {
		return r, nil
	}
	rest, ok := strings.CutPrefix(s, string(RoleTargets)+"/")
	if !ok || len(s) > maxRole {
		return "", fmt.Errorf("role %q is neither a base role nor a delegation", s)
	}
	for seg := range strings.SplitSeq(rest, "/") {
		if seg == "" || strings.Trim(seg, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return "", fmt.Errorf("role %q is not a valid delegation name", s)
		}
	}
	return r, nil
}

// IsBase reports whether r is one of the four roles that root.json lists.
func (r Role) IsBase() bool {
	return r == RoleRoot || r == RoleTargets || r == RoleSnapshot || r == RoleTimestamp
}

// IsDelegation reports whether r is below targets.
func (r Role) IsDelegation() bool { return strings.HasPrefix(string(r), string(RoleTargets)+"/") }

// Parent is the role whose file lists r: "targets/a" for "targets/a/b", targets for
// "targets/a", and root for a base role.
func (r Role) Parent() Role {
	if i := strings.LastIndexByte(string(r), '/'); i >= 0 {
		return r[:i]
	}
	return RoleRoot
}

// Signer is the name that docker shows for a delegation ("alice" for "targets/alice"),
// and "" for base roles and for targets/releases, which stand for the repository's admin.
func (r Role) Signer() string {
	if r == RoleReleases || r.IsBase() {
		return ""
	}
	return strings.TrimPrefix(string(r), string(RoleTargets)+"/")
}

// Title is the word for r on a screen: Docker calls the targets role "repository".
func (r Role) Title() string {
	if r == RoleTargets {
		return "repository"
	}
	return string(r)
}
