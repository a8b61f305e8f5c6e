package notary

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Canonical gives the canonical form of one JSON value, the bytes that signatures are
// over: no white space; members in ascending order of their names as UTF-8 bytes; in
// strings only \ and " escaped and everything else raw, even control characters; integers
// in plain decimal. already reports that raw is in this form: then msg aliases it.
//
// The rules are those of the reference implementation, which reads numbers as float64: an
// integer beyond 2^53 becomes the nearest that a float64 holds, 1e3 becomes 1000, and a
// fraction is an error. Refused as well, where the reference implementation would change
// or choose in silence, are members that stand twice, invalid UTF-8, half surrogate pairs,
// numbers of more than 64 digits and nesting deeper than 64 levels.
func Canonical(raw []byte) (msg []byte, already bool, err error) {
	s := scanner{data: raw, canonical: true}
	if err := s.skip(); err != nil {
		return nil, false, err
	}
	if err := s.end(); err != nil {
		return nil, false, err
	}
	if s.canonical {
		return raw, true, nil
	}
	msg, err = rewrite(raw, false)
	return msg, false, err
}

// rewrite brings one valid JSON value into canonical form. With exact it refuses what
// does not come through every other program unchanged: fractions, exponents, integers
// from 2^53 on, and control characters in strings.
func rewrite(raw []byte, exact bool) ([]byte, error) {
	w := rewriter{scanner: scanner{data: raw}, out: make([]byte, 0, len(raw)), exact: exact}
	if err := w.value(); err != nil {
		return nil, err
	}
	return w.out, w.end()
}

type rewriter struct {
	scanner
	out   []byte
	exact bool
}

func (w *rewriter) value() error {
	switch c := w.peek(); c {
	case '{':
		return w.sorted()
	case '[':
		w.out = append(w.out, '[')
		err := w.array(func() error {
			err := w.value()
			w.out = append(w.out, ',')
			return err
		})
		w.close(']')
		return err
	case '"':
		text, err := w.text()
		if err == nil {
			err = w.quote(text)
		}
		return err
	case 't', 'f', 'n':
		start := w.pos
		err := w.skip()
		w.out = append(w.out, w.data[start:w.pos]...)
		return err
	}
	token, err := w.number()
	if err != nil {
		return err
	}
	return w.integral(token)
}

// close ends a list whose elements each have a comma behind them.
func (w *rewriter) close(c byte) {
	if w.out[len(w.out)-1] == ',' {
		w.out = w.out[:len(w.out)-1]
	}
	w.out = append(w.out, c)
}

// sorted writes an object's members as they come, each with a comma behind it, and puts
// them into order when all are there.
func (w *rewriter) sorted() error {
	type member struct {
		name       []byte
		start, end int
	}
	w.out = append(w.out, '{')
	start, ordered := len(w.out), true
	var members []member
	err := w.object(func(name []byte) error {
		m := member{name: name, start: len(w.out)}
		if err := w.quote(name); err != nil {
			return err
		}
		w.out = append(w.out, ':')
		if err := w.value(); err != nil {
			return err
		}
		w.out = append(w.out, ',')
		m.end = len(w.out)
		ordered = ordered && (len(members) == 0 || bytes.Compare(members[len(members)-1].name, name) < 0)
		members = append(members, m)
		return nil
	})
	if err != nil {
		return err
	}
	if !ordered {
		slices.SortFunc(members, func(a, b member) int { return bytes.Compare(a.name, b.name) })
		unordered := slices.Clone(w.out[start:])
		w.out = w.out[:start]
		for i, m := range members {
			if i > 0 && bytes.Equal(members[i-1].name, m.name) {
				return duplicate(m.name)
			}
			w.out = append(w.out, unordered[m.start-start:m.end-start]...)
		}
	}
	w.close('}')
	return nil
}

func (w *rewriter) quote(text []byte) error {
	if i := bytes.IndexFunc(text, func(r rune) bool { return r < ' ' }); w.exact && i >= 0 {
		return fmt.Errorf("string %q has a control character, which no client could read back", text)
	}
	w.out = appendString(w.out, text)
	return nil
}

// integral writes a number as the reference implementation does, which knows it as a
// float64.
func (w *rewriter) integral(token []byte) error {
	n, ok := exactInteger(token)
	if w.exact && (!ok || n == maxExact || n == -maxExact) {
		return fmt.Errorf("number %s is no integer below 2^53", token)
	}
	if !ok {
		f, err := strconv.ParseFloat(string(token), 64)
		if err != nil || math.Floor(f) != f || math.Abs(f) >= 1<<63 {
			return fmt.Errorf("number %s has no canonical form", token)
		}
		n = int64(f)
	}
	w.out = strconv.AppendInt(w.out, n, 10)
	return nil
}

// appendString quotes text as the canonical form does.
func appendString[T string | []byte](out []byte, text T) []byte {
	out = append(out, '"')
	for i := range len(text) {
		if c := text[i]; c == '"' || c == '\\' {
			out = append(out, '\\')
		}
		out = append(out, text[i])
	}
	return append(out, '"')
}
