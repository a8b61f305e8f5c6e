package notary_test

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

func certificateOf(t *testing.T, key trustdata.PublicKey) *x509.Certificate {
	t.Helper()
	chain, err := key.Certificates()
	if err != nil {
		t.Fatal(err)
	}
	return chain[0]
}

// issued is a root key whose certificate a CA signed, with the CA's certificate.
func issued(t *testing.T, key ecKey, usage []x509.ExtKeyUsage) (trustdata.PublicKey, *x509.Certificate) {
	t.Helper()
	by := newEC(t)
	ca, err := x509.ParseCertificate(pemBytes(t, certPEM(t, caTemplate(), by.PrivateKey.Public(), by.PrivateKey)))
	if err != nil {
		t.Fatal(err)
	}
	leaf := certTemplate()
	leaf.ExtKeyUsage = usage
	return trustdata.PublicKey{Type: trustdata.KeyECDSAx509, Value: signLeaf(t, leaf, ca, key, by.PrivateKey)}, ca
}

func signLeaf(t *testing.T, leaf, ca *x509.Certificate, key ecKey, by *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, leaf, ca, key.PrivateKey.Public(), by)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func pemBytes(t *testing.T, text []byte) []byte {
	t.Helper()
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatal("no PEM")
	}
	return block.Bytes
}

func TestWhichPinDecides(t *testing.T) {
	ids := []trustdata.ListedID{"x"}
	pins := notary.Pins{
		Certificates: map[string][]trustdata.ListedID{"reg.example/a": ids, "reg.example/*": ids, "reg.example/a/*": ids, "reg.example/empty": {}},
		Authorities:  map[string][]*x509.Certificate{"reg.example": nil, "other.example/": nil, "other.example/x": nil, "": nil},
	}
	for gun, want := range map[trustdata.GUN]string{
		"reg.example/a": "reg.example/a", "reg.example/b": "reg.example/*", "reg.example/a/b": "reg.example/a/*",
		"other.example/y": "other.example/", "other.example/xy": "other.example/x", "third.example/a": "", "reg.example/empty": "reg.example/empty",
	} {
		if got := pins.For(gun).Rule; got != want {
			t.Errorf("%q: %q decides, want %q", gun, got, want)
		}
	}
	if got := (notary.Pins{}).For("reg.example/a").Rule; got != "" {
		t.Errorf("no pins, and %q decides", got)
	}
}

// TestPinnedRoots holds one root, known or not, against each kind of pin.
func TestPinnedRoots(t *testing.T) {
	c := newChain(t)
	files := c.roots("a/1 by a -> b/1 by a,b")
	idA, idB := c.certs["a"].ListedID(), c.certs["b"].ListedID()
	_, ca := issued(t, newEC(t), nil)
	certs := func(entry string, ids ...trustdata.ListedID) notary.Pins {
		return notary.Pins{Certificates: map[string][]trustdata.ListedID{entry: ids}}
	}
	authority := func(ca *x509.Certificate) notary.Pins {
		return notary.Pins{Authorities: map[string][]*x509.Certificate{string(gun): {ca}}}
	}
	for _, tt := range []struct {
		name        string
		pins        notary.Pins
		first, next string // what the refusal says, "" for none
	}{
		{"no pin", notary.Pins{}, "", ""},
		{"the first one's certificate", certs(string(gun), idA), "", "is not one of those that are pinned"},
		{"the next one's certificate", certs(string(gun), idB), "is not one of those that are pinned", ""},
		{"both", certs(string(gun), idA, idB), "", ""},
		{"wildcard", certs(string(gun[:4])+"*", idA, idB), "", ""},
		{"an empty list", certs(string(gun), []trustdata.ListedID{}...), "is not one of those", "is not one of those"},
		{"another repository's pin", certs("reg.example/else", "0"), "", ""},
		{"the certificate itself as authority", authority(certificateOf(t, c.certs["a"])), "", "does not come from the authority"},
		{"another authority", authority(ca), "does not come from the authority", "does not come from the authority"},
		{"the first one's, and the next one made here", notary.Pins{Certificates: map[string][]trustdata.ListedID{string(gun): {idA}}, Made: idB}, "", ""},
		{"nothing but what was made here", notary.Pins{Certificates: map[string][]trustdata.ListedID{string(gun): {}}, Made: idB}, "is not one of those", ""},
		{"another authority, and the next one made here", notary.Pins{Authorities: map[string][]*x509.Certificate{string(gun): {ca}}, Made: idB}, "does not come from the authority", ""},
		{"no first use, made here", notary.Pins{RefuseFirstUse: true, Made: idA}, "no pin is for", ""},
		{"no first use", notary.Pins{RefuseFirstUse: true}, "no pin is for", ""},
		{"no first use, pinned", notary.Pins{RefuseFirstUse: true, Certificates: map[string][]trustdata.ListedID{string(gun): {idA, idB}}}, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := policy
			p.Pins = tt.pins
			_, err := p.FirstRoot(files[0])
			expectPin(t, "first", err, tt.first)
			_, err = follow(p, files) // from a known root
			expectPin(t, "next", err, tt.next)
		})
	}
}

func expectPin(t *testing.T, which string, err error, want string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Errorf("%s: %v", which, err)
		}
		return
	}
	expectRefusal(t, err, rRoot, trustdata.ReasonPin)
	if err != nil && !strings.Contains(err.Error(), want) {
		t.Errorf("%s: got %v, want %q", which, err, want)
	}
}

// TestAuthorityTakesCodeSigning is what the reference client refuses: the leaves that it
// makes itself are for code signing.
func TestAuthorityTakesCodeSigning(t *testing.T) {
	for name, usage := range map[string][]x509.ExtKeyUsage{
		"code signing": {x509.ExtKeyUsageCodeSigning}, "server": {x509.ExtKeyUsageServerAuth}, "any": nil,
	} {
		key := newEC(t)
		public, ca := issued(t, key, usage)
		c := newChain(t)
		c.keys["a"], c.certs["a"] = key, public
		c.signers["a"] = notary.Signer{Key: key, Listed: public.ListedID()}
		p := policy
		p.Pins.Authorities = map[string][]*x509.Certificate{"": {ca}}
		if _, err := p.FirstRoot(c.roots("a/1 by a")[0]); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		_, other := issued(t, key, usage)
		p.Pins.Authorities = map[string][]*x509.Certificate{"": {other}}
		_, err := p.FirstRoot(c.roots("a/1 by a")[0])
		expectRefusal(t, err, rRoot, trustdata.ReasonPin)
	}
}

// TestOnlyPinnedSignaturesCount has two of two keys sign, of which one is pinned.
func TestOnlyPinnedSignaturesCount(t *testing.T) {
	c := newChain(t)
	raw := c.roots("a,b/2 by a,b")[0]
	p := policy
	p.Pins.Certificates = map[string][]trustdata.ListedID{string(gun): {c.certs["a"].ListedID()}}
	_, err := p.FirstRoot(raw)
	expectRefusal(t, err, rRoot, trustdata.ReasonPin)
	p.Pins.Certificates[string(gun)] = append(p.Pins.Certificates[string(gun)], c.certs["b"].ListedID())
	if _, err := p.FirstRoot(raw); err != nil {
		t.Error(err)
	}
}
