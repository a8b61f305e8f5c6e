package ceremony

import (
	"keyrite/trustdata/rotation/ceremony"
	"keyrite/ui"
)

// next is the step that a file leads to on this machine.
type next struct {
	mark   ui.Mark
	words  string
	open   func(Options, *Brought) finisher // nil where there is none
	why    string                           // then
	online bool                             // it asks a server
}

// nextOf says what this machine has to do with a file.
func nextOf(b *Brought) next {
	signed := b.Bundle.Stage() == ceremony.StageSigned
	switch {
	case len(b.Problems) > 0:
		return next{mark: ui.MarkNow, words: "DO NOT USE IT: what is in it does not verify.", why: "What is in this file does not verify: there is no step to go on to."}
	case b.Here && b.Ended != "":
		return next{mark: ui.MarkNote, words: "NOTHING IS LEFT TO DO WITH IT: this ceremony " + b.Ended + " here.", why: "This ceremony " + b.Ended + " here: there is no step to go on to."}
	case signed && b.Here:
		return next{mark: ui.MarkOK, words: "PUBLISH IT HERE. This machine prepared it, and now it is signed. The root key is not needed.", open: func(o Options, b *Brought) finisher { return newPublish(o, b) }, online: true}
	case signed:
		return next{mark: ui.MarkNote, words: "CARRY IT BACK. It is signed; the machine that prepared it publishes it, and that is not this one.",
			why: "It is published on the machine that prepared it, and that is not this one."}
	case b.Here && !b.Root:
		return next{mark: ui.MarkNote, words: "CARRY IT TO THE MACHINE THAT HAS THE ROOT KEY. This one prepared it; there: A on Keys, a file was brought here.",
			why: "It is signed on the machine that has the root key. This one prepared it."}
	}
	words := "SIGN IT HERE. No network is asked."
	if !b.Root {
		words = "SIGN IT ON THE MACHINE THAT HAS THE ROOT KEY. No root key that it is for lies on this one."
	}
	n := next{mark: ui.MarkOK, words: words, open: func(o Options, b *Brought) finisher { return newSign(o, b) }}
	if !b.Root {
		n.mark = ui.MarkSoon
	}
	return n
}

// toType reports whether digits of the file's hash will be asked for here. They must come
// from the other machine then, so no screen of this one shows them.
func (b *Brought) toType() bool {
	signed := b.Bundle.Stage() == ceremony.StageSigned
	return signed == b.Here && b.Ended == ""
}

// broughtPage is what a file is, and what comes next.
func broughtPage(b *Brought) ui.Page {
	of := hash
	if b.toType() {
		of = hiddenHash
	}
	p := showPage(b.File, b.Bundle, b.Problems, of)
	if b.toType() {
		p.Copy = nil
	}
	n := nextOf(b)
	p.Sections = append([]ui.Section{{Title: "THE NEXT STEP ON THIS MACHINE", Facts: []ui.Fact{{Value: n.words, Mark: n.mark}}}}, p.Sections...)
	return p
}

// hiddenHash is hash without the digits that are to come from paper.
func hiddenHash(label, sum string) []ui.Fact {
	facts := hash(label, sum)
	facts[0].Value = "____ ____" + facts[0].Value[ui.SpokenDigits+1:]
	return facts
}
