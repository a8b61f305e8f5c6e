package notation

import (
	"context"
	"crypto/x509"
	"fmt"
	"strings"

	"github.com/notaryproject/notation-go/verifier/truststore"
)

// memory is the trust stores by their names in a policy, read once for all signatures.
type memory map[string]loaded

// loaded is a store's certificates, or why it has none.
type loaded struct {
	certs []*x509.Certificate
	err   error
}

var _ truststore.X509TrustStore = memory(nil)

// GetCertificates is for notation-go's verifier.
func (m memory) GetCertificates(_ context.Context, kind truststore.Type, name string) ([]*x509.Certificate, error) {
	s, ok := m[string(kind)+":"+name]
	if !ok {
		return nil, truststore.TrustStoreError{Msg: fmt.Sprintf("the trust store %q is not there", string(kind)+":"+name)}
	}
	return s.certs, s.err
}

// holds reports whether a certificate of the chain is in one of the stores.
func (m memory) holds(stores []string, chain []*x509.Certificate) bool {
	for _, id := range stores {
		if m.vouches(id, chain) {
			return true
		}
	}
	return false
}

// vouches reports whether a store has a certificate of the chain, which is how Notation
// decides whom it trusts.
func (m memory) vouches(id string, chain []*x509.Certificate) bool {
	for _, trusted := range m[id].certs {
		for _, c := range chain {
			if trusted.Equal(c) {
				return true
			}
		}
	}
	return false
}

// add keeps a store for the verifier and for show.
func (p *Policy) add(s Store, l loaded) {
	if l.err != nil {
		l.certs, s.Problem = nil, l.err.Error()
	}
	for _, c := range l.certs {
		s.Certificates = append(s.Certificates, newCertificate(c))
	}
	p.loaded[s.ID()] = l
	p.Stores = append(p.Stores, s)
}

// storeKind is the type of trust store that a signing scheme is checked with.
func storeKind(id string) string {
	kind, _, _ := strings.Cut(id, ":")
	return kind
}
