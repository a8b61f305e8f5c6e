package doctor

import (
	"fmt"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/audit"
	"keyrite/trustdata/registry"
	"keyrite/ui"
)

// Checked is how much an audit has looked at.
type Checked struct {
	Keys         int `json:"keys"`
	Repositories int `json:"repositories"`
	Tags         int `json:"tags"`
}

// AuditPage states what an audit found, the worst first. What is the same of several keys or
// repositories is said once.
func AuditPage(findings []audit.Finding, checked Checked, images []audit.Image, now time.Time) ui.Page {
	found := ui.Section{Title: "FINDINGS"}
	for len(findings) > 0 {
		n := 1
		for n < len(findings) && alike(findings[0], findings[n]) {
			n++
		}
		found.Facts = append(found.Facts, together(findings[:n])...)
		findings = findings[n:]
	}
	if len(found.Facts) == 0 {
		found.Facts = []ui.Fact{{Mark: ui.MarkOK, Value: "Nothing needs you."}}
	}
	page := ui.Page{Title: "audit", Sections: []ui.Section{found},
		Notes: []string{fmt.Sprintf("Looked at: %s, %s, %s.", trustdata.Plural(checked.Keys, "key", "keys"),
			trustdata.Plural(checked.Repositories, "repository", "repositories"), trustdata.Plural(checked.Tags, "signed tag", "signed tags"))}}
	if len(images) > 0 {
		page.TableTitle = "DEPLOYED IMAGES"
		page.Columns = []ui.Column{{Title: "STATE", Priority: 1}, {Title: "BUILT", Priority: 2}, {Title: "IMAGE", Priority: 1}}
	}
	for _, i := range images {
		page.Rows = append(page.Rows, image(i, now))
	}
	return page
}

// image is the row of a deployed image.
func image(i audit.Image, now time.Time) ui.Row {
	built, m := "--", ui.MarkSoon
	if !i.Created.IsZero() {
		built = fmt.Sprintf("%d d ago", int(now.Sub(i.Created)/(24*time.Hour)))
	}
	if i.State == registry.Signed {
		m = ui.MarkOK
	}
	return ui.Row{ID: i.Text, Mark: m, Cells: []string{string(i.State), built, trustdata.Visible(i.Text)}}
}

// alike reports whether two findings are the same of two keys or repositories.
func alike(a, b audit.Finding) bool {
	return a.Severity == b.Severity && a.Code == b.Code && a.Message == b.Message && (a.KeyID == "") == (b.KeyID == "") && putOff(a) == putOff(b)
}

// putOff says until when a finding is put off, and why; "" where it is not.
func putOff(f audit.Finding) string {
	if f.Snoozed == nil {
		return ""
	}
	return "put off until " + ui.Day(f.Snoozed.Until) + ": " + trustdata.Visible(f.Snoozed.Reason)
}

// together states findings that are alike, with the next step of the first.
func together(findings []audit.Finding) []ui.Fact {
	f := findings[0]
	subject := about(f)
	if more := len(findings) - 1; more > 0 {
		subject = fmt.Sprintf("%s and %d more: ", name(f), more)
	}
	facts := []ui.Fact{{Mark: ui.MarkOf(f.Severity), Value: subject + text(f.Message) + "."}}
	if f.Remedy != "" {
		facts = append(facts, ui.Fact{Value: "   " + text(f.Remedy)})
	}
	if off := putOff(f); off != "" {
		facts = append(facts, ui.Fact{Value: "   " + off})
	}
	return facts
}

// name is that of a key or a repository, short.
func name(f audit.Finding) string {
	switch {
	case f.KeyID != "" && f.Role == trustdata.RoleRoot:
		return "root key " + f.KeyID.Short()
	case f.KeyID != "":
		return "key " + f.KeyID.Short()
	case f.GUN != "":
		return ui.Name(string(f.GUN), "")
	}
	return trustdata.Visible(f.Path)
}

// about names the repository too, since an audit is about many.
func about(f audit.Finding) string {
	if f.GUN != "" && f.Path == "" {
		return ui.Name(string(f.GUN), "") + ": "
	}
	return subject(f)
}
