package tags

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/registry"
	"keyrite/ui"
)

const nothing = string(ui.MarkNone)

// digits of a digest are shown in lists, as docker does; copying gives all.
const shortDigest = 12

func short(digest string) string {
	if digest == "" {
		return nothing
	}
	return digest[:min(shortDigest, len(digest))]
}

// Page is the list of a repository's tags. compared is whether rows tell what the
// registry serves; otherwise they tell only what is signed.
func Page(col *trustdata.Collection, rows []registry.Compared, compared bool, now time.Time) ui.Page {
	v := newView(col, rows, compared)
	p := v.page(rows)
	for i, r := range rows {
		p.Rows[i].Copy = v.copies(r)
	}
	return p
}

// PlainPage is Page for text, from which nothing is copied: there may be a hundred thousand
// rows.
func PlainPage(col *trustdata.Collection, rows []registry.Compared, compared bool) ui.Page {
	return newView(col, rows, compared).page(rows)
}

func newView(col *trustdata.Collection, rows []registry.Compared, compared bool) view {
	return view{col: col, compared: compared, also: names(rows), others: lookedFor(rows), like: lookAlikes(rows)}
}

// page is the page with nothing to copy in its rows.
func (v view) page(rows []registry.Compared) ui.Page {
	p := v.frame()
	p.Summary = summary(v.col.Dialect, rows, v.compared)
	p.Rows = make([]ui.Row, len(rows))
	for i, r := range rows {
		p.Rows[i] = v.row(r)
	}
	return p
}

// Table is Page for ui.WriteRows: its rows have marks and cells alone, and not what is
// shown of a row that is selected.
func Table(col *trustdata.Collection, rows []registry.Compared) (ui.Page, ui.TableRows) {
	v := view{col: col, compared: true, others: lookedFor(rows), like: lookAlikes(rows)}
	return v.frame(), ui.TableRows{Count: len(rows), Row: func(n int, to []string) (ui.Mark, []string) {
		return v.cells(to, rows[n])
	}}
}

// SignedTable is Table where nothing was compared. There may be a hundred thousand tags,
// so it makes no row of any.
func SignedTable(col *trustdata.Collection) (ui.Page, ui.TableRows) {
	v := view{col: col, like: signedAlikes(col)}
	return v.frame(), ui.TableRows{Count: len(col.Tags), Row: func(n int, to []string) (ui.Mark, []string) {
		return v.cells(to, registry.Compared{Tag: col.Tags[n]})
	}}
}

// frame is the page without its rows and their summary, for which a table has no place.
func (v view) frame() ui.Page {
	col := v.col
	p := ui.Page{
		Title:     "Tags of " + ui.Name(string(col.GUN), ""),
		Empty:     bare(col.GUN) + " has no tags yet.",
		Freshness: ui.Freshness{Source: col.Source, At: col.ReadAt, Server: col.Server},
		Copy:      []ui.Copyable{{What: "name", Text: trustdata.Visible(string(col.GUN))}},
		Columns: []ui.Column{{Title: "TAG", Priority: 1, Min: 10, Cut: ui.CutMiddle}, {Title: "STATE", Priority: 2},
			{Title: "SIGNED", Priority: 4}, {Title: "SERVED", Priority: 3}, {Title: "SIGNERS", Priority: 5, Min: 8}},
	}
	if !v.compared {
		p.Columns = append(p.Columns[:3:3], p.Columns[4])
	}
	if v.others {
		p.Columns = append(p.Columns, ui.Column{Title: "OTHER SIGNATURES", Priority: 6, Min: 12})
		p.Notes = append(p.Notes, othersNote)
	}
	for _, r := range col.Roles {
		if r.Problem != "" {
			p.Notes = append(p.Notes, fmt.Sprintf("%s does not count: %s. Tags that it signs are hidden, they are not unsigned.",
				trustdata.Visible(string(r.Role)), trustdata.Visible(r.Problem)))
		}
	}
	for _, pr := range col.Aside() {
		p.Notes = append(p.Notes, trustdata.Visible(pr.String()))
	}
	return p
}

