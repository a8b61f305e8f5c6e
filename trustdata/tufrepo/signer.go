package tufrepo

import (
	"crypto"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"io"
	"math/big"

	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/theupdateframework/go-tuf/v2/metadata"

	"keyrite/trustdata"
)

// signer lets go-tuf sign with a key of this program, which it never sees.
type signer struct{ key trustdata.SigningKey }

var _ signature.Signer = signer{}

// PublicKey is the key's public half.
func (s signer) PublicKey(...signature.PublicKeyOption) (crypto.PublicKey, error) {
	public := s.key.Public()
	if public.Type == trustdata.KeyED25519 {
		if len(public.Value) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("ed25519 key of %d bytes", len(public.Value))
		}
		return ed25519.PublicKey(public.Value), nil
	}
	return x509.ParsePKIXPublicKey(public.Value)
}

// SignMessage signs as TUF 1.0 has it: ECDSA signatures are DER, where Notary's are r and
// s one after the other.
func (s signer) SignMessage(message io.Reader, _ ...signature.SignOption) ([]byte, error) {
	raw, err := io.ReadAll(message)
	if err != nil {
		return nil, err
	}
	sig, err := s.key.Sign(raw)
	if err != nil {
		return nil, err
	}
	if s.key.Public().Type != trustdata.KeyECDSA {
		return sig.Bytes, nil
	}
	half := len(sig.Bytes) / 2
	return asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(sig.Bytes[:half]), new(big.Int).SetBytes(sig.Bytes[half:])})
}

// listing is a key of this program as TUF 1.0 lists it, with the ID that go-tuf gives it.
func listing(key trustdata.SigningKey) (*metadata.Key, string, error) {
	public, err := signer{key}.PublicKey()
	if err != nil {
		return nil, "", err
	}
	listed, err := metadata.KeyFromPublicKey(public)
	if err != nil {
		return nil, "", err
	}
	id, err := listed.ID()
	return listed, id, err
}

// signAs adds a signature under the ID that the metadata has for the key: other programs
// list the same key with another ID than go-tuf would.
func signAs[T metadata.Roles](m *metadata.Metadata[T], id string, key trustdata.SigningKey) error {
	if _, err := m.Sign(signer{key}); err != nil {
		return fmt.Errorf("signing with key %q: %w", id, err)
	}
	m.Signatures[len(m.Signatures)-1].KeyID = id
	return nil
}
