package notary_test

import (
	"crypto"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// brokenKey is a key whose device fails.
type brokenKey struct{ ecKey }

func (brokenKey) Sign([]byte) (trustdata.Signature, error) {
	return trustdata.Signature{}, errors.New("the device is gone")
}

// liarKey signs something else than it is asked to.
type liarKey struct{ ecKey }

func (k liarKey) Sign(message []byte) (trustdata.Signature, error) {
	return k.ecKey.Sign(append([]byte("x"), message...))
}

func TestVerifySignature(t *testing.T) {
	message := []byte(`{"_type":"Targets"}`)
	digest := sha256.Sum256(message)
	pkcs1, err := rsa.SignPKCS1v15(rand.Reader, sharedRSA().PrivateKey, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	longSalt, err := rsa.SignPSS(rand.Reader, sharedRSA().PrivateKey, crypto.SHA256, digest[:], &rsa.PSSOptions{SaltLength: 20})
	if err != nil {
		t.Fatal(err)
	}
	sign := func(k trustdata.SigningKey) []byte {
		sig, err := k.Sign(message)
		if err != nil {
			t.Fatal(err)
		}
		return sig.Bytes
	}
	p256, p384, p521, weak := newEC(t), newCurve(t, elliptic.P384()), newCurve(t, elliptic.P521()), newRSA(t, 1024)
	as := func(k trustdata.PublicKey, typ trustdata.KeyType) trustdata.PublicKey { k.Type = typ; return k }
	tests := []struct {
		name   string
		key    trustdata.PublicKey
		method string
		sig    []byte
		ok     bool
	}{
		{"P-256", p256.Public(), "ecdsa", sign(p256), true},
		{"P-384", p384.Public(), "ecdsa", sign(p384), true},
		{"P-521", p521.Public(), "ecdsa", sign(p521), true},
		{"ed25519", vectorEd().Public(), "eddsa", sign(vectorEd()), true},
		{"PSS", sharedRSA().Public(), "rsapss", sign(sharedRSA()), true},
		{"PKCS#1", sharedRSA().Public(), "rsapkcs1v15", pkcs1, true},

		{"PSS as PKCS#1", sharedRSA().Public(), "rsapkcs1v15", sign(sharedRSA()), false},
		{"PKCS#1 as PSS", sharedRSA().Public(), "rsapss", pkcs1, false},
		{"PSS with another salt", sharedRSA().Public(), "rsapss", longSalt, false},
		{"RSA 1024", weak.Public(), "rsapss", sign(weak), false},
		{"P-256, one byte short", p256.Public(), "ecdsa", sign(p256)[:63], false},
		{"P-256, one byte long", p256.Public(), "ecdsa", append(sign(p256), 0), false},
		{"P-384 signature for P-256", p256.Public(), "ecdsa", sign(p384), false},
		{"all zero", p256.Public(), "ecdsa", make([]byte, 64), false},
		{"empty", p256.Public(), "ecdsa", nil, false},
		{"ed25519, empty", vectorEd().Public(), "eddsa", nil, false},
		{"ed25519 key of 31 bytes", trustdata.PublicKey{Type: trustdata.KeyED25519, Value: make([]byte, 31)}, "eddsa", make([]byte, 64), false},
		{"method of another kind", p256.Public(), "eddsa", sign(p256), false},
		{"method of RSA for ecdsa", p256.Public(), "rsapss", sign(p256), false},
		{"method of ecdsa for RSA", sharedRSA().Public(), "ecdsa", sign(sharedRSA()), false},
		{"RSA key claimed as ed25519", as(sharedRSA().Public(), trustdata.KeyED25519), "eddsa", sign(sharedRSA()), false},
		{"RSA key claimed as ecdsa", as(sharedRSA().Public(), trustdata.KeyECDSA), "ecdsa", sign(sharedRSA()), false},
		{"ecdsa key claimed as RSA", as(p256.Public(), trustdata.KeyRSA), "rsapss", sign(p256), false},
		{"unknown type", as(p256.Public(), "dilithium"), "ecdsa", sign(p256), false},
		{"unknown method", p256.Public(), "none", sign(p256), false},
		{"no method", p256.Public(), "", sign(p256), false},
		{"upper case method", p256.Public(), "ECDSA", sign(p256), false},
		{"obsolete method", sharedRSA().Public(), "pycrypto-pkcs#1 pss", sign(sharedRSA()), false},
		{"no key", trustdata.PublicKey{}, "ecdsa", sign(p256), false},
		{"a key that is none", trustdata.PublicKey{Type: trustdata.KeyECDSA, Value: []byte("x")}, "ecdsa", sign(p256), false},
		{"a certificate that is none", as(p256.Public(), trustdata.KeyECDSAx509), "ecdsa", sign(p256), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := notary.VerifySignature(tt.key, tt.method, tt.sig, message)
			if (err == nil) != tt.ok {
				t.Fatalf("verifies with %v", err)
			}
			if !tt.ok {
				return
			}
			expectExact(t, tt.key, tt.method, tt.sig, message)
		})
	}
}

// expectExact asserts that a good signature fails when it or the message changes.
func expectExact(t *testing.T, key trustdata.PublicKey, method string, sig, message []byte) {
	t.Helper()
	if notary.VerifySignature(key, method, sig, append([]byte(" "), message...)) == nil {
		t.Error("it verifies another message")
	}
	for _, i := range []int{0, len(sig) / 2, len(sig) - 1} {
		flipped := append([]byte(nil), sig...)
		flipped[i] ^= 1
		if notary.VerifySignature(key, method, flipped, message) == nil {
			t.Errorf("it verifies with byte %d flipped", i)
		}
	}
}

// TestMethodIsReadInAnyCase, as the reference implementation reads it.
func TestMethodIsReadInAnyCase(t *testing.T) {
	for _, method := range []string{"ECDSA", "Ecdsa"} {
		w := newWorld(t)
		w.signed[rTargets] = replace(t, `"method":"ecdsa"`, fmt.Sprintf(`"method":%q`, method))
		if _, err := w.verify(policy); err != nil {
			t.Errorf("method %q: %v", method, err)
		}
	}
}

func TestTooManySignatures(t *testing.T) {
	w := newWorld(t)
	s := w.signers[rTargets][0]
	w.signed[rTargets] = func([]byte) []byte {
		one := entry(t, s, []byte("x"))
		all := make([]object, 1001)
		for i := range all {
			all[i] = one
		}
		return envelope(t, w.bodies[rTargets], all)
	}
	_, err := w.verify(policy)
	expectRefusal(t, err, rTargets, trustdata.ReasonFormat)
}

// TestOneBadSignatureDoesNotSpoilTheOthers: the reference client stops at a signature by
// a mislabelled key.
func TestOneBadSignatureDoesNotSpoilTheOthers(t *testing.T) {
	w := newWorld(t)
	good, bad := w.signers[rTargets][0], second(w, rTargets)
	bad.Key = newEC(t)
	w.signers[rTargets] = []notary.Signer{bad, bad, good}
	if _, err := w.verify(policy); err != nil {
		t.Error(err)
	}
}
