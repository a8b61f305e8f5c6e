package trustdata

import (
	"fmt"
	"strings"
	"sync/atomic"
	"unicode"
	"unicode/utf8"
)

// onlyASCII is set for a terminal whose locale is not UTF-8.
var onlyASCII atomic.Bool

// ShowOnlyASCII has every other rune written out, too, from now on. A terminal that takes each
// byte for a character acts on some of those that UTF-8 is made of: the last one of U+4E9B is
// an 8-bit CSI.
func ShowOnlyASCII() { onlyASCII.Store(true) }

// Visible writes out every rune of s that a terminal would act on or not show: controls,
// escapes, bidirectional marks, zero-width and tag characters, variation selectors and
// bytes that are no UTF-8 become \x1b, \u202e, \U000e0041. Nothing is dropped, and a
// backslash that would read as such an escape is doubled, so two names that differ stay
// different on the screen.
func Visible(s string) string { return visible(s, true) }

// VisibleError is Visible for an error's text. Errors quote what comes from outside with
// %q, so a backslash in them is an escape already and stays single. Errors that were joined
// stand one after the other, since a message has one line.
func VisibleError(err error) string {
	all, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return visible(err.Error(), false)
	}
	var plain, shown []string
	for _, e := range all.Unwrap() {
		plain, shown = append(plain, e.Error()), append(shown, VisibleError(e))
	}
	if err.Error() != strings.Join(plain, "\n") {
		return visible(err.Error(), false) // a sentence of its own, which names several
	}
	return strings.Join(shown, "; ")
}

func visible(s string, doubling bool) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\\' && doubling && readsAsEscape(s[i+1:]):
			b.WriteString(`\\`)
		case !written(r):
			b.WriteString(s[i : i+n])
		default:
			writeEscape(&b, r)
		}
		i += n
	}
	return b.String()
}

// readsAsEscape reports whether a backslash before rest would, once rest is written out,
// look like the beginning of an escape.
func readsAsEscape(rest string) bool {
	r, n := utf8.DecodeRuneInString(rest)
	return n > 0 && (strings.ContainsRune(`xuU\`, r) || r == utf8.RuneError && n == 1 || written(r))
}

func writeEscape(b *strings.Builder, r rune) {
	switch {
	case r < 0x80:
		fmt.Fprintf(b, `\x%02x`, r)
	case r < 0x10000:
		fmt.Fprintf(b, `\u%04x`, r)
	default:
		fmt.Fprintf(b, `\U%08x`, r)
	}
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' || s[i] == '\\' {
			return false
		}
	}
	return true
}

// written reports whether r is written out.
func written(r rune) bool { return hidden(r) || r >= 0x80 && onlyASCII.Load() }

// hidden reports whether r acts on a terminal or leaves no mark of its own on it.
func hidden(r rune) bool {
	switch {
	case r < 0x80:
		return r < ' ' || r == 0x7f
	case r == 0x00ad, r == 0x034f, r == 0x061c, r == 0x115f, r == 0x1160, r == 0x3164, r == 0xffa0,
		r == 0x17b4, r == 0x17b5, r == 0x180e, r == 0x2800:
		return true // soft hyphen, joiners and fillers that show as nothing
	case r >= 0x180b && r <= 0x180f, r >= 0xfe00 && r <= 0xfe0f, r >= 0xe0000 && r <= 0xe0fff:
		return true // variation selectors, tags
	case r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f, r >= 0x200b && r <= 0x200f, r == 0xfeff:
		return true // separators, bidirectional marks, zero width
	case r >= 0xfff0 && r <= 0xfffb:
		return true
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r) || unicode.Is(unicode.Cs, r) ||
		(r != ' ' && unicode.IsSpace(r))
}

// VisibleJSON writes the runes that Visible writes out as JSON escapes instead, so that
// encoded JSON keeps the exact name and is harmless on a terminal. b must be valid JSON.
func VisibleJSON(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		switch {
		case r < 0x80 && r != 0x7f || !written(r):
			out = append(out, b[i:i+n]...)
		case r < 0x10000:
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+((r-0x10000)>>10), 0xdc00+((r-0x10000)&0x3ff))
		}
		i += n
	}
	return out
}
