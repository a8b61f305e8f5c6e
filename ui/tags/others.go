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
		return notLooked
	}
	return noneFound
}

// The words for a digest on which nothing was found.
const noneFound, notLooked = "none found here", "not known"

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

// AddOthers says below a repository's roles how many of the digests that are signed carry
// signatures of other systems. rows were looked at for them.
func AddOthers(p *ui.Page, rows []registry.Compared) {
	first := map[string]registry.Compared{}
	for _, r := range rows {
		if _, known := first[r.Digest]; !known {
			first[r.Digest] = r
		}
	}
	count, problems := map[string]int{}, 0
	for _, r := range first {
		kinds := strings.Split(otherKinds(r), ", ")
		for _, k := range kinds {
			count[k]++
		}
		problems += len(r.Others.Problems)
	}
	s := ui.Section{Title: "OTHER SIGNATURES"}
	of := " of " + trustdata.Plural(len(first), "signed digest", "signed digests")
	for _, kind := range registry.SignatureKinds {
		if n := count[kind]; n > 0 {
			s.Facts = append(s.Facts, ui.Fact{Label: kind, Value: fmt.Sprintf("on %d%s, present, not verified", n, of), Mark: ui.MarkUnchecked})
		}
		if n := count[kind+" on parts"]; n > 0 {
			s.Facts = append(s.Facts, ui.Fact{Label: kind, Value: fmt.Sprintf("only on parts (platforms) of %d%s, present, not verified", n, of), Mark: ui.MarkUnchecked})
		}
	}
	for _, l := range []struct{ word, label string }{{noneFound, "neither"}, {notLooked, "not known"}} {
		if n := count[l.word]; n > 0 {
			s.Facts = append(s.Facts, ui.Fact{Label: l.label, Value: fmt.Sprintf("%d%s", n, of)})
		}
	}
	if problems > 0 {
		s.Facts = append(s.Facts, ui.Fact{Label: "not counted", Value: trustdata.Plural(problems, "thing", "things") + " that only looked like one: keyrite tags --signatures names them", Mark: ui.MarkNote})
	}
	if len(first) == 0 {
		s.Facts = append(s.Facts, ui.Fact{Value: "no tag is signed, so nothing was looked at"})
	}
	p.Sections = append(p.Sections, s)
	p.Notes = append(p.Notes, othersNote)
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
