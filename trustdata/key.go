package trustdata

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"strings"
)

// KeyID is a key's canonical ID: 64 lower-case hex digits, the SHA-256 of the bare
// public key's metadata form. It is the name of the key's file.
type KeyID string

// CertificateID is the ID of a certificate that stands for a key in metadata. It differs
// from one repository to the next, even for one and the same key.
type CertificateID string

// ListedID is the ID under which metadata lists a key and names its signatures: the
// certificate ID of an x509 key, the canonical ID of any other.
type ListedID string

// ParseKeyID accepts 64 lower-case hex digits.
func ParseKeyID(s string) (KeyID, error) {
	if !isID(s) {
		return "", fmt.Errorf("key ID %q is not 64 lower-case hex digits", s)
	}
	return KeyID(s), nil
}

// ParseListedID accepts 64 lower-case hex digits.
func ParseListedID(s string) (ListedID, error) {
	if !isID(s) {
		return "", fmt.Errorf("key ID %q is not 64 lower-case hex digits", s)
	}
	return ListedID(s), nil
}

func isID(s string) bool { return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == "" }

// Short is the form for lists: the first seven digits, as docker and notary print them.
func (id KeyID) Short() string { return string(id[:min(7, len(id))]) }

// Short is the form for lists, as KeyID.Short.
func (id CertificateID) Short() string { return string(id[:min(7, len(id))]) }

// KeyType is how metadata names a kind of key.
type KeyType string

// The key types of the Notary v1 dialect.
const (
	KeyECDSA     KeyType = "ecdsa"
	KeyRSA       KeyType = "rsa"
	KeyED25519   KeyType = "ed25519"
	KeyECDSAx509 KeyType = "ecdsa-x509"
	KeyRSAx509   KeyType = "rsa-x509"
)

// PublicKey is a key as metadata lists it. Value is what the metadata holds in base64:
// DER SubjectPublicKeyInfo for ecdsa and rsa, 32 raw bytes for ed25519, and the PEM text
// of a certificate chain, leaf first, for the x509 types.
type PublicKey struct {
	Type  KeyType
	Value []byte
}

// IsX509 reports whether the key is given as a certificate chain.
func (k PublicKey) IsX509() bool { return k.Type == KeyECDSAx509 || k.Type == KeyRSAx509 }

// ListedID hashes the key as it stands: the SHA-256 over the canonical JSON of its
// metadata form, "private":null included.
func (k PublicKey) ListedID() ListedID {
	h := sha256.New()
	fmt.Fprintf(h, `{"keytype":"%s","keyval":{"private":null,"public":"%s"}}`,
		k.Type, base64.StdEncoding.EncodeToString(k.Value))
	return ListedID(hex.EncodeToString(h.Sum(nil)))
}

// KeyID is the canonical ID: the ID of the bare key, taken out of the leaf certificate
// where the key is given as a chain. It fails for a chain that holds no certificate.
func (k PublicKey) KeyID() (KeyID, error) {
	bare, err := k.Bare()
	if err != nil {
		return "", err
	}
	return KeyID(bare.ListedID()), nil
}

// CertificateID is the ID of the key's certificate; ok is false for a bare key.
func (k PublicKey) CertificateID() (id CertificateID, ok bool) {
	if !k.IsX509() {
		return "", false
	}
	return CertificateID(k.ListedID()), true
}

// Bare is the key without its certificate. A bare key is returned unchanged.
func (k PublicKey) Bare() (PublicKey, error) {
	if !k.IsX509() {
		return k, nil
	}
	chain, err := k.Certificates()
	if err != nil {
		return PublicKey{}, err
	}
	bare := PublicKey{Type: KeyECDSA}
	if k.Type == KeyRSAx509 {
		bare.Type = KeyRSA
	}
	if bare.Value, err = x509.MarshalPKIXPublicKey(chain[0].PublicKey); err != nil {
		return PublicKey{}, fmt.Errorf("certificate of key %q: %w", k.ListedID(), err)
	}
	return bare, nil
}

// Certificates parses the chain of an x509 key, in the order in which it stands. Only
// CERTIFICATE blocks without PEM headers count, as in the reference implementation.
func (k PublicKey) Certificates() ([]*x509.Certificate, error) {
	if !k.IsX509() {
		return nil, fmt.Errorf("a key of type %q has no certificate", k.Type)
	}
	var chain []*x509.Certificate
	for rest := k.Value; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" || len(block.Headers) != 0 {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate of key %q: %w", k.ListedID(), err)
		}
		chain = append(chain, cert)
	}
	if len(chain) == 0 {
		return nil, fmt.Errorf("key %q has no certificate", k.ListedID())
	}
	return chain, nil
}

// SigningKey is a private key in use. Whoever holds one can sign and learn its public
// half, and nothing else.
type SigningKey interface {
	// Public is the bare public key; it is never an x509 type.
	Public() PublicKey
	// Sign signs message, which it hashes itself where the method asks for it. ECDSA
	// signatures are r and s, each padded to the curve's size, one after the other.
	Sign(message []byte) (Signature, error)
}

// PKCS1Signer is what a SigningKey of type rsa may also be. Metadata is signed by PSS, but
// the reference implementation signs the certificates of RSA keys by PKCS #1 v1.5.
type PKCS1Signer interface {
	// SignPKCS1v15 signs message, hashed with SHA-256.
	SignPKCS1v15(message []byte) (Signature, error)
}

// Signature is the outcome of signing: the method's name in metadata, and its bytes.
type Signature struct {
	Method string
	Bytes  []byte
}
