package notation

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/notaryproject/notation-go/verifier/trustpolicy"
)

// Policy is a trust policy with the certificates that it trusts.
type Policy struct {
	// Origin is the file that it was read from.
	Origin string
	// Statements are in the policy's order.
	Statements []Statement
	// Stores are the trust stores that statements name and those that are there besides,
	// sorted by their names.
	Stores []Store
	// Notes are sentences on what was found and not followed; Limits on what a verdict
	// under this policy does not say.
	Notes, Limits []string

	document trustpolicy.Document
	loaded   memory
}

// Statement is one statement of a policy.
type Statement struct {
	Name string
	// Scopes are the repositories that it is for, or "*" alone.
	Scopes []string
	// Level is strict, permissive, audit, skip, or custom for one with overrides.
	Level string
	// Enforced, Logged and Skipped are what the level does with each check.
	Enforced, Logged, Skipped []string
	// Timestamp is when a timestamp is verified: "always", "afterCertExpiry", or "".
	Timestamp string
	// TrustStores are names like "ca:acme", Identities "*" or names like "x509.subject: ...".
	TrustStores, Identities []string
}

// Store is a trust store.
type Store struct {
	// Type is ca, signingAuthority or tsa.
	Type, Name string
	// Path is its folder, "" where it has none of its own.
	Path         string
	Certificates []Certificate
	// Problem is why it is of no use, "" if it is.
	Problem string
	// UsedBy are the names of the statements that trust it.
	UsedBy []string
}

// ID is the store's name in a policy: "ca:acme".
func (s Store) ID() string { return s.Type + ":" + s.Name }

// Certificate is what is shown of one in a trust store.
type Certificate struct {
	Subject, Issuer string
	// Thumbprint is its SHA-256 in hex.
	Thumbprint     string
	Begins, Ends   time.Time
	SelfSigned, CA bool
}

func newCertificate(c *x509.Certificate) Certificate {
	return Certificate{c.Subject.String(), c.Issuer.String(), thumbprint(c), c.NotBefore.UTC(), c.NotAfter.UTC(),
		slices.Equal(c.RawIssuer, c.RawSubject), c.IsCA}
}

func thumbprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return hex.EncodeToString(sum[:])
}

// Applies finds the statement for a repository: the one that names it, else the one for all.
func (p *Policy) Applies(repository string) (Statement, bool) {
	applicable, err := p.document.GetApplicableTrustPolicy(repository + "@sha256:" + strings.Repeat("0", 64))
	if err != nil {
		return Statement{}, false
	}
	i := slices.IndexFunc(p.Statements, func(s Statement) bool { return s.Name == applicable.Name })
	return p.Statements[i], true
}

// complete checks the document and fills what is shown of it.
func (p *Policy) complete() error {
	if err := p.document.Validate(); err != nil {
		return fmt.Errorf("%q: %w: %w", p.Origin, ErrPolicy, err)
	}
	for _, s := range p.document.TrustPolicies {
		statement, err := newStatement(s)
		if err != nil {
			return fmt.Errorf("%q: %w: %w", p.Origin, ErrPolicy, err)
		}
		p.Statements = append(p.Statements, statement)
		for _, id := range s.TrustStores {
			p.use(id, s.Name)
		}
	}
	slices.SortFunc(p.Stores, func(a, b Store) int { return strings.Compare(a.ID(), b.ID()) })
	return nil
}

// use notes that a statement trusts a store, which need not be there.
func (p *Policy) use(id, statement string) {
	i := slices.IndexFunc(p.Stores, func(s Store) bool { return s.ID() == id })
	if i < 0 {
		kind, name, _ := strings.Cut(id, ":")
		p.Stores = append(p.Stores, Store{Type: kind, Name: name, Problem: "it is not there"})
		i = len(p.Stores) - 1
	}
	if !slices.Contains(p.Stores[i].UsedBy, statement) {
		p.Stores[i].UsedBy = append(p.Stores[i].UsedBy, statement)
	}
}

func newStatement(s trustpolicy.TrustPolicy) (Statement, error) {
	level, err := s.SignatureVerification.GetVerificationLevel()
	if err != nil {
		return Statement{}, err
	}
	out := Statement{Name: s.Name, Scopes: s.RegistryScopes, Level: level.Name, Timestamp: string(s.SignatureVerification.VerifyTimestamp),
		TrustStores: s.TrustStores, Identities: s.TrustedIdentities}
	for _, check := range trustpolicy.ValidationTypes {
		list := &out.Skipped
		switch level.Enforcement[check] {
		case trustpolicy.ActionEnforce:
			list = &out.Enforced
		case trustpolicy.ActionLog:
			list = &out.Logged
		}
		*list = append(*list, string(check))
	}
	return out, nil
}
