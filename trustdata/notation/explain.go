package notation

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"

	lib "github.com/notaryproject/notation-go"
	"github.com/notaryproject/notation-go/verifier/trustpolicy"
	"github.com/notaryproject/notation-go/verifier/truststore"
)

// explain says in one sentence why a check of the specification's list did not hold.
func (r reading) explain(check *lib.ValidationResult, s *Signature) (string, Reason) {
	switch check.Type {
	case trustpolicy.TypeIntegrity:
		return "it was altered or is no envelope: " + check.Error.Error(), ReasonIntegrity
	case trustpolicy.TypeAuthenticity:
		return r.unauthentic(check.Error, s)
	case trustpolicy.TypeExpiry:
		return "it ended on " + day(s.Expires), ReasonExpired
	case trustpolicy.TypeAuthenticTimestamp:
		return r.untimely(check.Error)
	case trustpolicy.TypeRevocation:
		return r.revoked(check.Error)
	}
	return check.Error.Error(), ReasonOther
}

// unauthentic tells a signer whom nobody vouches for from one who is not named.
func (r reading) unauthentic(err error, s *Signature) (string, Reason) {
	var store truststore.TrustStoreError
	var certificate truststore.CertificateError
	stores := strings.Join(r.statement.TrustStores, ", ")
	switch {
	case errors.As(err, &store) || errors.As(err, &certificate):
		return "a trust store cannot be used: " + err.Error(), ReasonTrustStore
	case s.TrustStore != "":
		return fmt.Sprintf("its signer %q is none of the identities that statement %q trusts", s.Signer, r.statement.Name), ReasonIdentity
	}
	return fmt.Sprintf("no certificate in %s vouches for its signer %q", stores, s.Signer), ReasonUntrusted
}

// untimely tells a certificate outside its time from a timestamp that does not count. It is
// the certificate where one has ended or not begun and there is no timestamp at all.
func (r reading) untimely(err error) (string, Reason) {
	info := r.outcome.EnvelopeContent.SignerInfo
	if len(info.UnsignedAttributes.TimestampSignature) == 0 {
		for _, c := range info.CertificateChain {
			if why := outsideItsTime(c, r.now); why != "" {
				return why + ", and no timestamp shows that it was good when it signed", ReasonCertificate
			}
		}
	}
	return "its time is not proved: " + err.Error(), ReasonTimestamp
}

func outsideItsTime(c *x509.Certificate, now time.Time) string {
	switch {
	case now.After(c.NotAfter):
		return fmt.Sprintf("the certificate %q ended on %s", c.Subject.String(), day(c.NotAfter))
	case now.Before(c.NotBefore):
		return fmt.Sprintf("the certificate %q begins on %s", c.Subject.String(), day(c.NotBefore))
	}
	return ""
}

func (r reading) revoked(err error) (string, Reason) {
	if r.own.state == RevocationBad {
		return "its certificate was revoked: " + err.Error(), ReasonRevoked
	}
	why := "whether its certificate was revoked could not be learned"
	if r.own.problem != "" {
		why += ": " + r.own.problem
	}
	return why, ReasonRevocationUnknown
}

// day is a date in sentences.
func day(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
