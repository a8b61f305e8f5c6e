package main

import (
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notation"
	page "keyrite/ui/notation"
)

type verdictJSON struct {
	GUN        trustdata.GUN   `json:"gun"`
	Tag        string          `json:"tag"`
	Digest     string          `json:"digest"`
	Reference  string          `json:"reference"`
	Accepted   bool            `json:"accepted"`
	Verified   bool            `json:"verified"`
	Reason     notation.Reason `json:"reason"`
	Policy     string          `json:"policy"`
	Statement  *statementJSON  `json:"statement"`
	Signatures []judgedJSON    `json:"signatures"`
	Unjudged   int             `json:"unjudged"`
	Problems   []string        `json:"problems"`
	Notes      []string        `json:"notes"`
	Limits     []string        `json:"limits"`
}

type statementJSON struct {
	Name       string   `json:"name"`
	Scopes     []string `json:"registry_scopes"`
	Level      string   `json:"level"`
	Enforced   []string `json:"enforced"`
	Logged     []string `json:"logged"`
	Skipped    []string `json:"skipped"`
	Timestamp  string   `json:"verify_timestamp"`
	Stores     []string `json:"trust_stores"`
	Identities []string `json:"trusted_identities"`
}

type judgedJSON struct {
	Digest      string              `json:"digest"`
	Format      string              `json:"format"`
	Status      notation.Status     `json:"status"`
	Failures    []failureJSON       `json:"failures"`
	Signer      string              `json:"signer"`
	Issuer      string              `json:"issuer"`
	Certificate string              `json:"certificate"`
	Ends        *time.Time          `json:"certificate_ends"`
	TrustStore  string              `json:"trust_store"`
	SignedAt    *time.Time          `json:"signed_at"`
	Expires     *time.Time          `json:"expires"`
	Revocation  notation.Revocation `json:"revocation"`
	Hosts       []string            `json:"revocation_hosts"`
}

type failureJSON struct {
	Check    string          `json:"check"`
	Reason   notation.Reason `json:"reason"`
	Message  string          `json:"message"`
	Enforced bool            `json:"enforced"`
}

func newVerdictJSON(r page.Result) verdictJSON {
	out := verdictJSON{GUN: trustdata.GUN(r.Subject.Repository), Tag: r.Tag, Digest: digest(r.Subject.Digest), Reference: r.Subject.Repository + "@" + digest(r.Subject.Digest),
		Accepted: r.Accepted, Verified: r.Verified, Reason: r.Reason, Policy: r.Policy.Origin, Signatures: []judgedJSON{}, Unjudged: r.Unjudged,
		Problems: list(r.Problems), Notes: list(r.Policy.Notes), Limits: list(r.Policy.Limits)}
	if r.Why != "" {
		out.Problems = append([]string{r.Why}, out.Problems...)
	}
	if r.Statement.Name != "" {
		st := newStatementJSON(r.Statement)
		out.Statement = &st
	}
	for _, s := range r.Signatures {
		out.Signatures = append(out.Signatures, newJudgedJSON(s))
	}
	return out
}

func newStatementJSON(s notation.Statement) statementJSON {
	return statementJSON{s.Name, list(s.Scopes), s.Level, list(s.Enforced), list(s.Logged), list(s.Skipped), s.Timestamp, list(s.TrustStores), list(s.Identities)}
}

func newJudgedJSON(s notation.Signature) judgedJSON {
	out := judgedJSON{Digest: digest(s.Digest), Format: s.Format, Status: s.Status, Failures: []failureJSON{}, Signer: s.Signer, Issuer: s.Issuer,
		Certificate: digest(s.Thumbprint), Ends: stamp(s.CertificateEnds), TrustStore: s.TrustStore, SignedAt: stamp(s.SignedAt), Expires: stamp(s.Expires),
		Revocation: s.Revocation, Hosts: list(s.RevocationHosts)}
	for _, f := range s.Failures {
		out.Failures = append(out.Failures, failureJSON{f.Check, f.Reason, f.Why, f.Enforced})
	}
	return out
}
