package backup

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// drillPurpose begins what keys sign here, so that it can never be metadata.
const drillPurpose = "keyrite/drill/v1\n"

// drill opens the keys of a backup in memory while it is read: those that have no
// passphrase, and those that ask, which may be nil, knows the passphrase of.
type drill struct {
	ask    Passphrases
	keep   bool // the files of keys that stay locked
	opened map[string]bool
	failed map[string]string
	locked map[string][]byte
}

func (d *drill) take() take {
	d.opened, d.failed, d.locked = map[string]bool{}, map[string]string{}, map[string][]byte{}
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
	pass, known := keyring.NewPassphrase(nil), true
	if f.locked {
		known = false
		if d.ask != nil {
			pass, known = d.ask(f.key())
		}
	}
	if !known {
		d.stays(f, data)
		return nil
	}
	switch err := openKey(f.Path, f.KeyID, data, pass); {
	case errors.Is(err, ErrDamaged):
		return err
	case errors.Is(err, keyring.ErrPassphrase):
		d.failed[f.Path] = "the backup opens, but the passphrase that is given for this key does not open it"
		d.stays(f, data)
	case err != nil:
		d.failed[f.Path] = err.Error()
	default:
		d.opened[f.Path] = true
	}
	return nil
}

func (d *drill) stays(f File, data []byte) {
	if d.keep {
		d.locked[f.Path] = bytes.Clone(data)
	}
}

// openKey is what a drill does with one key file.
func openKey(path string, id trustdata.KeyID, data []byte, pass keyring.Passphrase) error {
	k, _, err := keyring.Decode(data, pass)
	if err != nil {
		return err
	}
	defer k.Wipe()
	if k.KeyID() != id {
		return damage("%q holds the key %s", path, k.KeyID())
	}
	if err := sign(k); err != nil {
		return fmt.Errorf("it opens and does not sign: %w", err)
	}
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
		keys[i].Opened = d.opened[k.Path]
	}
	return keys, len(d.opened)
}

func (d *drill) state(m *Manifest) State { return drilledState(len(d.opened), m.keyCount()) }

// drilledState is drilled only if every single key opened.
func drilledState(opened, keys int) State {
	if keys > 0 && opened == keys {
		return StateDrilled
	}
	return StateProven
}
