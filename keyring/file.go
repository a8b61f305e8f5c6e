package keyring

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"strings"
	"unicode"
	"unicode/utf8"

	"keyrite/trustdata"
)

// maxFile bounds a key file; the largest real ones (RSA of 16,384 bits) have 13 kB.
const maxFile = 64 << 10

// The PEM types of key files. Only the first two are written.
const (
	typeEncrypted = "ENCRYPTED PRIVATE KEY"
	typePKCS8     = "PRIVATE KEY"
	typeEC        = "EC PRIVATE KEY"
	typeRSA       = "RSA PRIVATE KEY"
	typeED25519   = "ED25519 PRIVATE KEY"
)

const (
	headerRole = "role"
	headerGUN  = "gun"
)

// file is a key file that has been taken apart without a passphrase.
type file struct {
	block  *pem.Block
	header Header
	sealed *sealed // PBES2; nil for other encryption or none
	dek    bool    // RFC 1423 encryption of the old block types
}

// parseFile takes data apart. It is strict where the reference implementation is not:
// a key file is one block and nothing else, and what its headers say can be what they
// stand for. On an error the file has the headers as far as they were read.
func parseFile(data []byte) (file, error) {
	block, err := oneBlock(data)
	if err != nil {
		return file{}, err
	}
	f := file{block: block, dek: block.Headers["DEK-Info"] != ""}
	if f.header, err = parseHeader(block.Headers); err != nil {
		return f, err
	}
	switch block.Type {
	case typeEncrypted:
		s, err := parseSealed(block.Bytes)
		if err != nil {
			return f, err
		}
		f.sealed = &s
	case typePKCS8, typeEC, typeRSA, typeED25519:
	default:
		return f, damage("a block of type %q is no private key", block.Type)
	}
	return f, nil
}

func oneBlock(data []byte) (*pem.Block, error) {
	const begin = "-----BEGIN "
	text := bytes.TrimSpace(data)
	if block, ok := usualBlock(text); ok && len(data) <= maxFile {
		return block, nil
	}
	n := bytes.Count(text, []byte(begin))
	block, rest := pem.Decode(text)
	switch {
	case len(data) == 0:
		return nil, damage("the file is empty")
	case len(data) > maxFile:
		return nil, damage("the file is larger than %d bytes", maxFile)
	case n == 0:
		return nil, damage("the file is not PEM")
	case n > 1:
		return nil, damage("the file has %d PEM blocks and not one", n)
	case !bytes.HasPrefix(text, []byte(begin)):
		return nil, damage("the file has other text before the PEM block")
	case block == nil && !bytes.Contains(text, []byte("-----END ")):
		return nil, damage("the file is cut short: its PEM block has no end")
	case block == nil:
		return nil, damage("the PEM block cannot be read")
	case len(rest) > 0:
		return nil, damage("the file has other text after the PEM block")
	}
	return block, nil
}

// parseHeader checks the two headers: they come from a file, and a role such as
// "../../x" or a GUN that is no repository name stands for an attack or for damage.
func parseHeader(h map[string]string) (Header, error) {
	out := Header{Role: h[headerRole]}
	if !validRole(out.Role) {
		return out, damage("the role %q in its header is none", clip(out.Role))
	}
	if gun := h[headerGUN]; gun != "" {
		parsed, err := trustdata.ParseGUN(gun)
		if err != nil {
			return out, damage("the GUN in its header is none: %v", err)
		}
		out.GUN = parsed
	}
	return out, nil
}

// validRole allows any name, since signers choose theirs, if it is text of at most 255
// bytes on one line and no path that leads upwards.
func validRole(s string) bool {
	if len(s) > 255 || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return false
	}
	for seg := range strings.SplitSeq(s, "/") {
		if seg == "." || seg == ".." || seg == "" && s != "" {
			return false
		}
	}
	return true
}

func clip(s string) string { return s[:min(len(s), 64)] }

// encrypted reports whether a passphrase is needed.
func (f file) encrypted() bool { return f.sealed != nil || f.dek }

func (f file) iterations() int {
	switch {
	case f.sealed != nil:
		return f.sealed.iterations
	case f.dek:
		return 1
	}
	return 0
}

// Inspect describes a key file by its bytes alone: everything of Info but what its name
// and place say.
func Inspect(data []byte) Info {
	info, _ := inspect(data)
	return info
}

// inspect is Inspect that also gives the ID of a key that is not encrypted, or "".
func inspect(data []byte) (Info, trustdata.KeyID) {
	sum := sha256.Sum256(data)
	var digits [2 * sha256.Size]byte
	hex.Encode(digits[:], sum[:])
	info := Info{SHA256: string(digits[:])}
	f, err := parseFile(data)
	info.Role, info.GUN, info.Encrypted, info.KDFIterations = f.header.Role, f.header.GUN, f.encrypted(), f.iterations()
	if err != nil {
		info.Problem = err.Error()
		return info, ""
	}
	if f.encrypted() {
		return info, ""
	}
	k, err := f.open(Passphrase{})
	if err != nil {
		info.Problem = err.Error()
		return info, ""
	}
	defer k.Wipe()
	info.Algorithm = string(k.public.Type)
	return info, k.KeyID()
}

// decryptDEK undoes the encryption of old block types, whose only integrity check is, as
// everywhere here, that a key comes out.
func decryptDEK(block *pem.Block, passphrase []byte) ([]byte, error) {
	//lint:ignore SA1019 Keys of clients before 0.6 have this encryption, and nothing else reads it.
	der, err := x509.DecryptPEMBlock(block, passphrase)
	if err != nil {
		return nil, ErrPassphrase
	}
	return der, nil
}
