// Package palette is the one place for going and doing: a line that finds, by a few of its
// letters, every place and every action that there is.
//
// What is typed into it never acts. Enter takes the entry that is selected; one that changes
// something then asks for the capital letter that it stands for, so that no sequence of
// small letters changes anything here either.
package palette

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/ui"
)

// Entry is one place or action.
type Entry struct {
	// Name is what it is found by, and About what it does in a few words. Both have passed
	// trustdata.Visible.
	Name, About string
	// Key is the key that does the same without the palette, as the help writes it, or "".
	Key string
	// Changes marks what changes something. It has a Key.
	Changes bool
	// Do takes the user there, or does it.
	Do func() tea.Cmd
}

// Chosen is the palette's result: the entry, and the line that stands for it in the history.
type Chosen struct {
	Entry
	Line string
}

// Palette is the dialog.
type Palette struct {
	st      *ui.Styles
	known   []indexed
	all     []indexed // the known ones and, at the end, what the line itself names
	found   []int
	named   func(line string) (Entry, bool)
	cursor  int
	line    ui.TextLine
	history []string // oldest first
	recall  int      // how far back in the history the line is; 0 is what was typed
	typed   string   // what was typed before the first recall
	armed   bool     // the selected entry waits for its capital letter
	offered int      // entries that were read out, where that is done
	said    string   // of the last line, where lines are read out
	keys    keyMap
}

type keyMap struct{ run, complete, older, down, leave key.Binding }

// New makes the palette. Named makes an entry of a line that names something which none of
// the entries does; it may be nil. History are the lines that were taken before, oldest first.
func New(st *ui.Styles, entries []Entry, named func(line string) (Entry, bool), history []string) *Palette {
	p := &Palette{st: st, known: index(entries), named: named, history: history, keys: keyMap{
		run: ui.Bind("Enter", "run", "enter"), complete: ui.Bind("Tab", "complete", "tab"),
		older: ui.Bind("Up", "older", "up", "ctrl+p"), down: ui.Bind("Down", "next", "down", "ctrl+n"), leave: ui.Bind("Esc", "close", "esc")}}
	p.search()
	return p
}

// search finds anew what the line asks for.
func (p *Palette) search() {
	line := strings.TrimPrefix(strings.TrimSpace(p.line.Text()), ":")
	p.all, p.cursor = p.known, 0
	p.found = find(line, p.all)
	if p.named == nil {
		return
	}
	if e, ok := p.named(line); ok && !slices.ContainsFunc(p.known, func(k indexed) bool { return k.Name == e.Name }) {
		p.all = append(slices.Clip(p.all), index([]Entry{e})...)
		p.found = append(p.found, len(p.all)-1)
	}
}

func (p *Palette) selected() (Entry, bool) {
	if p.cursor >= len(p.found) {
		return Entry{}, false
	}
	return p.all[p.found[p.cursor]].Entry, true
}

// Update takes keys and pastes.
func (p *Palette) Update(msg tea.Msg) (any, tea.Cmd) {
	k, pressed := msg.(tea.KeyPressMsg)
	if p.armed && pressed {
		return p.confirm(k)
	}
	switch {
	case !pressed:
	case key.Matches(k, p.keys.leave):
		return ui.Cancelled{}, nil
	case key.Matches(k, p.keys.run):
		return p.take()
	case key.Matches(k, p.keys.complete):
		if e, ok := p.selected(); ok {
			p.set(e.Name)
		}
		return nil, nil
	case key.Matches(k, p.keys.older):
		p.up()
		return nil, nil
	case key.Matches(k, p.keys.down):
		p.next()
		return nil, nil
	case k.String() == "backspace" && p.line.Text() == "":
		return ui.Cancelled{}, nil
	}
	if p.line.Edit(msg) {
		p.recall, p.armed = 0, false
		p.search()
	}
	return nil, nil
}

func (p *Palette) set(text string) {
	p.line.Set(text)
	p.search()
}

// up selects the entry above; above the first there are the lines that were taken before.
func (p *Palette) up() {
	if p.cursor > 0 {
		p.cursor--
		return
	}
	if p.recall == len(p.history) {
		return
	}
	if p.recall == 0 {
		p.typed = p.line.Text()
	}
	p.recall++
	p.set(p.history[len(p.history)-p.recall])
}

// next goes back to newer lines, and else selects the entry below.
func (p *Palette) next() {
	if p.recall == 0 || p.cursor > 0 {
		p.cursor = min(p.cursor+1, max(0, len(p.found)-1))
		return
	}
	if p.recall--; p.recall == 0 {
		p.set(p.typed)
		return
	}
	p.set(p.history[len(p.history)-p.recall])
}

// take ends the dialog with the selected entry, or waits for the letter of one that changes
// something.
func (p *Palette) take() (any, tea.Cmd) {
	e, ok := p.selected()
	if !ok {
		return nil, nil
	}
	if p.armed = e.Changes; p.armed {
		return nil, nil
	}
	return Chosen{e, e.Name}, nil
}

// confirm takes the capital letter that the selected entry waits for; any other key goes
// back to the line.
func (p *Palette) confirm(k tea.KeyPressMsg) (any, tea.Cmd) {
	p.armed = false
	if e, ok := p.selected(); ok && k.String() == e.Key {
		return Chosen{e, e.Name}, nil
	}
	return nil, nil
}

// Status says what Enter does now.
func (p *Palette) Status() string {
	e, ok := p.selected()
	switch {
	case !ok:
		return "Nothing is called so. Esc closes."
	case p.armed:
		return fmt.Sprintf("This changes things: press %s to do it. Any other key goes back.", e.Key)
	case e.Changes:
		return fmt.Sprintf("Enter asks for %s, because it changes things.", e.Key)
	case p.recall > 0:
		return fmt.Sprintf("%d of %d earlier lines.", p.recall, len(p.history))
	}
	return fmt.Sprintf("%d of %s.", len(p.found), trustdata.Plural(len(p.known), "entry", "entries"))
}

// ShortHelp are the keys of the footer.
func (p *Palette) ShortHelp() []key.Binding {
	if e, _ := p.selected(); p.armed {
		return []key.Binding{ui.Bind(e.Key, "do it", e.Key), ui.Bind("Esc", "back", "esc")}
	}
	return []key.Binding{p.keys.run, p.keys.complete, p.keys.older, p.keys.leave}
}

// FullHelp are all keys.
func (p *Palette) FullHelp() [][]key.Binding { return [][]key.Binding{p.ShortHelp()} }

var _ ui.Dialog = (*Palette)(nil)
