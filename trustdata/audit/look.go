package audit

import (
	"cmp"
	"slices"
	"time"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
)

// Look is everything that an audit looks at.
type Look struct {
	Now time.Time
	// Within is how far ahead an end is warned of.
	Within time.Duration
	// Machine is this machine without its root keys, which follow from Keys.
	Machine Machine
	// Keys are those in use here.
	Keys []keyring.Info
	// Pending are new keys that wait for the end of an operation.
	Pending []keyring.Staged
	// Repositories are all that are known here, whichever the audit is about. Partial says
	// that some are not read yet and not among them: then nothing is said of what none lists.
	Repositories []Repository
	Partial      bool
	Copies       []backup.Copy
	// Unfinished are the operations that have not ended, and Past those that have.
	Unfinished, Past []*rotation.Operation
	// Online says that a trust server has just answered this machine: a root key on it is on
	// an online disk.
	Online bool

	// What follows from the above, made once.
	held   map[trustdata.KeyID]keyring.Info
	listed map[trustdata.KeyID][]trustdata.GUN
	proven map[trustdata.KeyID]*backup.Copy
	named  map[trustdata.GUN]*Repository
}

// Findings judges what was seen: the worst first, then by what it is, when it is due, and
// whom it is about.
func (l Look) Findings() []Finding {
	l.held, l.listed, l.proven = l.usable(), l.listings(), l.proofs()
	if !l.Partial {
		l.Machine.Roots = l.roots()
	}
	out := l.Machine.findings()
	for _, r := range l.Repositories {
		out = append(out, l.repository(r)...)
	}
	out = append(out, l.keys()...)
	out = append(out, l.backups()...)
	out = append(out, l.copies()...)
	out = append(out, l.incomplete()...)
	out = append(out, l.unfinished()...)
	out = append(out, l.pending()...)
	return WorstFirst(out)
}

// WorstFirst puts the worst first, and then those that come before others of their severity.
func WorstFirst(findings []Finding) []Finding {
	slices.SortStableFunc(findings, compare)
	return findings
}

// About are the findings about some repositories, and about the keys that they list. What
// is about the machine as a whole is not among them.
func (l Look) About(findings []Finding, guns []trustdata.GUN) []Finding {
	lists := map[trustdata.KeyID]bool{}
	for _, r := range l.Repositories {
		if slices.Contains(guns, r.GUN) {
			r.eachKey(func(_ trustdata.RoleView, k trustdata.RoleKey) { lists[k.KeyID] = true })
		}
	}
	return slices.DeleteFunc(findings, func(f Finding) bool {
		key := lists[f.KeyID] && (f.GUN == "" || f.Path != "") // and not what another repository does with it
		return !key && !slices.Contains(guns, f.GUN)
	})
}

// first are the codes that come before others of their severity, in this order.
var first = []string{"contradiction", "unverified", "role_refused", "expired", "certificate_ended", "unfinished", "certificate_ends", "expires", "server_closes"}

func compare(a, b Finding) int {
	return cmp.Or(
		cmp.Compare(b.Severity.Rank(), a.Severity.Rank()),
		cmp.Compare(place(a.Code), place(b.Code)), cmp.Compare(a.Code, b.Code),
		compareDue(a.Due, b.Due),
		cmp.Compare(a.GUN, b.GUN), cmp.Compare(a.Role, b.Role), cmp.Compare(a.KeyID, b.KeyID), cmp.Compare(a.Path, b.Path))
}

func place(code string) int {
	if i := slices.Index(first, code); i >= 0 {
		return i
	}
	return len(first)
}

// compareDue puts what has no day last.
func compareDue(a, b time.Time) int {
	if a.IsZero() != b.IsZero() {
		return map[bool]int{true: 1, false: -1}[a.IsZero()]
	}
	return a.Compare(b)
}

// listings maps keys to the repositories that list them in any role, each once.
func (l Look) listings() map[trustdata.KeyID][]trustdata.GUN {
	listed := make(map[trustdata.KeyID][]trustdata.GUN, 3*len(l.Repositories))
	for _, r := range l.Repositories {
		r.eachKey(func(_ trustdata.RoleView, k trustdata.RoleKey) {
			if guns := listed[k.KeyID]; len(guns) == 0 || guns[len(guns)-1] != r.GUN {
				listed[k.KeyID] = append(guns, r.GUN)
			}
		})
	}
	return listed
}

// usable maps the keys whose files are in order by ID.
func (l Look) usable() map[trustdata.KeyID]keyring.Info {
	usable := make(map[trustdata.KeyID]keyring.Info, len(l.Keys))
	for _, k := range l.Keys {
		if _, known := usable[k.KeyID]; !known && k.Problem == "" && k.KeyID != "" {
			usable[k.KeyID] = k
		}
	}
	return usable
}

// roots are the root keys here, with what each signs.
func (l Look) roots() []RootKey {
	replaced := l.replaced()
	var roots []RootKey
	for _, k := range l.Keys {
		if k.Role == string(trustdata.RoleRoot) && k.KeyID != "" {
			roots = append(roots, RootKey{KeyID: k.KeyID, Path: k.Path, Signs: l.listed[k.KeyID], Replaced: replaced[k.KeyID]})
		}
	}
	return roots
}

// replaced are the keys that finished changes have put others in the place of.
func (l Look) replaced() map[trustdata.KeyID]bool {
	replaced := map[trustdata.KeyID]bool{}
	for _, op := range l.Past {
		for _, u := range op.Units {
			if u.State == rotation.StateDone {
				for _, id := range u.OldKeys {
					replaced[id] = true
				}
			}
		}
	}
	return replaced
}
