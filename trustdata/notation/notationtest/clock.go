package notationtest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"slices"
	"time"

	"github.com/notaryproject/tspclient-go"
)

// Clock is a time stamping authority (RFC 3161) whose time a test sets.
type Clock struct {
	// At is the time that it attests.
	At   time.Time
	cert *x509.Certificate
	root *x509.Certificate
	key  *ecdsa.PrivateKey
}

var _ tspclient.Timestamper = (*Clock)(nil)

// The object identifiers of a time stamp.
var (
	oidSignedData    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidTSTInfo       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
	oidContentType   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningCert   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	oidPolicy        = asn1.ObjectIdentifier{0, 4, 0, 2023, 1, 1}
	oidExtKeyUsage   = asn1.ObjectIdentifier{2, 5, 29, 37}
	oidTimeStamping  = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 8}
	sha256Algorithm  = pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}}
	ecdsaAlgorithm   = pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}}
)

// Clock issues a certificate for time stamps, whose use for them alone is critical.
func (a *Authority) Clock(at time.Time) *Clock {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	subject := a.Cert.Subject
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{Country: subject.Country, Organization: subject.Organization, CommonName: "clock"},
		NotBefore: a.Cert.NotBefore, NotAfter: a.Cert.NotAfter, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtraExtensions: []pkix.Extension{{Id: oidExtKeyUsage, Critical: true, Value: encode([]asn1.ObjectIdentifier{oidTimeStamping})}},
	}
	return &Clock{at, issue(a.t, cert, a.Cert, &key.PublicKey, a.key), a.Cert, key}
}

// Timestamp implements tspclient.Timestamper.
func (c *Clock) Timestamp(_ context.Context, asked *tspclient.Request) (*tspclient.Response, error) {
	info := encode(struct {
		Version  int
		Policy   asn1.ObjectIdentifier
		Imprint  tspclient.MessageImprint
		Serial   int
		Time     time.Time `asn1:"generalized"`
		Accuracy struct{ Seconds int }
		Nonce    *big.Int `asn1:"optional"`
	}{1, oidPolicy, asked.MessageImprint, 1, c.At.UTC().Truncate(time.Second), struct{ Seconds int }{1}, asked.Nonce})
	return &tspclient.Response{TimestampToken: asn1.RawValue{FullBytes: c.sign(info)}}, nil
}

type attribute struct {
	Type   asn1.ObjectIdentifier
	Values []asn1.RawValue `asn1:"set"`
}

// sign wraps content in CMS (RFC 5652) under the clock's key.
func (c *Clock) sign(content []byte) []byte {
	digest, own := sha256.Sum256(content), sha256.Sum256(c.cert.Raw)
	type certID struct{ Hash []byte }
	attributes := []attribute{
		{oidContentType, values(oidTSTInfo)}, {oidMessageDigest, values(digest[:])},
		{oidSigningCert, values(struct{ IDs []certID }{[]certID{{own[:]}}})},
	}
	signed, err := asn1.MarshalWithParams(attributes, "set")
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(signed)
	signature, err := ecdsa.SignASN1(rand.Reader, c.key, sum[:])
	if err != nil {
		panic(err)
	}
	type issuerSerial struct {
		Issuer asn1.RawValue
		Serial *big.Int
	}
	type signerInfo struct {
		Version    int
		ID         issuerSerial
		Digest     pkix.AlgorithmIdentifier
		Attributes []attribute `asn1:"set,tag:0"`
		Algorithm  pkix.AlgorithmIdentifier
		Signature  []byte
	}
	type content0 struct {
		Type    asn1.ObjectIdentifier
		Content []byte `asn1:"explicit,tag:0"`
	}
	data := encode(struct {
		Version      int
		Digests      []pkix.AlgorithmIdentifier `asn1:"set"`
		Content      content0
		Certificates asn1.RawValue
		Signers      []signerInfo `asn1:"set"`
	}{3, []pkix.AlgorithmIdentifier{sha256Algorithm}, content0{oidTSTInfo, content},
		tagged(c.cert.Raw, c.root.Raw),
		[]signerInfo{{1, issuerSerial{asn1.RawValue{FullBytes: c.cert.RawIssuer}, c.cert.SerialNumber}, sha256Algorithm, attributes, ecdsaAlgorithm, signature}}})
	return encode(struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue
	}{oidSignedData, tagged(data)})
}

// tagged is [0] around values.
func tagged(parts ...[]byte) asn1.RawValue {
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: slices.Concat(parts...)}
}

func values(v any) []asn1.RawValue { return []asn1.RawValue{{FullBytes: encode(v)}} }

func encode(v any) []byte {
	der, err := asn1.Marshal(v)
	if err != nil {
		panic(err)
	}
	return der
}
