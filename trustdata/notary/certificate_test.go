package notary_test

import (
	"bytes"
	"crypto"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// certTemplate is a root certificate as the reference client makes it.
func certTemplate() *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: string(gun)},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
		BasicConstraintsValid: true,
	}
}

func caTemplate() *x509.Certificate {
	ca := certTemplate()
	ca.Subject.CommonName, ca.IsCA, ca.KeyUsage, ca.ExtKeyUsage = "a CA", true, x509.KeyUsageCertSign, nil
	return ca
}

func certPEM(t *testing.T, template *x509.Certificate, public crypto.PublicKey, by crypto.Signer) []byte {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, by)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func TestRootCertificates(t *testing.T) {
	ec := newEC(t)
	with := func(change func(*x509.Certificate)) func(*testing.T) []byte {
		return func(t *testing.T) []byte {
			template := certTemplate()
			change(template)
			return certPEM(t, template, ec.PrivateKey.Public(), ec.PrivateKey)
		}
	}
	good := with(func(*x509.Certificate) {})
	text := func(change func(string) string) func(*testing.T) []byte {
		return func(t *testing.T) []byte { return []byte(change(string(good(t)))) }
	}
	ca := func(t *testing.T, change func(*x509.Certificate)) []byte {
		template := caTemplate()
		change(template)
		return certPEM(t, template, ec.PrivateKey.Public(), ec.PrivateKey)
	}
	same := func(*x509.Certificate) {}
	tests := []struct {
		name  string
		value func(t *testing.T) []byte
		says  string // "" where the certificate holds
	}{
		{"as it should be", good, ""},
		{"ends now", with(func(c *x509.Certificate) { c.NotAfter = now }), ""},
		{"begins within a day", with(func(c *x509.Certificate) { c.NotBefore = now.Add(24 * time.Hour); c.NotAfter = now.Add(48 * time.Hour) }), ""},
		{"for every name", with(func(c *x509.Certificate) { c.Subject.CommonName = "*" }), ""},
		{"for a prefix", with(func(c *x509.Certificate) { c.Subject.CommonName = "example.com/acme/*" }), ""},
		{"with a CA behind it", func(t *testing.T) []byte { return append(good(t), ca(t, same)...) }, ""},

		{"ended", with(func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Second) }), "expired at 2026-11-22 09:59 UTC"},
		{"begins later", with(func(c *x509.Certificate) {
			c.NotBefore = now.Add(24*time.Hour + time.Second)
			c.NotAfter = now.Add(48 * time.Hour)
		}), "valid only from"},
		{"of another repository", with(func(c *x509.Certificate) { c.Subject.CommonName = "example.com/acme/other" }), `is for "example.com/acme/other"`},
		{"of a longer name", with(func(c *x509.Certificate) { c.Subject.CommonName = string(gun) + "/x" }), "is for"},
		{"of a prefix without asterisk", with(func(c *x509.Certificate) { c.Subject.CommonName = "example.com/acme/" }), "is for"},
		{"of another prefix", with(func(c *x509.Certificate) { c.Subject.CommonName = "example.com/other/*" }), "is for"},
		{"asterisk in the middle", with(func(c *x509.Certificate) { c.Subject.CommonName = "example.com/*/app" }), "is for"},
		{"without a name", with(func(c *x509.Certificate) { c.Subject.CommonName = "" }), "is for"},
		{"in another case", with(func(c *x509.Certificate) { c.Subject.CommonName = "Example.com/acme/app" }), "is for"},
		{"a CA", func(t *testing.T) []byte { return ca(t, same) }, "one leaf"},
		{"a CA in front", func(t *testing.T) []byte { return append(ca(t, same), good(t)...) }, "one leaf"},
		{"two leaves", func(t *testing.T) []byte { return append(good(t), good(t)...) }, "one leaf"},
		{"with an expired CA", func(t *testing.T) []byte {
			return append(good(t), ca(t, func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Hour) })...)
		}, "expired"},
		{"text behind", text(func(s string) string { return s + "# me\n" }), "spelled"},
		{"text in front", text(func(s string) string { return "# me\n" + s }), "spelled"},
		{"no last newline", text(func(s string) string { return strings.TrimSuffix(s, "\n") }), "spelled"},
		{"CRLF", text(func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }), "spelled"},
		{"one long line", text(func(s string) string {
			lines := strings.Split(strings.TrimSpace(s), "\n")
			return lines[0] + "\n" + strings.Join(lines[1:len(lines)-1], "") + "\n" + lines[len(lines)-1] + "\n"
		}), "spelled"},
		{"a key block behind", text(func(s string) string { return s + "-----BEGIN X-----\n-----END X-----\n" }), "spelled"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := verifyRootBy(t, trustdata.PublicKey{Type: trustdata.KeyECDSAx509, Value: tt.value(t)}, ec)
			if tt.says == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			expectRefusal(t, err, rRoot, trustdata.ReasonCertificate)
			if !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%q does not say %q", err, tt.says)
			}
		})
	}
}

