package backup

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"golang.org/x/crypto/ssh"
)

// minRSA is the least size of an RSA key in bits, which is age's own.
const minRSA = 2048

// sshTypes are how the line of an SSH public key may begin.
var sshTypes = []string{"ssh-", "sk-ssh-", "sk-ecdsa-", "ecdsa-sha2-"}

func looksSSH(text string) bool {
	return slices.ContainsFunc(sshTypes, func(t string) bool { return strings.HasPrefix(text, t) }) || strings.Contains(text, " AAAA")
}

// parseSSH reads the line of a public key, as ssh-keygen writes it. A line of
// authorized_keys with options is refused rather than cut: what the options forbid, no
// backup could.
func parseSSH(text string) (Recipient, error) {
	public, _, options, _, err := ssh.ParseAuthorizedKey([]byte(text))
	switch {
	case err != nil:
		return Recipient{}, fmt.Errorf("%q is damaged or cut short: check it against its source", clip(text))
	case len(options) > 0:
		return Recipient{}, errors.New("it is a line of authorized_keys with options before the key, which mean nothing here: give the part that begins with \"ssh-\"")
	}
	if err := fitForAge(public); err != nil {
		return Recipient{}, err
	}
	r, err := made(RecipientSSH, text, func() (age.Recipient, error) { return agessh.ParseRecipient(text) })
	r.key = public.Marshal()
	return r, err
}

// fitForAge says why a key that SSH takes is none that age can encrypt to.
func fitForAge(public ssh.PublicKey) error {
	switch kind := public.Type(); {
	case kind == ssh.KeyAlgoED25519:
		return nil
	case kind == ssh.KeyAlgoRSA:
		key, _ := public.(ssh.CryptoPublicKey).CryptoPublicKey().(*rsa.PublicKey)
		if key == nil || key.N.BitLen() < minRSA {
			return fmt.Errorf("it is an RSA key of %d bits, and at least %d are needed", bits(key), minRSA)
		}
		return nil
	case strings.HasPrefix(kind, "sk-"):
		return errors.New("it is the SSH key of a security key (sk), which can sign but not decrypt: use an age plugin for that device, or another key")
	case strings.Contains(kind, "-cert-"):
		return errors.New("it is an SSH certificate: give the public key that it was made for")
	default:
		return fmt.Errorf("it is an SSH key of type %q, and age encrypts to ssh-ed25519 and ssh-rsa only", kind)
	}
}

func bits(key *rsa.PublicKey) int {
	if key == nil {
		return 0
	}
	return key.N.BitLen()
}
