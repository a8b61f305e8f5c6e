// Package migration plans how a repository leaves Docker Content Trust: which digests are to
// be signed anew by another system, what that system has no equal for, and whether all of it
// has come about. It signs nothing and deletes nothing.
//
// Content trust signs tags, the others sign digests. So a plan is about digests: what a tag
// is signed for and serves is planned; what it is signed for and no longer serves is asked
// about; what nobody signed never is.
package migration

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/registry"
)

// format is the number of the plan's form; another one is refused.
const format = 1

// Plan is what is to be signed anew, over one repository or several.
type Plan struct {
	Format int       `json:"format"`
	Tool   string    `json:"tool"`
	Made   time.Time `json:"made"`
	// For is the system that is to sign: registry.Notation or registry.Cosign.
	For          string       `json:"for"`
	Repositories []Repository `json:"repositories"`
	NoEqual      []Lack       `json:"no_equal"`
	Warnings     []string     `json:"warnings"`
}

// Repository is one repository's part of a plan.
type Repository struct {
	GUN      trustdata.GUN    `json:"gun"`
	Server   string           `json:"server"`
	Source   trustdata.Source `json:"source"`
	Verified bool             `json:"verified"`
	// Roles are those of the metadata that the plan was made from.
	Roles []Role `json:"roles"`
	// Sign is to be signed; Done carries a signature of the system already.
	Sign []Item `json:"sign"`
	Done []Item `json:"done"`
	// Asked are tags that somebody must decide about, and Left those that were decided
	// against. Impossible ones are not served any more, and of Unknown ones nothing is known.
	Asked      []Tag `json:"asked"`
	Left       []Tag `json:"left_out"`
	Impossible []Tag `json:"impossible"`
	Unknown    []Tag `json:"unknown"`
	// Unsigned are served tags that nobody signed where docker looks. They are never planned.
	Unsigned []string `json:"unsigned"`
	// Problems are what stands against the repository's metadata or the registry's answers.
	Problems []string `json:"problems"`
}

// Role is a role of the metadata: what a plan was made from, and how many signatures it
// wants, for which the other systems have no equal.
type Role struct {
	Role      trustdata.Role `json:"role"`
	Version   int64          `json:"version"`
	Threshold int            `json:"threshold"`
}

// Item is one digest to sign, with the tags that are signed for it.
type Item struct {
	Digest  string   `json:"digest"` // sha256:<hex>
	Tags    []string `json:"tags"`
	Signers []string `json:"signers"`
	// Line is the command that signs it, quoted for a POSIX shell.
	Line string `json:"line"`
}

// Tag is one tag that is not planned.
type Tag struct {
	Tag    string `json:"tag"`
	Signed string `json:"signed"` // sha256:<hex>
	Served string `json:"served"` // sha256:<hex>, "" for nothing
	Why    string `json:"why"`
}

// Lack is a promise of content trust that the other systems do not make.
type Lack struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

// lacks are the same for Notation and cosign: both sign a digest and nothing else
// (notaryproject/specifications issue 43).
var lacks = []Lack{
	{"tag_binding", "Notation and cosign sign a digest. Nothing signed says any more which digest a tag stands for: whoever can push can move a tag to anything that is signed."},
	{"freshness", "The timestamp role ends after two weeks unless its server signs again, so a client notices that it is kept from news. A signature of a digest does not grow stale."},
	{"rollback_protection", "Versions only rise, so a client refuses an older state. A signature of an old image stays as good as that of a new one."},
	{"thresholds", "A role can want signatures by several keys. One signature that is trusted is enough for Notation and cosign; a policy engine has to count."},
}

// warnings are what makes leaving dangerous.
var warnings = []string{
	"Disabling content trust on a registry deletes the trust data of every repository in it, for ever. Enabling it again brings nothing back.",
	"Archive first, then sign, check, and disable last. Guides that begin with disabling, Microsoft's among them, destroy the evidence and the list of what to sign.",
	"Until every client verifies the new signatures, keep the old ones published and fresh: clients with content trust refuse what has expired.",
}

// publicLog is what cosign does besides signing, unless its environment forbids it.
const publicLog = "cosign enters each signature in a public log, for ever: version 2 asks before, version 3 does not. " +
	"COSIGN_TLOG_UPLOAD=false keeps it out, from version 3 on with COSIGN_USE_SIGNING_CONFIG=false."

// warningsFor are those of leaving for a system.
func warningsFor(system string) []string {
	if system == registry.Cosign {
		return append(slices.Clone(warnings), publicLog)
	}
	return warnings
}

// Options are what a plan is made with.
type Options struct {
	Tool string
	Now  time.Time
	// Signer makes the command lines.
	Signer Signer
	// Include are tags of which the signed digest is wanted although they serve another
	// one, Leave tags that are not wanted, by "GUN:TAG".
	Include, Leave []string
}

// New makes the plan of what was looked at. A name in Include or Leave that no tag has that
// can be decided about is an error: it would be a decision about nothing.
func New(all []*Live, opt Options) (*Plan, error) {
	p := &Plan{Format: format, Tool: opt.Tool, Made: opt.Now.UTC().Truncate(time.Second), For: opt.Signer.For, Repositories: []Repository{}, NoEqual: lacks, Warnings: warningsFor(opt.Signer.For)}
	used := map[string]bool{}
	for _, l := range all {
		p.Repositories = append(p.Repositories, l.plan(opt, used))
	}
	for _, name := range append(slices.Clone(opt.Include), opt.Leave...) {
		if !used[name] {
			return nil, fmt.Errorf("%q is no tag that is signed and can be decided about", name)
		}
	}
	return p, nil
}

