package keyring

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
)

// Object identifiers of keys. The one of ed25519 is GNU's, which the reference
// implementation writes; it does not read RFC 8410's.
var (
	oidEC      = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidRSA     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidED25519 = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11591, 15, 1}

	oidCurves = map[elliptic.Curve]asn1.ObjectIdentifier{
		elliptic.P224(): {1, 3, 132, 0, 33},
		elliptic.P256(): {1, 2, 840, 10045, 3, 1, 7},
		elliptic.P384(): {1, 3, 132, 0, 34},
		elliptic.P521(): {1, 3, 132, 0, 35},
	}
)

// algorithm is an AlgorithmIdentifier whose parameters, absent for rsa and ed25519, are
// an object identifier.
type algorithm struct {
	Algorithm asn1.ObjectIdentifier
	Curve     asn1.ObjectIdentifier `asn1:"optional"`
}

// privateKeyInfo is PKCS#8's, as the reference implementation writes it.
type privateKeyInfo struct {
	Version    int
	Algorithm  algorithm
	PrivateKey []byte
}

// marshalPKCS8 writes what the reference implementation would, oddities included: EC keys
// have version 1 but no public key attribute, RSA keys no NULL parameters.
func marshalPKCS8(key crypto.Signer) ([]byte, error) {
	switch key := key.(type) {
	case *ecdsa.PrivateKey:
		sec1, err := x509.MarshalECPrivateKey(key)
		if err != nil {
			return nil, err
		}
		defer clear(sec1)
		return asn1.Marshal(privateKeyInfo{1, algorithm{oidEC, oidCurves[key.Curve]}, sec1})
	case *rsa.PrivateKey:
		pkcs1 := x509.MarshalPKCS1PrivateKey(key)
		defer clear(pkcs1)
		return asn1.Marshal(privateKeyInfo{0, algorithm{Algorithm: oidRSA}, pkcs1})
	case ed25519.PrivateKey:
		raw := append([]byte(key.Public().(ed25519.PublicKey)), key...)
		defer clear(raw)
		return asn1.Marshal(privateKeyInfo{0, algorithm{Algorithm: oidED25519}, raw})
	}
	return nil, fmt.Errorf("key of type %T: %w", key, errors.ErrUnsupported)
}

// parsePKCS8 reads a PrivateKeyInfo of the reference implementation or of the standard
// (version and NULL parameters do not matter). Trailing bytes are ignored, as there.
func parsePKCS8(der []byte) (crypto.Signer, error) {
	var info struct {
		Version   int
		Algorithm struct {
			OID        asn1.ObjectIdentifier
			Parameters asn1.RawValue `asn1:"optional"`
		}
		PrivateKey []byte
	}
	rest, err := asn1.Unmarshal(der, &info)
	if err != nil {
		return nil, errNoKey
	}
	defer clear(info.PrivateKey)
	oid := info.Algorithm.OID
	switch {
	case oid.Equal(oidED25519):
		return parseED25519(info.PrivateKey)
	case oid.Equal(oidEC), oid.Equal(oidRSA):
		key, err := x509.ParsePKCS8PrivateKey(der[:len(der)-len(rest)])
		if err != nil {
			return nil, errNoKey
		}
		return key.(crypto.Signer), nil
	}
	return nil, fmt.Errorf("the key's algorithm %v: %w", oid, errors.ErrUnsupported)
}

// parseED25519 reads the 96 bytes of the reference implementation: the public key, the
// seed, the public key again.
func parseED25519(raw []byte) (crypto.Signer, error) {
	if len(raw) != ed25519.PublicKeySize+ed25519.PrivateKeySize {
		return nil, errNoKey
	}
	public, seed := raw[:ed25519.PublicKeySize], raw[ed25519.PublicKeySize:][:ed25519.SeedSize]
	key := ed25519.NewKeyFromSeed(seed)
	if again := raw[len(raw)-ed25519.PublicKeySize:]; string(again) != string(public) || string(key[ed25519.SeedSize:]) != string(public) {
		return nil, errNoKey
	}
	return key, nil
}

// errNoKey says that bytes are not the private key that they should be.
var errNoKey = errors.New("the content is no private key")