// verifyRootBy makes a root whose one root key is public and verifies it.
func verifyRootBy(t *testing.T, public trustdata.PublicKey, key trustdata.SigningKey) error {
	t.Helper()
	w := newWorld(t)
	w.list(rRoot, public, false)
	w.signers[rRoot] = []notary.Signer{{Key: key, Listed: public.ListedID()}}
	_, err := w.verify(policy)
	return err
}

func TestRootKeyWithoutCertificate(t *testing.T) {
	key := newEC(t)
	expectRefusal(t, verifyRootBy(t, key.Public(), key), rRoot, trustdata.ReasonCertificate)
	ed := vectorEd()
	expectRefusal(t, verifyRootBy(t, ed.Public(), ed), rRoot, trustdata.ReasonCertificate)
}

func TestRootCertificateThatIsNone(t *testing.T) {
	for _, value := range []string{"x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", strings.Replace(vectorCert, "-----\n", "-----\na: b\n\n", 1)} {
		public := trustdata.PublicKey{Type: trustdata.KeyECDSAx509, Value: []byte(value)}
		expectRefusal(t, verifyRootBy(t, public, newEC(t)), rRoot, trustdata.ReasonCertificate)
	}
}

func TestRootCertificatesOfRSA(t *testing.T) {
	weak, strong := newRSA(t, 1024), sharedRSA()
	public := func(key rsaKey, algorithm x509.SignatureAlgorithm) trustdata.PublicKey {
		template := certTemplate()
		template.SignatureAlgorithm = algorithm
		return trustdata.PublicKey{Type: trustdata.KeyRSAx509, Value: certPEM(t, template, key.PrivateKey.Public(), key.PrivateKey)}
	}
	if err := verifyRootBy(t, public(strong, x509.SHA256WithRSA), strong); err != nil {
		t.Errorf("RSA 2048 with SHA-256: %v", err)
	}
	sha1 := public(strong, x509.SHA1WithRSA)
	expectRefusal(t, verifyRootBy(t, sha1, strong), rRoot, trustdata.ReasonCertificate)
	expectRefusal(t, verifyRootBy(t, public(weak, x509.SHA256WithRSA), weak), rRoot, trustdata.ReasonCertificate)
	// The type must be that of the key in the certificate.
	liar := public(strong, x509.SHA256WithRSA)
	liar.Type = trustdata.KeyECDSAx509
	expectRefusal(t, verifyRootBy(t, liar, strong), rRoot, trustdata.ReasonSignature)
}

// TestOneGoodCertificateIsEnough: a key whose certificate does not hold is left out, and
// the others count, as in the reference client.
func TestOneGoodCertificateIsEnough(t *testing.T) {
	key := newEC(t)
	template := certTemplate()
	template.NotAfter = now.Add(-time.Hour)
	ended := trustdata.PublicKey{Type: trustdata.KeyECDSAx509, Value: certPEM(t, template, key.PrivateKey.Public(), key.PrivateKey)}
	w := newWorld(t)
	w.list(rRoot, ended, true)
	if _, err := w.verify(policy); err != nil {
		t.Error(err)
	}
	w.signers[rRoot] = []notary.Signer{{Key: key, Listed: ended.ListedID()}}
	_, err := w.verify(policy)
	expectRefusal(t, err, rRoot, trustdata.ReasonCertificate)
}

