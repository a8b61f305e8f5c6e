// Package notation says whether the Notation signatures of a digest count under a trust
// policy: one in Notation's own layout, or one out of a Ratify configuration. The judge is
// notation-go's verifier; this package hands it a policy, certificates and envelopes that
// it has read itself, so that no folder of the user's and no plugin takes part.
//
// notation-go compares with the machine's clock and takes no other. What needs a plugin is
// not verified. Whether a certificate was revoked is asked only with Options.Asker, since
// that means requests to hosts which the certificates name.
package notation

import (
	"context"
	"errors"
	"time"
)

// MaxSignatures is how many signatures of one digest are judged, which is what notation
// does without --max-signatures. The rest is counted and not looked at.
const MaxSignatures = 100

// ErrPolicy is what a trust policy Is that cannot be used: a file that is not there, is no
// policy, or breaks the rules of the specification.
var ErrPolicy = errors.New("no usable trust policy")

// Subject is the manifest whose signatures are judged.
type Subject struct {
	// Repository is its name with the host, as a registry scope has it.
	Repository string
	// Digest is the manifest's SHA-256, 64 lower-case hex digits, Size its length in bytes,
	// and MediaType its kind. A signature is made over all three.
	Digest    string
	Size      int64
	MediaType string
}

// Source reads a subject's repository. Digests are 64 lower-case hex digits of a SHA-256,
// and what is read by digest has been compared with it.
type Source interface {
	// Signatures are the digests of the manifests that say they are Notation signatures of
	// a subject, in the registry's order, and sentences on what was passed over.
	Signatures(ctx context.Context, subject string) (digests, problems []string, err error)
	Manifest(ctx context.Context, digest string) ([]byte, error)
	Blob(ctx context.Context, digest string) ([]byte, error)
}

// Status is what became of a signature.
type Status string

// The statuses.
const (
	// Verified is a signature of which every check that was made held.
	Verified Status = "verified"
	// Accepted is one that the policy lets through although a check failed.
	Accepted Status = "accepted"
	Failed   Status = "failed"
	// Skipped was not looked at, because the policy says so.
	Skipped Status = "skipped"
)

// Reason is why a check failed, for programs.
type Reason string

// The reasons.
const (
	ReasonUnread            Reason = "unread"             // the registry did not give it
	ReasonIntegrity         Reason = "integrity"          // altered, or no envelope
	ReasonOtherDigest       Reason = "other_digest"       // it signs something else
	ReasonUntrusted         Reason = "untrusted"          // no certificate of a trust store vouches for it
	ReasonTrustStore        Reason = "trust_store"        // a trust store cannot be used
	ReasonIdentity          Reason = "identity"           // the signer is not a trusted identity
	ReasonExpired           Reason = "expired"            // past the signature's own end
	ReasonCertificate       Reason = "certificate"        // a certificate has ended or not begun
	ReasonTimestamp         Reason = "timestamp"          // the timestamp is missing or does not count
	ReasonRevoked           Reason = "revoked"            // a certificate was revoked
	ReasonRevocationUnknown Reason = "revocation_unknown" // asked, and not learned
	ReasonPlugin            Reason = "plugin"             // only a plugin could verify it
	ReasonOther             Reason = "other"
	ReasonNoSignature       Reason = "no_signature" // of a verdict: there is none
	ReasonNoStatement       Reason = "no_statement" // of a verdict: the policy says nothing of the repository
	ReasonNoneAccepted      Reason = "none_accepted"
)

// Failure is a check that did not hold.
type Failure struct {
	// Check is the specification's name of it, such as "authenticity", or "" for what stands
	// outside its list.
	Check  string
	Reason Reason
	// Why is one sentence fragment. Names from outside in it are quoted or come from the
	// signature: show it through trustdata.Visible.
	Why string
	// Enforced tells a failure that refuses the signature from one that is only noted.
	Enforced bool
}

// Revocation is what is known of the certificates' revocation.
type Revocation string

// The states of revocation.
const (
	RevocationNotReached Revocation = ""           // an earlier check refused the signature, or the policy skips this one
	RevocationNotAsked   Revocation = "not asked"  // the certificates name hosts, and none was asked
	RevocationNowhere    Revocation = "none named" // the certificates name nobody who could be asked
	RevocationGood       Revocation = "good"
	RevocationBad        Revocation = "revoked"
	RevocationUnknown    Revocation = "unknown"
)

// Signature is one signature and what became of it. Everything but Digest and Status is
// only as good as the checks that held.
type Signature struct {
	// Digest is the SHA-256 of its manifest, 64 lower-case hex digits.
	Digest string
	// Format is "JWS" or "COSE", "" where that is not known.
	Format string
	Status Status
	// Failures are the checks that did not hold; the one that refused it comes first.
	Failures []Failure
	// Signer and Issuer are names out of the signer's certificate (RFC 4514), Thumbprint
	// its SHA-256 in hex, CertificateEnds when the first certificate of its chain ends.
	Signer, Issuer, Thumbprint string
	CertificateEnds            time.Time
	// TrustStore is the one that vouches for the signer, as "ca:name", "" for none.
	TrustStore string
	// SignedAt is what the signature says of its making, Expires its own end, zero for none.
	SignedAt, Expires time.Time
	Revocation        Revocation
	// RevocationHosts are those that the certificates name.
	RevocationHosts []string
}

// Verdict is what a policy says of a digest.
type Verdict struct {
	Subject Subject
	// Statement is the one that applies; its Name is "" where there is none.
	Statement Statement
	// Accepted: the policy lets the digest through, which is what notation's exit code says.
	// Verified: at least one signature's checks held altogether.
	Accepted, Verified bool
	// Reason and Why say why it is not accepted.
	Reason     Reason
	Why        string
	Signatures []Signature
	// Unjudged is how many signatures there are beyond MaxSignatures.
	Unjudged int
	// Problems are sentences on what was found at the registry and passed over.
	Problems []string
}
