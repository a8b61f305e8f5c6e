package interop

import (
	"crypto/ecdsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"path/filepath"
	"testing"
	"time"
)

// IssueRoot makes a key and has a throw-away CA issue a certificate of it for a
// repository, for a day. It gives the files of the key, of the chain from the leaf up, and
// of the CA.
func IssueRoot(t testing.TB, gun string) (keyFile, chain, ca string) {
	t.Helper()
	return IssueRootUntil(t, gun, time.Now().Add(24*time.Hour))
}

// IssueRootUntil is IssueRoot with a certificate that ends then, to the second.
func IssueRootUntil(t testing.TB, gun string, end time.Time) (keyFile, chain, ca string) {
	t.Helper()
	dir := t.TempDir()
	template := func(name string, serial int64) *x509.Certificate {
		return &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, BasicConstraintsValid: true,
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature}
	}
	authority, leaf := template("keyrite test authority", 1), template(gun, 2)
	leaf.NotAfter = end
	authority.IsCA, authority.KeyUsage = true, x509.KeyUsageCertSign
	caKey, key := newKey(t), newKey(t)
	block := func(cert *x509.Certificate, of *ecdsa.PrivateKey) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: issue(t, cert, authority, of, caKey)})
	}
	top := block(authority, caKey)
	keyFile, chain, ca = filepath.Join(dir, "root.pem"), filepath.Join(dir, "chain.pem"), filepath.Join(dir, "ca.pem")
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, keyFile, "EC PRIVATE KEY", der)
	writeFile(t, chain, append(block(leaf, key), top...))
	writeFile(t, ca, top)
	return keyFile, chain, ca
}
