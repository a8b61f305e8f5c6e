package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1"
	"encoding/asn1"
)

// The one scheme that docker and notary read: PBES2 with PBKDF2 on HMAC-SHA1 (the
// default, so it is left out when writing) and AES-256-CBC.
var (
	oidPBES2    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidHMACSHA1 = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 7}
	oidAES256   = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}
)

const (
	saltSize = 8
	keySize  = 32
)

type encryptedKeyInfo struct {
	Scheme struct {
		OID        asn1.ObjectIdentifier
		Parameters pbes2Parameters
	}
	Ciphertext []byte
}

type pbes2Parameters struct {
	KDF struct {
		OID        asn1.ObjectIdentifier
		Parameters pbkdf2Parameters
	}
	Cipher struct {
		OID asn1.ObjectIdentifier
		IV  []byte
	}
}

type pbkdf2Parameters struct {
	Salt       []byte
	Iterations int64
	KeyLength  int                  `asn1:"optional"`
	PRF        pseudorandomFunction `asn1:"optional"`
}

type pseudorandomFunction struct {
	OID  asn1.ObjectIdentifier
	Null asn1.RawValue `asn1:"optional"`
}

// sealed is an encrypted key whose parameters have been checked.
type sealed struct {
	salt, iv, ciphertext []byte
	iterations           int
}

// parseSealed reads an EncryptedPrivateKeyInfo. Trailing bytes are ignored, as by the
// reference implementation.
func parseSealed(der []byte) (sealed, error) {
	if s, ok := usualSealed(der); ok {
		return s, nil
	}
	return fullSealed(der)
}

// fullSealed reads every shape, and says what is wrong with one that it does not read.
func fullSealed(der []byte) (sealed, error) {
	var scheme struct {
		Scheme struct {
			OID        asn1.ObjectIdentifier
			Parameters asn1.RawValue `asn1:"optional"`
		}
		Ciphertext []byte
	}
	if _, err := asn1.Unmarshal(der, &scheme); err != nil {
		return sealed{}, damage("the content is no encrypted key")
	}
	if !scheme.Scheme.OID.Equal(oidPBES2) {
		return sealed{}, unsupported("the encryption scheme %v", scheme.Scheme.OID)
	}
	var info encryptedKeyInfo
	if err := checkOIDs(scheme.Scheme.Parameters.FullBytes); err != nil {
		return sealed{}, err
	}
	if _, err := asn1.Unmarshal(der, &info); err != nil {
		return sealed{}, damage("the content is no encrypted key")
	}
	kdf, enc := info.Scheme.Parameters.KDF.Parameters, info.Scheme.Parameters.Cipher
	switch {
	case kdf.PRF.OID != nil && !kdf.PRF.OID.Equal(oidHMACSHA1):
		return sealed{}, unsupported("the key derivation's hash %v", kdf.PRF.OID)
	case kdf.KeyLength != 0 && kdf.KeyLength != keySize:
		return sealed{}, damage("the length of the derived key is %d bytes and not %d", kdf.KeyLength, keySize)
	case kdf.Iterations < 1 || kdf.Iterations > maxIterations:
		return sealed{}, damage("the passphrase is stretched %d times, which is outside 1 to %d", kdf.Iterations, maxIterations)
	case len(enc.IV) != aes.BlockSize || len(info.Ciphertext) == 0 || len(info.Ciphertext)%aes.BlockSize != 0:
		return sealed{}, damage("the encrypted content has a wrong length")
	}
	return sealed{kdf.Salt, enc.IV, info.Ciphertext, int(kdf.Iterations)}, nil
}

// checkOIDs tells other algorithms, whose parameters have other shapes, from damage.
func checkOIDs(parameters []byte) error {
	var generic struct {
		KDF, Cipher struct {
			OID        asn1.ObjectIdentifier
			Parameters asn1.RawValue `asn1:"optional"`
		}
	}
	if _, err := asn1.Unmarshal(parameters, &generic); err != nil {
		return damage("the content is no encrypted key")
	}
	if !generic.KDF.OID.Equal(oidPBKDF2) {
		return unsupported("the key derivation %v", generic.KDF.OID)
	}
	if !generic.Cipher.OID.Equal(oidAES256) {
		return unsupported("the cipher %v", generic.Cipher.OID)
	}
	return nil
}

// open decrypts. Without a checksum all that shows a wrong passphrase is that the padding,
// or the key within, does not hold.
func (s sealed) open(passphrase []byte) ([]byte, error) {
	block, err := derive(passphrase, s.salt, s.iterations)
	if err != nil {
		return nil, err
	}
	plain := make([]byte, len(s.ciphertext))
	cipher.NewCBCDecrypter(block, s.iv).CryptBlocks(plain, s.ciphertext)
	pad := int(plain[len(plain)-1])
	good := pad >= 1 && pad <= aes.BlockSize
	if good {
		for _, b := range plain[len(plain)-pad:] {
			good = good && int(b) == pad
		}
	}
	if !good {
		clear(plain)
		return nil, ErrPassphrase
	}
	return plain[:len(plain)-pad], nil
}

// seal encrypts der with a fresh salt and IV.
func seal(der, passphrase []byte, iterations int) ([]byte, error) {
	s := sealed{salt: make([]byte, saltSize), iv: make([]byte, aes.BlockSize), iterations: iterations}
	rand.Read(s.salt)
	rand.Read(s.iv)
	if err := s.close(der, passphrase); err != nil {
		return nil, err
	}
	return s.marshal()
}

// close is the reverse of open: it fills in the ciphertext.
func (s *sealed) close(der, passphrase []byte) error {
	block, err := derive(passphrase, s.salt, s.iterations)
	if err != nil {
		return err
	}
	pad := aes.BlockSize - len(der)%aes.BlockSize
	text := make([]byte, len(der)+pad)
	for i := copy(text, der); i < len(text); i++ {
		text[i] = byte(pad)
	}
	cipher.NewCBCEncrypter(block, s.iv).CryptBlocks(text, text)
	s.ciphertext = text
	return nil
}

func (s sealed) marshal() ([]byte, error) {
	var info encryptedKeyInfo
	info.Scheme.OID = oidPBES2
	info.Scheme.Parameters.KDF.OID = oidPBKDF2
	info.Scheme.Parameters.KDF.Parameters = pbkdf2Parameters{Salt: s.salt, Iterations: int64(s.iterations)}
	info.Scheme.Parameters.Cipher.OID = oidAES256
	info.Scheme.Parameters.Cipher.IV = s.iv
	info.Ciphertext = s.ciphertext
	return asn1.Marshal(info)
}

func derive(passphrase, salt []byte, iterations int) (cipher.Block, error) {
	key, err := pbkdf2.Key(sha1.New, string(passphrase), salt, iterations, keySize)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	return aes.NewCipher(key)
}
