// Package notation states what a trust policy says of the Notation signatures of a digest,
// and what the policy consists of.
package notation

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notation"
	"keyrite/ui"
)

// Result is a verdict with what it was asked about and under.
type Result struct {
	notation.Verdict
	Policy *notation.Policy
	// Tag is the one that the registry was asked about, "" where a digest was given.
	Tag string
	At  time.Time
}

// VerdictPage states a verdict, each signature with why, and what the verdict leaves open.
func VerdictPage(r Result) ui.Page {
	mark, says := verdict(r)
	p := ui.Page{
		Title:     "Notation: " + ui.Name(r.Subject.Repository, ""),
		Summary:   trustdata.Plural(len(r.Signatures), "signature", "signatures") + " of Notation",
		Freshness: ui.Freshness{Source: trustdata.SourceLive, At: r.At},
		Sections: []ui.Section{
			{Facts: []ui.Fact{{Label: "DIGEST", Value: trustdata.Visible(r.Subject.Repository) + "@sha256:" + r.Subject.Digest}, {Label: "VERDICT", Value: says, Mark: mark}}},
			policySection(r),
		},
		TableTitle: "SIGNATURES",
		Columns: []ui.Column{{Title: "SIGNER", Priority: 1, Min: 12}, {Title: "STATUS", Priority: 2}, {Title: "SIGNED", Priority: 4},
			{Title: "TRUST STORE", Priority: 5}, {Title: "WHY", Priority: 3, Min: 20}},
		Order: "in the registry's order",
		Empty: "No signature was looked at.",
		Copy:  []ui.Copyable{{What: "digest", Text: "sha256:" + r.Subject.Digest}},
	}
	for _, s := range r.Signatures {
		p.Rows = append(p.Rows, signatureRow(s, r.At))
	}
	p.Notes = notes(r)
	return p
}

// verdict is the mark and the words. Only what held in every check is called verified.
func verdict(r Result) (ui.Mark, string) {
	switch {
	case r.Skipped():
		return ui.MarkSoon, fmt.Sprintf("let through unseen: statement %q skips verification", r.Statement.Name)
	case r.Verified && unasked(r.Verdict):
		return ui.MarkOK, "verified, but whether its certificate was revoked was not asked"
	case r.Verified:
		return ui.MarkOK, "verified"
	case r.Accepted:
		return ui.MarkSoon, "let through by the policy, not verified: " + sentence(why(r))
	}
	return ui.MarkNow, "refused: " + sentence(r.Why)
}

// why is what the first signature that was let through did not hold.
func why(r Result) string {
	for _, s := range r.Signatures {
		if s.Status == notation.Accepted {
			return s.Failures[0].Why
		}
	}
	return ""
}

// unasked reports whether every verified signature leaves its revocation open.
func unasked(v notation.Verdict) bool {
	return !slices.ContainsFunc(v.Signatures, func(s notation.Signature) bool {
		return s.Status == notation.Verified && s.Revocation != notation.RevocationNotAsked
	})
}

// sentence is a fragment whose names from outside are quoted already.
func sentence(s string) string { return trustdata.VisibleError(errors.New(s)) }

func policySection(r Result) ui.Section {
	s := ui.Section{Title: "POLICY", Facts: []ui.Fact{{Label: "FILE", Value: trustdata.Visible(r.Policy.Origin)}}}
	if r.Statement.Name == "" {
		return s
	}
	s.Facts = append(s.Facts, statementFacts(r.Statement)...)
	return s
}

func statementFacts(st notation.Statement) []ui.Fact {
	facts := []ui.Fact{{Label: "STATEMENT", Value: fmt.Sprintf("%s, for %s", trustdata.Visible(st.Name), visible(st.Scopes))},
		{Label: "LEVEL", Value: level(st)}}
	if len(st.TrustStores) > 0 {
		facts = append(facts, ui.Fact{Label: "TRUST STORES", Value: visible(st.TrustStores)}, ui.Fact{Label: "IDENTITIES", Value: visible(st.Identities)})
	}
	if st.Timestamp != "" {
		facts = append(facts, ui.Fact{Label: "TIMESTAMP", Value: trustdata.Visible(st.Timestamp)})
	}
	return facts
}

// level says what a level does with each check.
func level(st notation.Statement) string {
	parts := []string{trustdata.Visible(st.Level)}
	for _, list := range []struct {
		does   string
		checks []string
	}{{"enforces", st.Enforced}, {"only notes", st.Logged}, {"skips", st.Skipped}} {
		if len(list.checks) > 0 {
			parts = append(parts, list.does+" "+strings.Join(list.checks, ", "))
		}
	}
	return strings.Join(parts, "; ")
}

func visible(list []string) string {
	var out []string
	for _, s := range list {
		out = append(out, trustdata.Visible(s))
	}
	return strings.Join(out, ", ")
}

var statusMarks = map[notation.Status]ui.Mark{notation.Verified: ui.MarkOK, notation.Accepted: ui.MarkSoon, notation.Failed: ui.MarkNow, notation.Skipped: ui.MarkUnchecked}

func signatureRow(s notation.Signature, now time.Time) ui.Row {
	signer, reason := trustdata.Visible(s.Signer), ""
	if signer == "" {
		signer = "not known"
	}
	var detail []string
	for i, f := range s.Failures {
		if i == 0 {
			reason = sentence(f.Why)
		}
		does := "only noted"
		if f.Enforced {
			does = "refuses it"
		}
		detail = append(detail, strings.TrimSpace(f.Check+" "+does)+": "+sentence(f.Why))
	}
	if s.Issuer != "" {
		detail = append(detail, "Issued by "+trustdata.Visible(s.Issuer)+"; the certificate "+ui.Eights(s.Thumbprint)+" is good until "+ui.When(s.CertificateEnds, now))
	}
	if !s.Expires.IsZero() {
		detail = append(detail, "The signature itself ends "+ui.When(s.Expires, now))
	}
	detail = append(detail, "Revocation: "+revocation(s), strings.TrimSpace(s.Format+" signature "+ui.Eights(s.Digest)))
	return ui.Row{ID: s.Digest, Mark: statusMarks[s.Status], Detail: detail,
		Cells: []string{signer, string(s.Status), ui.Day(s.SignedAt), trustdata.Visible(orNone(s.TrustStore)), reason},
		Copy:  []ui.Copyable{{What: "signature's digest", Text: "sha256:" + s.Digest}}}
}

func orNone(s string) string {
	if s == "" {
		return string(ui.MarkNone)
	}
	return s
}

func revocation(s notation.Signature) string {
	hosts := visible(s.RevocationHosts)
	switch s.Revocation {
	case notation.RevocationNotAsked:
		return "not asked at " + hosts
	case notation.RevocationNowhere:
		return "the certificates name nobody who could be asked"
	case notation.RevocationGood:
		return "good, as " + hosts + " says"
	case notation.RevocationNotReached:
		return "not asked, since an earlier check refused it or the policy skips it"
	}
	return string(s.Revocation) + ", asked at " + hosts
}
