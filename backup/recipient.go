package backup

import (
	"errors"
	"fmt"

	"filippo.io/age"
)

// maxRecipients bounds a backup's readers; age tries them one by one.
const maxRecipients = 50

// RecipientKind is the kind of a recipient.
type RecipientKind string

// The kinds of recipients. A tag is a recipient of age's own whose key is in hardware; it
// needs a plugin to open, and none to close.
const (
	RecipientX25519     RecipientKind = "X25519"
	RecipientHybrid     RecipientKind = "hybrid"
	RecipientSSH        RecipientKind = "ssh"
	RecipientTag        RecipientKind = "tag"
	RecipientHybridTag  RecipientKind = "hybrid tag"
	RecipientPlugin     RecipientKind = "plugin"
	RecipientPassphrase RecipientKind = "passphrase"
)

// postQuantum reports whether it is a hybrid one. Those make a set of their own, since a
// classic recipient beside them would undo what they are for.
func (k RecipientKind) postQuantum() bool { return k == RecipientHybrid || k == RecipientHybridTag }

// Recipient is one who can open a backup.
type Recipient struct {
	Kind RecipientKind
	// Text is the public key as it was given; "" for a passphrase.
	Text string
	// Label is what the settings call it, "" where they do not. Whoever wrote it there has
	// looked at the key, so its fingerprint is not asked for again.
	Label string
	// Plugin is the name of the age plugin that closes for it, "" for none.
	Plugin string
	// Compared says that somebody typed the end of its fingerprint, as its holder gave it.
	Compared bool
	// Proven says that an identity at hand has opened what was closed for it alone.
	Proven bool

	key []byte // what Text encodes
	to  age.Recipient
	own *Identity // of a passphrase, which opens what it closes
}

// LeastAge is the first version of age that opens a file for this recipient: 1.1 is the
// first with plugins, 1.3 the first with post-quantum keys.
func (r Recipient) LeastAge() string {
	switch r.Kind {
	case RecipientHybrid, RecipientHybridTag:
		return "1.3.0"
	case RecipientPlugin, RecipientTag:
		return "1.1.0"
	}
	return "1.0.0"
}

// Reader is a recipient in the words of a plan and of a result.
type Reader struct {
	Kind        RecipientKind `json:"kind"`
	Recipient   string        `json:"recipient"`
	Fingerprint string        `json:"fingerprint"`
	Label       string        `json:"label"`
	Proven      bool          `json:"proven"`
	LeastAge    string        `json:"least_age"`
}

// Readers are all of them in these words.
func Readers(all []Recipient) []Reader {
	readers := []Reader{}
	for _, r := range all {
		readers = append(readers, Reader{r.Kind, r.Text, r.Fingerprint(), r.Label, r.Proven, r.LeastAge()})
	}
	return readers
}

func leastAge(all []Recipient) string {
	least := "1.0.0"
	for _, r := range all {
		least = max(least, r.LeastAge())
	}
	return least
}

func checkRecipients(all []Recipient) error {
	kinds := map[RecipientKind]bool{}
	hybrid := 0
	for _, r := range all {
		kinds[r.Kind] = true
		if r.Kind.postQuantum() {
			hybrid++
		}
	}
	switch {
	case len(all) == 0:
		return errors.New("no recipient is given: nobody could open the backup")
	case len(all) > maxRecipients:
		return fmt.Errorf("%d recipients are given, and at most %d are possible", len(all), maxRecipients)
	case kinds[RecipientPassphrase] && len(all) > 1:
		return errors.New("a passphrase stands alone: it cannot be mixed with recipients or with another passphrase")
	case hybrid > 0 && hybrid < len(all):
		return errors.New("post-quantum recipients (age1pq1..., age1tagpq1...) make a backup of their own: beside others they would protect nothing. Write two backups, one for each kind")
	}
	return nil
}
