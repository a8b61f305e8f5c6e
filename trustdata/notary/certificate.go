package notary

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"time"

	"keyrite/trustdata"
)

// CertificateLifetime is how long a root certificate is valid that is made here, as those of
// the reference client.
const CertificateLifetime = 10 * 365 * day

// Certificate makes the self-signed certificate that stands for key in gun's root.json:
// the name is the GUN, valid for 3650 days from notBefore. Keys are ecdsa or rsa; there
// are no certificates for ed25519 keys in this dialect. An RSA certificate is signed by
// PKCS #1 v1.5 as the reference implementation does, for which key must be a
// trustdata.PKCS1Signer too.
func Certificate(key trustdata.SigningKey, gun trustdata.GUN, notBefore time.Time) (trustdata.PublicKey, error) {
	bare := key.Public()
	made := trustdata.PublicKey{Type: trustdata.KeyECDSAx509}
	algorithm := x509.ECDSAWithSHA256
	switch bare.Type {
	case trustdata.KeyECDSA:
	case trustdata.KeyRSA:
		made.Type, algorithm = trustdata.KeyRSAx509, x509.SHA256WithRSA
	default:
		return made, fmt.Errorf("no certificate can be made for a key of type %q", bare.Type)
	}
	public, err := x509.ParsePKIXPublicKey(bare.Value)
	if err != nil {
		return made, fmt.Errorf("public key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 128))
	if err != nil {
		return made, fmt.Errorf("serial number: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber:          serial.Add(serial, big.NewInt(1)),
		Subject:               pkix.Name{CommonName: string(gun)},
		NotBefore:             notBefore.UTC(),
		NotAfter:              notBefore.UTC().Add(CertificateLifetime),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
		BasicConstraintsValid: true,
		SignatureAlgorithm:    algorithm,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, certifier{key, public})
	if err != nil {
		return made, fmt.Errorf("failed to make the certificate of %q: %w", gun, err)
	}
	made.Value = pem.EncodeToMemory(&pem.Block{Type: typeCertificate, Bytes: der})
	return made, nil
}

// certifier lets package x509 sign by a SigningKey, which takes the message and never
// its digest alone.
type certifier struct {
	key    trustdata.SigningKey
	public crypto.PublicKey
}

var _ crypto.MessageSigner = certifier{}

func (c certifier) Public() crypto.PublicKey { return c.public }

func (c certifier) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, fmt.Errorf("key signs messages only")
}

func (c certifier) SignMessage(_ io.Reader, message []byte, _ crypto.SignerOpts) ([]byte, error) {
	if c.key.Public().Type == trustdata.KeyRSA {
		pkcs1, ok := c.key.(trustdata.PKCS1Signer)
		if !ok {
			return nil, fmt.Errorf("key cannot sign certificates: %w", errors.ErrUnsupported)
		}
		sig, err := pkcs1.SignPKCS1v15(message)
		return sig.Bytes, err
	}
	sig, err := c.key.Sign(message)
	if err != nil {
		return nil, err
	}
	half := len(sig.Bytes) / 2
	return asn1.Marshal(struct{ R, S *big.Int }{
		new(big.Int).SetBytes(sig.Bytes[:half]), new(big.Int).SetBytes(sig.Bytes[half:]),
	})
}

// checkCertificate holds a root key against the rules that clients and servers of the
// reference implementation apply. Its dates are checked only where now is not zero.
func checkCertificate(key trustdata.PublicKey, gun trustdata.GUN, now time.Time) error {
	if !key.IsX509() {
		return fmt.Errorf("root key of type %q is no certificate", key.Type)
	}
	chain, err := key.Certificates()
	if err != nil {
		return err
	}
	var again []byte
	for i, cert := range chain {
		if cert.IsCA == (i == 0) {
			return fmt.Errorf("its chain is not one leaf followed by CA certificates")
		}
		again = append(again, pem.EncodeToMemory(&pem.Block{Type: typeCertificate, Bytes: cert.Raw})...)
	}
	if !bytes.Equal(again, key.Value) {
		return fmt.Errorf("its PEM text is not spelled as clients spell it again")
	}
	if err := checkName(chain[0], gun); err != nil {
		return err
	}
	for _, cert := range chain {
		if err := checkStrength(cert); err != nil {
			return err
		}
		if now.IsZero() {
			continue
		}
		if err := checkDates(cert, now); err != nil {
			return err
		}
	}
	return nil
}

func checkDates(cert *x509.Certificate, now time.Time) error {
	if cert.NotAfter.Before(now) {
		return fmt.Errorf("certificate of %q expired at %s", cert.Subject.CommonName, showTime(cert.NotAfter))
	}
	if cert.NotBefore.After(now.Add(day)) {
		return fmt.Errorf("certificate of %q is valid only from %s", cert.Subject.CommonName, showTime(cert.NotBefore))
	}
	return nil
}

// checkName compares the common name with the GUN. A name that ends in an asterisk is for
// every GUN that begins with what stands before it.
func checkName(leaf *x509.Certificate, gun trustdata.GUN) error {
	name := leaf.Subject.CommonName
	prefix, wildcard := strings.CutSuffix(name, "*")
	if name != string(gun) && !(wildcard && strings.HasPrefix(string(gun), prefix)) {
		return fmt.Errorf("certificate is for %q", name)
	}
	return nil
}

func checkStrength(cert *x509.Certificate) error {
	switch cert.SignatureAlgorithm {
	case x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.DSAWithSHA1, x509.MD5WithRSA, x509.MD2WithRSA:
		return fmt.Errorf("certificate is signed with %s", cert.SignatureAlgorithm)
	}
	if key, ok := cert.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() < minRSABits {
		return fmt.Errorf("certificate has an RSA key of %d bits", key.N.BitLen())
	}
	return nil
}

// showTime is the form of dates in errors.
func showTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
