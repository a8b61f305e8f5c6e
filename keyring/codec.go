package keyring

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"keyrite/trustdata"
)

// Iterations of PBKDF2. Clients write 2,048 and read any number; the bound is there
// because a file may ask for years of work.
const (
	DefaultIterations = 600_000
	MinIterations     = 2_048
	maxIterations     = 50_000_000
)

// Format is how a key file is written. Iterations is the cost of the passphrase; 0 is
// DefaultIterations.
type Format struct{ Iterations int }

// Encode writes a key file as docker and notary do, always encrypted: an empty passphrase
// is refused. The role is always named, the GUN only for targets, snapshot and timestamp,
// since other clients take a GUN on any other role's key for a mistake.
func Encode(k *PrivateKey, p Passphrase, h Header, f Format) ([]byte, error) {
	headers := map[string]string{}
	if err := h.write(headers); err != nil {
		return nil, err
	}
	return encode(k, p, headers, f)
}

// write puts what h says into the headers of a PEM block, by the rules of Encode.
func (h Header) write(headers map[string]string) error {
	if h.Role == "" || !validRole(h.Role) {
		return fmt.Errorf("%q is no role for a key", clip(h.Role))
	}
	headers[headerRole] = h.Role
	delete(headers, headerGUN)
	if hasGUN(h.Role) && h.GUN != "" {
		headers[headerGUN] = string(h.GUN)
	}
	return nil
}

// hasGUN reports whether the file of a role's key names a repository.
func hasGUN(role string) bool {
	switch trustdata.Role(role) {
	case trustdata.RoleTargets, trustdata.RoleSnapshot, trustdata.RoleTimestamp:
		return true
	}
	return false
}

// encode is Encode with any headers.
func encode(k *PrivateKey, p Passphrase, headers map[string]string, f Format) ([]byte, error) {
	if f.Iterations == 0 {
		f.Iterations = DefaultIterations
	}
	switch {
	case p.IsEmpty():
		return nil, errors.New("a key is not written without a passphrase")
	case k.secret.IsEmpty():
		return nil, errors.New("the key has been wiped")
	case f.Iterations < MinIterations || f.Iterations > maxIterations:
		return nil, fmt.Errorf("%d rounds for the passphrase are outside %d to %d", f.Iterations, MinIterations, maxIterations)
	}
	var der []byte
	err := k.secret.Use(func(plain []byte) error {
		return p.Use(func(passphrase []byte) (err error) {
			der, err = seal(plain, passphrase, f.Iterations)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: typeEncrypted, Headers: headers, Bytes: der}), nil
}

// Decode opens a key file: PKCS#8 as Encode writes it or plain, and the old block types
// with DEK-Info encryption or none. The passphrase of a plain file is not looked at. The
// errors are ErrPassphrase, ErrDamaged and errors.ErrUnsupported.
func Decode(pemBytes []byte, p Passphrase) (*PrivateKey, Header, error) {
	f, err := parseFile(pemBytes)
	if err != nil {
		return nil, f.header, err
	}
	k, err := f.open(p)
	return k, f.header, err
}

func (f file) open(p Passphrase) (*PrivateKey, error) {
	if !f.encrypted() {
		k, err := parseKey(f.block.Type, f.block.Bytes)
		if errors.Is(err, errNoKey) {
			err = damage("%v", err)
		}
		return k, err
	}
	var k *PrivateKey
	err := p.Use(func(passphrase []byte) error {
		der, err := f.decrypt(passphrase)
		if err != nil {
			return err
		}
		defer clear(der)
		k, err = parseKey(f.block.Type, der)
		if errors.Is(err, errNoKey) {
			err = ErrPassphrase
		}
		return err
	})
	return k, err
}

func (f file) decrypt(passphrase []byte) ([]byte, error) {
	if len(passphrase) == 0 {
		return nil, ErrPassphrase
	}
	if f.sealed != nil {
		return f.sealed.open(passphrase)
	}
	return decryptDEK(f.block, passphrase)
}

// parseKey reads the private key in a block of that type, decrypted.
func parseKey(blockType string, der []byte) (*PrivateKey, error) {
	var key crypto.Signer
	var err error
	switch blockType {
	case typeEncrypted, typePKCS8:
		key, err = parsePKCS8(der)
	case typeEC:
		if key, err = x509.ParseECPrivateKey(der); err != nil {
			err = errNoKey
		}
	case typeRSA:
		if key, err = x509.ParsePKCS1PrivateKey(der); err != nil {
			err = errNoKey
		}
	case typeED25519:
		key, err = parseED25519(bytes.TrimSpace(der))
	}
	if err != nil {
		return nil, err
	}
	return newPrivateKey(key)
}
