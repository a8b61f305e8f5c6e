package notationtest

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"time"

	"github.com/notaryproject/notation-core-go/signature"
	"github.com/notaryproject/notation-go"
	"github.com/notaryproject/notation-go/signer"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// The kinds of envelopes.
const (
	JWS  = "application/jose+json"
	COSE = "application/cose"
)

// Sign has notation-go sign a manifest, as "notation sign" does.
func (s *Signer) Sign(kind string, target ocispec.Descriptor) []byte {
	s.t.Helper()
	with, err := signer.NewGenericSigner(s.Key, s.Chain)
	if err != nil {
		s.t.Fatal(err)
	}
	envelope, _, err := with.Sign(context.Background(), target, notation.SignerSignOptions{SignatureMediaType: kind})
	if err != nil {
		s.t.Fatal(err)
	}
	return envelope
}

// Past is what "notation sign" would not make today.
type Past struct {
	// At is when it was signed, Expires the signature's own end, zero for none.
	At, Expires time.Time
	// Plugin is the plugin that it asks for.
	Plugin string
	// Authority signs in the scheme notary.x509.signingAuthority.
	Authority bool
	// Clock adds a time stamp, nil none.
	Clock *Clock
}

// SignPast has notation-core-go make a signature of another time.
func (s *Signer) SignPast(kind string, target ocispec.Descriptor, how Past) []byte {
	s.t.Helper()
	payload, err := json.Marshal(map[string]any{"targetArtifact": target})
	if err != nil {
		s.t.Fatal(err)
	}
	with, err := signature.NewLocalSigner(s.Chain, s.Key)
	if err != nil {
		s.t.Fatal(err)
	}
	if how.At.IsZero() {
		how.At = time.Now()
	}
	request := &signature.SignRequest{
		Payload: signature.Payload{ContentType: "application/vnd.cncf.notary.payload.v1+json", Content: payload}, Signer: with,
		SigningTime: how.At.Truncate(time.Second), SigningScheme: signature.SigningSchemeX509, SigningAgent: "keyrite test",
	}
	if !how.Expires.IsZero() {
		request.Expiry = how.Expires.Truncate(time.Second)
	}
	if how.Plugin != "" {
		request.ExtendedSignedAttributes = []signature.Attribute{{Key: "io.cncf.notary.verificationPlugin", Critical: true, Value: how.Plugin}}
	}
	if how.Authority {
		request.SigningScheme = signature.SigningSchemeX509SigningAuthority
	}
	if how.Clock != nil {
		request.Timestamper, request.TSARootCAs = how.Clock, x509.NewCertPool()
		request.TSARootCAs.AddCert(how.Clock.root)
	}
	envelope, err := signature.NewEnvelope(kind)
	if err != nil {
		s.t.Fatal(err)
	}
	signed, err := envelope.Sign(request)
	if err != nil {
		s.t.Fatal(err)
	}
	return signed
}
