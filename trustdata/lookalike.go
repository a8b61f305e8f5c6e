package trustdata

import (
	"iter"
	"strings"
	"unicode"
)

// alike are the scripts whose letters can be taken for those of another one.
var alike = []*unicode.RangeTable{unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Armenian, unicode.Cherokee, unicode.Coptic}

// MixedScript reports whether a word of s has letters of more than one of the scripts that
// can be taken for one another: Latin, Greek, Cyrillic, Armenian, Cherokee, Coptic. A word
// goes on through marks on letters and through what leaves none, and ends at the rest. A
// name in one script is not mixed, and neither is Japanese, which has several.
func MixedScript(s string) bool {
	if plain(s) {
		return false
	}
	var word *unicode.RangeTable
	for _, r := range s {
		switch {
		case unicode.IsLetter(r):
			script := scriptOf(r)
			if word != nil && script != nil && script != word {
				return true
			}
			if script != nil {
				word = script
			}
		case !unicode.IsMark(r) && !hidden(r):
			word = nil
		}
	}
	return false
}

// Badged is Visible(name) with badges behind it in brackets: that a word of the name is of
// mixed script, and those in more.
func Badged(name string, more ...string) string {
	var badges []string
	if MixedScript(name) {
		badges = []string{"mixed script"}
	}
	if badges = append(badges, more...); len(badges) == 0 {
		return Visible(name)
	}
	return Visible(name) + " (" + strings.Join(badges, ", ") + ")"
}

// scriptOf is the one of alike that r is a letter of, or nil.
func scriptOf(r rune) *unicode.RangeTable {
	for _, script := range alike {
		if unicode.Is(script, r) {
			return script
		}
	}
	return nil
}

// LookAlikes gives each of names that another one of them can be taken for that other one,
// for which it prefers a name that is all printable ASCII. Two names look alike if they
// differ only in what Visible writes out, or in letters of Greek and Cyrillic and wide ones
// that have the shape of a Latin letter.
func LookAlikes(names iter.Seq[string]) map[string]string {
	first := map[string]string{} // of those that are not plain, by what they look like
	var out map[string]string
	pair := func(odd, other string) {
		if out == nil {
			out = map[string]string{}
		}
		out[odd] = other
		if _, known := out[other]; !known {
			out[other] = odd
		}
	}
	for name := range names {
		if plain(name) {
			continue
		}
		shape := skeleton(name)
		switch other, known := first[shape]; {
		case !known:
			first[shape] = name
		case other != name:
			pair(name, other)
		}
	}
	if len(first) == 0 {
		return nil
	}
	for name := range names {
		if odd, known := first[name]; known && odd != name {
			pair(odd, name)
		}
	}
	return out
}

// skeleton is s without what leaves no mark, and with the Latin letter for each other one
// that has its shape.
func skeleton(s string) string {
	return strings.Map(func(r rune) rune {
		switch latin, known := shapes[r]; {
		case known:
			return latin
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case hidden(r):
			return -1
		}
		return r
	}, s)
}

// shapes are the letters of Greek and Cyrillic that look like a Latin one in most fonts; a
// choice from Unicode's list of confusable characters.
var shapes = pairs(
	"АВСЕНІЈКМОРЅТХУԚԜ", "ABCEHIJKMOPSTXYQW", "асԁеһіјӏорԛѕѵԝхуү", "acdehijlopqsvwxyy",
	"ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹͿ", "ABEZHIKMNOPTYXCJ", "αϲιϳνορυγ", "acijvopuy")

// pairs maps each rune of a text to the byte at the same place in the next text.
func pairs(texts ...string) map[rune]rune {
	m := map[rune]rune{}
	for i := 0; i < len(texts); i += 2 {
		for n, r := range []rune(texts[i]) {
			m[r] = rune(texts[i+1][n])
		}
	}
	return m
}
