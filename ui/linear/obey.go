package linear

import (
	"errors"
	"fmt"
	"io"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/ui"
)

// take does what a line asks for.
func (l *linear) take(in typedLine) error {
	defer clear(in.line)
	switch {
	case in.err != nil && !errors.Is(in.err, io.EOF):
		return errGone
	case in.err != nil && len(in.line) == 0:
		l.answered(false)
		l.leave()
		return nil
	}
	l.answered(in.err == nil)
	s := l.console.Scene()
	switch {
	case s.Dialog != nil:
		l.reply(in.line)
	case captures(s):
		l.update(tea.PasteMsg{Content: string(in.line)})
		l.press(named["enter"])
	default:
		l.obey(s, understand(string(in.line), s.Places))
	}
	return nil
}

// reply gives the open dialog a line.
func (l *linear) reply(line []byte) {
	l.note("")
	said, cmd := l.console.Reply(line)
	l.say(said)
	l.run(cmd)
	l.changed()
}

// captures reports whether the screen takes keys as text.
func captures(s Scene) bool {
	c, ok := s.Screen.(ui.Capturer)
	return ok && c.CapturesInput()
}

func (l *linear) obey(s Scene, o order) {
	opens := l.chosen
	l.chosen = false
	switch o.kind {
	case nothing:
		if _, has := s.enter(); has && (opens || s.wizard()) {
			l.press(named["enter"])
			return
		}
		l.whole = true
	case place:
		l.whole = true
		l.press(o.key)
		return
	case again:
		l.whole = true
	case more:
		l.rows += atOnce
	case filter:
		l.filter(s, o.text)
	case open:
		l.openRow(s, o.row)
		return
	case command:
		l.ahead = []byte(o.text)
		l.press(o.key)
		return
	case press:
		if o.row == 0 || l.choose(s, o.row) {
			l.unbound = unbound(s, o.key)
			l.press(o.key)
			return
		}
	case unclear:
		l.say(fmt.Sprintf("%q is neither a number nor a key.", o.text))
	}
	l.changed()
}

func (l *linear) filter(s Scene, text string) {
	f, ok := s.Screen.(filterer)
	if !ok || !f.CanFilter() {
		l.say("There is nothing to filter.")
		return
	}
	f.Filter(text)
	l.whole, l.rows = true, atOnce
}

// choose puts the cursor on the row that was read out with a number.
func (l *linear) choose(s Scene, row int) bool {
	list, ok := s.Screen.(selecting)
	if !ok || row < 1 || row > len(l.before.ids) || !list.Select(l.before.ids[row-1]) {
		l.say(fmt.Sprintf("There is no line %d here.", row))
		return false
	}
	return true
}

// openRow selects a row and reads out its details; where there are none it opens the row at
// once, unless Enter is about something else.
func (l *linear) openRow(s Scene, row int) {
	if !l.choose(s, row) {
		l.changed()
		return
	}
	_, has := s.enter()
	details := s.Details()
	if len(details) == 0 && has && !s.wizard() {
		l.press(named["enter"])
		return
	}
	l.say("Selected: " + l.before.rows[row-1])
	for _, d := range details {
		l.say(d)
	}
	l.chosen = has && !s.wizard()
	l.changed()
}

// unbound is the name of a key that neither the screen nor everywhere knows, or "".
func unbound(s Scene, k tea.KeyPressMsg) string {
	for _, group := range append([][]key.Binding{s.Screen.ShortHelp(), s.Everywhere}, s.Screen.FullHelp()...) {
		for _, b := range group {
			if b.Enabled() && key.Matches(k, b) {
				return ""
			}
		}
	}
	return k.String()
}

// leave is what the end of the input means.
func (l *linear) leave() {
	l.note("")
	cmd, held := l.console.Leave()
	l.waiting = held != ""
	l.say(held)
	l.run(cmd)
	l.changed()
}

// leaveAtLast leaves what could not be left before.
func (l *linear) leaveAtLast() {
	if l.waiting && !l.console.Scene().working() {
		l.leave()
	}
}
