package tufrepo

import (
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"keyrite/trustdata"
)

// publicOf is a key of TUF 1.0 as the rest of the program knows it.
func publicOf(key *metadata.Key) (trustdata.PublicKey, error) {
	public, err := key.ToPublicKey()
	if err != nil {
		return trustdata.PublicKey{}, err
	}
	if raw, ok := public.(ed25519.PublicKey); ok {
		return trustdata.PublicKey{Type: trustdata.KeyED25519, Value: raw}, nil
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	kind := trustdata.KeyECDSA
	if _, ok := public.(*rsa.PublicKey); ok {
		kind = trustdata.KeyRSA
	}
	return trustdata.PublicKey{Type: kind, Value: der}, err
}
