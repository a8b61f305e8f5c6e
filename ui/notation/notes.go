package notation

import (
	"fmt"
	"slices"

	"keyrite/trustdata"
	"keyrite/trustdata/notation"
)

// notes are what a verdict leaves open, and what was passed over on the way to it.
func notes(r Result) []string {
	var out []string
	if hosts := unaskedHosts(r.Verdict); len(hosts) > 0 {
		out = append(out, "Nobody was asked whether certificates were revoked. "+visible(hosts)+" would know: --revocation asks, and w in the console.")
	}
	if r.Unjudged > 0 {
		out = append(out, fmt.Sprintf("%s more were not looked at: keyrite judges %d of a digest, as notation does.",
			trustdata.Plural(r.Unjudged, "signature", "signatures"), notation.MaxSignatures))
	}
	if r.Tag != "" {
		out = append(out, "The registry says that "+trustdata.Visible(r.Tag)+" is this digest: a Notation signature is of a digest, and nobody signed which tag stands for it.")
	}
	for _, p := range r.Problems {
		out = append(out, "Not counted: "+sentence(p)+".")
	}
	return append(out, policyNotes(r.Policy)...)
}

func policyNotes(p *notation.Policy) []string {
	var out []string
	for _, n := range p.Notes {
		out = append(out, "Not followed: "+sentence(n)+".")
	}
	for _, l := range p.Limits {
		out = append(out, "Limit: "+l+".")
	}
	return out
}

// unaskedHosts are those that were named and left alone.
func unaskedHosts(v notation.Verdict) []string {
	var hosts []string
	for _, s := range v.Signatures {
		if s.Revocation == notation.RevocationNotAsked {
			hosts = append(hosts, s.RevocationHosts...)
		}
	}
	slices.Sort(hosts)
	return slices.Compact(hosts)
}
