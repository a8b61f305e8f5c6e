package audit

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/remote"
)

// Repository is what was read of one repository. Its tags are counted and not kept, for
// there may be hundreds of repositories.
type Repository struct {
	GUN    trustdata.GUN
	Source trustdata.Source
	// ReadAt is when its facts were read from their source.
	ReadAt   time.Time
	Server   string
	Roles    []trustdata.RoleView
	Problems []trustdata.Problem
	Tags     int
	// Err says why it could not be read; nil if it could.
	Err error
	// Chosen reports whether a flag, a profile or the environment named its server. Else it
	// follows from the repository's host.
	Chosen bool
	// Deployed says that it is looked at only since somebody runs its images. Then what there
	// is to say of its absence is said of them.
	Deployed bool
	// Staged are changes that another client has prepared here and not published, StagedErr
	// says why these cannot be known.
	Staged    []keyring.Changelist
	StagedErr error
	// Drift is how its tags differ from what the registry serves; nil where that was not
	// asked.
	Drift *Drift
}

// NewRepository keeps of a collection what an audit needs.
func NewRepository(gun trustdata.GUN, col *trustdata.Collection, err error) Repository {
	r := Repository{GUN: gun, Err: err}
	if col != nil {
		r.Source, r.ReadAt, r.Server, r.Roles, r.Problems, r.Tags = col.Source, col.ReadAt, col.Server, col.Roles, col.Problems, len(col.Tags)
	}
	return r
}

// Over is what a reading says of a repository that was known as old: a server that could not
// be asked, or contradicts what was seen, takes nothing away and adds why.
func (r Repository) Over(old Repository) Repository {
	if r.Err == nil || old.Err != nil || errors.Is(r.Err, remote.ErrNotFound) ||
		errors.Is(r.Err, trustdata.ErrVerify) && !errors.Is(r.Err, remote.ErrHistory) {
		return r
	}
	old.Err, old.Staged, old.StagedErr = r.Err, r.Staged, r.StagedErr
	return old
}

func (r Repository) eachKey(see func(trustdata.RoleView, trustdata.RoleKey)) {
	for _, role := range r.Roles {
		for _, k := range role.Keys {
			see(role, k)
		}
	}
}

// repository judges one repository.
func (l Look) repository(r Repository) []Finding {
	out := l.closing(r)
	if r.Err != nil {
		if f := r.trouble(); f.Severity == Error || !r.Deployed {
			out = append(out, f)
		}
	}
	for _, role := range r.Roles {
		out = append(out, l.role(r, role)...)
	}
	for _, p := range r.Problems {
		f := Finding{Severity: Warning, Code: "unusual", Role: p.Role, Message: p.String(), Remedy: "keyrite inspect " + r.word()}
		switch p.Reason {
		case trustdata.ReasonUnusual:
		case trustdata.ReasonNotKept:
			f.Code, f.Remedy = "not_remembered", "Make room, or mend the folder's rights: without it a server could go back unseen."
		default:
			continue // its role has said it
		}
		out = append(out, f)
	}
	out = append(out, r.unpublished()...)
	out = append(out, l.rootElsewhere(r)...)
	out = append(out, r.Drift.findings(r)...)
	for i := range out {
		out[i].GUN = r.GUN
	}
	return out
}

// unpublished are changes that another client has prepared.
func (r Repository) unpublished() []Finding {
	remedy := "notary status " + r.word()
	if r.StagedErr != nil {
		return []Finding{{Severity: Warning, Code: "unpublished", Message: "what notary has prepared here cannot be read: " + trustdata.VisibleError(r.StagedErr), Remedy: remedy}}
	}
	var out []Finding
	for _, list := range r.Staged {
		if list.Changes > 0 {
			out = append(out, Finding{Severity: Warning, Code: "unpublished", Path: list.Path, Remedy: remedy,
				Message: fmt.Sprintf("changes that notary has prepared here and not published: %d; whoever runs notary publish next signs and sends them", list.Changes)})
		}
	}
	return out
}

// word is the repository as one word of a shell's line.
func (r Repository) word() string { return quoteShell(string(r.GUN)) }

// trouble is a repository that could not be read.
func (r Repository) trouble() Finding {
	why := trustdata.VisibleError(r.Err)
	var refused *trustdata.VerifyError
	errors.As(r.Err, &refused)
	switch {
	case errors.Is(r.Err, remote.ErrHistory):
		return Finding{Severity: Error, Code: "contradiction", Role: refusedRole(refused),
			Message: "the trust server contradicts what this machine has seen: " + why + ". An old copy restored by mistake looks like this, and so does an attack",
			Remedy:  "Stop: do not sign and do not pull. Ask who runs the server; keyrite --offline inspect " + r.word() + " shows what is known here."}
	case refused != nil && refused.Reason == trustdata.ReasonCertificate:
		return Finding{Severity: Error, Code: "certificate_ended", Role: refused.Role, Message: why, Remedy: "keyrite help lost-root"}
	case errors.Is(r.Err, trustdata.ErrVerify):
		return Finding{Severity: Error, Code: "unverified", Role: refusedRole(refused), Message: why, Remedy: "keyrite inspect " + r.word()}
	case errors.Is(r.Err, remote.ErrNotCached):
		return Finding{Severity: Info, Code: "not_cached", Message: "nothing of it is on this machine, so that nothing can be said of it offline", Remedy: "keyrite repos --check"}
	case errors.Is(r.Err, remote.ErrNotFound):
		return Finding{Severity: Warning, Code: "not_on_server", Message: "its trust server does not have it", Remedy: "keyrite doctor " + r.word()}
	}
	return Finding{Severity: Warning, Code: "unreachable", Message: why, Remedy: "keyrite doctor " + r.word()}
}

func refusedRole(e *trustdata.VerifyError) trustdata.Role {
	if e == nil {
		return ""
	}
	return e.Role
}

// rootElsewhere finds that the repository's own holder, who has the key of its targets, has
// not enough of its root keys, neither here nor in a backup that was proven.
func (l Look) rootElsewhere(r Repository) []Finding {
	i := slices.IndexFunc(r.Roles, func(v trustdata.RoleView) bool { return v.Role == trustdata.RoleRoot })
	if i < 0 || !holdsAny(l.held, r.Roles, trustdata.RoleTargets) {
		return nil
	}
	root, have := r.Roles[i], 0
	for _, k := range root.Keys {
		if _, here := l.held[k.KeyID]; here || l.proven[k.KeyID] != nil {
			have++
		}
	}
	if have >= max(1, root.Threshold) {
		return nil
	}
	f := Finding{Severity: Warning, Code: "root_elsewhere", Role: trustdata.RoleRoot,
		Message: fmt.Sprintf("%d of the %d root keys that it takes are here or in a proven backup: without them nothing but tags can be changed", have, max(1, root.Threshold)),
		Remedy:  "keyrite backup list DIR says what a medium holds; keyrite help lost-root, if the key is nowhere."}
	if len(root.Keys) == 1 {
		f.KeyID = root.Keys[0].KeyID
	}
	return []Finding{f}
}

func holdsAny(held map[trustdata.KeyID]keyring.Info, roles []trustdata.RoleView, role trustdata.Role) bool {
	for _, v := range roles {
		for _, k := range v.Keys {
			if _, here := held[k.KeyID]; here && v.Role == role {
				return true
			}
		}
	}
	return false
}
