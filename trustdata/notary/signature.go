package notary

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"math/big"
	"slices"

	"keyrite/trustdata"
)

// The methods of signatures. rsapkcs1v15 is accepted and never written.
const (
	methodECDSA    = "ecdsa"
	methodRSAPSS   = "rsapss"
	methodRSAPKCS1 = "rsapkcs1v15"
	methodEdDSA    = "eddsa"
)

// The sizes of RSA moduli in bits: below the least a signature does not count, above the
// greatest checking one would cost too much.
const (
	minRSABits = 2048
	maxRSABits = 16384
)

// methodKinds says which kind of bare key may use a method. The method comes with the
// signature and so from whoever sent it: it must fit the key, and never picks the
// algorithm by itself (NCC 2015, finding 1).
var methodKinds = map[string]trustdata.KeyType{
	methodECDSA:    trustdata.KeyECDSA,
	methodRSAPSS:   trustdata.KeyRSA,
	methodRSAPKCS1: trustdata.KeyRSA,
	methodEdDSA:    trustdata.KeyED25519,
}

// message is what is signed. Its SHA-256 is made once: a message may have tens of megabytes,
// and several signatures.
type message struct {
	bytes  []byte
	digest [sha256.Size]byte
}

func newMessage(b []byte) message { return message{b, sha256.Sum256(b)} }

// VerifySignature checks one signature over signed, which is hashed with SHA-256 for
// every method but eddsa. It does not check that the key may sign anything.
func VerifySignature(key trustdata.PublicKey, method string, sig, signed []byte) error {
	bare, err := key.Bare()
	if err != nil {
		return err
	}
	return verifySignature(bare, key.Type, method, sig, newMessage(signed))
}

// verifySignature is VerifySignature for a key without its certificate, of type called.
func verifySignature(bare trustdata.PublicKey, called trustdata.KeyType, method string, sig []byte, m message) error {
	if kind, ok := methodKinds[method]; !ok || kind != bare.Type {
		return fmt.Errorf("method %q does not fit a key of type %q", method, called)
	}
	if bare.Type == trustdata.KeyED25519 {
		if len(bare.Value) != ed25519.PublicKeySize {
			return fmt.Errorf("ed25519 key of %d bytes", len(bare.Value))
		}
		return verdict(ed25519.Verify(bare.Value, m.bytes, sig))
	}
	public, err := x509.ParsePKIXPublicKey(bare.Value)
	if err != nil {
		return fmt.Errorf("public key: %w", err)
	}
	switch public := public.(type) {
	case *ecdsa.PublicKey:
		if method == methodECDSA {
			return verifyECDSA(public, sig, m.digest[:])
		}
	case *rsa.PublicKey:
		if method != methodECDSA {
			return verifyRSA(public, method, sig, m.digest[:])
		}
	}
	return fmt.Errorf("a key of type %q holds a %T", called, public)
}

func verdict(ok bool) error {
	if !ok {
		return fmt.Errorf("signature is not valid")
	}
	return nil
}

// verifyECDSA takes r and s side by side, each padded to the size of the curve's order.
func verifyECDSA(key *ecdsa.PublicKey, sig, digest []byte) error {
	size := (key.Params().N.BitLen() + 7) / 8
	if len(sig) != 2*size {
		return fmt.Errorf("signature of %d bytes where the curve needs %d", len(sig), 2*size)
	}
	r, s := new(big.Int).SetBytes(sig[:size]), new(big.Int).SetBytes(sig[size:])
	return verdict(ecdsa.Verify(key, digest, r, s))
}

func verifyRSA(key *rsa.PublicKey, method string, sig, digest []byte) error {
	if n := key.N.BitLen(); n < minRSABits || n > maxRSABits {
		return fmt.Errorf("RSA key of %d bits", n)
	}
	if method == methodRSAPKCS1 {
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest, sig)
	}
	return rsa.VerifyPSS(key, crypto.SHA256, digest, sig, &rsa.PSSOptions{SaltLength: sha256.Size, Hash: crypto.SHA256})
}

// tally is the outcome of counting a role's signatures.
type tally struct {
	valid     map[trustdata.ListedID]bool
	threshold int
	// why is the first reason for which a signature of a listed key did not count.
	why error
}

func (t tally) met() bool { return t.threshold > 0 && len(t.valid) >= t.threshold }

// signers are the keys whose signatures hold, in the order in which the role lists them.
func (t tally) signers(role RoleKeys) []trustdata.ListedID {
	all := make([]trustdata.ListedID, 0, len(t.valid))
	for _, id := range role.KeyIDs {
		if t.valid[id] && !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all
}

// String says what is missing, for an error.
func (t tally) String() string {
	text := fmt.Sprintf("%d of %d needed signatures are valid", len(t.valid), t.threshold)
	if t.why != nil {
		text += fmt.Sprintf(" (%v)", t.why)
	}
	return text
}

// count verifies env's signatures by the keys that role lists. Signatures by other keys
// are ignored, and several by one key count once: two names for one key are not two
// signers either. A key whose content does not hash to the ID that lists it counts never.
func count(env *Envelope, keys map[trustdata.ListedID]trustdata.PublicKey, role RoleKeys) tally {
	t := tally{valid: map[trustdata.ListedID]bool{}, threshold: role.Threshold}
	listed := make(map[trustdata.ListedID]bool, len(role.KeyIDs))
	for _, id := range role.KeyIDs {
		listed[id] = true
	}
	signers, m := map[trustdata.KeyID]bool{}, newMessage(env.Message)
	for _, sig := range env.Signatures {
		if !listed[sig.KeyID] || t.valid[sig.KeyID] {
			continue
		}
		canonical, err := verifyListed(keys, sig, m)
		if err != nil {
			if t.why == nil {
				t.why = fmt.Errorf("key %q: %w", sig.KeyID, err)
			}
			continue
		}
		if !signers[canonical] {
			signers[canonical], t.valid[sig.KeyID] = true, true
		}
	}
	return t
}

func verifyListed(keys map[trustdata.ListedID]trustdata.PublicKey, sig SignatureEntry, m message) (trustdata.KeyID, error) {
	key, ok := keys[sig.KeyID]
	if !ok {
		return "", fmt.Errorf("the key is not there")
	}
	if key.ListedID() != sig.KeyID {
		return "", fmt.Errorf("the ID is not that of the key's content")
	}
	name := verdictOf(sig, m)
	if id, ok := proven.find(name); ok {
		return id, nil
	}
	bare, err := key.Bare()
	if err != nil {
		return "", err
	}
	if err := verifySignature(bare, key.Type, sig.Method, sig.Bytes, m); err != nil {
		return "", err
	}
	id := trustdata.KeyID(bare.ListedID()) // as key.KeyID, whose certificate is read already
	proven.keep(name, id)
	return id, nil
}
