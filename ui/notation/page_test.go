package notation_test

import (
	"strings"
	"testing"
	"time"

	"keyrite/trustdata/notation"
	"keyrite/ui"
	page "keyrite/ui/notation"
	"keyrite/ui/uitest"
)

const evil = "x\x1b[2J\u202e"

var (
	hex  = strings.Repeat("a", 64)
	good = notation.Signature{Digest: hex, Format: "JWS", Status: notation.Verified, Signer: "CN=builder", Issuer: "CN=root", Thumbprint: hex, TrustStore: "ca:acme",
		SignedAt: uitest.Start, CertificateEnds: uitest.Start.AddDate(1, 0, 0), Revocation: notation.RevocationNowhere}
	strict = notation.Statement{Name: "web", Scopes: []string{"*"}, Level: "strict", Enforced: []string{"integrity", "authenticity"}, TrustStores: []string{"ca:acme"}, Identities: []string{"*"}}
)

func result(accepted, verified bool, why string, all ...notation.Signature) page.Result {
	return page.Result{Policy: &notation.Policy{Origin: "/conf/trustpolicy.json"}, At: uitest.Start,
		Verdict: notation.Verdict{Subject: notation.Subject{Repository: "reg.example/web", Digest: hex}, Statement: strict, Accepted: accepted, Verified: verified, Why: why, Signatures: all}}
}

// TestVerdictWords holds the words apart: only what held in every check is verified.
func TestVerdictWords(t *testing.T) {
	unasked, noted, bad := good, good, good
	unasked.Revocation, unasked.RevocationHosts = notation.RevocationNotAsked, []string{"ocsp.example"}
	noted.Status, noted.Failures = notation.Accepted, []notation.Failure{{Check: "authenticity", Reason: notation.ReasonUntrusted, Why: "nobody vouches"}}
	bad.Status, bad.Failures = notation.Failed, []notation.Failure{{Check: "expiry", Reason: notation.ReasonExpired, Why: "it ended", Enforced: true}}
	skips := result(true, false, "")
	skips.Statement = notation.Statement{Name: "lax", Level: "skip", Scopes: []string{"*"}}
	tests := []struct {
		name string
		r    page.Result
		mark ui.Mark
		says string
	}{
		{"verified", result(true, true, "", bad, good), ui.MarkOK, "verified"},
		{"revocation left open", result(true, true, "", unasked), ui.MarkOK, "verified, but whether its certificate was revoked was not asked"},
		{"one of two asked nowhere", result(true, true, "", unasked, good), ui.MarkOK, "verified"},
		{"only noted", result(true, false, "", noted), ui.MarkSoon, "let through by the policy, not verified: nobody vouches"},
		{"refused", result(false, false, "its signature is refused: it ended", bad), ui.MarkNow, "refused: its signature is refused: it ended"},
		{"unseen", skips, ui.MarkSoon, `let through unseen: statement "lax" skips verification`},
	}
	for _, tt := range tests {
		p := page.VerdictPage(tt.r)
		if got := p.Sections[0].Facts[1]; got.Value != tt.says || got.Mark != tt.mark {
			t.Errorf("%s: %q %q", tt.name, got.Mark, got.Value)
		}
		text := uitest.PageText(t, p)
		if asked := strings.Contains(text, "Nobody was asked whether certificates were revoked. ocsp.example would know"); asked != strings.Contains(text, "not asked at ocsp.example") {
			t.Errorf("%s: the limit does not stand beside the result:\n%s", tt.name, text)
		}
	}
}

// TestHostilePages puts names that act on a terminal wherever a registry, a certificate or a
// file can put one.
func TestHostilePages(t *testing.T) {
	s := good
	s.Signer, s.Issuer, s.TrustStore, s.RevocationHosts, s.Revocation = evil, evil, "ca:"+evil, []string{evil}, notation.RevocationNotAsked
	s.Status, s.Failures = notation.Failed, []notation.Failure{{Check: "integrity", Why: "bad " + evil, Enforced: true}}
	r := result(false, false, "refused "+evil, s)
	r.Tag, r.Problems, r.Unjudged = evil, []string{evil}, 3
	r.Statement = notation.Statement{Name: evil, Scopes: []string{evil}, Level: "custom", TrustStores: []string{evil}, Identities: []string{evil}, Timestamp: evil}
	r.Policy.Origin, r.Policy.Notes, r.Policy.Limits = "/"+evil, []string{evil}, []string{"a preview"}
	uitest.InBoth(t, uitest.PageText(t, page.VerdictPage(r)), `x\x1b[2J\u202e`, "bad x", "3 signatures more were not looked at", "Limit: a preview", "he registry says that")
	p := &notation.Policy{Origin: evil, Statements: []notation.Statement{r.Statement}, Notes: []string{evil}, Stores: []notation.Store{
		{Type: "ca", Name: evil, Problem: evil, UsedBy: []string{evil}},
		{Type: "tsa", Name: "clock", Path: evil, Certificates: []notation.Certificate{{Subject: evil, Issuer: evil, Thumbprint: hex, Ends: uitest.Start.Add(time.Hour)}}}}}
	uitest.InBoth(t, uitest.PageText(t, page.PolicyPage(p, uitest.Start)), `x\x1b[2J\u202e`, "cannot be used", "tsa:clock", hex)
}