// plan sorts one repository's tags by what is to become of them.
func (l *Live) plan(opt Options, used map[string]bool) Repository {
	col := l.Collection
	r := Repository{GUN: col.GUN, Server: col.Server, Source: col.Source, Verified: col.Verified(), Roles: []Role{},
		Sign: []Item{}, Done: []Item{}, Asked: []Tag{}, Left: []Tag{}, Impossible: []Tag{}, Unknown: []Tag{}, Unsigned: []string{}, Problems: l.problems()}
	for _, v := range col.Roles {
		r.Roles = append(r.Roles, Role{v.Role, v.Version, v.Threshold})
	}
	items := map[string]*Item{}
	var order []string
	for _, row := range l.Rows {
		if row.Digest != "" && !row.Pulled && row.State != registry.Unsigned {
			continue // docker takes another row for the name
		}
		if !r.sort(l, row, opt, used) {
			continue
		}
		it := items[row.Digest]
		if it == nil {
			it = &Item{Digest: sha(row.Digest), Line: opt.Signer.line(col.GUN, row.Digest)}
			items[row.Digest] = it
			order = append(order, row.Digest)
		}
		it.Tags = append(it.Tags, row.Name)
		it.Signers = append(it.Signers, row.Signers...)
	}
	for _, digest := range order {
		it := items[digest]
		slices.Sort(it.Signers)
		it.Signers = slices.Compact(it.Signers)
		if l.signed(digest, opt.Signer.For) {
			r.Done = append(r.Done, *it)
		} else {
			r.Sign = append(r.Sign, *it)
		}
	}
	for i, t := range r.Asked {
		if r.Planned(t.Signed) {
			r.Asked[i].Why += "; it is planned already, for another tag"
		}
	}
	return r
}

// sort puts a tag where it belongs; planned is whether its signed digest is to be signed.
func (r *Repository) sort(l *Live, row registry.Compared, opt Options, used map[string]bool) (planned bool) {
	if row.State == registry.Unsigned {
		if !registry.IsSignatureTag(row.Name) && !slices.Contains(r.Unsigned, row.Name) {
			r.Unsigned = append(r.Unsigned, row.Name)
		}
		return false
	}
	name := string(r.GUN) + ":" + row.Name
	include, leave := slices.Contains(opt.Include, name), slices.Contains(opt.Leave, name)
	t := Tag{Tag: row.Name, Signed: sha(row.Digest), Served: sha(row.RegistryDigest)}
	put := func(to *[]Tag, why string, args ...any) bool {
		t.Why = fmt.Sprintf(why, args...)
		*to = append(*to, t)
		return false
	}
	// Only what somebody can decide about uses up a decision.
	decided := row.State == registry.Moved && l.Lost[row.Digest] == nil || row.State == registry.Signed && leave
	used[name] = used[name] || decided
	switch {
	case row.State == registry.Gone:
		return put(&r.Impossible, "the registry no longer serves this tag")
	case row.State == registry.Unknown:
		return put(&r.Unknown, "%s", row.Reason)
	case row.State == registry.Moved && l.Lost[row.Digest] != nil:
		return put(&r.Impossible, "the tag serves something else, and what was signed cannot be had: %s", l.Lost[row.Digest])
	case leave:
		return put(&r.Left, "left out by decision")
	case row.State == registry.Moved && !include:
		return put(&r.Asked, "the tag serves something else than what was signed: decide whether what was signed is wanted")
	}
	return true
}

// Planned reports whether a digest, sha256:<hex>, is to be signed or was.
func (r *Repository) Planned(digest string) bool {
	return slices.ContainsFunc(r.items(), func(it Item) bool { return it.Digest == digest })
}

// LeftOut reports whether a tag was left out for what it is signed for now.
func (r *Repository) LeftOut(t Tag) bool {
	return slices.ContainsFunc(r.Left, func(l Tag) bool { return l.Tag == t.Tag && l.Signed == t.Signed })
}

// GUNs are the plan's repositories.
func (p *Plan) GUNs() []trustdata.GUN {
	var guns []trustdata.GUN
	for _, r := range p.Repositories {
		guns = append(guns, r.GUN)
	}
	return guns
}

// Digests are those of a repository that the plan has, 64 hex digits each. Plan may be nil.
func (p *Plan) Digests(gun trustdata.GUN) []string {
	if p == nil {
		return nil
	}
	var digests []string
	if r := p.Of(gun); r != nil {
		for _, it := range r.items() {
			digests = append(digests, hexOf(it.Digest))
		}
	}
	return digests
}

// Tags are the names of all tags of the repository, signed or not.
func (r *Repository) Tags() []string {
	all := slices.Clone(r.Unsigned)
	for _, it := range r.items() {
		all = append(all, it.Tags...)
	}
	for _, t := range slices.Concat(r.Asked, r.Left, r.Impossible, r.Unknown) {
		all = append(all, t.Tag)
	}
	return all
}

// items are what is to sign and what is signed already.
func (r *Repository) items() []Item { return append(slices.Clone(r.Sign), r.Done...) }

// Of is a repository's part of the plan.
func (p *Plan) Of(gun trustdata.GUN) *Repository {
	for i := range p.Repositories {
		if p.Repositories[i].GUN == gun {
			return &p.Repositories[i]
		}
	}
	return nil
}

// sha is a digest as a plan has it.
func sha(hex string) string {
	if hex == "" {
		return ""
	}
	return "sha256:" + hex
}

func hexOf(digest string) string { return strings.TrimPrefix(digest, "sha256:") }