func TestOtherRepositorysRoot(t *testing.T) {
	w := newWorld(t)
	_, err := w.verify(notary.Policy{GUN: "example.com/acme/other", Now: now})
	expectRefusal(t, err, rRoot, trustdata.ReasonCertificate)
}

func TestCertificate(t *testing.T) {
	for name, key := range map[string]trustdata.SigningKey{
		"P-224": newCurve(t, elliptic.P224()), "P-256": newEC(t), "P-384": newCurve(t, elliptic.P384()), "P-521": newCurve(t, elliptic.P521()), "RSA": sharedRSA(),
	} {
		t.Run(name, func(t *testing.T) {
			public, err := notary.Certificate(key, gun, now)
			if err != nil {
				t.Fatal(err)
			}
			if id, err := public.KeyID(); err != nil || string(id) != string(key.Public().ListedID()) {
				t.Errorf("canonical ID %s, %v", id, err)
			}
			chain, err := public.Certificates()
			if err != nil || len(chain) != 1 {
				t.Fatalf("chain of %d, %v", len(chain), err)
			}
			cert := chain[0]
			if err := cert.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature); err != nil {
				t.Errorf("self-signature: %v", err)
			}
			if !bytes.Equal(cert.RawSubject, cert.RawIssuer) || cert.Subject.String() != "CN="+string(gun) {
				t.Errorf("subject %s, issuer %s", cert.Subject, cert.Issuer)
			}
			if !cert.NotBefore.Equal(now) || !cert.NotAfter.Equal(now.Add(3650*24*time.Hour)) {
				t.Errorf("valid from %s to %s", cert.NotBefore, cert.NotAfter)
			}
			if cert.KeyUsage != x509.KeyUsageDigitalSignature|x509.KeyUsageKeyEncipherment || cert.IsCA || !cert.BasicConstraintsValid ||
				len(cert.ExtKeyUsage) != 1 || cert.ExtKeyUsage[0] != x509.ExtKeyUsageCodeSigning || len(cert.Extensions) != 3 {
				t.Errorf("usage %v, %v, CA %v, %d extensions", cert.KeyUsage, cert.ExtKeyUsage, cert.IsCA, len(cert.Extensions))
			}
			if want := map[x509.PublicKeyAlgorithm]x509.SignatureAlgorithm{x509.ECDSA: x509.ECDSAWithSHA256, x509.RSA: x509.SHA256WithRSA}[cert.PublicKeyAlgorithm]; cert.SignatureAlgorithm != want {
				t.Errorf("signed by %s, want %s", cert.SignatureAlgorithm, want)
			}
			if cert.Version != 3 || cert.SerialNumber.Sign() <= 0 {
				t.Errorf("version %d, serial %v", cert.Version, cert.SerialNumber)
			}
			if err := verifyRootBy(t, public, key); err != nil {
				t.Errorf("as a root key: %v", err)
			}
		})
	}
	if _, err := notary.Certificate(vectorEd(), gun, now); err == nil {
		t.Error("a certificate of an ed25519 key")
	}
	if _, err := notary.Certificate(pssOnly{sharedRSA()}, gun, now); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("an RSA key that signs by PSS alone: %v", err)
	}
	if _, err := notary.Certificate(brokenKey{newEC(t)}, gun, now); err == nil {
		t.Error("a certificate of a key that fails to sign")
	}
}

// TestCertificatesDiffer: the same key has another listed ID in each repository.
func TestCertificatesDiffer(t *testing.T) {
	key := newEC(t)
	a, _ := certify(t, key)
	b, _ := certify(t, key)
	if a.ListedID() == b.ListedID() {
		t.Error("two certificates have one ID")
	}
}
