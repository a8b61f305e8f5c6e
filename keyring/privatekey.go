package keyring

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"

	"keyrite/trustdata"
)

// Sizes of RSA keys in bits: what Generate makes, and the least that clients and servers
// accept a signature of.
const (
	newRSABits = 3072
	minRSABits = 2048
)

// pssOptions are what the reference implementation signs and verifies RSA with.
var pssOptions = &rsa.PSSOptions{SaltLength: 32, Hash: crypto.SHA256}

// PrivateKey is an opened key. Like a Passphrase it cannot be printed, logged, encoded or
// compared. It holds the encoded private half and decodes it for each signature, so that
// Wipe leaves nothing to sign with; short-lived copies of the standard library's remain
// until they are collected.
type PrivateKey struct {
	public trustdata.PublicKey
	secret Passphrase // the PrivateKeyInfo in DER
}

var (
	_ trustdata.SigningKey  = (*PrivateKey)(nil)
	_ trustdata.PKCS1Signer = (*PrivateKey)(nil)
)

// Generate makes a key: ecdsa (on P-256, as every client does), rsa or ed25519.
func Generate(alg trustdata.KeyType) (*PrivateKey, error) {
	switch alg {
	case trustdata.KeyECDSA:
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		return newPrivateKey(key)
	case trustdata.KeyRSA:
		key, err := rsa.GenerateKey(rand.Reader, newRSABits)
		if err != nil {
			return nil, err
		}
		return newPrivateKey(key)
	case trustdata.KeyED25519:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return nil, err
		}
		return newPrivateKey(key)
	}
	return nil, fmt.Errorf("cannot generate a key of type %q: %w", alg, errors.ErrUnsupported)
}

// newPrivateKey wraps a key of the standard library.
func newPrivateKey(key crypto.Signer) (*PrivateKey, error) {
	public, err := publicKey(key.Public())
	if err != nil {
		return nil, err
	}
	der, err := marshalPKCS8(key)
	if err != nil {
		return nil, err
	}
	return &PrivateKey{public, NewPassphrase(der)}, nil
}

func publicKey(pub crypto.PublicKey) (trustdata.PublicKey, error) {
	out := trustdata.PublicKey{}
	switch pub := pub.(type) {
	case ed25519.PublicKey:
		return trustdata.PublicKey{Type: trustdata.KeyED25519, Value: pub}, nil
	case *ecdsa.PublicKey:
		out.Type = trustdata.KeyECDSA
	case *rsa.PublicKey:
		out.Type = trustdata.KeyRSA
	default:
		return out, fmt.Errorf("key of type %T: %w", pub, errors.ErrUnsupported)
	}
	var err error
	out.Value, err = x509.MarshalPKIXPublicKey(pub)
	return out, err
}

// Public is the public half.
func (k PrivateKey) Public() trustdata.PublicKey { return k.public }

// KeyID is the canonical ID, computed from the public half.
func (k PrivateKey) KeyID() trustdata.KeyID { return trustdata.KeyID(k.public.ListedID()) }

// Wipe overwrites the private half; Sign fails from then on.
func (k PrivateKey) Wipe() { k.secret.Wipe() }

// Sign signs message by the method that the dialect has for the key's type: ecdsa over
// SHA-256 on every curve (r and s padded and joined), rsapss with SHA-256 and a salt of
// 32 bytes, eddsa over the message itself. RSA keys below 2,048 bits are refused, since
// no client accepts their signatures.
func (k PrivateKey) Sign(message []byte) (trustdata.Signature, error) {
	return k.signBy(func(key crypto.Signer) (trustdata.Signature, error) { return sign(key, message) })
}

// SignPKCS1v15 implements trustdata.PKCS1Signer. It fails for a key that is not rsa.
func (k PrivateKey) SignPKCS1v15(message []byte) (trustdata.Signature, error) {
	return k.signBy(func(key crypto.Signer) (trustdata.Signature, error) {
		if _, ok := key.(*rsa.PrivateKey); !ok {
			return trustdata.Signature{}, fmt.Errorf("a key of type %q does not sign by PKCS #1: %w", k.public.Type, errors.ErrUnsupported)
		}
		digest := sha256.Sum256(message)
		sig, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
		return trustdata.Signature{Method: "rsapkcs1v15", Bytes: sig}, err
	})
}

func (k PrivateKey) signBy(method func(crypto.Signer) (trustdata.Signature, error)) (sig trustdata.Signature, err error) {
	if k.secret.IsEmpty() {
		return sig, errors.New("the key has been wiped")
	}
	err = k.secret.Use(func(der []byte) error {
		key, err := parsePKCS8(der)
		if err != nil {
			return err
		}
		sig, err = method(key)
		return err
	})
	return sig, err
}

func sign(key crypto.Signer, message []byte) (trustdata.Signature, error) {
	digest := sha256.Sum256(message)
	switch key := key.(type) {
	case *ecdsa.PrivateKey:
		der, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
		if err != nil {
			return trustdata.Signature{}, err
		}
		return joinECDSA(der, (key.Curve.Params().BitSize+7)/8)
	case *rsa.PrivateKey:
		if key.N.BitLen() < minRSABits {
			return trustdata.Signature{}, fmt.Errorf("an RSA key of %d bits is too short to sign with (%d at least)", key.N.BitLen(), minRSABits)
		}
		sig, err := key.Sign(rand.Reader, digest[:], pssOptions)
		return trustdata.Signature{Method: "rsapss", Bytes: sig}, err
	case ed25519.PrivateKey:
		return trustdata.Signature{Method: "eddsa", Bytes: ed25519.Sign(key, message)}, nil
	}
	return trustdata.Signature{}, fmt.Errorf("key of type %T: %w", key, errors.ErrUnsupported)
}

// joinECDSA turns a DER signature into r and s of size bytes each.
func joinECDSA(der []byte, size int) (trustdata.Signature, error) {
	var rs struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &rs); err != nil {
		return trustdata.Signature{}, err
	}
	out := make([]byte, 2*size)
	rs.R.FillBytes(out[:size])
	rs.S.FillBytes(out[size:])
	return trustdata.Signature{Method: "ecdsa", Bytes: out}, nil
}

// Format writes a marker with the key's ID, whatever the verb.
func (k PrivateKey) Format(f fmt.State, _ rune) { io.WriteString(f, k.marker()) }

// LogValue is a marker with the key's ID.
func (k PrivateKey) LogValue() slog.Value { return slog.StringValue(k.marker()) }

// MarshalText always fails, and with it JSON and XML.
func (k PrivateKey) MarshalText() ([]byte, error) {
	return nil, errors.New("a private key has no text form")
}

func (k PrivateKey) marker() string { return "[private key " + k.KeyID().Short() + "]" }
