package keys

import (
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui"
)

// List is what the page of keys is made of.
type List struct {
	Keys []keyring.Info
	// Dirs are the folders that were read.
	Dirs []string
	// Uses are what is known of the keys from metadata; nil if nothing was looked at.
	Uses Uses
}

// Use is one place where a repository's verified metadata lists a key.
type Use struct {
	GUN                trustdata.GUN
	Role               trustdata.Role
	Algorithm          string
	CertificateID      trustdata.CertificateID
	CertificateExpires time.Time
	Expires            time.Time // of the role's file
}

// ends is the first moment at which clients stop accepting what the key vouches for.
func (u Use) ends() time.Time {
	if c := u.CertificateExpires; !c.IsZero() && (u.Expires.IsZero() || c.Before(u.Expires)) {
		return c
	}
	return u.Expires
}

// Uses are what each key signs for.
type Uses map[trustdata.KeyID][]Use

// repositories are the names that a key signs for, sorted, each once.
func (u Uses) repositories(id trustdata.KeyID) []trustdata.GUN {
	if len(u[id]) == 0 {
		return nil
	}
	set := map[trustdata.GUN]bool{}
	for _, use := range u[id] {
		set[use.GUN] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// ends is the earliest end among a key's uses.
func (u Uses) ends(id trustdata.KeyID) time.Time {
	var first time.Time
	for _, use := range u[id] {
		if at := use.ends(); !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// Page is the list of keys.
func Page(l List, now time.Time) ui.Page {
	p := frame(l, now)
	p.Rows = make([]ui.Row, len(l.Keys))
	for i, k := range l.Keys {
		p.Rows[i] = row(k, l.Uses, now)
	}
	return p
}

// Table is Page for ui.WriteRows: its rows have marks and cells alone, and not what is
// shown of a key that is selected.
func Table(l List, now time.Time) (ui.Page, ui.TableRows) {
	return frame(l, now), ui.TableRows{Count: len(l.Keys), Row: func(n int, to []string) (ui.Mark, []string) {
		return cells(to, l.Keys[n], l.Uses, now)
	}}
}

// frame is the page without its rows.
func frame(l List, now time.Time) ui.Page {
	where := trustdata.Visible(strings.Join(l.Dirs, " and "))
	return ui.Page{
		Title:   "Keys",
		Summary: summary(l.Keys) + " in " + where,
		Place:   where,
		Columns: []ui.Column{
			{Title: "KEY", Priority: 1, Min: 7, Cut: ui.CutMiddle}, {Title: "ROLE", Priority: 5},
			{Title: "SIGNS FOR", Priority: 2, Min: 14, Cut: ui.CutLeft, Host: true}, {Title: "REPOS", Priority: 6},
			{Title: "ENDS", Priority: 4}, {Title: "FILE", Priority: 3},
		},
		Empty:     "There are no keys in " + where + ".",
		EmptyKey:  "Press o to look at a repository: that needs no key.",
		Freshness: ui.Freshness{Disk: true, At: now},
	}
}

// endsColumn is the number of the column ENDS.
const endsColumn = 4

func summary(infos []keyring.Info) string {
	count := map[string]int{}
	for _, k := range infos {
		count[kind(k)]++
	}
	var parts []string
	for _, w := range []string{"root", "repository", "snapshot", "timestamp", "signer", "(none)", "damaged"} {
		if n := count[w]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, strings.Replace(w, "(none)", "without a role", 1)))
		}
	}
	s := trustdata.Plural(len(infos), "key", "keys")
	if len(parts) > 0 {
		s += " (" + strings.Join(parts, ", ") + ")"
	}
	return s
}

// kind is the word for a key's role: "root", "repository", "signer", "(none)".
func kind(k keyring.Info) string {
	switch r := trustdata.Role(k.Role); {
	case k.Problem != "":
		return "damaged"
	case k.Role == "":
		return "(none)"
	case r.IsBase():
		return r.Title()
	}
	return "signer"
}

// cells adds a key's cells to those of others.
func cells(to []string, k keyring.Info, uses Uses, now time.Time) (ui.Mark, []string) {
	mark, ends := ui.MarkUnchecked, string(ui.MarkNone)
	repos := uses.repositories(k.KeyID)
	if len(repos) > 0 {
		mark, ends = ui.Ends(uses.ends(k.KeyID), now)
	} else if uses != nil {
		mark = ui.MarkNote
	}
	fileMark, file := fileState(k)
	count := string(ui.MarkNone)
	if uses != nil {
		count = strconv.Itoa(len(repos))
	}
	return worst(mark, fileMark), append(to, name(k), kind(k), signsFor(k, uses), count, ends, file)
}

func row(k keyring.Info, uses Uses, now time.Time) ui.Row {
	mark, cells := cells(nil, k, uses, now)
	r := ui.Row{ID: k.Path, Mark: mark, Cells: cells, Detail: []string{about(k), fileSentence(k), useSentence(k, uses, now)}}
	r.Until(endsColumn, uses.ends(k.KeyID), now)
	if k.Problem != "" {
		r.Cuts = map[int]ui.Cut{2: ui.CutEnd} // the reason stands where names are
	}
	if k.KeyID != "" {
		r.Copy = append(r.Copy, ui.Copyable{What: "key ID", Text: string(k.KeyID)})
	}
	repos := uses.repositories(k.KeyID)
	for _, g := range repos[:min(1, len(repos))] {
		r.Copy = append(r.Copy, ui.Copyable{What: "repository", Text: trustdata.Visible(string(g))})
	}
	if k.KeyID != "" {
		r.Copy = append(r.Copy, ui.CommandLine("keys", "show", string(k.KeyID)))
	}
	return r
}

// worst is the worse mark, where a good file says nothing about what is not checked.
func worst(use, file ui.Mark) ui.Mark {
	if file == ui.MarkOK {
		return use
	}
	return ui.Worse(use, file)
}

func name(k keyring.Info) string {
	if k.KeyID == "" {
		return trustdata.Visible(filepath.Base(k.Path))
	}
	return k.KeyID.Short()
}

// open is the file mode's bits for anybody but the owner.
const open fs.FileMode = 0o077

// fileState is what is to be said of the file itself, worst first.
func fileState(k keyring.Info) (ui.Mark, string) {
	switch {
	case k.Problem != "":
		return ui.MarkNow, "UNUSABLE"
	case !k.Encrypted:
		return ui.MarkSoon, "NOT LOCKED"
	case k.Mode.Perm()&open != 0:
		return ui.MarkSoon, fmt.Sprintf("mode %04o", k.Mode.Perm())
	case k.Role == "":
		return ui.MarkSoon, "no role"
	case k.Legacy:
		return ui.MarkNote, "old layout"
	}
	return ui.MarkOK, "locked"
}

func signsFor(k keyring.Info, uses Uses) string {
	as := ""
	if kind(k) == "signer" {
		as = ", as " + ui.Name(strings.TrimPrefix(k.Role, "targets/"), "")
	}
	repos := uses.repositories(k.KeyID)
	switch {
	case k.Problem != "":
		return trustdata.Visible(k.Problem)
	case len(repos) == 1:
		return ui.Name(string(repos[0]), "") + as
	case len(repos) > 1:
		return fmt.Sprintf("%s +%d%s", ui.Name(string(repos[0]), ""), len(repos)-1, as)
	case k.GUN != "":
		return ui.Name(string(k.GUN), "") + as
	case uses != nil:
		return "nothing found" + as
	}
	return "not known yet" + as
}

func about(k keyring.Info) string {
	if k.KeyID == "" {
		return "The file's name is no key ID: " + trustdata.Visible(k.Path)
	}
	return kind(k) + " " + ui.Eights(string(k.KeyID))
}

func fileSentence(k keyring.Info) string {
	switch {
	case k.Problem != "":
		return "It cannot be used: " + trustdata.Visible(k.Problem) + "."
	case !k.Encrypted:
		return fmt.Sprintf("File mode %04o, NOT locked with a passphrase: whoever reads the file has the key.", k.Mode.Perm())
	case k.Mode.Perm()&open != 0:
		return fmt.Sprintf("File mode %04o: others on this machine can read it.", k.Mode.Perm())
	}
	return fmt.Sprintf("File mode %04o, locked with a passphrase, %d rounds, changed %s.", k.Mode.Perm(), k.KDFIterations, ui.Day(k.ModTime))
}

func useSentence(k keyring.Info, uses Uses, now time.Time) string {
	repos, ends := uses.repositories(k.KeyID), uses.ends(k.KeyID)
	switch {
	case k.Problem != "":
		return "Restore the file from a backup, or move it away."
	case len(repos) > 0 && !ends.IsZero():
		return "Signs for " + trustdata.Plural(len(repos), "repository", "repositories") + "; the first end is " + ui.When(ends, now) + "."
	case uses != nil:
		return "No repository known here lists this key."
	case k.Role == "":
		return "The file does not say what the key is for."
	}
	return "What it signs for was not looked up yet."
}
