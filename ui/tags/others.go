package tags

import (
	"fmt"
	"slices"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/registry"
	"keyrite/ui"
)

// othersNote says what a signature of another system is worth here.
const othersNote = "Other signatures are present, not verified. Where none was found here, they may be in another repository."

func lookedFor(rows []registry.Compared) bool {
	return slices.ContainsFunc(rows, func(r registry.Compared) bool { return r.Others != nil })
}

// otherKinds are the systems that signed what a tag stands for, in a word each.
func otherKinds(r registry.Compared) string {
	if r.Others == nil {
		return nothing
	}
	on := r.Subject()
	var kinds []string
	for _, kind := range registry.SignatureKinds {
		all := slices.ContainsFunc(r.Others.Signatures, func(s registry.Signature) bool { return s.Kind == kind })
		switch {
		case len(r.Others.On(on, kind)) > 0:
			kinds = append(kinds, kind)
		case all:
			kinds = append(kinds, kind+" on parts")
		}
	}
	switch {
	case len(kinds) > 0:
		return strings.Join(kinds, ", ")
	case r.Others.Err != nil:
		return "not known"
	}
	return "none found here"
}

// otherSection lists each signature of another system on one tag.
func otherSection(r registry.Compared) ui.Section {
	s := ui.Section{Title: "OTHER SIGNATURES"}
	on := r.Subject()
	for _, sig := range r.Others.Signatures {
		where := "on what is served"
		switch {
		case sig.On != on:
			where = "on the part " + short(sig.On)
		case r.RegistryDigest == "":
			where = "on what was signed"
		}
		text := fmt.Sprintf("present, not verified; %s; %s %s", where, formWords[sig.Form], short(sig.Digest))
		if len(sig.Certificates) > 0 {
			text += "; certificate " + short(sig.Certificates[0])
		}
		s.Facts = append(s.Facts, ui.Fact{Label: sig.Kind, Value: text, Mark: ui.MarkUnchecked})
	}
	if len(s.Facts) == 0 && r.Others.Err == nil {
		s.Facts = append(s.Facts, ui.Fact{Label: "notation, cosign", Value: "none found here; they may be in another repository"})
	}
	for _, p := range r.Others.Problems {
		s.Facts = append(s.Facts, ui.Fact{Label: "not counted", Value: trustdata.Visible(p), Mark: ui.MarkNote})
	}
	if r.Others.Err != nil {
		s.Facts = append(s.Facts, ui.Fact{Label: "not known", Value: trustdata.VisibleError(r.Others.Err), Mark: ui.MarkUnchecked})
	}
	return s
}

// formWords name the forms in which a signature lies in a registry.
var formWords = map[string]string{
	registry.FormNotation:       "attached as",
	registry.FormNotationConfig: "attached as",
	registry.FormBundle:         "attached as the bundle",
	registry.FormReferrer:       "attached as",
	registry.FormTag:            "under cosign's older tag as",
}

// certificates are the whole hashes of the certificates, for the clipboard.
func certificates(r registry.Compared) []ui.Copyable {
	var out []ui.Copyable
	for _, sig := range r.Others.Signatures {
		if len(sig.Certificates) > 0 {
			out = append(out, ui.Copyable{What: sig.Kind + "'s certificate", Text: sig.Certificates[0]})
		}
	}
	return out
}
