package backup

import (
	"crypto/rand"
	"errors"
	"fmt"

	"keyrite/keyring"
	"keyrite/trustdata/notary"
)

// drillPurpose begins what keys sign here, so that it can never be metadata.
const drillPurpose = "keyrite/drill/v1\n"

// drill opens the keys of a backup in memory while it is read: those that have no
// passphrase, and those that ask, which may be nil, knows the passphrase of.
type drill struct {
	ask    Passphrases
	opened map[string]bool
	failed map[string]string
}

func (d *drill) take() take {
	d.opened, d.failed = map[string]bool{}, map[string]string{}
	return take{
		wants: File.isKey,
		file:  d.open,
	}
}

// open tries one key. A passphrase that does not fit says nothing against the backup; a
// file that holds another key than its name says does.
func (d *drill) open(f File, data []byte) error {
	if f.Problem != "" {
		return nil
	}
	pass := keyring.NewPassphrase(nil)
	if f.locked {
		known := false
		if d.ask != nil {
			pass, known = d.ask(f.key())
		}
		if !known {
			return nil
		}
	}
	k, _, err := keyring.Decode(data, pass)
	switch {
	case errors.Is(err, keyring.ErrPassphrase):
		d.failed[f.Path] = "the backup opens, but the passphrase that is given for this key does not open it"
		return nil
	case err != nil:
		d.failed[f.Path] = err.Error()
		return nil
	}
	defer k.Wipe()
	if k.KeyID() != f.KeyID {
		return damage("%q holds the key %s", f.Path, k.KeyID())
	}
	if err := sign(k); err != nil {
		d.failed[f.Path] = fmt.Sprintf("it opens and does not sign: %v", err)
		return nil
	}
	d.opened[f.Path] = true
	return nil
}

// sign has the key sign a challenge and checks the signature as any client would.
func sign(k *keyring.PrivateKey) error {
	challenge := append([]byte(drillPurpose), rand.Text()...)
	sig, err := k.Sign(challenge)
	if err != nil {
		return err
	}
	return notary.VerifySignature(k.Public(), sig.Method, sig.Bytes, challenge)
}

// keys are the manifest's keys with what the drill found, and how many opened.
func (d *drill) keys(m *Manifest) ([]Key, int) {
	keys := m.keys()
	for i, k := range keys {
		if why := d.failed[k.Path]; why != "" {
			keys[i].Problem = why
		}
	}
	return keys, len(d.opened)
}

// state is drilled only if every single key opened.
func (d *drill) state(m *Manifest) State {
	if n := m.keyCount(); n > 0 && len(d.opened) == n {
		return StateDrilled
	}
	return StateProven
}
