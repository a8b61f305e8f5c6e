package notation

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/notaryproject/notation-core-go/revocation/purpose"
	"github.com/notaryproject/notation-core-go/signature"
	lib "github.com/notaryproject/notation-go"
	"github.com/notaryproject/notation-go/verifier"
	"github.com/notaryproject/notation-go/verifier/trustpolicy"
	godigest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// judged is one envelope with what it is judged against.
type judged struct {
	subject   Subject
	statement Statement
	kind      string // its media type
	envelope  []byte
}

// judge lets notation-go verify an envelope and says what came out.
func (p *Policy) judge(ctx context.Context, s Signature, j judged, opts Options) (Signature, error) {
	own, err := newRevocationCheck(opts.Asker, purpose.CodeSigning, func(chain []*x509.Certificate) bool {
		return p.loaded.holds(j.statement.TrustStores, chain)
	})
	if err != nil {
		return s, err
	}
	// The chain of a timestamp is verified before anybody is asked about it.
	stamps, err := newRevocationCheck(opts.Asker, purpose.Timestamping, func([]*x509.Certificate) bool { return true })
	if err != nil {
		return s, err
	}
	v, err := verifier.NewWithOptions(&p.document, p.loaded, nil,
		verifier.VerifierOptions{RevocationCodeSigningValidator: own, RevocationTimestampingValidator: stamps})
	if err != nil {
		return s, fmt.Errorf("%q: %w: %w", p.Origin, ErrPolicy, err)
	}
	target := ocispec.Descriptor{MediaType: j.subject.MediaType, Digest: godigest.NewDigestFromEncoded(godigest.SHA256, j.subject.Digest), Size: j.subject.Size}
	outcome, err := v.Verify(ctx, target, j.envelope, lib.VerifierVerifyOptions{
		ArtifactReference: j.subject.Repository + "@" + target.Digest.String(), SignatureMediaType: j.kind})
	if outcome == nil {
		return s, err
	}
	if ctx.Err() != nil {
		return s, ctx.Err()
	}
	reading := reading{policy: p, judged: j, outcome: outcome, own: own, now: opts.Now()}
	reading.read(&s)
	s.merge(own, stamps)
	return s, nil
}

// reading turns notation-go's outcome into ours.
type reading struct {
	policy *Policy
	judged
	outcome *lib.VerificationOutcome
	own     *revocationCheck
	now     time.Time
}

// read fills a signature. The failure that refused it comes first.
func (r reading) read(s *Signature) {
	r.describe(s)
	for _, check := range r.outcome.VerificationResults {
		if check.Error == nil {
			continue
		}
		why, reason := r.explain(check, s)
		s.Failures = append(s.Failures, Failure{string(check.Type), reason, why, check.Action == trustpolicy.ActionEnforce})
	}
	refused := slices.IndexFunc(s.Failures, func(f Failure) bool { return f.Enforced })
	switch {
	case r.outcome.Error == nil && len(s.Failures) == 0:
		s.Status = Verified
		return
	case r.outcome.Error == nil:
		s.Status = Accepted
		return
	case refused < 0: // none of the checks: what stands outside them
		why, reason := r.outside()
		s.Failures = append(s.Failures, Failure{"", reason, why, true})
		refused = len(s.Failures) - 1
	}
	s.Status = Failed
	f := s.Failures[refused]
	s.Failures = append([]Failure{f}, slices.Delete(s.Failures, refused, refused+1)...)
}

// describe takes over what the envelope says, once its integrity is known.
func (r reading) describe(s *Signature) {
	if r.outcome.EnvelopeContent == nil {
		return
	}
	info := &r.outcome.EnvelopeContent.SignerInfo
	s.SignedAt, s.Expires = utc(info.SignedAttributes.SigningTime), utc(info.SignedAttributes.Expiry)
	chain := info.CertificateChain
	if len(chain) == 0 {
		return
	}
	s.Signer, s.Issuer, s.Thumbprint = chain[0].Subject.String(), chain[0].Issuer.String(), thumbprint(chain[0])
	s.CertificateEnds = slices.MinFunc(chain, func(a, b *x509.Certificate) int { return a.NotAfter.Compare(b.NotAfter) }).NotAfter.UTC()
	kind := "ca"
	if info.SignedAttributes.SigningScheme == signature.SigningSchemeX509SigningAuthority {
		kind = "signingAuthority"
	}
	for _, id := range r.statement.TrustStores {
		if storeKind(id) == kind && s.TrustStore == "" && r.policy.loaded.vouches(id, chain) {
			s.TrustStore = id
		}
	}
}

func utc(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC()
}

// outside explains a refusal for which no check of the list stands.
func (r reading) outside() (string, Reason) {
	if content := r.outcome.EnvelopeContent; content != nil {
		if attribute, err := content.SignerInfo.ExtendedAttribute(verifier.HeaderVerificationPlugin); err == nil {
			return fmt.Sprintf("it asks for the plugin %q, and keyrite runs none: it was not verified", fmt.Sprint(attribute.Value)), ReasonPlugin
		}
		if signed, ok := signedTarget(content.Payload.Content); ok && !r.is(signed) {
			return fmt.Sprintf("it is a signature of %s with %d bytes of kind %q", signed.Digest, signed.Size, signed.MediaType), ReasonOtherDigest
		}
	}
	return r.outcome.Error.Error(), ReasonOther
}

func (r reading) is(d ocispec.Descriptor) bool {
	return d.Digest.String() == "sha256:"+r.subject.Digest && d.Size == r.subject.Size && d.MediaType == r.subject.MediaType
}

// signedTarget reads what a payload is about.
func signedTarget(payload []byte) (ocispec.Descriptor, bool) {
	var p struct {
		Target ocispec.Descriptor `json:"targetArtifact"`
	}
	return p.Target, json.Unmarshal(payload, &p) == nil
}
