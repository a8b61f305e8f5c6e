package ui

import (
	"strings"

	"keyrite/trustdata"
)

// SpokenDigits is how many digits of a key ID or of a file's hash are read aloud, written on
// paper and typed again.
const SpokenDigits = 8

// NewRootPage is the step of a wizard that makes a root key: id is "" until it is made.
// before says in which deed the key is used first: "sent", "signed".
func NewRootPage(id trustdata.KeyID, before string) Page {
	p := Page{Title: "New root key"}
	if id == "" {
		p.Sections = []Section{{Title: "NO NEW KEY HAS BEEN MADE YET", Facts: []Fact{
			{Value: "N makes it: in pending/ of the trust directory, where docker and notary do not look, locked with the passphrase that you typed, read back and opened."},
			{Value: "Have pen and paper at hand: its first eight digits are shown here then, and asked for later."}}}}
		return p
	}
	text := string(id)
	p.Sections = []Section{
		{Title: "NEW ROOT KEY", Facts: []Fact{{Value: Fours(text[:len(text)/2])}, {Value: Fours(text[len(text)/2:])}}},
		{Title: "WRITE DOWN THE FIRST EIGHT DIGITS", Facts: []Fact{{Value: Spelled(text)},
			{Value: "Read them aloud to whoever is with you. They are asked for before anything is " + before + ", and not shown then."}}},
		{Facts: []Fact{{Value: "It is on this machine only, in pending/. No repository uses it yet."}}}}
	return p
}

// Spelled sets the digits apart that are read aloud: "2 b 8 0   e 4 d 7".
func Spelled(id string) string {
	const half = SpokenDigits / 2
	return strings.Join(strings.Split(id[:half], ""), " ") + "   " + strings.Join(strings.Split(id[half:SpokenDigits], ""), " ")
}

// Beginning is the part of an ID that is compared by eye.
func Beginning(id string) string { return Fours(id[:16]) + " ..." }

// HiddenDigits is an ID without the digits that are to come from paper.
func HiddenDigits(id string) string { return "____ ____" + Beginning(id)[SpokenDigits+1:] }
