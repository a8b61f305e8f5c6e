package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"keyrite/backup"
)

// public is an input for what may be seen. Secret keys look much like public ones and lie
// in the files whose paths are typed, so one that is pasted or typed by mistake is dropped
// before it can be seen.
type public struct {
	*input
	// deaf is true from the beginning of a secret key until the line is cleared: what a
	// terminal still has of a paste must not be taken for text.
	deaf bool
}

// NewPublicInput is NewInput, where a secret key might be pasted by mistake.
func NewPublicInput(st *Styles, in Input) Dialog {
	return &public{input: NewInput(st, in).(*input)}
}

const noSecrets = "That is a secret key. It was dropped unseen, and is asked for nowhere: only public keys (age1...) and the paths of files are. Ctrl-u clears the field."

func (d *public) Update(msg tea.Msg) (any, tea.Cmd) {
	if d.deaf && !d.hears(msg) {
		return nil, nil
	}
	d.deaf = false
	if p, ok := msg.(tea.PasteMsg); ok && backup.LooksSecret(p.Content) {
		d.refuse()
		return nil, nil
	}
	result, cmd := d.input.Update(msg)
	if backup.LooksSecret(d.line.text) {
		d.refuse()
		return nil, nil
	}
	return result, cmd
}

// hears lets through the keys that end the deafness.
func (d *public) hears(msg tea.Msg) bool {
	k, ok := msg.(tea.KeyPressMsg)
	return ok && (k.String() == "ctrl+u" || k.String() == "esc")
}

func (d *public) refuse() { d.line.text, d.wrong, d.deaf = "", noSecrets, true }

const shownSecret = "That is a secret key, and now it stands on this terminal: clear it there. It was not taken, and is asked for nowhere: only public keys (age1...) and the paths of files are."

// Reply refuses a secret key. What is typed in lines is seen before it comes here.
func (d *public) Reply(line []byte) (any, tea.Cmd) {
	if backup.LooksSecret(string(line)) {
		d.wrong = shownSecret
		return nil, nil
	}
	return d.input.Reply(line)
}

// SplitRecipients takes a line with several public keys apart. The two words of an SSH
// key stay together, and its comment is left out.
func SplitRecipients(line string) []string {
	var out []string
	words := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' || r == '\n' || r == '\r' })
	ssh := false
	for i := 0; i < len(words); i++ {
		switch {
		case sshWord(words[i]) && i+1 < len(words):
			ssh = true
			i++
			out = append(out, words[i-1]+" "+words[i])
		case strings.HasPrefix(words[i], "age1") || !ssh:
			ssh = false
			out = append(out, words[i])
		}
	}
	return out
}

// sshWord reports whether a word is how the line of an SSH key begins.
func sshWord(word string) bool {
	for _, kind := range []string{"ssh-", "sk-", "ecdsa-"} {
		if strings.HasPrefix(word, kind) {
			return true
		}
	}
	return false
}
