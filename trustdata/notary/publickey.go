package notary

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"keyrite/trustdata"
)

// MaxPublicKey is the greatest size in bytes of a file with a public key; it is docker's limit.
const MaxPublicKey = 1 << 20

const (
	typePublicKey   = "PUBLIC KEY"
	typeCertificate = "CERTIFICATE"
)

// ParsePublicKey reads the public half that a signer hands over, for a delegation to list:
// the first PEM block of text, a PUBLIC KEY or a CERTIFICATE. As in the reference client a
// certificate makes an x509 key of the leaf alone, and must be valid at now. Docker and
// notary read no ed25519 key from such a file, but they verify with one.
func ParsePublicKey(text []byte, now time.Time) (trustdata.PublicKey, error) {
	if len(text) > MaxPublicKey {
		return trustdata.PublicKey{}, fmt.Errorf("the file is larger than %d bytes", MaxPublicKey)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return trustdata.PublicKey{}, errors.New("the file has no PEM block")
	}
	switch block.Type {
	case typePublicKey:
		return bareKey(block.Bytes)
	case typeCertificate:
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return trustdata.PublicKey{}, fmt.Errorf("certificate: %w", err)
		}
		key, err := chainKey([]*x509.Certificate{cert})
		if err == nil {
			err = errors.Join(checkStrength(cert), checkDates(cert, now))
		}
		return key, err
	}
	return trustdata.PublicKey{}, fmt.Errorf("a block of type %q is no public key", block.Type)
}

// bareKey takes a SubjectPublicKeyInfo, and spells it as the private key's holder does, so
// that both compute one ID.
func bareKey(der []byte) (trustdata.PublicKey, error) {
	public, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return trustdata.PublicKey{}, fmt.Errorf("public key: %w", err)
	}
	key := trustdata.PublicKey{}
	switch public := public.(type) {
	case ed25519.PublicKey:
		return trustdata.PublicKey{Type: trustdata.KeyED25519, Value: public}, nil
	case *ecdsa.PublicKey:
		key.Type = trustdata.KeyECDSA
	case *rsa.PublicKey:
		key.Type = trustdata.KeyRSA
		if n := public.N.BitLen(); n < minRSABits {
			return key, fmt.Errorf("no client accepts a signature by an RSA key of %d bits (%d at least)", n, minRSABits)
		}
	default:
		return key, fmt.Errorf("a key of type %T cannot sign metadata", public)
	}
	key.Value, err = x509.MarshalPKIXPublicKey(public)
	return key, err
}

// RootChain makes gun's root key of a certificate that somebody else issued for the key
// with this canonical ID, as Certificate does of one that a key signs itself: text is the leaf and then the CA
// certificates above it, each issued by the next. The rules are those of every client
// that will read root.json; the leaf must name the GUN and must not be a CA, which what
// "openssl req -x509" makes is unless told otherwise.
func RootChain(text []byte, gun trustdata.GUN, want trustdata.KeyID, now time.Time) (trustdata.PublicKey, error) {
	made, err := rootChain(text, gun, now)
	if err != nil {
		return made, fmt.Errorf("root certificate: %w", err)
	}
	id, err := made.KeyID()
	if err != nil || id != want {
		return made, errors.Join(fmt.Errorf("root certificate: it is of key %q, and not of %q", id.Short(), want.Short()), err)
	}
	return made, nil
}

func rootChain(text []byte, gun trustdata.GUN, now time.Time) (trustdata.PublicKey, error) {
	chain, err := certificates(text)
	if err != nil {
		return trustdata.PublicKey{}, err
	}
	for i, cert := range chain[1:] {
		if err := chain[i].CheckSignatureFrom(cert); err != nil {
			return trustdata.PublicKey{}, fmt.Errorf("certificate %d of the file is not issued by the next one: %w", i+1, err)
		}
	}
	made, err := chainKey(chain)
	if err != nil {
		return made, err
	}
	return made, checkCertificate(made, gun, now)
}

// certificates parses a file that has certificates and nothing else.
func certificates(text []byte) ([]*x509.Certificate, error) {
	if len(text) > MaxPublicKey {
		return nil, fmt.Errorf("the file is larger than %d bytes", MaxPublicKey)
	}
	var chain []*x509.Certificate
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if block.Type != typeCertificate {
			return nil, fmt.Errorf("the file has a block of type %q", block.Type)
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		chain = append(chain, cert)
	}
	if len(chain) == 0 {
		return nil, errors.New("the file has no certificate")
	}
	return chain, nil
}

// chainKey is the key that metadata lists for a chain, spelled as clients spell it again.
func chainKey(chain []*x509.Certificate) (trustdata.PublicKey, error) {
	key := trustdata.PublicKey{}
	switch chain[0].PublicKey.(type) {
	case *ecdsa.PublicKey:
		key.Type = trustdata.KeyECDSAx509
	case *rsa.PublicKey:
		key.Type = trustdata.KeyRSAx509
	default:
		return key, fmt.Errorf("a certificate of a key of type %s cannot stand in metadata", chain[0].PublicKeyAlgorithm)
	}
	for _, cert := range chain {
		key.Value = append(key.Value, pem.EncodeToMemory(&pem.Block{Type: typeCertificate, Bytes: cert.Raw})...)
	}
	return key, nil
}
