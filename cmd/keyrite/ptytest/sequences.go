package ptytest

import (
	"bytes"
	"strings"
)

// A Sequence is something that a terminal acts on.
type Sequence struct {
	// Kind is CSI, OSC, DCS, APC, PM, SOS, or ESC for the short ones.
	Kind string
	// Body is what stands between the beginning and the end of a string (OSC, DCS, APC, PM,
	// SOS), and everything after the beginning of the others.
	Body string
	// Open is set where the bytes end before it does.
	Open bool
}

func (s Sequence) String() string { return s.Kind + " " + s.Body }

// strings that end with ST, by the letter after ESC.
var long = map[byte]string{']': "OSC", 'P': "DCS", '_': "APC", '^': "PM", 'X': "SOS"}

// Split takes what a program wrote apart into what a terminal acts on and what it shows. Only
// seven-bit beginnings count: in UTF-8 a byte from 0x80 to 0x9f begins nothing, and as a rune
// it stays in the text.
func Split(raw []byte) (list []Sequence, text string) {
	var shown strings.Builder
	for len(raw) > 0 {
		esc := bytes.IndexByte(raw, 0x1b)
		if esc < 0 {
			shown.Write(raw)
			break
		}
		shown.Write(raw[:esc])
		s, n := first(raw[esc:])
		list, raw = append(list, s), raw[esc+n:]
	}
	return list, shown.String()
}

// first reads the sequence at the beginning of b, and says how long it is.
func first(b []byte) (Sequence, int) {
	switch {
	case len(b) < 2:
		return Sequence{"ESC", "", true}, len(b)
	case b[1] == '[':
		for i := 2; i < len(b); i++ {
			if b[i] >= 0x40 && b[i] <= 0x7e {
				return Sequence{"CSI", string(b[2 : i+1]), false}, i + 1
			}
		}
		return Sequence{"CSI", string(b[2:]), true}, len(b)
	case long[b[1]] != "":
		return whole(long[b[1]], b)
	}
	i := 1
	for i < len(b)-1 && b[i] >= 0x20 && b[i] <= 0x2f { // as in ESC ( B
		i++
	}
	return Sequence{"ESC", string(b[1 : i+1]), false}, i + 1
}

// whole reads a string up to ST, or up to BEL where it is an OSC.
func whole(kind string, b []byte) (Sequence, int) {
	for i := 2; i < len(b); i++ {
		switch {
		case kind == "OSC" && b[i] == 0x07:
			return Sequence{kind, string(b[2:i]), false}, i + 1
		case b[i] == 0x1b && i+1 < len(b) && b[i+1] == '\\':
			return Sequence{kind, string(b[2:i]), false}, i + 2
		}
	}
	return Sequence{kind, string(b[2:]), true}, len(b)
}
