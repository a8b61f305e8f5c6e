package ui

import (
	"bytes"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"keyrite/keyring"
)

// maxSecret bounds a passphrase. The buffer never grows, so no copy is left behind.
const maxSecret = 1024

// secret is an input whose bytes can be wiped. What the keyboard's messages held on the
// way is out of reach.
type secret struct {
	buf  []byte
	said string // what was done to the text, for the reader
}

func newSecret() secret { return secret{buf: make([]byte, 0, maxSecret)} }

func (s *secret) wipe() {
	clear(s.buf[:cap(s.buf)])
	s.buf = s.buf[:0]
}

// edit takes keys and pastes as text.
func (s *secret) edit(msg tea.Msg) {
	s.said = ""
	switch msg := msg.(type) {
	case tea.PasteMsg:
		s.paste(msg.Content)
	case tea.KeyPressMsg:
		switch {
		case msg.String() == "ctrl+u":
			s.wipe()
		case msg.Code == tea.KeyBackspace:
			_, n := utf8.DecodeLastRune(s.buf)
			clear(s.buf[len(s.buf)-n:])
			s.buf = s.buf[:len(s.buf)-n]
		case msg.Text != "":
			s.add(msg.Text)
		}
	}
}

func (s *secret) paste(text string) {
	end := len(text)
	for end > 0 && (text[end-1] == '\n' || text[end-1] == '\r') {
		end--
	}
	for i := range end {
		if text[i] == '\n' || text[i] == '\r' {
			s.said = "What was pasted has several lines, so none of it was taken."
			return
		}
	}
	if s.add(text[:end]); end < len(text) && s.said == "" {
		s.said = "The line break at the end of what was pasted was dropped."
	}
}

func (s *secret) add(text string) {
	if len(s.buf)+len(text) > maxSecret {
		s.said = "That is too long for a passphrase; the last of it was not taken."
		return
	}
	s.buf = append(s.buf, text...)
}

// whole takes a line in place of what was typed, and reports whether it is not too long.
func (s *secret) whole(line []byte) bool {
	s.wipe()
	s.said = ""
	if len(line) > maxSecret {
		return false
	}
	s.buf = append(s.buf, line...)
	return true
}

// trimmed is what will be used: notary drops blanks at both ends, so keyrite does.
func (s *secret) trimmed() []byte { return bytes.TrimSpace(s.buf) }

// notice says what was or will be dropped.
func (s *secret) notice() string {
	if s.said == "" && len(s.trimmed()) != len(s.buf) && len(s.trimmed()) > 0 {
		return "Spaces at both ends are dropped: notary drops them too."
	}
	return s.said
}

// take hands over the passphrase and forgets it here.
func (s *secret) take() keyring.Passphrase {
	p := keyring.NewPassphrase(bytes.Clone(s.trimmed()))
	s.wipe()
	return p
}
