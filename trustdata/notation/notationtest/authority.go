// Package notationtest makes certificates, signatures and configuration folders of Notation
// for tests. The signatures are made by Notation's own library.
package notationtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"
)

// Authority is a certificate authority that issues certificates for signing.
type Authority struct {
	t    testing.TB
	Cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// NewAuthority makes one that lasts from five years ago to five years from now.
func NewAuthority(t testing.TB, name string) *Authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{Country: []string{"US"}, Province: []string{"WA"}, Organization: []string{name}, CommonName: name + " root"},
		NotBefore: time.Now().AddDate(-5, 0, 0), NotAfter: time.Now().AddDate(5, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	a := &Authority{t: t, key: key}
	a.Cert = issue(t, cert, cert, &key.PublicKey, key)
	return a
}

// PEM is the authority's certificate.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.Cert.Raw})
}

// Leaf is what a certificate for signing may have besides its name.
type Leaf struct {
	// Begins and Ends are a year ago and a year from now where they are not set.
	Begins, Ends time.Time
	// OCSP and CRL are where it says that its revocation can be asked about.
	OCSP, CRL []string
}

// Signer holds a certificate and its key.
type Signer struct {
	t     testing.TB
	Chain []*x509.Certificate // its own certificate first, the root last
	Key   *ecdsa.PrivateKey
}

// Signer issues a certificate with a common name.
func (a *Authority) Signer(name string, leaf Leaf) *Signer {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	if leaf.Begins.IsZero() {
		leaf.Begins = time.Now().AddDate(-1, 0, 0)
	}
	if leaf.Ends.IsZero() {
		leaf.Ends = time.Now().AddDate(1, 0, 0)
	}
	subject := a.Cert.Subject
	subject.CommonName = name
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{Country: subject.Country, Province: subject.Province, Organization: subject.Organization, CommonName: name},
		NotBefore: leaf.Begins, NotAfter: leaf.Ends, OCSPServer: leaf.OCSP, CRLDistributionPoints: leaf.CRL,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
	}
	return &Signer{a.t, []*x509.Certificate{issue(a.t, cert, a.Cert, &key.PublicKey, a.key), a.Cert}, key}
}

// RevocationList is the authority's list of these certificates, for a minute ago.
func (a *Authority) RevocationList(revoked ...*Signer) []byte {
	a.t.Helper()
	list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Now().Add(-time.Minute), NextUpdate: time.Now().AddDate(0, 0, 1)}
	for _, s := range revoked {
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: s.Chain[0].SerialNumber, RevocationTime: time.Now().Add(-time.Minute)})
	}
	der, err := x509.CreateRevocationList(rand.Reader, list, a.Cert, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return der
}

func issue(t testing.TB, cert, parent *x509.Certificate, public *ecdsa.PublicKey, key *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, cert, parent, public, key)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return made
}
