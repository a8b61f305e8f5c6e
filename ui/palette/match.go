package palette

import (
	"slices"
	"strings"
)

// How well one word fits an entry; less is better.
const (
	begins     = iota // the name begins with it
	beginsWord        // a word of the name does
	within            // it stands in the name
	scattered         // its letters stand in the name, in their order
	described         // it stands in what is said of the entry
	unfit
)

// find are the numbers of the entries that every word of a query fits, best first. Those
// that fit equally well keep their order.
func find(query string, all []indexed) []int {
	words := strings.Fields(strings.ToLower(query))
	var found []int
	worth := make(map[int]int, len(all))
	for i, e := range all {
		if sum, fits := e.fit(words); fits {
			found, worth[i] = append(found, i), sum
		}
	}
	slices.SortStableFunc(found, func(a, b int) int { return worth[a] - worth[b] })
	return found
}

// indexed is an entry with its texts in small letters.
type indexed struct {
	Entry
	name, about string
}

func index(entries []Entry) []indexed {
	all := make([]indexed, len(entries))
	for i, e := range entries {
		all[i] = indexed{e, strings.ToLower(e.Name), strings.ToLower(e.About + " " + e.Key)}
	}
	return all
}

func (e indexed) fit(words []string) (sum int, fits bool) {
	for _, w := range words {
		at := e.rank(w)
		if at == unfit {
			return 0, false
		}
		sum += at
	}
	return sum, true
}

func (e indexed) rank(word string) int {
	switch at := strings.Index(e.name, word); {
	case at == 0:
		return begins
	case at > 0 && startsWord(e.name, word):
		return beginsWord
	case at > 0:
		return within
	case isScattered(e.name, word):
		return scattered
	case strings.Contains(e.about, word):
		return described
	}
	return unfit
}

// startsWord reports whether word stands in name at the start of a word: after a blank or
// one of the signs that part names.
func startsWord(name, word string) bool {
	for at := 0; at < len(name); {
		next := strings.Index(name[at:], word)
		if next < 0 {
			return false
		}
		if at += next; at == 0 || strings.ContainsRune(" /-_.:", rune(name[at-1])) {
			return true
		}
		at++
	}
	return false
}

// isScattered reports whether the letters of word stand in name in their order.
func isScattered(name, word string) bool {
	for _, r := range word {
		at := strings.IndexRune(name, r)
		if at < 0 {
			return false
		}
		name = name[at+len(string(r)):]
	}
	return true
}
