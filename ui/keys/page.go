package keys

import (
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui"
)

// Use is one thing that a key is known to sign for, from metadata that verified.
type Use struct {
	GUN  trustdata.GUN
	Role trustdata.Role
	// Ends is the earliest moment at which clients stop accepting what the key vouches
	// for there: the end of its certificate or of its role's file.
	Ends time.Time
}

// Uses are what each key signs for. A nil map means that nothing was looked at.
type Uses map[trustdata.KeyID][]Use

// UsesOf finds what the keys that collections list sign for.
func UsesOf(collections ...*trustdata.Collection) Uses {
	uses := Uses{}
	for _, c := range collections {
		for _, r := range c.Roles {
			for _, k := range r.Keys {
				ends := r.Expires
				if !k.CertificateExpires.IsZero() && (ends.IsZero() || k.CertificateExpires.Before(ends)) {
					ends = k.CertificateExpires
				}
				uses[k.KeyID] = append(uses[k.KeyID], Use{c.GUN, r.Role, ends})
			}
		}
	}
	return uses
}

// repositories are the names that a key signs for, sorted, each once.
func (u Uses) repositories(id trustdata.KeyID) []trustdata.GUN {
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
		if !use.Ends.IsZero() && (first.IsZero() || use.Ends.Before(first)) {
			first = use.Ends
		}
	}
	return first
}

// Page is the list of keys. where names the folder for people; uses may be nil.
func Page(infos []keyring.Info, uses Uses, where string, now time.Time) ui.Page {
	p := ui.Page{
		Title:   "Keys",
		Summary: summary(infos, where),
		Columns: []ui.Column{
			{Title: "KEY", Priority: 1, Min: 7, Cut: ui.CutMiddle}, {Title: "ROLE", Priority: 5},
			{Title: "SIGNS FOR", Priority: 2, Min: 14, Cut: ui.CutLeft, Host: true}, {Title: "REPOS", Priority: 6},
			{Title: "ENDS", Priority: 4}, {Title: "FILE", Priority: 3},
		},
		Empty:     "There are no keys in " + where + ". Press o to look at a repository: that needs no key.",
		Freshness: ui.Freshness{Disk: true, At: now},
	}
	for _, k := range infos {
		p.Rows = append(p.Rows, row(k, uses, now))
	}
	return p
}

func summary(infos []keyring.Info, where string) string {
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
	s := ui.Plural(len(infos), "key", "keys") + " in " + where
	if len(parts) > 0 {
		s += ": " + strings.Join(parts, ", ")
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

func row(k keyring.Info, uses Uses, now time.Time) ui.Row {
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
		count = fmt.Sprint(len(repos))
	}
	r := ui.Row{ID: k.Path, Mark: worst(mark, fileMark),
		Cells:  []string{name(k), kind(k), signsFor(k, uses), count, ends, file},
		Detail: []string{about(k), fileSentence(k), useSentence(k, uses, now)},
	}
	if k.KeyID != "" {
		r.Copy = append(r.Copy, ui.Copyable{What: "key ID", Text: string(k.KeyID)})
	}
	for _, g := range repos[:min(1, len(repos))] {
		r.Copy = append(r.Copy, ui.Copyable{What: "repository", Text: trustdata.Visible(string(g))})
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
		as = ", as " + trustdata.Visible(strings.TrimPrefix(k.Role, "targets/"))
	}
	repos := uses.repositories(k.KeyID)
	switch {
	case k.Problem != "":
		return trustdata.Visible(k.Problem)
	case len(repos) == 1:
		return trustdata.Visible(string(repos[0])) + as
	case len(repos) > 1:
		return fmt.Sprintf("%s +%d%s", trustdata.Visible(string(repos[0])), len(repos)-1, as)
	case k.GUN != "":
		return trustdata.Visible(string(k.GUN)) + as
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
		return "Signs for " + ui.Plural(len(repos), "repository", "repositories") + "; the first end is " + ui.When(ends, now) + "."
	case uses != nil:
		return "No repository known here lists this key."
	case k.Role == "":
		return "The file does not say what the key is for."
	}
	return "What it signs for was not looked up yet."
}
