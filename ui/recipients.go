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

// recipients gives the line as a list.
type recipients struct{ Dialog }

// NewRecipients asks who can open a backup. Its result is a []string for
// backup.ParseRecipients, which has been asked already.
func NewRecipients(st *Styles, given []string) Dialog {
	return recipients{NewPublicInput(st, Input{Title: "WHO CAN OPEN IT", Prompt: "Public keys:", Do: "take", Text: strings.Join(given, " "),
		Explain: "age1... or ssh-ed25519 ..., several with a space between. Only public keys: never the secret one that opens.",
		Check: func(text string) error {
			_, err := backup.ParseRecipients(SplitRecipients(text))
			return err
		}})}
}

func (r recipients) Update(msg tea.Msg) (any, tea.Cmd) {
	result, cmd := r.Dialog.Update(msg)
	if text, ok := result.(string); ok {
		return SplitRecipients(text), cmd
	}
	return result, cmd
}

const noSecrets = "That is a secret key. It was dropped unseen, and is asked for nowhere: only public keys (age1...) and the paths of files are. Ctrl-u clears the field."

func (d *public) Update(msg tea.Msg) (any, tea.Cmd) {
	if d.deaf && !d.hears(msg) {
		return nil, nil
	}
	d.deaf = false
	if p, ok := msg.(tea.PasteMsg); ok && secretKey(p.Content) {
		d.refuse()
		return nil, nil
	}
	result, cmd := d.input.Update(msg)
	if secretKey(d.line.text) {
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

// secretKey reports whether text holds the beginning of a secret key.
func secretKey(text string) bool {
	upper := strings.ToUpper(text)
	for _, sign := range []string{"AGE-SECRET", "AGE-PLUGIN", "-----BEGIN", "SECRET-KEY", "PRIVATE KEY"} {
		if strings.Contains(upper, sign) {
			return true
		}
	}
	return false
}

// SplitRecipients takes a line with several public keys apart. The two words of an SSH
// key stay together, and its comment is left out.
func SplitRecipients(line string) []string {
	var out []string
	words := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' || r == '\n' || r == '\r' })
	ssh := false
	for i := 0; i < len(words); i++ {
		switch {
		case strings.HasPrefix(words[i], "ssh-") && i+1 < len(words):
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
