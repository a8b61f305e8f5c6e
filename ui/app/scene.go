package app

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"keyrite/ui"
	"keyrite/ui/linear"
)

// RunLines is Run with the console as linear text.
func RunLines(ctx context.Context, opt Options, t linear.Terminal) error {
	opt.Lines = true
	return linear.Run(ctx, guarded{Model: New(opt)}, t)
}

// Scene is what the console shows, for those that draw no frame.
func (m *Model) Scene() linear.Scene {
	s := linear.Scene{Screen: m.top(), Trouble: m.trouble, Status: m.status, Helping: m.helping(),
		Profile: m.opt.Profile, Server: m.header().Server, Badge: m.opt.Badge, Everywhere: m.everywhere()}
	for _, screen := range m.stack {
		s.Path = append(s.Path, screen.Title())
	}
	if m.ask != nil {
		s.Dialog = m.ask.Dialog
	}
	for _, t := range m.opt.Tabs {
		if t.Screen != nil {
			s.Places = append(s.Places, linear.Place{Key: t.Digit, Name: t.Name})
		}
	}
	return s
}

// Reply gives the dialog a line.
func (m *Model) Reply(line []byte) (said string, cmd tea.Cmd) {
	m.status = ""
	d := m.ask.Dialog
	result, cmd := d.Reply(line)
	return d.Plain().Said, tea.Batch(cmd, m.answer(result), m.watch())
}

// Dismiss takes the trouble away.
func (m *Model) Dismiss() { m.dismiss() }

// Leave leaves the dialog, the screen on top, or at the top the program. Nothing that is
// being sent is left half way: held then says so.
func (m *Model) Leave() (cmd tea.Cmd, held string) {
	m.status = ""
	if m.ask != nil {
		return m.interrupt(), ""
	}
	if h, ok := m.top().(ui.Holder); ok {
		if held = h.Hold(); held != "" {
			return nil, held
		}
	}
	if len(m.stack) > 1 && m.top() != m.opt.First {
		return m.pop(), ""
	}
	return tea.Quit, ""
}

// End gives up what is under way, when the program is over.
func (m *Model) End() { m.end() }
