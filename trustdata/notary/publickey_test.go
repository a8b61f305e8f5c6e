package notary_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

func publicPEM(public any, headers map[string]string) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Headers: headers, Bytes: publicDER(public)})
}

func TestParsePublicKey(t *testing.T) {
	ec, p521 := newEC(t), newCurve(t, elliptic.P521())
	ended := certTemplate()
	ended.NotAfter = now.Add(-time.Hour)
	weak := newRSA(t, 1024)
	leaf := certPEM(t, certTemplate(), ec.PrivateKey.Public(), ec.PrivateKey)
	for name, c := range map[string]struct {
		text []byte
		want trustdata.PublicKey
		says string // "" where it is taken
	}{
		"ecdsa":                 {publicPEM(ec.PrivateKey.Public(), map[string]string{"role": "alice"}), ec.Public(), ""},
		"P-521":                 {publicPEM(p521.PrivateKey.Public(), nil), p521.Public(), ""},
		"rsa":                   {publicPEM(&sharedRSA().PrivateKey.PublicKey, nil), sharedRSA().Public(), ""},
		"ed25519":               {publicPEM(vectorEd().PrivateKey.Public(), nil), vectorEd().Public(), ""},
		"certificate":           {leaf, trustdata.PublicKey{Type: trustdata.KeyECDSAx509, Value: leaf}, ""},
		"certificate and a CA":  {append(bytes.Clone(leaf), certPEM(t, caTemplate(), ec.PrivateKey.Public(), ec.PrivateKey)...), trustdata.PublicKey{Type: trustdata.KeyECDSAx509, Value: leaf}, ""},
		"certificate with text": {append([]byte("subject=alice\n"), leaf...), trustdata.PublicKey{Type: trustdata.KeyECDSAx509, Value: leaf}, ""},

		"empty":               {nil, trustdata.PublicKey{}, "no PEM block"},
		"a private key":       {pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: []byte("x")}), trustdata.PublicKey{}, "no public key"},
		"not DER":             {pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte("x")}), trustdata.PublicKey{}, "public key"},
		"no certificate":      {pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}), trustdata.PublicKey{}, "certificate"},
		"short rsa":           {publicPEM(&weak.PrivateKey.PublicKey, nil), trustdata.PublicKey{}, "1024 bits"},
		"short rsa, certfied": {certPEM(t, certTemplate(), &weak.PrivateKey.PublicKey, weak.PrivateKey), trustdata.PublicKey{}, "1024 bits"},
		"ended":               {certPEM(t, ended, ec.PrivateKey.Public(), ec.PrivateKey), trustdata.PublicKey{}, "expired"},
		"ed25519 certificate": {certPEM(t, certTemplate(), vectorEd().PrivateKey.Public(), vectorEd().PrivateKey), trustdata.PublicKey{}, "cannot stand"},
		"too large":           {append(bytes.Clone(leaf), make([]byte, 1<<20)...), trustdata.PublicKey{}, "larger"},
	} {
		got, err := notary.ParsePublicKey(c.text, now)
		switch {
		case c.says == "" && (err != nil || got.Type != c.want.Type || !bytes.Equal(got.Value, c.want.Value)):
			t.Errorf("%s: %s, %v", name, got.Type, err)
		case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
}

// issue makes a certificate of template's by a CA.
func issue(t *testing.T, template, ca *x509.Certificate, public crypto.PublicKey, by *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, ca, public, by)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func TestRootChain(t *testing.T) {
	ec, inner, outer := newEC(t), newEC(t), newEC(t)
	top, middle := caTemplate(), caTemplate()
	middle.Subject.CommonName, middle.SubjectKeyId = "a CA below", []byte("below")
	topPEM := issue(t, top, top, outer.PrivateKey.Public(), outer.PrivateKey)
	middlePEM := issue(t, middle, top, inner.PrivateKey.Public(), outer.PrivateKey)
	leaf := func(change func(*x509.Certificate)) []byte {
		template := certTemplate()
		change(template)
		return issue(t, template, middle, ec.PrivateKey.Public(), inner.PrivateKey)
	}
	good := leaf(func(*x509.Certificate) {})
	ofRSA := issue(t, certTemplate(), middle, &sharedRSA().PrivateKey.PublicKey, inner.PrivateKey)
	for name, c := range map[string]struct {
		text []byte
		key  trustdata.SigningKey
		says string
	}{
		"chain":                {join(good, middlePEM, topPEM), ec, ""},
		"without the top":      {join(good, middlePEM), ec, ""},
		"leaf alone":           {good, ec, ""},
		"rsa":                  {join(ofRSA, middlePEM), sharedRSA(), ""},
		"with openssl's text":  {join([]byte("subject=CN=x\n"), good, []byte("\n\nissuer=y\n"), middlePEM), ec, ""},
		"of another key":       {good, newEC(t), "and not of"},
		"in the wrong order":   {join(middlePEM, good, topPEM), ec, "not issued by the next"},
		"one is missing":       {join(good, topPEM), ec, "not issued by the next"},
		"a CA as leaf":         {topPEM, outer, "not one leaf"},
		"of another name":      {leaf(func(c *x509.Certificate) { c.Subject.CommonName = "x" }), ec, `is for "x"`},
		"ended":                {leaf(func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Minute) }), ec, "expired"},
		"with its private key": {join(good, []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")), ec, "block of type"},
		"empty":                {nil, ec, "no certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			made, err := notary.RootChain(c.text, gun, trustdata.KeyID(c.key.Public().ListedID()), now)
			if c.says != "" {
				if err == nil || !strings.Contains(err.Error(), c.says) {
					t.Errorf("error %v, want %q", err, c.says)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := verifyRootBy(t, made, c.key); err != nil {
				t.Errorf("as a root key: %v", err)
			}
		})
	}
}
