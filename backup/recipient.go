package backup

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"

	"keyrite/keyring"
)

// Work factors of a passphrase: scrypt takes 2^n rounds and 2^n KiB of memory.
const (
	DefaultWorkFactor = 18
	// maxWorkFactor is the most that a file may ask for when it is read: 1 GiB.
	maxWorkFactor = 20
)

// maxRecipients bounds a backup's readers; age tries them one by one.
const maxRecipients = 50

// RecipientKind is the kind of a recipient.
type RecipientKind string

// The kinds of recipients. Hybrid ones (post-quantum) make a set of their own, since a
// classic recipient beside them would undo what they are for.
const (
	RecipientX25519     RecipientKind = "X25519"
	RecipientHybrid     RecipientKind = "hybrid"
	RecipientSSH        RecipientKind = "ssh"
	RecipientPassphrase RecipientKind = "passphrase"
)

// Recipient is one who can open a backup.
type Recipient struct {
	Kind RecipientKind
	// Text is the public key as it was given; "" for a passphrase.
	Text string
	to   age.Recipient
	own  *Identity // of a passphrase, which opens what it closes
}

// LeastAge is the first version of age that opens a file for this recipient.
func (r Recipient) LeastAge() string {
	if r.Kind == RecipientHybrid {
		return "1.3.0"
	}
	return "1.0.0"
}

// ParseRecipients reads public keys: age1..., or the text of an SSH public key. The same
// one twice counts once. What looks like anything else is never repeated in an error,
// since it may be a secret key that was pasted by mistake.
func ParseRecipients(texts []string) ([]Recipient, error) {
	var all []Recipient
	seen := map[string]bool{}
	for i, text := range texts {
		r, err := parseRecipient(text)
		if err != nil {
			return nil, fmt.Errorf("recipient %d: %w", i+1, err)
		}
		if !seen[text] {
			seen[text] = true
			all = append(all, r)
		}
	}
	return all, checkRecipients(all)
}

func parseRecipient(text string) (Recipient, error) {
	upper := strings.ToUpper(text)
	switch {
	case strings.Contains(upper, "SECRET-KEY") || strings.Contains(upper, "PRIVATE KEY") || strings.HasPrefix(upper, "AGE-PLUGIN"):
		return Recipient{}, errors.New("this is a secret key, and it is not shown here; a recipient is the public key (age1...) that belongs to it")
	case text == "":
		return Recipient{}, errors.New("it is empty")
	case strings.TrimSpace(text) != text:
		return Recipient{}, errors.New("it has white space around it")
	case strings.HasPrefix(text, "age1pq1"):
		return made(RecipientHybrid, text, func() (age.Recipient, error) { return age.ParseHybridRecipient(text) })
	case strings.HasPrefix(text, "age1") && strings.Count(text, "1") > 1 && plugin(text):
		return Recipient{}, fmt.Errorf("%q is for an age plugin, which backups are not written for", clip(text))
	case strings.HasPrefix(text, "age1"):
		return made(RecipientX25519, text, func() (age.Recipient, error) { return age.ParseX25519Recipient(text) })
	case strings.HasPrefix(text, "ssh-"):
		return made(RecipientSSH, text, func() (age.Recipient, error) { return agessh.ParseRecipient(text) })
	}
	return Recipient{}, errors.New("it is neither an age recipient (age1...) nor an SSH public key, and it is not shown here, since it may be secret")
}

// plugin tells age1name1... from age1...: the digits of Bech32 have no "1".
func plugin(text string) bool { return strings.Contains(text[len("age1"):], "1") }

func made(kind RecipientKind, text string, parse func() (age.Recipient, error)) (Recipient, error) {
	to, err := parse()
	if err != nil {
		return Recipient{}, fmt.Errorf("%q is damaged or cut short: check it against its source", clip(text))
	}
	return Recipient{Kind: kind, Text: text, to: to}, nil
}

// clip keeps a public key recognisable in a sentence.
func clip(text string) string {
	const most = 72
	if len(text) > most {
		return text[:most] + "..."
	}
	return text
}

func checkRecipients(all []Recipient) error {
	kinds := map[RecipientKind]bool{}
	for _, r := range all {
		kinds[r.Kind] = true
	}
	switch {
	case len(all) == 0:
		return errors.New("no recipient is given: nobody could open the backup")
	case len(all) > maxRecipients:
		return fmt.Errorf("%d recipients are given, and at most %d are possible", len(all), maxRecipients)
	case kinds[RecipientPassphrase] && len(all) > 1:
		return errors.New("a passphrase stands alone: it cannot be mixed with recipients or with another passphrase")
	case kinds[RecipientHybrid] && len(kinds) > 1:
		return errors.New("post-quantum recipients (age1pq1...) make a backup of their own: beside others they would protect nothing")
	}
	return nil
}

// PassphraseRecipient closes a backup with a passphrase, at 2^workFactor rounds of scrypt;
// 0 is DefaultWorkFactor. The passphrase stays in memory as long as the recipient, for age
// takes a string, which cannot be wiped.
func PassphraseRecipient(p keyring.Passphrase, workFactor int) (Recipient, error) {
	if workFactor == 0 {
		workFactor = DefaultWorkFactor
	}
	if workFactor < 1 || workFactor > maxWorkFactor {
		return Recipient{}, fmt.Errorf("work factor %d is not between 1 and %d", workFactor, maxWorkFactor)
	}
	own, err := PassphraseIdentity(p)
	if err != nil {
		return Recipient{}, err
	}
	var to *age.ScryptRecipient
	err = p.Use(func(b []byte) (err error) {
		to, err = age.NewScryptRecipient(string(b))
		return err
	})
	if err != nil {
		return Recipient{}, err
	}
	to.SetWorkFactor(workFactor)
	return Recipient{Kind: RecipientPassphrase, to: to, own: &own}, nil
}

// PassphraseIdentity opens a backup that was closed with a passphrase. A file that asks
// for more than 2^20 rounds is refused.
func PassphraseIdentity(p keyring.Passphrase) (Identity, error) {
	var id *age.ScryptIdentity
	err := p.Use(func(b []byte) (err error) {
		switch {
		case len(b) == 0:
			return errors.New("the backup's passphrase is empty")
		case bytes.ContainsAny(b, "\r\n"):
			return errors.New("the backup's passphrase has a line end in it, which age could not be given by hand")
		}
		id, err = age.NewScryptIdentity(string(b))
		return err
	})
	if err != nil {
		return Identity{}, err
	}
	id.SetMaxWorkFactor(maxWorkFactor)
	return NewIdentity(id), nil
}
