package app

import (
	tea "charm.land/bubbletea/v2"

	"keyrite/ui"
)

// copiedMsg says which program has taken text for the clipboard, "" for none.
type copiedMsg struct {
	ui.CopyMsg
	by string
}

// copy hands text to a program that keeps a clipboard, out of the event loop.
func (m *Model) copy(msg ui.CopyMsg) tea.Cmd {
	copy := m.opt.Copy
	if copy == nil {
		return m.copied(copiedMsg{CopyMsg: msg})
	}
	return func() tea.Msg { return copiedMsg{msg, copy(msg.Text)} }
}

// copied says how something was copied. Where no program took it the terminal is asked to,
// which does not answer.
func (m *Model) copied(msg copiedMsg) tea.Cmd {
	if msg.by != "" {
		m.say("Copied " + msg.What + " by " + msg.by + ".")
		return nil
	}
	if m.opt.Lines { // what asks a terminal is no text; this can be marked by hand
		m.say(ui.Capital(msg.What) + ": " + msg.Text)
		return nil
	}
	m.say("Copied " + msg.What + " by OSC 52: your terminal may ignore it.")
	return tea.SetClipboard(msg.Text)
}
