// Package help shows the keys of a screen, the keys of everywhere, and what the marks
// mean. It is made from the key tables that the screens act on, so it cannot lie.
package help

import (
	"strings"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/ui"
)

// Page is the help about one screen.
func Page(title string, screen help.KeyMap, everywhere []key.Binding) ui.Page {
	p := ui.Page{Title: "Help"}
	var own []ui.Fact
	for _, group := range screen.FullHelp() {
		own = append(own, facts(group)...)
	}
	if len(own) > 0 {
		p.Sections = append(p.Sections, ui.Section{Title: "ON THIS SCREEN (" + title + ")", Facts: own})
	}
	p.Sections = append(p.Sections, ui.Section{Title: "EVERYWHERE", Facts: facts(everywhere)})
	marks := ui.Section{Title: "WHAT THE MARKS MEAN"}
	for _, m := range ui.Marks {
		marks.Facts = append(marks.Facts, ui.Fact{Label: string(m), Value: meaning(m)})
	}
	p.Sections = append(p.Sections, marks, ui.Section{Title: "CAPITALS CHANGE THINGS", Facts: []ui.Fact{
		{Value: "Small letters only look, or open a page that asks before it changes anything."}}},
		ui.Section{Title: "THE STATES OF A TAG", Facts: []ui.Fact{
			{Label: "signed", Value: "a signature for exactly what is served"},
			{Label: "moved", Value: "signed, but the tag now serves something else"},
			{Label: "gone", Value: "signed, but the tag is no longer served"},
			{Label: "unsigned", Value: "served without a signature"}}})
	return p
}

// facts are the bindings that exist, with every key that they answer to.
func facts(bindings []key.Binding) []ui.Fact {
	var out []ui.Fact
	for _, b := range bindings {
		if !b.Enabled() || b.Help().Key == "" {
			continue
		}
		label := b.Help().Key
		for _, k := range b.Keys() {
			if n := pretty(k); n != label {
				label += " " + n
			}
		}
		out = append(out, ui.Fact{Label: label, Value: b.Help().Desc})
	}
	return out
}

// pretty is a key's name as the rest of the console writes it.
func pretty(k string) string {
	switch k {
	case "pgdown":
		return "PgDn"
	case "pgup":
		return "PgUp"
	}
	if rest, ok := strings.CutPrefix(k, "ctrl+"); ok {
		return "Ctrl-" + rest
	}
	if len(k) > 1 {
		return strings.ToUpper(k[:1]) + k[1:]
	}
	return k
}

func meaning(m ui.Mark) string {
	switch m {
	case ui.MarkNow:
		return "act now: broken, or within 30 days"
	case ui.MarkSoon:
		return "act soon: within 180 days, or unsafe"
	case ui.MarkNote:
		return "worth knowing"
	case ui.MarkOK:
		return "checked, fine"
	case ui.MarkUnchecked:
		return "not checked; unknown is not fine"
	case ui.MarkRunning:
		return "under way"
	}
	return "does not apply, or has not begun"
}

// Model is the screen.
type Model struct {
	*ui.List
	st       *ui.Styles
	lostRoot key.Binding
}

// New makes the help about a screen.
func New(st *ui.Styles, about ui.Screen, everywhere []key.Binding) *Model {
	m := &Model{ui.NewList(st, "line", "lines"), st, ui.Bind("t", "lost root key", "t")}
	m.Searchable()
	m.Set(ui.NewListing(Page(about.Title(), about, everywhere)))
	return m
}

// Init has nothing to load.
func (m *Model) Init() tea.Cmd { return nil }

// Title is the screen's name.
func (m *Model) Title() string { return "help" }

// Update scrolls.
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	cmd, mine := m.List.Update(msg)
	if k, ok := msg.(tea.KeyPressMsg); ok && !mine && key.Matches(k, m.lostRoot) {
		return ui.Send(ui.PushMsg{Screen: NewTopic(m.st, "lost root", LostRoot())})
	}
	return cmd
}

// ShortHelp are the keys of the footer.
func (m *Model) ShortHelp() []key.Binding {
	return []key.Binding{ui.Bind("j k", "scroll", "j", "k"), ui.Bind("/", "search", "/"), m.lostRoot, ui.Bind("Esc", "close", "esc")}
}

// FullHelp are all keys of this screen.
func (m *Model) FullHelp() [][]key.Binding { return [][]key.Binding{{m.lostRoot}, m.Moves()} }

var _ ui.Screen = (*Model)(nil)
