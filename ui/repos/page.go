package repos

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/remote"
	"keyrite/ui"
)

// Repo is one repository as far as it is known.
type Repo struct {
	GUN trustdata.GUN
	// Collection is nil where nothing verified, or nothing was read yet. Its tags are counted
	// and not kept, nor its report: there may be a thousand repositories.
	Collection *trustdata.Collection
	// Tags counts the pairs of name and digest that are signed, Names the names.
	Tags, Names int
	RootKeyIDs  []trustdata.KeyID
	// RootHeld and CanSign: a root key, and a key that signs tags, is on this machine.
	RootHeld, CanSign bool
	// Problem says why there is no collection, fit to be shown; "" where there is one.
	Problem string
	// NotChecked says why the collection could not be read anew, or is "".
	NotChecked string
	// FoundIn says where it was heard of.
	FoundIn []Origin
	state   state
}

// state sorts out why there is no collection.
type state int

const (
	unread    state = iota // nothing was tried
	read                   // there is one
	refused                // the metadata does not verify
	unsigned               // the server has none
	unchecked              // the server could not be asked, or said no
)

// NewRepo is what a reading of a repository found. held are the keys of this machine.
func NewRepo(gun trustdata.GUN, col *trustdata.Collection, held map[trustdata.KeyID]keyring.Info, err error) Repo {
	if err != nil {
		return failed(gun, err)
	}
	if col == nil {
		return Repo{GUN: gun}
	}
	return Of(col, held)
}

// Of is the repository of a verified collection.
func Of(col *trustdata.Collection, held map[trustdata.KeyID]keyring.Info) Repo {
	kept := *col
	kept.Tags, kept.Report = nil, nil
	r := Repo{GUN: col.GUN, Collection: &kept, Tags: len(col.Tags), Names: names(col), state: read}
	for _, role := range col.Roles {
		for _, k := range role.Keys {
			_, here := held[k.KeyID]
			switch {
			case role.Role == trustdata.RoleRoot:
				r.RootKeyIDs = append(r.RootKeyIDs, k.KeyID)
				r.RootHeld = r.RootHeld || here
			case role.Role == trustdata.RoleTargets || role.Role.IsDelegation():
				r.CanSign = r.CanSign || here
			}
		}
	}
	return r
}

func failed(gun trustdata.GUN, err error) Repo {
	r := Repo{GUN: gun, Problem: trustdata.VisibleError(err), state: unchecked}
	switch {
	case errors.Is(err, remote.ErrNotCached):
		r.state = unread
	case errors.Is(err, trustdata.ErrVerify):
		r.state = refused
	case errors.Is(err, remote.ErrNotFound):
		r.state = unsigned
	}
	return r
}

// Page is the list of repositories.
func Page(list []Repo, now time.Time) ui.Page {
	p := ui.Page{
		Title: "Repositories",
		Columns: []ui.Column{
			{Title: "REPOSITORY", Priority: 1, Min: 16, Cut: ui.CutLeft, Host: true}, {Title: "SIGNED", Priority: 5},
			{Title: "ENDS", Priority: 2}, {Title: "ROOT", Priority: 6}, {Title: "CAN SIGN", Priority: 3}, {Title: "DATA", Priority: 4},
		},
		Empty:    "No repository is known here yet.",
		EmptyKey: "Press o to look at one by its name: that needs no key.",
	}
	count := map[ui.Mark]int{}
	like := lookAlikes(list)
	for _, r := range list {
		row := r.row(now, like[string(r.GUN)])
		count[row.Mark]++
		p.Rows = append(p.Rows, row)
		p.Freshness = older(p.Freshness, r)
	}
	p.Summary = trustdata.Plural(len(list), "repository", "repositories")
	p.Summary += counts(count)
	return p
}

// endsColumn is the number of the column ENDS.
const endsColumn = 2

// lookAlikes tells which repository another one can be taken for.
func lookAlikes(list []Repo) map[string]string {
	return trustdata.LookAlikes(func(yield func(string) bool) {
		for _, r := range list {
			if !yield(string(r.GUN)) {
				return
			}
		}
	})
}

// counts says how many rows have which mark.
func counts(count map[ui.Mark]int) string {
	text, sep := "", ": "
	for _, c := range []struct {
		mark  ui.Mark
		words string
	}{{ui.MarkNow, "now"}, {ui.MarkSoon, "soon"}, {ui.MarkOK, "ok"}, {ui.MarkUnchecked, "not checked"}, {ui.MarkNone, "never signed"}} {
		if n := count[c.mark]; n > 0 {
			text += fmt.Sprintf("%s%d %s", sep, n, c.words)
			sep = ", "
		}
	}
	return text
}

// older is the freshness of a list: that of its oldest row.
func older(f ui.Freshness, r Repo) ui.Freshness {
	c := r.Collection
	if c == nil || !f.At.IsZero() && f.Source == trustdata.SourceCache && c.Source == trustdata.SourceLive {
		return f
	}
	if f.At.IsZero() || c.ReadAt.Before(f.At) || c.Source == trustdata.SourceCache && f.Source == trustdata.SourceLive {
		return ui.Freshness{Source: c.Source, At: c.ReadAt}
	}
	return f
}

const nothing = string(ui.MarkNone)

