package remote_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"maps"
	"math/big"
	"strings"
	"testing"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// rootCert is a certificate of the world's GUN, changed by change.
func rootCert(t *testing.T, key crypto.Signer, kind trustdata.KeyType, change func(*x509.Certificate)) trustdata.PublicKey {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: string(gun)},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(240 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}, BasicConstraintsValid: true}
	change(template)
	der := must[[]byte](t)(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))
	return trustdata.PublicKey{Type: kind, Value: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

// listRoot makes the next root, whose one root key has this certificate. The root key
// before signs it, and key does where the certificate is of that.
func (w *world) listRoot(cert trustdata.PublicKey, key *testKey) {
	w.t.Helper()
	next := w.root.Clone()
	next.Version++
	next.Keys[cert.ListedID()] = cert
	next.Roles[trustdata.RoleRoot] = notary.RoleKeys{KeyIDs: []trustdata.ListedID{cert.ListedID()}, Threshold: 1}
	signers := []notary.Signer{w.rootBy}
	if key != nil {
		signers = append(signers, notary.Signer{Key: key, Listed: cert.ListedID()})
	}
	w.root = next
	w.serveRoot(must[*notary.File[notary.Root]](w.t)(notary.SignRoot(next, signers)).Raw)
	w.publish()
}

// TestBadRootCertificate has a root whose certificate nobody may go by any more, or yet: on
// first contact and as the root that follows a known one.
func TestBadRootCertificate(t *testing.T) {
	ec := func(change func(*x509.Certificate)) func(*testing.T) (trustdata.PublicKey, *testKey) {
		return func(t *testing.T) (trustdata.PublicKey, *testKey) {
			key := newKey(t)
			return rootCert(t, key.private, trustdata.KeyECDSAx509, change), key
		}
	}
	for _, tt := range []struct {
		name string
		make func(*testing.T) (trustdata.PublicKey, *testKey)
		want string // "" where it holds
	}{
		{"good", ec(func(*x509.Certificate) {}), ""},
		{"ended", ec(func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Minute) }), "expired at 2026-11-22 11:59 UTC"},
		{"not begun", ec(func(c *x509.Certificate) { c.NotBefore = now.Add(48 * time.Hour) }), "valid only from 2026-11-24"},
		{"SHA-1", ec(func(c *x509.Certificate) { c.SignatureAlgorithm = x509.ECDSAWithSHA1 }), "signed with ECDSA-SHA1"},
		{"of another GUN", ec(func(c *x509.Certificate) { c.Subject.CommonName = "evil.example/x" }), `is for "evil.example/x"`},
		{"RSA of 1,024 bits", func(t *testing.T) (trustdata.PublicKey, *testKey) {
			key := must[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 1024))
			return rootCert(t, key, trustdata.KeyRSAx509, func(*x509.Certificate) {}), nil
		}, "RSA key of 1024 bits"},
	} {
		for name, seen := range map[string]bool{tt.name: true, tt.name + ", first contact": false} {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t)
				f, dir := w.newFetcher()
				if seen {
					w.mustFetch(f)
				}
				before := contents(t, dir)
				w.listRoot(tt.make(t))
				r, _, err := w.fetch(f)
				if tt.want == "" {
					if err != nil || r.Repo.Root.Body.Version != 2 {
						t.Fatalf("a certificate that holds: %v", err)
					}
					return
				}
				expectRefusal(t, err, trustdata.RoleRoot, trustdata.ReasonCertificate)
				if err == nil || !strings.Contains(err.Error(), "root metadata refused") || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v, want %q", err, tt.want)
				}
				if !maps.Equal(before, contents(t, dir)) {
					t.Error("state or cache moved")
				}
			})
		}
	}
}
