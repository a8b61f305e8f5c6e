package notary

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// text reads a string. The result aliases the data where the string has no escapes.
func (s *scanner) text() ([]byte, error) {
	if err := s.expect('"'); err != nil {
		return nil, err
	}
	start, ascii := s.pos, true
	for ; s.pos < len(s.data); s.pos++ {
		switch c := s.data[s.pos]; {
		case c == '"':
			out := s.data[start:s.pos]
			if !ascii && !utf8.Valid(out) {
				return nil, s.errorf("a string is not valid UTF-8")
			}
			s.pos++
			return out, nil
		case c == '\\':
			return s.unescape(start)
		case c < ' ':
			return nil, s.errorf("a control character in a string")
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return nil, s.errorf("a string has no end")
}

// unescape goes on with a string that began at start, from its first escape.
func (s *scanner) unescape(start int) ([]byte, error) {
	if s.pos-start > maxString {
		return nil, s.errorf("a string with escapes is longer than %d bytes", maxString)
	}
	out := append([]byte(nil), s.data[start:s.pos]...)
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; {
		case c == '"':
			if !utf8.Valid(out) {
				return nil, s.errorf("a string is not valid UTF-8")
			}
			s.pos++
			return out, nil
		case c < ' ':
			return nil, s.errorf("a control character in a string")
		case len(out) > maxString:
			return nil, s.errorf("a string with escapes is longer than %d bytes", maxString)
		case c != '\\':
			out = append(out, c)
			s.pos++
		default:
			r, err := s.escape()
			if err != nil {
				return nil, err
			}
			out = utf8.AppendRune(out, r)
		}
	}
	return nil, s.errorf("a string has no end")
}

var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func (s *scanner) escape() (rune, error) {
	var c byte
	if s.pos++; s.pos < len(s.data) {
		c = s.data[s.pos]
	}
	if c != '"' && c != '\\' {
		s.canonical = false
	}
	if c == 'u' {
		return s.codePoint()
	}
	s.pos++
	if escapes[c] == 0 {
		return 0, s.errorf("unknown escape in a string")
	}
	return rune(escapes[c]), nil
}

// codePoint reads the rest of \uXXXX, and of the second half of a surrogate pair. Half a
// pair is refused: others replace it, and would then see another string.
func (s *scanner) codePoint() (rune, error) {
	r, ok := s.hex4()
	if ok && utf16.IsSurrogate(r) {
		var low rune
		if ok = bytes.HasPrefix(s.data[s.pos:], []byte(`\u`)); ok {
			s.pos++
			low, ok = s.hex4()
		}
		if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
			return 0, s.errorf("half a surrogate pair in a string")
		}
	}
	if !ok {
		return 0, s.errorf("an escape needs four hex digits")
	}
	return r, nil
}

// hex4 reads four hex digits behind the u that is at the position.
func (s *scanner) hex4() (rune, bool) {
	if len(s.data)-s.pos < 5 {
		return 0, false
	}
	n, err := strconv.ParseUint(string(s.data[s.pos+1:s.pos+5]), 16, 16)
	s.pos += 5
	return rune(n), err == nil
}

// str reads a value that must be a string.
func (s *scanner) str() ([]byte, error) {
	if s.peek() != '"' {
		return nil, fmt.Errorf("is no string")
	}
	text, err := s.text()
	if len(text) > maxString {
		return nil, s.errorf("a string is longer than %d bytes", maxString)
	}
	return text, err
}
