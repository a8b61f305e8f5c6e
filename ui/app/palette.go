package app

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/ui"
	"keyrite/ui/help"
	"keyrite/ui/palette"
)

// maxLines is how many lines of the palette are remembered.
const maxLines = 50

// askPalette opens the palette over everything that can be gone to and done from here.
func (m *Model) askPalette() tea.Cmd {
	return ui.Send(ui.AskMsg{Dialog: palette.New(m.st, m.entries(), m.typedName, m.lines), Answer: func(r any) tea.Cmd {
		chosen, ok := r.(palette.Chosen)
		if !ok {
			return nil
		}
		m.lines = append(slices.DeleteFunc(m.lines, func(l string) bool { return l == chosen.Line }), chosen.Line)
		if over := len(m.lines) - maxLines; over > 0 {
			m.lines = slices.Delete(m.lines, 0, over)
		}
		return chosen.Do()
	}})
}

// entries are what the palette offers: what the screen on top does, the keys of everywhere,
// what only the palette has, and what the screens know by name.
func (m *Model) entries() []palette.Entry {
	var out []palette.Entry
	for _, group := range m.top().FullHelp() {
		for _, b := range group {
			if !ui.IsMove(b) {
				out = m.appendKey(out, b, "on this screen ("+m.top().Title()+")", isCapital(b) && !onlyLooks(m.top(), b))
			}
		}
	}
	for i, t := range m.opt.Tabs {
		out = append(out, palette.Entry{Name: strings.ToLower(t.Name), About: "screen " + t.Digit, Key: t.Digit, Do: func() tea.Cmd { return m.switchTo(i) }})
	}
	for _, b := range m.general() {
		if !key.Matches(keyPress(":"), b) {
			out = m.appendKey(out, b, "everywhere", false)
		}
	}
	return m.appendPlaces(append(out, m.commands()...))
}

// typedName offers to open what was typed as a repository's name, where it has the form of one
// with a host or with a folder.
func (m *Model) typedName(line string) (palette.Entry, bool) {
	gun, err := trustdata.ParseGUN(line)
	if err != nil || m.opt.Open == nil || !strings.Contains(line, "/") {
		return palette.Entry{}, false
	}
	return palette.Entry{Name: ui.Name(string(gun), ""), About: "open it by this name; that needs no key", Do: func() tea.Cmd {
		if cmd, held := m.held(); held {
			return cmd
		}
		name, err := m.opt.ParseName(line)
		if err != nil {
			return ui.Send(ui.ErrorMsg{Err: err})
		}
		return ui.Send(ui.PushMsg{Screen: m.opt.Open(name)})
	}}, true
}

// appendKey adds what a key does. Choosing it presses that key, and no other way is gone:
// whatever the key asks first is asked.
func (m *Model) appendKey(out []palette.Entry, b key.Binding, where string, changes bool) []palette.Entry {
	if !b.Enabled() || b.Help().Key == "" || b.Help().Desc == "" || len(b.Keys()) == 0 {
		return out
	}
	name := b.Keys()[0]
	return append(out, palette.Entry{Name: b.Help().Desc, About: where, Key: b.Help().Key, Changes: changes,
		Do: func() tea.Cmd { return m.press(keyPress(name)) }})
}

// isCapital reports whether a key of a screen may change something: that is for capitals, and
// the palette waits for them. Those of everywhere change nothing.
func isCapital(b key.Binding) bool {
	shown := b.Help().Key
	return len(shown) == 1 && shown >= "A" && shown <= "Z"
}

// onlyLooks reports whether a screen says of one of its capitals that it changes nothing.
func onlyLooks(s ui.Screen, b key.Binding) bool {
	l, ok := s.(ui.Looker)
	return ok && l.OnlyLooks(b)
}

// commands are what has no key.
func (m *Model) commands() []palette.Entry {
	own := []palette.Entry{
		{Name: "messages", About: "what was said in this session, errors too", Do: m.messages},
		{Name: "why", About: "all that is known of the selected line", Do: m.why},
		{Name: "glossary", About: "root, repository key, snapshot, moved, GUN", Do: func() tea.Cmd {
			return ui.Send(ui.PushMsg{Screen: help.NewTopic(m.st, "glossary", help.Glossary())})
		}},
		{Name: "theme", About: strings.Join(ui.Themes()[1:], ", ") + "; now: " + m.st.Theme(), Do: m.nextTheme},
	}
	for _, c := range m.opt.Commands {
		own = append(own, palette.Entry{Name: c.Name, About: c.About, Do: func() tea.Cmd { return ui.Send(ui.PushMsg{Screen: c.Open()}) }})
	}
	for _, a := range m.opt.Acts {
		own = append(own, palette.Entry{Name: a.Name, About: a.About, Do: func() tea.Cmd { return act(a.Do) }})
	}
	return own
}

// appendPlaces adds what the screens know by name. A name that two of them know is offered
// once.
func (m *Model) appendPlaces(out []palette.Entry) []palette.Entry {
	known := map[string]bool{}
	for _, s := range slices.Concat(m.tabScreens(), m.stack) {
		p, ok := s.(ui.Placer)
		if !ok {
			continue
		}
		for _, to := range p.Places() {
			if !known[to.Name] {
				known[to.Name] = true
				out = append(out, palette.Entry{Name: to.Name, About: to.About, Do: to.Open})
			}
		}
	}
	return out
}

// why opens all that is known of the selected line.
func (m *Model) why() tea.Cmd {
	s, ok := m.top().(interface{ Row() (ui.Row, bool) })
	if !ok {
		return ui.Say("There are no lines here.")
	}
	r, ok := s.Row()
	if !ok {
		return ui.Say("No line is selected.")
	}
	return ui.Send(ui.PushMsg{Screen: help.NewTopic(m.st, "why", help.Why(m.top().Page(), r))})
}

// keyPress is the message of a key by the name that bindings use.
func keyPress(name string) tea.KeyPressMsg {
	if code, ok := named[name]; ok {
		return code
	}
	if rest, ok := strings.CutPrefix(name, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: []rune(rest)[0], Mod: tea.ModCtrl}
	}
	return tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
}

var named = map[string]tea.KeyPressMsg{
	"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "tab": {Code: tea.KeyTab}, "space": {Code: tea.KeySpace, Text: " "},
	"up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown}, "left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight},
	"home": {Code: tea.KeyHome}, "end": {Code: tea.KeyEnd}, "pgup": {Code: tea.KeyPgUp}, "pgdown": {Code: tea.KeyPgDown}, "delete": {Code: tea.KeyDelete},
}

// nextTheme changes how the console looks, at once and for this session.
func (m *Model) nextTheme() tea.Cmd {
	themes := ui.Themes()[1:]
	next := (slices.Index(themes, m.st.Theme()) + 1) % len(themes)
	*m.st = *ui.NewStyles(m.st.Themed(themes[next]))
	return ui.Say(fmt.Sprintf("Theme: %s.", m.st.Theme()))
}