// row is what the list shows; like is the repository that it can be taken for, or "".
func (r Repo) row(now time.Time, like string) ui.Row {
	gun := ui.Name(string(r.GUN), like)
	row := ui.Row{ID: string(r.GUN), Copy: []ui.Copyable{{What: "name", Text: trustdata.Visible(string(r.GUN))}, ui.CommandLine("tags", string(r.GUN), "--compare")}}
	c := r.Collection
	if c == nil {
		mark, ends, data := r.without()
		row.Mark, row.Cells = mark, []string{gun, nothing, ends, nothing, nothing, data}
		row.Detail = []string{gun, r.sentence(), r.elsewhere()}
		return row
	}
	first, what := firstEnd(c, now)
	mark, ends := endWords(first, what, now)
	row.Until(endsColumn, first, now)
	data := ui.Freshness{Source: c.Source, At: c.ReadAt}.Short(now)
	if r.NotChecked != "" {
		data = "failed"
	}
	if c.Source == trustdata.SourceCache || r.NotChecked != "" {
		mark = ui.Worse(mark, ui.MarkUnchecked)
	}
	if !c.Verified() {
		mark = ui.Worse(mark, ui.MarkSoon)
	}
	can := "no key"
	if r.CanSign {
		can = "yes"
	}
	row.Mark = mark
	row.Cells = []string{gun, fmt.Sprint(r.Names), ends, r.root(), can, data}
	row.Detail = []string{gun + "   " + versions(c, now), signers(c), problems(c)}
	if r.NotChecked != "" {
		row.Detail[1] = "Could not be checked now: " + r.NotChecked + "."
	}
	if len(r.RootKeyIDs) > 0 {
		row.Copy = append(row.Copy, ui.Copyable{What: "root key ID", Text: string(r.RootKeyIDs[0])})
	}
	return row
}

// without is what stands in the columns of a repository that could not be read.
func (r Repo) without() (mark ui.Mark, ends, data string) {
	switch r.state {
	case refused:
		return ui.MarkNow, "DOES NOT VERIFY", "refused"
	case unsigned:
		if r.signedOnce() {
			return ui.MarkSoon, "NONE ANY MORE", "live"
		}
		return ui.MarkNone, "never signed", "live"
	case unchecked:
		return ui.MarkUnchecked, "not checked", "failed"
	}
	return ui.MarkUnchecked, "not checked", "..."
}

// signedOnce reports whether this machine has metadata of it, whatever its server says now.
func (r Repo) signedOnce() bool { return slices.Contains(r.FoundIn, FromCache) }

func (r Repo) sentence() string {
	switch r.state {
	case unsigned:
		if r.signedOnce() {
			return "The trust server has nothing for it, and metadata of it is on this machine: it was deleted, or this is another server. " + ui.Capital(r.Problem) + "."
		}
		return "The trust server has nothing for it: " + r.Problem + "."
	case unread:
		return "Nothing was read of it yet."
	}
	return r.Problem + "."
}

func (r Repo) root() string {
	if len(r.RootKeyIDs) == 0 {
		return nothing
	}
	s := r.RootKeyIDs[0].Short()
	if r.RootHeld {
		s += " here"
	}
	return s
}

// names counts the names that are signed.
func names(c *trustdata.Collection) int {
	set := map[string]bool{}
	for _, t := range c.Tags {
		set[t.Name] = true
	}
	return len(set)
}

// firstEnd is what stops clients first. What the server renews by itself counts only when
// it has run out.
func firstEnd(c *trustdata.Collection, now time.Time) (first time.Time, what string) {
	consider := func(name string, at time.Time) {
		if !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first, what = at, name
		}
	}
	for _, r := range c.Roles {
		if r.Problem == "" && (!c.Dialect.Renews(r.Role) || !r.Expires.After(now)) {
			consider(trustdata.Visible(string(r.Role)), r.Expires)
		}
		for _, k := range r.Keys {
			consider("cert", k.CertificateExpires)
		}
	}
	return first, what
}

// endWords is the mark and the words of a repository's first end.
func endWords(first time.Time, what string, now time.Time) (ui.Mark, string) {
	mark, text := ui.Ends(first, now)
	switch {
	case first.IsZero(), mark == ui.MarkOK:
		return mark, text
	case !first.After(now):
		return mark, what + " PAST"
	}
	return mark, what + " " + ui.Age(first.Sub(now))
}

func versions(c *trustdata.Collection, now time.Time) string {
	var parts []string
	for _, r := range c.Roles {
		if !r.Role.IsBase() {
			continue
		}
		s := fmt.Sprintf("%s v%d", r.Role, r.Version)
		if r.Problem == "" && !r.Expires.After(now) {
			s += " (PAST)"
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, "   ")
}

func signers(c *trustdata.Collection) string {
	var parts []string
	for _, r := range c.Roles {
		if s := r.Role.Signer(); s != "" {
			parts = append(parts, ui.Name(s, ""))
		}
	}
	if len(parts) == 0 {
		return "Signers: none but the repository's admin."
	}
	return "Signers: " + strings.Join(parts, ", ")
}

func problems(c *trustdata.Collection) string {
	var parts []string
	for _, r := range c.Roles {
		if r.Problem != "" {
			parts = append(parts, trustdata.Visible(string(r.Role))+": "+trustdata.Visible(r.Problem))
		}
	}
	for _, p := range c.Aside() {
		parts = append(parts, trustdata.Visible(p.String()))
	}
	return strings.Join(parts, "; ")
}