// bare is a repository's name without its host; a TUF repository's is its address without
// the scheme, or the name of its folder. No GUN looks like either.
func bare(gun trustdata.GUN) string {
	switch _, address, ok := strings.Cut(string(gun), "://"); {
	case ok:
		return trustdata.Visible(address)
	case filepath.IsAbs(string(gun)):
		return trustdata.Visible(filepath.Base(string(gun)))
	}
	return trustdata.Visible(gun.Path())
}

// names tells which tags a digest is known under, signed or served.
func names(rows []registry.Compared) map[string][]string {
	also := map[string][]string{}
	for _, r := range rows {
		if r.Digest != "" && r.Pulled {
			also[r.Digest] = append(also[r.Digest], r.Name)
		}
		if d := r.RegistryDigest; d != "" && (r.Digest == "" || r.Pulled && d != r.Digest) {
			also[d] = append(also[d], r.Name)
		}
	}
	return also
}

func summary(dialect trustdata.Dialect, rows []registry.Compared, compared bool) string {
	count, total := map[registry.State]int{}, 0
	for _, r := range rows {
		if r.Digest == "" || r.Pulled {
			count[r.State]++
			total++
		}
	}
	s := trustdata.Plural(total, "tag", "tags")
	switch {
	case dialect == trustdata.DialectTUF:
		return s + ", signed"
	case !compared:
		return s + ", signed; what the registry serves was not compared"
	}
	sep := ": "
	for _, c := range []struct {
		state registry.State
		words string
	}{{registry.Signed, "signed and current"}, {registry.Moved, "signed but moved"}, {registry.Unsigned, "unsigned"},
		{registry.Gone, "gone"}, {registry.Unknown, "not known"}} {
		if n := count[c.state]; n > 0 {
			s += fmt.Sprintf("%s%d %s", sep, n, c.words)
			sep = ", "
		}
	}
	return s
}

// view is what the rows of one page share.
type view struct {
	col      *trustdata.Collection
	compared bool
	also     map[string][]string
	// others is whether the signatures of other systems were looked for.
	others bool
	// like has what a tag's name can be taken for.
	like map[string]string
}

// isTUF reports whether the names are those of TUF 1.0, which no registry serves.
func (v view) isTUF() bool { return v.col.Dialect == trustdata.DialectTUF }

func (v view) row(r registry.Compared) ui.Row {
	mark, cells := v.cells(nil, r)
	return ui.Row{ID: r.Name + "\n" + r.Digest, Mark: mark, Cells: cells, Detail: v.detail(r)}
}

// cells adds a row's cells to those of others.
func (v view) cells(to []string, r registry.Compared) (ui.Mark, []string) {
	mark, state := v.state(r)
	to = append(to, ui.Name(r.Name, v.like[r.Name]), state, short(r.Digest))
	if v.compared {
		served := short(r.RegistryDigest)
		if r.RegistryDigest != "" && r.RegistryDigest == r.Digest {
			served = "="
		}
		to = append(to, served)
	}
	to = append(to, signers(r))
	if v.others {
		to = append(to, otherKinds(r))
	}
	return mark, to
}

// state is the mark and the word; what needs somebody stands in capitals.
func (v view) state(r registry.Compared) (ui.Mark, string) {
	switch {
	case r.Digest != "" && !r.Pulled && v.isTUF():
		return ui.MarkNote, "not taken"
	case r.Digest != "" && !r.Pulled:
		return ui.MarkNote, "not pulled"
	case v.isTUF() && v.col.Source == trustdata.SourceCache:
		return ui.MarkUnchecked, "signed"
	case v.isTUF():
		return ui.MarkOK, "signed"
	case !v.compared:
		return ui.MarkUnchecked, "not compared"
	}
	switch r.State {
	case registry.Signed:
		return ui.MarkOK, "signed"
	case registry.Moved:
		return ui.MarkSoon, "SIGNED, MOVED"
	case registry.Gone:
		return ui.MarkNote, "SIGNED, GONE"
	case registry.Unsigned:
		return ui.MarkSoon, "UNSIGNED"
	}
	return ui.MarkUnchecked, "not known"
}

