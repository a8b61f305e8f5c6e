package backup

import (
	"errors"
	"fmt"
	"strings"

	"filippo.io/age"
	"filippo.io/age/plugin"
	"filippo.io/age/tag"
)

// errSecret never says which key.
var errSecret = errors.New("this is a secret key, and it is not shown here; a recipient is the public key (age1...) that belongs to it")

// ParseRecipients is Plugins.ParseRecipients where nothing is set about plugins.
func ParseRecipients(texts []string) ([]Recipient, error) { return Plugins{}.ParseRecipients(texts) }

// ParseRecipients reads public keys: age1..., or the text of an SSH public key. The same
// one twice counts once. What looks like anything else is never repeated in an error,
// since it may be a secret key that was pasted by mistake. No plugin is run.
func (p Plugins) ParseRecipients(texts []string) ([]Recipient, error) {
	var all []Recipient
	seen := map[string]bool{}
	for i, text := range texts {
		r, err := p.parseRecipient(text)
		if err != nil {
			return nil, fmt.Errorf("recipient %d: %w", i+1, err)
		}
		if id := string(r.Kind) + r.Plugin + string(r.key); !seen[id] {
			seen[id] = true
			all = append(all, r)
		}
	}
	return all, checkRecipients(all)
}

// ReadRecipients takes a file of recipients apart as age's -R does: one on each line,
// without comments and empty lines. It may have the line ends of Windows.
func ReadRecipients(data []byte) ([]string, error) {
	text := string(data)
	switch {
	case LooksSecret(text):
		return nil, errSecret
	case strings.HasPrefix(text, "\xff\xfe"), strings.HasPrefix(text, "\xfe\xff"), strings.ContainsRune(text, 0):
		return nil, errors.New("it is not plain text but UTF-16: save it as UTF-8")
	case strings.HasPrefix(text, "\ufeff"):
		return nil, errors.New("it begins with a byte order mark: save it as UTF-8 without one")
	}
	var all []string
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		if line != "" && !strings.HasPrefix(line, "#") {
			all = append(all, line)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("it holds no recipient")
	}
	return all, nil
}

func (p Plugins) parseRecipient(text string) (Recipient, error) {
	switch {
	case LooksSecret(text):
		return Recipient{}, errSecret
	case text == "":
		return Recipient{}, errors.New("it is empty")
	case strings.TrimSpace(text) != text:
		return Recipient{}, errors.New("it has white space around it")
	case strings.ContainsAny(text, "\r\n"):
		return Recipient{}, errors.New("it has several lines: give one recipient at a time")
	case strings.HasPrefix(text, "age1"):
		return p.parseAge(text)
	case looksSSH(text):
		return parseSSH(text)
	}
	return Recipient{}, errors.New("it is neither an age recipient (age1...) nor an SSH public key, and it is not shown here, since it may be secret")
}

// parseAge goes by what stands before the last "1", for the digits of Bech32 have none.
func (p Plugins) parseAge(text string) (Recipient, error) {
	switch prefix := text[:strings.LastIndexByte(text, '1')]; prefix {
	case "age":
		return made(RecipientX25519, text, func() (age.Recipient, error) { return age.ParseX25519Recipient(text) })
	case "age1pq":
		return made(RecipientHybrid, text, func() (age.Recipient, error) { return age.ParseHybridRecipient(text) })
	case "age1tag":
		return made(RecipientTag, text, func() (age.Recipient, error) { return tag.ParseRecipient(text) })
	case "age1tagpq":
		return made(RecipientHybridTag, text, func() (age.Recipient, error) { return tag.ParseRecipient(text) })
	default:
		return p.parsePlugged(text, strings.TrimPrefix(prefix, "age1"))
	}
}

func (p Plugins) parsePlugged(text, name string) (Recipient, error) {
	if err := p.allow(name); err != nil {
		return Recipient{}, fmt.Errorf("%q: %w", clip(text), err)
	}
	r, err := made(RecipientPlugin, text, func() (age.Recipient, error) {
		to, err := plugin.NewRecipient(text, nil)
		if err != nil {
			return nil, err
		}
		return pluginRecipient{to: to, by: p}, nil
	})
	r.Plugin = name
	return r, err
}

func made(kind RecipientKind, text string, parse func() (age.Recipient, error)) (Recipient, error) {
	to, err := parse()
	if err != nil {
		return Recipient{}, fmt.Errorf("%q is damaged or cut short: check it against its source", clip(text))
	}
	return Recipient{Kind: kind, Text: text, key: bech32Key(text), to: to}, nil
}

// clip keeps a public key recognisable in a sentence.
func clip(text string) string {
	const most = 72
	if len(text) > most {
		return text[:most] + "..."
	}
	return text
}
