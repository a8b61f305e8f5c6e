package palette

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"keyrite/ui"
)

// maxOffered is how many entries are read out at once.
const maxOffered = 20

// Plain asks for a few letters, for the number of one of the entries that they found, or for
// the capital letter of one that changes something.
func (p *Palette) Plain() ui.Asking {
	a := ui.Asking{Says: []string{"Go or do."}, Said: p.said, Prompt: "A few letters of it (an empty line leaves):"}
	if e, _ := p.selected(); p.armed {
		a.Says = []string{ui.Scrub(e.Name) + " changes things."}
		a.Prompt = "Type " + e.Key + " to do it (an empty line goes back):"
		return a
	}
	if p.offered == 0 {
		return a
	}
	for i, n := range p.found[:p.offered] {
		says := fmt.Sprintf("%d of %d. %s.", i+1, len(p.found), ui.Scrub(p.all[n].Name))
		if p.all[n].Changes {
			says += " Changes things."
		}
		if about := ui.Scrub(p.all[n].About); about != "" {
			says += " " + ui.Capital(about) + "."
		}
		a.Says = append(a.Says, says)
	}
	a.Prompt = fmt.Sprintf("A number from 1 to %d, or other letters (an empty line leaves):", p.offered)
	return a
}

// Reply takes the line that was typed for it.
func (p *Palette) Reply(line []byte) (any, tea.Cmd) {
	text := string(bytes.TrimSpace(line))
	p.said = ""
	switch n, err := strconv.Atoi(text); {
	case p.armed:
		return p.replyArmed(text), nil
	case text == "":
		return ui.Cancelled{}, nil
	case err == nil && n >= 1 && n <= p.offered:
		p.cursor = n - 1
		return p.take()
	}
	return p.look(text)
}

func (p *Palette) replyArmed(text string) any {
	p.armed = false
	if e, ok := p.selected(); ok && text == e.Key {
		return Chosen{e, e.Name}
	}
	p.said = "Nothing was done."
	return nil
}

// look takes the only entry that fits, or the one that is called exactly so, and else offers
// what it has found.
func (p *Palette) look(text string) (any, tea.Cmd) {
	p.set(text)
	p.offered = min(len(p.found), maxOffered)
	e, ok := p.selected()
	switch {
	case !ok:
		p.said = "Nothing is called so."
	case len(p.found) == 1, strings.EqualFold(e.Name, text):
		return p.take()
	}
	return nil, nil
}
