package notation

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Options are what a verification may do and depends on.
type Options struct {
	// Now is the clock that sentences are written by; notation-go has its own.
	Now func() time.Time
	// Asker sends questions about revocation (OCSP and CRL) to the hosts that certificates
	// name. Nil asks nobody: the other checks are made, and the result says so.
	Asker *http.Client
}

// Verify judges the signatures of a subject, at most MaxSignatures. Notation lets a digest
// through as soon as one signature passes; here each is looked at, so that all can be
// shown. The error is why there is no verdict; a signature that cannot be read is one that
// failed.
func (p *Policy) Verify(ctx context.Context, from Source, subject Subject, opts Options) (Verdict, error) {
	v := Verdict{Subject: subject}
	statement, ok := p.Applies(subject.Repository)
	if !ok {
		v.Reason, v.Why = ReasonNoStatement, fmt.Sprintf("no statement of the policy is for %q", subject.Repository)
		return v, nil
	}
	v.Statement = statement
	if statement.Level == "skip" {
		v.Accepted = true
		return v, nil
	}
	digests, problems, err := from.Signatures(ctx, subject.Digest)
	if err != nil {
		return Verdict{}, err
	}
	v.Problems = problems
	digests = once(digests)
	if v.Unjudged = max(0, len(digests)-MaxSignatures); v.Unjudged > 0 {
		digests = digests[:MaxSignatures]
	}
	for _, d := range digests {
		s, err := p.signature(ctx, from, subject, statement, d, opts)
		if err != nil {
			return Verdict{}, err
		}
		v.add(s)
	}
	v.conclude()
	return v, nil
}

// Skipped reports whether the policy lets the digest through unseen.
func (v Verdict) Skipped() bool { return v.Statement.Level == "skip" }

func (v *Verdict) add(s Signature) {
	v.Signatures = append(v.Signatures, s)
	v.Verified = v.Verified || s.Status == Verified
	v.Accepted = v.Accepted || s.Status != Failed
}

// conclude says why nothing was accepted.
func (v *Verdict) conclude() {
	switch n := len(v.Signatures); {
	case v.Accepted:
	case n == 0:
		v.Reason, v.Why = ReasonNoSignature, "the repository has no Notation signature of it"
	case n == 1:
		v.Reason, v.Why = ReasonNoneAccepted, "its signature is refused: "+v.Signatures[0].Failures[0].Why
	default:
		v.Reason, v.Why = ReasonNoneAccepted, fmt.Sprintf("all %d signatures are refused, the first because %s", n, v.Signatures[0].Failures[0].Why)
	}
	if !v.Accepted && v.Unjudged > 0 {
		v.Why += fmt.Sprintf("; %d more were not looked at", v.Unjudged)
	}
}

// once leaves out what a registry lists again: repeating one signature would crowd out others.
func once(digests []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, d := range digests {
		if !seen[d] {
			seen[d] = true
			out = append(out, d)
		}
	}
	return out
}

// signature reads one signature and judges it.
func (p *Policy) signature(ctx context.Context, from Source, subject Subject, statement Statement, digest string, opts Options) (Signature, error) {
	s := Signature{Digest: digest, Status: Failed}
	raw, err := from.Manifest(ctx, digest)
	if err != nil {
		return s.unread(ctx, err)
	}
	kind, blob, err := envelopeOf(raw)
	if err != nil {
		s.Failures = []Failure{{Check: "integrity", Reason: ReasonIntegrity, Why: err.Error(), Enforced: true}}
		return s, nil
	}
	s.Format = formats[kind]
	envelope, err := from.Blob(ctx, blob)
	if err != nil {
		return s.unread(ctx, err)
	}
	return p.judge(ctx, s, judged{subject, statement, kind, envelope}, opts)
}

// unread is a signature that the registry lists and does not give. What ends the whole run
// is no property of the signature.
func (s Signature) unread(ctx context.Context, err error) (Signature, error) {
	if ctx.Err() != nil {
		return s, err
	}
	s.Failures = []Failure{{Reason: ReasonUnread, Why: "it could not be read: " + err.Error(), Enforced: true}}
	return s, nil
}

// formats are the kinds of envelopes (signature specification).
var formats = map[string]string{"application/jose+json": "JWS", "application/cose": "COSE"}

// envelopeOf finds the envelope in a signature's manifest: exactly one, as the only layer of
// an image manifest or the only blob of the artifact manifest that OCI 1.1 dropped.
func envelopeOf(raw []byte) (kind, digest string, err error) {
	type content struct {
		MediaType string `json:"mediaType"`
		Digest    string `json:"digest"`
	}
	var m struct {
		Layers []content `json:"layers"`
		Blobs  []content `json:"blobs"`
	}
	if json.Unmarshal(raw, &m) != nil {
		return "", "", fmt.Errorf("its manifest cannot be read")
	}
	all := append(m.Layers, m.Blobs...)
	if len(all) != 1 {
		return "", "", fmt.Errorf("its manifest names %d envelopes instead of one", len(all))
	}
	digest, ok := strings.CutPrefix(all[0].Digest, "sha256:")
	if !ok || len(digest) != 64 || strings.Trim(digest, "0123456789abcdef") != "" {
		return "", "", fmt.Errorf("its manifest names the envelope %q, which is no SHA-256", all[0].Digest)
	}
	return all[0].MediaType, digest, nil
}
