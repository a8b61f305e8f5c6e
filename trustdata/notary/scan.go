package notary

import (
	"bytes"
	"fmt"
	"strconv"
)

// maxDepth bounds how deep values may nest: the dialect needs seven levels, and custom
// data may have the rest.
const maxDepth = 64

// maxNumber bounds a number's digits, so that none costs more than it is worth.
const maxNumber = 64

// scanner reads JSON in one pass, pulled by the parser of each file, and notes on the
// way whether what it read is in canonical form. Reading by struct tags would not do:
// encoding/json matches member names without regard to case and lets the last of two
// equal members win, so that two programs could read one signed file in two ways.
type scanner struct {
	data  []byte
	pos   int
	depth int
	// canonical is cleared by whatever the canonical form does not have: white space,
	// members out of order, other escapes than \\ and \", numbers in another spelling.
	canonical bool
}

func (s *scanner) errorf(format string, args ...any) error {
	return fmt.Errorf("not valid JSON at byte %d: %s", s.pos, fmt.Sprintf(format, args...))
}

// peek skips white space and gives the next byte, 0 at the end.
func (s *scanner) peek() byte {
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; c {
		case ' ', '\t', '\n', '\r':
			s.canonical = false
			s.pos++
		default:
			return c
		}
	}
	return 0
}

func (s *scanner) expect(c byte) error {
	got := s.peek()
	if got == c {
		s.pos++
		return nil
	}
	if s.pos == len(s.data) {
		return s.errorf("it ends where %q should stand", c)
	}
	return s.errorf("%q where %q should stand", got, c)
}

// end refuses anything but white space behind the value.
func (s *scanner) end() error {
	if s.peek(); s.pos < len(s.data) {
		return s.errorf("something follows the value")
	}
	return nil
}

func (s *scanner) enter(c byte) error {
	if err := s.expect(c); err != nil {
		return err
	}
	if s.depth++; s.depth > maxDepth {
		return s.errorf("values nest deeper than %d levels", maxDepth)
	}
	return nil
}

// more steps to the next element of an object or array that ends with c; it consumes the
// comma, or the end.
func (s *scanner) more(c byte, first bool) (bool, error) {
	if s.peek() == c {
		s.pos++
		s.depth--
		return false, nil
	}
	if first {
		return true, nil
	}
	return true, s.expect(',')
}

// object calls member for each name, in whose call the value must be read. Two equal
// names in a row are refused at once. Other duplicates can only be where the names do
// not ascend; then the body is not canonical, and Canonical, which sorts, finds them.
func (s *scanner) object(member func(name []byte) error) error {
	if err := s.enter('{'); err != nil {
		return err
	}
	var last []byte
	for first := true; ; first = false {
		more, err := s.more('}', first)
		if err != nil || !more {
			return err
		}
		if s.peek() != '"' {
			return s.errorf("a member's name should stand here")
		}
		name, err := s.text()
		if err != nil {
			return err
		}
		if len(name) > maxName {
			return s.errorf("the name of a member is longer than %d bytes", maxName)
		}
		if !first {
			switch c := bytes.Compare(last, name); {
			case c == 0:
				return duplicate(name)
			case c > 0:
				s.canonical = false
			}
		}
		last = name
		if err := s.expect(':'); err != nil {
			return err
		}
		if err := member(name); err != nil {
			return err
		}
	}
}

func duplicate(name []byte) error { return fmt.Errorf("member %q stands twice", name) }

// array calls element for each element, in whose call it must be read.
func (s *scanner) array(element func() error) error {
	if err := s.enter('['); err != nil {
		return err
	}
	for first := true; ; first = false {
		more, err := s.more(']', first)
		if err != nil || !more {
			return err
		}
		if err := element(); err != nil {
			return err
		}
	}
}

// null consumes a null if one is next.
func (s *scanner) null() bool {
	if s.peek() != 'n' {
		return false
	}
	return s.word("null") == nil
}

func (s *scanner) word(w string) error {
	if !bytes.HasPrefix(s.data[s.pos:], []byte(w)) {
		return s.errorf("no value begins like this")
	}
	s.pos += len(w)
	return nil
}

// skip reads any one value.
func (s *scanner) skip() error {
	switch s.peek() {
	case '{':
		return s.object(func([]byte) error { return s.skip() })
	case '[':
		return s.array(s.skip)
	case '"':
		_, err := s.text()
		return err
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	}
	_, err := s.number()
	return err
}

// number reads a number as it is spelled.
func (s *scanner) number() ([]byte, error) {
	s.peek()
	start := s.pos
	s.take("-", 1)
	if s.take("0", 1) == 0 && s.digits() == 0 {
		if s.pos == len(s.data) {
			return nil, s.errorf("it ends where a value should stand")
		}
		return nil, s.errorf("no value begins like this")
	}
	if s.take(".", 1) == 1 && s.digits() == 0 {
		return nil, s.errorf("a fraction has no digits")
	}
	if s.take("eE", 1) == 1 {
		if s.take("+-", 1); s.digits() == 0 {
			return nil, s.errorf("an exponent has no digits")
		}
	}
	if s.pos-start > maxNumber {
		return nil, s.errorf("a number is longer than %d digits", maxNumber)
	}
	token := s.data[start:s.pos]
	if _, ok := exactInteger(token); !ok {
		s.canonical = false
	}
	return token, nil
}

// take consumes up to limit bytes that are in set and tells how many.
func (s *scanner) take(set string, limit int) int {
	n := 0
	for n < limit && s.pos < len(s.data) && bytes.IndexByte([]byte(set), s.data[s.pos]) >= 0 {
		s.pos++
		n++
	}
	return n
}

func (s *scanner) digits() int {
	start := s.pos
	for s.pos < len(s.data) && s.data[s.pos]-'0' <= 9 {
		s.pos++
	}
	return s.pos - start
}

// exactInteger reads a number that is spelled as the canonical form does: decimal digits,
// no exponent, no negative zero, at most 2^53 either way.
func exactInteger(token []byte) (int64, bool) {
	n, err := strconv.ParseInt(string(token), 10, 64)
	if err != nil || n > maxExact || n < -maxExact || n == 0 && len(token) > 1 {
		return 0, false
	}
	return n, true
}

// integer reads a number that must be spelled as an integer within 2^53.
func (s *scanner) integer() (int64, error) {
	if c := s.peek(); c != '-' && (c < '0' || c > '9') {
		return 0, fmt.Errorf("is no number")
	}
	token, err := s.number()
	if err != nil {
		return 0, err
	}
	n, ok := exactInteger(token)
	if !ok {
		return 0, fmt.Errorf("%s is no integer within 2^53", token)
	}
	return n, nil
}

// boolean reads true or false.
func (s *scanner) boolean() (bool, error) {
	if s.peek() == 't' {
		return true, s.word("true")
	}
	if s.peek() == 'f' {
		return false, s.word("false")
	}
	return false, fmt.Errorf("is neither true nor false")
}
