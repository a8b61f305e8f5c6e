package notary_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	canonicaljson "github.com/docker/go/canonical/json"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

const gun = trustdata.GUN("example.com/acme/app")

var (
	now    = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	policy = notary.Policy{GUN: gun, Now: now}
)

// ecKey, rsaKey and edKey are signing keys that share no code with the product.
type ecKey struct{ *ecdsa.PrivateKey }

func newEC(t testing.TB) ecKey { return newCurve(t, elliptic.P256()) }

func newCurve(t testing.TB, curve elliptic.Curve) ecKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return ecKey{key}
}

func (k ecKey) Public() trustdata.PublicKey {
	return trustdata.PublicKey{Type: trustdata.KeyECDSA, Value: publicDER(&k.PrivateKey.PublicKey)}
}

func (k ecKey) Sign(message []byte) (trustdata.Signature, error) {
	digest := sha256.Sum256(message)
	r, s, err := ecdsa.Sign(rand.Reader, k.PrivateKey, digest[:])
	size := (k.Curve.Params().BitSize + 7) / 8
	sig := make([]byte, 2*size)
	r.FillBytes(sig[:size])
	s.FillBytes(sig[size:])
	return trustdata.Signature{Method: "ecdsa", Bytes: sig}, err
}

type rsaKey struct{ *rsa.PrivateKey }

func newRSA(t testing.TB, bits int) rsaKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return rsaKey{key}
}

// sharedRSA is one 2048-bit key for all tests, as making one takes long.
var sharedRSA = sync.OnceValue(func() rsaKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return rsaKey{key}
})

func (k rsaKey) Public() trustdata.PublicKey {
	return trustdata.PublicKey{Type: trustdata.KeyRSA, Value: publicDER(&k.PrivateKey.PublicKey)}
}

func (k rsaKey) Sign(message []byte) (trustdata.Signature, error) {
	digest := sha256.Sum256(message)
	sig, err := rsa.SignPSS(rand.Reader, k.PrivateKey, crypto.SHA256, digest[:], &rsa.PSSOptions{SaltLength: 32})
	return trustdata.Signature{Method: "rsapss", Bytes: sig}, err
}

// SignPKCS1v15 is how an RSA key signs certificates.
func (k rsaKey) SignPKCS1v15(message []byte) (trustdata.Signature, error) {
	digest := sha256.Sum256(message)
	sig, err := rsa.SignPKCS1v15(rand.Reader, k.PrivateKey, crypto.SHA256, digest[:])
	return trustdata.Signature{Method: "rsapkcs1v15", Bytes: sig}, err
}

// pssOnly is an RSA key that makes no certificates.
type pssOnly struct{ rsaKey }

func (pssOnly) SignPKCS1v15() {}

type edKey struct{ ed25519.PrivateKey }

func (k edKey) Public() trustdata.PublicKey {
	return trustdata.PublicKey{Type: trustdata.KeyED25519, Value: k.PrivateKey.Public().(ed25519.PublicKey)}
}

func (k edKey) Sign(message []byte) (trustdata.Signature, error) {
	return trustdata.Signature{Method: "eddsa", Bytes: ed25519.Sign(k.PrivateKey, message)}, nil
}

func publicDER(public any) []byte {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		panic(err)
	}
	return der
}

func signer(k trustdata.SigningKey) notary.Signer {
	return notary.Signer{Key: k, Listed: k.Public().ListedID()}
}

// certify makes a key's certificate for gun and the signer that goes by it.
func certify(t testing.TB, k trustdata.SigningKey) (trustdata.PublicKey, notary.Signer) {
	t.Helper()
	cert, err := notary.Certificate(k, gun, now.Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return cert, notary.Signer{Key: k, Listed: cert.ListedID()}
}

// object is metadata in its generic form. The tests write it with the peers' encoders
// and not with the product's: encoding/json for the wire (sorted members, characters
// escaped for HTML) and docker's canonical JSON for what is signed.
type object = map[string]any

func toWire(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func toMessage(t testing.TB, v any) []byte {
	t.Helper()
	b, err := canonicaljson.MarshalCanonical(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// entry signs message for the signatures of an envelope.
func entry(t testing.TB, s notary.Signer, message []byte) object {
	t.Helper()
	sig, err := s.Key.Sign(message)
	if err != nil {
		t.Fatal(err)
	}
	return object{"keyid": s.Listed, "method": sig.Method, "sig": sig.Bytes}
}

func envelope(t testing.TB, body any, signatures []object) []byte {
	t.Helper()
	var b bytes.Buffer
	b.WriteString(`{"signed":`)
	b.Write(toWire(t, body))
	b.WriteString(`,"signatures":`)
	b.Write(toWire(t, signatures))
	b.WriteString(`}`)
	return b.Bytes()
}

// signedFile signs body as the reference client does.
func signedFile(t testing.TB, body any, signers ...notary.Signer) []byte {
	t.Helper()
	signatures := []object{}
	for _, s := range signers {
		signatures = append(signatures, entry(t, s, toMessage(t, body)))
	}
	return envelope(t, body, signatures)
}

func keyObject(k trustdata.PublicKey) object {
	return object{"keytype": k.Type, "keyval": object{"private": nil, "public": k.Value}}
}

func metaObject(file []byte) object {
	short, long := sha256.Sum256(file), sha512.Sum512(file)
	return object{"hashes": object{"sha256": short[:], "sha512": long[:]}, "length": len(file)}
}

func date(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// expectRefusal asserts that err refuses the metadata of role for the reason why.
func expectRefusal(t testing.TB, err error, role trustdata.Role, why trustdata.Reason) {
	t.Helper()
	var refused *trustdata.VerifyError
	if !errors.As(err, &refused) {
		t.Fatalf("error is %v, want a refusal of %s for %q", err, role, why)
	}
	if refused.Role != role || refused.Reason != why {
		t.Fatalf("refused %s for %q (%s), want %s for %q", refused.Role, refused.Reason, refused.Detail, role, why)
	}
	if refused.Detail == "" {
		t.Fatal("the refusal gives no detail")
	}
}

func b64(s string) []byte {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}
