package audit

import (
	"fmt"

	"keyrite/trustdata"
	"keyrite/trustdata/registry"
)

// Drift is how the tags of a repository differ from what its registry serves: the names of
// the tags, each once.
type Drift struct {
	Moved, Gone, Unsigned []string
	// OnePlatform are tags whose signature is for the image of one platform, while an index
	// of several is served.
	OnePlatform []string
	// Err says why nothing or not everything could be compared.
	Err error
}

// NewDrift sums up a comparison. Within tells whether a served digest is an index with the
// image of the signed one in it; it is asked only for tags that have moved.
func NewDrift(rows []registry.Compared, within func(served, signed string) bool, err error) *Drift {
	d := &Drift{Err: err}
	known := map[string]bool{}
	add := func(to *[]string, name string) {
		if !known[name] {
			known[name] = true
			*to = append(*to, name)
		}
	}
	for _, row := range rows {
		switch {
		case row.State == registry.Unsigned && registry.IsSignatureTag(row.Name):
			// Not an image: content trust signs none of these, and nobody runs them by name.
		case row.State == registry.Unsigned:
			add(&d.Unsigned, row.Name)
		case !row.Pulled:
		case row.State == registry.Gone:
			add(&d.Gone, row.Name)
		case row.State == registry.Moved && within(row.RegistryDigest, row.Digest):
			add(&d.OnePlatform, row.Name)
		case row.State == registry.Moved:
			add(&d.Moved, row.Name)
		}
	}
	return d
}

func (d *Drift) findings(r Repository) []Finding {
	if d == nil {
		return nil
	}
	var out []Finding
	if d.Err != nil {
		out = append(out, Finding{Severity: Warning, Code: "not_compared", Message: "its tags could not all be compared: " + trustdata.VisibleError(d.Err), Remedy: "keyrite doctor " + r.word()})
	}
	for _, kind := range []struct {
		severity      Severity
		code, message string
		tags          []string
		remedy        string
	}{
		{Warning, "tag_moved", "signed, and something else is served: %s", d.Moved, "keyrite tags " + r.word() + " --state moved"},
		{Warning, "one_platform", "the signature is for one platform of an index that is served, so that clients which check it refuse the tag: %s", d.OnePlatform, "keyrite sign " + r.word() + ":TAG"},
		{Warning, "tag_unsigned", "served without a signature: %s", d.Unsigned, "keyrite tags " + r.word() + " --state unsigned"},
		{Info, "tag_gone", "signed, and no longer served: %s", d.Gone, "keyrite tags " + r.word() + " --state gone"},
	} {
		if len(kind.tags) > 0 {
			out = append(out, Finding{Severity: kind.severity, Code: kind.code, Message: fmt.Sprintf(kind.message, some(kind.tags)), Remedy: kind.remedy, Tags: kind.tags})
		}
	}
	return out
}

// some names the first few of a list.
func some(names []string) string {
	const few = 3
	text := ""
	for i, name := range names[:min(few, len(names))] {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%q", name)
	}
	if more := len(names) - few; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
