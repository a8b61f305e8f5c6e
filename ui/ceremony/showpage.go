package ceremony

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation/ceremony"
	"keyrite/ui"
)

// ShowPage explains a file of a ceremony. Problems say what in it does not verify.
func ShowPage(file string, b *ceremony.Bundle, problems []string) ui.Page {
	return showPage(file, b, problems, hash)
}

// showPage is ShowPage with the file's hash as of writes it.
func showPage(file string, b *ceremony.Bundle, problems []string, of func(label, sum string) []ui.Fact) ui.Page {
	page := ui.Page{
		Title:   "A ceremony's file, " + string(b.Stage()) + ": " + trustdata.Visible(b.Kind) + " of " + trustdata.Plural(len(b.Repositories), "repository", "repositories"),
		Summary: "It is as it was written, and the roots in it follow from one another. Whether they are the right ones only a machine can say that knows one of them.",
		Copy:    []ui.Copyable{{What: "SHA-256", Text: b.SHA256}},
	}
	if len(problems) > 0 {
		page.Summary = "DO NOT USE IT: what is in it does not verify."
		page.Sections = append(page.Sections, sentences("PROBLEMS", problems, ui.MarkNow))
	}
	page.Sections = append(page.Sections, about(file, b, of))
	for i := range b.Repositories {
		page.Sections = append(page.Sections, repository(b, &b.Repositories[i]))
	}
	if b.Signed != nil && len(b.Signed.Waived) > 0 {
		page.Sections = append(page.Sections, sentences("WAIVED", b.Signed.Waived, ui.MarkSoon))
	}
	return page
}

func about(file string, b *ceremony.Bundle, of func(label, sum string) []ui.Fact) ui.Section {
	s := ui.Section{Facts: []ui.Fact{{Label: "File", Value: trustdata.Visible(file)}}}
	s.Facts = append(s.Facts, of("SHA-256", b.SHA256)...)
	s.Facts = append(s.Facts, ui.Fact{Label: "Ceremony", Value: b.ID}, ui.Fact{Label: "Prepared", Value: when(b.Head)})
	if b.Signed != nil {
		s.Facts = append(s.Facts, ui.Fact{Label: "Signed", Value: when(b.Signed.Head)})
		s.Facts = append(s.Facts, hash("Signed for", b.PreparedSHA256)...)
		for _, made := range b.Signed.Backups {
			s.Facts = append(s.Facts, ui.Fact{Label: "Backup", Value: trustdata.Visible(made.File + " (" + made.State + ")")})
		}
	}
	return s
}

func when(h ceremony.Head) string {
	return h.At.UTC().Format("2006-01-02 15:04 UTC") + ", by " + trustdata.Visible(h.Tool)
}

func repository(b *ceremony.Bundle, r *ceremony.Repository) ui.Section {
	s := ui.Section{Title: ui.Name(string(r.GUN), ""), Facts: []ui.Fact{
		{Label: "Trust server", Value: trustdata.Visible(r.Server)},
		{Label: "Change", Value: change(r)},
		{Label: "Roots", Value: fmt.Sprintf("version %d to %d", r.First, r.Last)},
		{Label: "Versions", Value: versions(r)},
	}}
	for _, id := range r.Gives {
		s.Facts = append(s.Facts, hash("Gives way", string(id))...)
	}
	for _, k := range r.New {
		s.Facts = append(s.Facts, hash("New "+r.Role.Title()+" key", string(k.KeyID))...)
		s.Facts = append(s.Facts, ui.Fact{Value: map[string]string{ceremony.AtOnline: "its private half waits on the online machine", ceremony.AtServer: "the server holds it"}[k.At]})
	}
	if b.Signed != nil {
		s.Facts = append(s.Facts, signed(b.Signed.Root(r.GUN), r)...)
	}
	return s
}

func change(r *ceremony.Repository) string {
	switch r.Change {
	case ceremony.Refresh:
		return "root.json signed again with a new end date"
	case ceremony.NewCertificate:
		return "a new certificate for the same root key"
	}
	return "a new " + r.Role.Title() + " key"
}

func versions(r *ceremony.Repository) string {
	var all []string
	for _, role := range slices.Sorted(maps.Keys(r.Versions)) {
		all = append(all, fmt.Sprintf("%s %d", trustdata.Visible(string(role)), r.Versions[role]))
	}
	return strings.Join(all, ", ")
}

func signed(root *ceremony.SignedRoot, r *ceremony.Repository) []ui.Fact {
	facts := []ui.Fact{{Label: "Signed", Value: version(root.Version) + ", until " + root.Expires.UTC().Format("2006-01-02")}}
	facts = append(facts, hash("Its SHA-256", root.SHA256)...)
	if r.Role == trustdata.RoleRoot {
		for _, id := range root.NewKeys {
			facts = append(facts, hash("Root key", string(id))...)
		}
		for _, id := range root.Certificates {
			facts = append(facts, hash("Certificate", string(id))...)
		}
	}
	return append(facts, ui.Fact{Label: "Believed", Value: trustdata.Visible(root.Trust)})
}