func signers(r registry.Compared) string {
	switch len(r.Signers) {
	case 0:
		return nothing
	case 1:
		return ui.Name(r.Signers[0], "")
	}
	named := make([]string, len(r.Signers))
	for i, s := range r.Signers {
		named[i] = ui.Name(s, "")
	}
	return strings.Join(named, ", ")
}

// copies are a row's texts for the clipboard: the whole digests, and what docker pulls.
func (v view) copies(r registry.Compared) []ui.Copyable {
	gun := v.col.GUN
	var out []ui.Copyable
	if r.Digest != "" {
		out = append(out, ui.Copyable{What: "signed digest", Text: "sha256:" + r.Digest})
	}
	if r.RegistryDigest != "" && r.RegistryDigest != r.Digest {
		out = append(out, ui.Copyable{What: "served digest", Text: "sha256:" + r.RegistryDigest})
	}
	if v.isTUF() {
		return append(out, ui.Copyable{What: "name", Text: trustdata.Visible(r.Name)})
	}
	out = append(out, ui.CommandLine("verify", string(gun)+":"+r.Name))
	if r.Digest != "" && r.Pulled {
		out = append(out, ui.Copyable{What: "docker pull line", Text: "docker pull " + trustdata.Visible(string(gun)) + "@sha256:" + r.Digest})
	}
	return append(out, ui.Copyable{What: "name", Text: trustdata.Visible(string(gun) + ":" + r.Name)})
}

// detail explains a row's state in sentences.
func (v view) detail(r registry.Compared) []string {
	tag := ui.Name(r.Name, v.like[r.Name])
	switch {
	case v.isTUF():
		return v.target(r)
	case r.Digest != "" && !r.Pulled:
		return []string{tag + ": this digest is signed too, but docker takes another one for the name.", v.signed(r)}
	case !v.compared:
		return []string{v.signed(r), "What the registry serves now was not asked."}
	}
	var out []string
	switch r.State {
	case registry.Signed:
		out = []string{v.signed(r), "The registry serves exactly that."}
	case registry.Moved:
		out = []string{v.signed(r) + "   served: " + v.named(r.RegistryDigest, r.Name),
			"Clients that check signatures pull the signed one, all others the served one."}
	case registry.Gone:
		out = []string{v.signed(r), "The registry no longer has this tag: harmless, or somebody deleted it."}
	case registry.Unsigned:
		out = []string{tag + "   served: " + v.named(r.RegistryDigest, r.Name), "Clients that check signatures refuse this tag."}
	default:
		out = []string{v.signed(r), "The registry did not say what it serves."}
	}
	if r.Reason != "" {
		out = append(out, "Because: "+trustdata.Visible(r.Reason)+".")
	}
	return out
}

// target is detail for a name of TUF 1.0.
func (v view) target(r registry.Compared) []string {
	switch {
	case !r.Pulled:
		return []string{v.signed(r), "Clients find another digest for this name first."}
	case v.col.Source == trustdata.SourceCache:
		return []string{v.signed(r), "Read from this machine's cache: the server was not asked."}
	}
	return []string{v.signed(r), "Clients of TUF 1.0 take exactly this for the name."}
}

func (v view) signed(r registry.Compared) string {
	if r.Digest == "" {
		return ui.Name(r.Name, v.like[r.Name])
	}
	return ui.Name(r.Name, v.like[r.Name]) + "   signed: " + v.named(r.Digest, r.Name)
}

// named is a digest with another tag that it is known under.
func (v view) named(digest, self string) string {
	for _, n := range v.also[digest] {
		if n != self {
			return short(digest) + ", which is " + ui.Name(n, "")
		}
	}
	return short(digest)
}
