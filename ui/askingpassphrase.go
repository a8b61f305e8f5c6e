package ui

import (
	"bytes"
	"cmp"

	tea "charm.land/bubbletea/v2"
)

// Plain says which key it is and why it is opened, and asks for the line unseen.
func (p *passphrase) Plain() Asking {
	why := ""
	if p.Why != "" {
		why = "Why: " + p.Why
	}
	rules := ""
	if p.New {
		rules = p.rules()
	}
	id := ""
	if p.KeyID != "" {
		id = Fours(string(p.KeyID))
	}
	return p.hidden(p.title(), id, why, p.Kept, rules, p.wrong())
}

// hidden asks for a passphrase after some statements.
func (p *passphrase) hidden(statements ...string) Asking {
	question := "Passphrase, typed unseen"
	if p.again {
		question = "The same passphrase once more, unseen"
	}
	a := states(prompt(question, "an empty line: "+p.Leave), statements...)
	a.Said, a.Secret = p.said, true
	return a
}

// Reply takes the line as the passphrase. An empty one leaves.
func (p *passphrase) Reply(line []byte) (any, tea.Cmd) {
	p.said = ""
	switch {
	case len(bytes.TrimSpace(line)) == 0:
		p.forget()
		return Cancelled{}, nil
	case !p.secret.whole(line):
		p.said = "That is too long for a passphrase: none of it was taken."
		return nil, nil
	}
	said := p.secret.notice()
	result := p.submit()
	p.said = cmp.Or(p.said, said)
	return result, nil
}

// Plain says which backup it is.
func (b *backupPassphrase) Plain() Asking {
	rules := ""
	if b.ask.New {
		rules = b.rules()
	}
	return b.hidden(b.title(), b.ask.File, "Why: "+b.Why, rules, b.wrong())
}

// Reply refuses a new passphrase that would be guessed soon.
func (b *backupPassphrase) Reply(line []byte) (any, tea.Cmd) {
	result, cmd := b.passphrase.Reply(line)
	return b.checked(result), cmd
}
