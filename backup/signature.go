package backup

import (
	"archive/tar"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"slices"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

const (
	// signatureName is the member that follows the manifest where a key of the backup was
	// open when it was made.
	signatureName = "manifest.sig"
	// manifestPurpose begins what is signed, so that it can never be metadata.
	manifestPurpose = "keyrite/manifest/v1\n"
	maxSignature    = 64 << 10
	// maxTries bounds how many keys are opened only to sign the manifest: each one that does
	// not open costs as much as one that does.
	maxTries = 3
)

// manifestSignature is manifest.sig. The public key proves itself: its ID is the key's.
type manifestSignature struct {
	KeyID     trustdata.KeyID   `json:"key_id"`
	KeyType   trustdata.KeyType `json:"key_type"`
	PublicKey []byte            `json:"public_key"`
	// Method is the signature's, as metadata names it.
	Method string `json:"method"`
	// Signature is over manifestPurpose and the bytes of manifest.json.
	Signature []byte `json:"signature"`
}

// signManifest signs with the first key of the backup that opens: one without a passphrase,
// or with a passphrase that ask knows, the root key before others. It gives nothing where
// there is none.
func (p *CreatePlan) signManifest() ([]byte, error) {
	for _, e := range p.signers() {
		data, err := e.bytes()
		if err != nil {
			return nil, err
		}
		pass := keyring.NewPassphrase(nil)
		if !e.bare {
			known := false
			if pass, known = p.opt.Passphrases(e.key()); !known {
				continue
			}
		}
		k, _, err := keyring.Decode(data, pass)
		if err != nil {
			continue // the drill says what is wrong with it
		}
		defer k.Wipe()
		if k.KeyID() == e.KeyID {
			manifest, err := p.Manifest.encode()
			if err != nil {
				return nil, err
			}
			return signatureOf(k, manifest)
		}
	}
	return nil, nil
}

// signers are the keys to try, the best first.
func (p *CreatePlan) signers() []*entry {
	var able []*entry
	for _, e := range p.entries {
		if e.Kind == KindKey && e.Problem == "" && (e.bare || p.opt.Passphrases != nil) {
			able = append(able, e)
		}
	}
	rank := func(e *entry) int {
		i := slices.Index([]string{string(trustdata.RoleRoot), string(trustdata.RoleTargets)}, e.Role)
		return (i + 3) % 3
	}
	slices.SortStableFunc(able, func(a, b *entry) int { return cmp.Compare(rank(a), rank(b)) })
	return able[:min(len(able), maxTries)]
}

func signatureOf(k *keyring.PrivateKey, manifest []byte) ([]byte, error) {
	sig, err := k.Sign(append([]byte(manifestPurpose), manifest...))
	if err != nil {
		return nil, err
	}
	public := k.Public()
	b, err := json.MarshalIndent(manifestSignature{k.KeyID(), public.Type, public.Value, sig.Method, sig.Bytes}, "", "  ")
	return append(b, '\n'), err
}

// signature reads manifest.sig and checks it against the bytes of the manifest.
func (r *reader) signature(hdr *tar.Header, m *Manifest) error {
	if err := checkHeader(hdr, tar.TypeReg, 0o600); err != nil {
		return err
	}
	if hdr.Size > maxSignature {
		return damage("its signature is larger than %d bytes", maxSignature)
	}
	data, err := io.ReadAll(r.tar)
	if err != nil {
		return err
	}
	raw := []byte(r.raw)
	if r.take.known != nil {
		if raw, err = m.encode(); err != nil {
			return err
		}
	}
	m.signedBy, err = checkSignature(data, raw, m)
	return err
}

// checkSignature gives the key that signed. That it is one of the backup's own is what
// makes the signature worth anything: whoever only has the recipient's public key has none
// of them.
func checkSignature(data, manifest []byte, m *Manifest) (trustdata.KeyID, error) {
	var s manifestSignature
	if err := json.Unmarshal(data, &s); err != nil {
		return "", damage("%q cannot be read as a signature", signatureName)
	}
	if _, err := trustdata.ParseKeyID(string(s.KeyID)); err != nil {
		return "", damage("%q names no key: %w", signatureName, err)
	}
	if !slices.ContainsFunc(m.Files, func(f File) bool { return f.isKey() && f.KeyID == s.KeyID }) {
		return "", damage("its manifest is signed by the key %s, which is not in the backup", s.KeyID)
	}
	public := trustdata.PublicKey{Type: s.KeyType, Value: s.PublicKey}
	id, err := public.KeyID()
	if err == nil && id != s.KeyID {
		err = errors.New("the public key is another one")
	}
	if err == nil {
		err = notary.VerifySignature(public, s.Method, s.Signature, append([]byte(manifestPurpose), manifest...))
	}
	if err != nil {
		return "", damage("its manifest is not the one that the key %s signed: %w", s.KeyID, err)
	}
	return s.KeyID, nil
}

// SignedBy is the key that signed the manifest, "" for none.
func (m *Manifest) SignedBy() trustdata.KeyID { return m.signedBy }
